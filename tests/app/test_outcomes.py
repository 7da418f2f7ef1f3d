"""What an apply of the Python API returns or raises when not all goes well, and how to go on after it."""

from __future__ import annotations

from typing import Any

import pytest

import afsync
from afsync.core.outcomes import Unresolved
from afsync.engine.events import ChangeDone, ChangeStarted, Event
from afsync.errors import (
    ConfigError,
    Exit,
    Interrupted,
    LimitRefused,
    PlanStale,
    StateError,
    StateLocked,
    UsageError,
)
from afsync.store.local import LocalStore
from tests.app.test_python_api import opened, yaml
from tests.app.test_python_api import sandbox as sandbox
from tests.harness import Sandbox


def two_jobs(sandbox: Sandbox) -> None:
    sandbox.write(yaml("a") + yaml("b").removeprefix("jobs:\n"))


def test_a_report_has_the_exit_code_of_the_command(sandbox: Sandbox) -> None:
    two_jobs(sandbox)
    project = opened(sandbox, {**sandbox.environ(), "AFSYNC_QUARANTINE": "10m"})
    sandbox.control.fault("POST /jobs#1: committed-then-close")
    report = project.apply(project.plan(target="job.a"))

    assert isinstance(report.outcomes[0], Unresolved) and report.stopped is None
    assert (report.exit_code, report.complete) == (Exit.UNRESOLVED, False)
    again = project.plan(target="job.b")
    assert (project.apply(again).exit_code, again.blocked) == (Exit.UNRESOLVED, False)
    sandbox.applied(code=3, env={"AFSYNC_QUARANTINE": "10m"})


def test_all_was_done(sandbox: Sandbox) -> None:
    report = opened(sandbox).apply(opened(sandbox).plan())

    assert (report.exit_code, report.complete) == (Exit.OK, True)


def test_a_plan_that_is_blocked_says_so(sandbox: Sandbox) -> None:
    sandbox.write("limits: {max_creates: 0}\n" + yaml())
    planned = opened(sandbox).plan()

    assert planned.blocked
    with pytest.raises(LimitRefused) as caught:
        opened(sandbox).apply(planned)
    assert caught.value.exit_code == Exit.REFUSED


RAISED = (
    OSError("no pipe"),
    StateError("mine"),
    StateLocked("mine"),
    UsageError("mine"),
    Interrupted("mine"),
    ValueError("mine"),
    KeyboardInterrupt(),
    SystemExit(5),
)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("kind", [ChangeStarted, ChangeDone])
def test_what_on_event_raises_ends_the_run_and_is_raised(
    kind: type[Event], error: BaseException, sandbox: Sandbox
) -> None:
    """What is in flight is finished and recorded, nothing more is begun, and nothing more is reported."""
    two_jobs(sandbox)
    project = opened(sandbox)
    seen: list[Event] = []

    def on_event(event: Event) -> None:
        seen.append(event)
        if isinstance(event, kind):
            raise error

    with sandbox.watched() as sent, pytest.raises(type(error)) as caught:
        project.apply(project.plan(), on_event=on_event)

    assert caught.value is error
    submitted = 1 if kind is ChangeDone else 0
    assert [s.line for s in sent].count("POST /jobs") == submitted
    assert isinstance(seen[-1], kind)
    assert len(sandbox.ids()) == submitted
    assert project.apply(project.plan()).complete
    sandbox.is_settled()


def test_recovery_files_are_merged_by_recover(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of the write of an id."""
    project = opened(sandbox)
    planned = project.plan()
    write = LocalStore.write

    def interrupted(store: LocalStore, recorded: Any, version: str) -> str:
        if recorded.resources:
            raise KeyboardInterrupt
        return write(store, recorded, version)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            project.apply(planned)

    for call in (project.plan, project.status, project.calendar):
        with pytest.raises(StateError, match="recovery"):
            call()
    [found] = project.recover()
    assert (found.address, project.recover()) == ("job.a", ())
    assert sandbox.ids() == {"job.a": found.record.id}
    assert project.plan().plan.spend == 0


def test_a_plan_is_kept_as_text(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    planned = project.plan()
    text = afsync.dump_plan(planned)
    anything: Any = None

    assert sandbox.key not in text
    assert afsync.dump_plan(afsync.load_plan(text)) == text
    with pytest.raises(UsageError):
        afsync.load_plan(anything)
    for damaged in ("", text[:-9], text.replace("job.a", "job.b")):
        with pytest.raises(PlanStale):
            afsync.load_plan(damaged)
    with pytest.raises(UsageError, match="only to be looked at"):
        afsync.dump_plan(project.plan(offline=True))
    assert project.apply(afsync.load_plan(text)).complete
    (sandbox.root / "plan.json").write_text(text)
    sandbox.does("apply", str(sandbox.root / "plan.json"), code=Exit.STALE)  # the command knows that it was applied


def test_an_error_of_the_files_names_the_first(sandbox: Sandbox) -> None:
    sandbox.write(yaml(url="ftp://nothing", topik="x"))
    with pytest.raises(ConfigError) as caught:
        opened(sandbox).plan()

    assert str(caught.value).startswith("afsync.yaml:") and str(caught.value).endswith(" (and 1 more)")
    assert caught.value.message == "2 problems in the configuration."
