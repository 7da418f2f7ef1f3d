"""Arguments of the Python API that mean nothing, or something else than was meant."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import afsync
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import SavedPlan
from afsync.core.state import Account
from afsync.errors import PlanStale, UsageError
from tests.app.test_python_api import opened, yaml
from tests.app.test_python_api import sandbox as sandbox
from tests.harness import Sandbox


def test_only_a_plan_is_applied(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    planned = project.plan()
    anything: Any
    with sandbox.watched() as sent:
        for anything in (None, "x", True, planned.plan, planned.id, [planned]):
            with pytest.raises(UsageError, match="apply takes what plan"):
                project.apply(anything)
    assert sent == []
    sandbox.write(yaml(topic="another"))
    with sandbox.watched() as sent, pytest.raises(PlanStale):
        project.apply(planned)
    assert sent == []


def test_a_plan_made_offline_is_not_applied(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    project.apply(project.plan())
    sandbox.write(yaml(topic="another"))
    with sandbox.watched(reads=True) as sent:
        planned = project.plan(offline=True)
        with pytest.raises(UsageError, match="only to be looked at"):
            project.apply(planned)
    assert planned.plan.changes and sent == []


def test_a_plan_whose_changes_were_altered_is_stale(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    planned = project.plan()
    without = replace(planned, plan=replace(planned.plan, changes=()))
    altered = project.plan()
    values: Any = altered.plan.changes[0].after
    values.values["topic"] = "another"
    with sandbox.watched() as sent:
        for plan in (without, altered):
            with pytest.raises(PlanStale, match="its changes are not those that were planned"):
                project.apply(plan)
    assert sent == []
    project.apply(planned)


def test_a_project_stays_where_it_was_opened(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sandbox.root.parent)
    project = afsync.open(sandbox.root.name, environ=sandbox.environ())
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert project.directory == sandbox.root
    assert len(project.plan().plan.changes) == 1


@pytest.mark.parametrize("directory", ["", b"x", None, 1])
def test_a_directory_is_a_path(directory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="not a path"):
        afsync.open(directory)


def test_a_project_does_not_show_the_environment(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    shown = [repr(project), str(project), *map(repr, project.__rich_repr__())]

    assert all(str(sandbox.root) in text for text in shown)
    assert [text for text in shown if sandbox.key in text or "AURAFLUX" in text] == []


PLAN: tuple[dict[str, Any], ...] = (
    {"destroy": "no"},
    {"destroy": 1},
    {"offline": "false"},
    {"allow_empty": None},
    {"target": None},
    {"target": 5},
    {"target": []},
    {"target": ()},
    {"target": [b"job.a"]},
    {"target": ""},
    {"exclude": None},
    {"exclude": [1]},
    {"replace": [None]},
)
APPLY: tuple[dict[str, Any], ...] = (
    {"lock_timeout": -1},
    {"lock_timeout": float("nan")},
    {"lock_timeout": float("inf")},
    {"lock_timeout": "x"},
    {"lock_timeout": True},
    {"fail_fast": "no"},
    {"account": 5},
    {"account": ""},
    {"on_event": 5},
)
CALENDAR: tuple[dict[str, Any], ...] = (
    {"weeks": "2"},
    {"weeks": 0},
    {"weeks": 10**6},
    {"weeks": True},
    {"first": "2026-12-01"},
    {"first": datetime(2026, 12, 1, tzinfo=UTC)},
    {"first": date.max},
    {"first": date.min},
    {"only": None},
    {"only": []},
    {"platforms": []},
    {"platforms": 1},
    {"live": "yes"},
)


@pytest.mark.parametrize(
    ("method", "given"),
    [("plan", a) for a in PLAN] + [("apply", a) for a in APPLY] + [("calendar", a) for a in CALENDAR],
)
def test_an_argument_that_means_nothing(method: str, given: dict[str, Any], tmp_path: Path) -> None:
    """It is refused before anything is read: there is no project here, and no service."""
    (tmp_path / "afsync.yaml").write_text("version: 1\njobs: {}\n")
    project: Any = afsync.open(tmp_path, environ={})
    [(name, _)] = given.items()
    planned: Any = saved()
    with pytest.raises(UsageError, match=f"^{name}=.*: not what it takes"):
        getattr(project, method)(*([planned] if method == "apply" else []), **given)


def saved() -> SavedPlan:
    made = Plan("1", 1, datetime.now(UTC), Account("user_1", "https://x"))
    return SavedPlan("1", made, made.fingerprint, Options(), "", made.as_of, made.as_of)


def test_globs_are_texts(sandbox: Sandbox) -> None:
    anything: Any = ["job.a"]
    with pytest.raises(UsageError, match=r"globs=.*: not what it takes"):
        opened(sandbox).status(anything)
    assert [job.address for job in opened(sandbox).status(*anything)] == ["job.a"]


@pytest.mark.parametrize("name", ["now", "sleep", "random", "warn", "environ"])
def test_an_argument_of_open(name: str, tmp_path: Path) -> None:
    anything: Any = {name: 5}
    with pytest.raises(UsageError, match=name):
        afsync.open(tmp_path, **anything)


def test_time_needs_a_zone_and_becomes_utc(sandbox: Sandbox) -> None:
    def at(now: Callable[[], datetime]) -> afsync.Project:
        return afsync.open(sandbox.root, environ=sandbox.environ(), now=now)

    with pytest.raises(UsageError, match="now="):
        at(lambda: datetime(2026, 11, 30)).plan()  # noqa: DTZ001
    elsewhere = timezone(timedelta(hours=5))
    planned = at(lambda: sandbox.now().astimezone(elsewhere)).plan()
    assert planned.plan.as_of.tzinfo is UTC and planned.expires_at.tzinfo is UTC


def test_names_of_the_package(tmp_path: Path) -> None:
    """`import *` leaves Python's own `open` alone, and errors need no import of their own."""
    script = """
from afsync import *
import afsync, io
assert open is io.open
assert {"open", "Project", "errors", "dump_plan", "load_plan"} <= {*dir(afsync)}
try:
    afsync.open("nothing")
except afsync.errors.UsageError as error:
    print(error)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "nothing is not a directory\n"
