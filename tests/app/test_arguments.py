"""Arguments of the Python API that mean nothing, or something else than was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import afsync
from afsync.errors import PlanStale, UsageError
from tests.app.test_api import opened, yaml
from tests.app.test_api import sandbox as sandbox
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
