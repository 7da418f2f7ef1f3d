"""The arguments of the Python API, checked: what means nothing is refused before anything is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

from afsync.core.plan.lookups import NOT_CHECKED
from afsync.core.plan.saved_plan import SavedPlan
from afsync.errors import UsageError

MOST_SECONDS: Final = 366 * 24 * 3600.0
MOST_WEEKS: Final = 530


class _Everything(tuple[str, ...]):
    """The default of what selects: unlike an empty selection, which was perhaps computed, it means all."""

    __slots__ = ()


EVERYTHING: Final = _Everything()


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
        given = "None" if plan is None else f"a {type(plan).__name__}"
        hint = "planned = project.plan(), then project.apply(planned)"
        raise UsageError(f"apply takes what plan() returned, not {given}", hint)
    if any(notice.code == NOT_CHECKED.code for notice in plan.plan.notices):
        raise UsageError("a plan made with offline=True is only to be looked at", "plan again without it")


def names(argument: str, given: object, *, all_by_default: bool = True) -> tuple[str, ...]:
    """One text, or several. An empty selection is an error where everything is selected by default."""
    if given is EVERYTHING:
        return ()
    found = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (None,)
    for name in found:
        if not isinstance(name, str) or not name:
            _refuse(argument, given, "one text, or several")
    if all_by_default and not found:
        _refuse(argument, given, "at least one text: leave it out to select everything")
    return tuple(str(name) for name in found)


def check_flags(**flags: object) -> None:
    for argument, given in flags.items():
        if not isinstance(given, bool):
            _refuse(argument, given, "True or False")


def check_functions(**functions: object) -> None:
    for argument, given in functions.items():
        if not callable(given):
            _refuse(argument, given, "a function")


def check_account(given: object) -> None:
    if given is not None and not (isinstance(given, str) and given):
        _refuse("account", given, "the id of an account, or None")


def seconds(argument: str, given: object) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 <= (value := float(given)) <= MOST_SECONDS:  # type: ignore[arg-type]
        _refuse(argument, given, f"a number of seconds from 0 to {MOST_SECONDS:.0f}")
    return value


def check_days(first: object, weeks: object) -> None:
    """Of a calendar: `weeks` weeks that a clock can count, from the one of `first`."""
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks <= MOST_WEEKS:
        _refuse("weeks", weeks, f"an integer from 1 to {MOST_WEEKS}")
    if first is None:
        return
    if not isinstance(first, date) or isinstance(first, datetime):
        _refuse("first", first, "a date")
    if not date.min + timedelta(weeks=2) <= first <= date.max - timedelta(weeks=MOST_WEEKS + 2):
        _refuse("first", first, "a date that a calendar can begin with")


def in_utc(now: Callable[[], datetime]) -> Callable[[], datetime]:
    """`now` as the other parts need it: UsageError where it gives no moment with a zone."""

    def moment() -> datetime:
        given: Any = now()
        if not isinstance(given, datetime) or given.utcoffset() is None:
            _refuse("now", given, "a function that returns an aware datetime: datetime.now(UTC)")
        return given.astimezone(UTC)

    return moment


def _refuse(argument: str, given: object, expected: str) -> NoReturn:
    text = repr(given)
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    raise UsageError(f"{argument}={shown}: not what it takes", f"give {expected}")
