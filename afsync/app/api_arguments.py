"""The arguments of the Python API, checked: what means nothing is refused before anything is read."""

from __future__ import annotations

import os
from pathlib import Path

from afsync.core.plan.lookups import NOT_CHECKED
from afsync.core.plan.saved_plan import SavedPlan
from afsync.errors import UsageError


def project_directory(given: str | os.PathLike[str]) -> Path:
    """The directory as an absolute path, so that a change of the current directory does not make it another."""
    if not isinstance(given, str | os.PathLike) or not os.fspath(given):
        raise UsageError(f"directory={given!r}: not a path", "name the directory with afsync.yaml")
    path = Path(given)
    if not path.is_dir():
        raise UsageError(f"{path} is not a directory", "name the one with afsync.yaml")
    return path.absolute()


def check_appliable(plan: object) -> None:
    """UsageError for anything but a plan of the account, so that nothing is applied that was not reviewed."""
    if not isinstance(plan, SavedPlan):
        hint = "planned = project.plan(), then project.apply(planned)"
        raise UsageError(f"apply takes what plan() returned, not {_named(plan)}", hint)
    if any(notice.code == NOT_CHECKED.code for notice in plan.plan.notices):
        raise UsageError("a plan made with offline=True is only to be looked at", "plan again without it")


def _named(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
