"""The Python API against the emulator on a real socket."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import afsync
from afsync.core.outcomes import Applied
from afsync.emulator.server import running
from afsync.engine.events import ChangeDone, ChangeStarted, Event
from afsync.errors import (
    AuthError,
    ConfigError,
    Exit,
    LimitRefused,
    PlanStale,
    StateError,
    StateLocked,
    UsageError,
)
from tests.harness import KEY, Sandbox, locked

URL = "https://clips.twitch.tv/one"


def yaml(key: str = "a", **more: str) -> str:
    """One job tomorrow at nine."""
    at = datetime.now(UTC) + timedelta(days=1)
    lines = {"url": URL, "topic": f"Plays of {key}", "schedule": f"{at:%Y-%m-%d} 09:00", **more}
    return f"jobs:\n  {key}:\n" + "".join(f"    {name}: {value}\n" for name, value in lines.items())


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(speed="manual") as emulator:
        box = Sandbox(tmp_path, emulator)
        box.write(yaml())
        box.does("init")
        yield box


def opened(sandbox: Sandbox, environ: Mapping[str, str] | None = None) -> afsync.Project:
    return afsync.open(sandbox.root, environ=environ or sandbox.environ(), now=sandbox.now)


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = "import sys; before = {*sys.modules}; import afsync; print(*({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert set(done.stdout.split()) <= {"afsync", "afsync.__version__", "__future__"}


def test_validate_reports_problems_with_their_places(sandbox: Sandbox) -> None:
    assert opened(sandbox).validate().problems == ()
    assert (opened(sandbox).validate().jobs, opened(sandbox).validate().valid) == (1, True)
    sandbox.write(yaml(url="ftp://nothing", topik="x"))

    found = opened(sandbox).validate()

    assert not found.valid and len(found.problems) == 2
    assert all(p.location is not None and p.location.file == "afsync.yaml" for p in found.problems)


def test_a_plan_is_applied_once_with_events(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    plan = project.plan()
    events: list[Event] = []
    with sandbox.watched() as sent:
        report = project.apply(plan, on_event=events.append)

    assert [c.address for c in plan.plan.changes] == ["job.a"]
    assert sent[0].line == "POST /jobs"
    assert report.stopped is None and isinstance(report.outcomes[0], Applied)
    assert isinstance(events[0], ChangeStarted) and isinstance(events[-1], ChangeDone)
    assert project.plan().plan.changes == ()
    with pytest.raises(PlanStale, match="it was applied already"):
        project.apply(plan)
    sandbox.is_settled()  # the command agrees


def test_a_plan_of_other_files_is_stale(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    plan = project.plan()
    sandbox.write(yaml(topic="another"))
    with sandbox.watched() as sent, pytest.raises(PlanStale) as caught:
        project.apply(plan)

    assert sent == [] and caught.value.exit_code == Exit.STALE


def test_status_and_calendar(sandbox: Sandbox) -> None:
    project = opened(sandbox)
    [before] = project.status()
    entries = project.calendar(weeks=2).entries
    project.apply(project.plan())
    [job] = project.status("job.*")

    assert before.id is None
    assert [e.address for e in entries] == ["job.a"]
    assert entries[0].at.astimezone(UTC).date() == (sandbox.now() + timedelta(days=1)).date()
    assert job.id == sandbox.ids()["job.a"]
    assert [e.address for e in project.calendar(live=True, only="job.a").entries] == ["job.a"]
    assert project.calendar(first=date(2020, 1, 1)).entries == ()


def test_errors_are_raised_and_nothing_is_printed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    project = opened(sandbox)
    plan = project.plan()
    with pytest.raises(UsageError, match="no job has the address"):
        project.status("job.b")
    with pytest.raises(UsageError, match="not a directory"):
        afsync.open(sandbox.root / "nothing")
    with pytest.raises(AuthError):
        opened(sandbox, {**sandbox.environ(), "AURAFLUX_API_KEY": "wrong"}).plan()
    with pytest.raises(AuthError):
        opened(sandbox, {"AURAFLUX_BASE_URL": sandbox.environ()["AURAFLUX_BASE_URL"]}).plan()
    with locked(sandbox.root), pytest.raises(StateLocked):
        project.apply(plan)
    sandbox.write("limits: {max_creates: 0}\n" + yaml())
    with pytest.raises(LimitRefused):
        project.apply(project.plan())
    sandbox.write("jobs: 1\n")
    with pytest.raises(ConfigError):
        project.plan()
    sandbox.write("version: 1\n", head=False)
    with pytest.raises(StateError):
        project.plan()

    assert capsys.readouterr() == ("", "")
    assert sandbox.state["resources"] == {}


def test_warnings_go_to_the_caller(sandbox: Sandbox) -> None:
    said: list[str] = []
    file = sandbox.root / "key"
    file.write_text(sandbox.key)
    file.chmod(0o644)
    environ = {name: value for name, value in sandbox.environ().items() if name != "AURAFLUX_API_KEY"}
    project = afsync.open(sandbox.root, environ={**environ, "AURAFLUX_API_KEY_FILE": str(file)}, warn=said.append)
    project.plan()

    assert said == [f"Warning: others can read the key file {file} (mode 0644).\n  chmod 600 {file}\n"]


def test_two_projects_at_the_same_time(tmp_path: Path) -> None:
    """Different directories, keys and environments, in threads of one process."""
    with running(speed="manual") as emulator:
        boxes = [Sandbox(tmp_path / name, emulator, key=f"{KEY}_{name}") for name in ("one", "two")]
        for number, box in enumerate(boxes):
            box.root.mkdir()
            box.write(yaml(f"j{number}", topic="${env.AFSYNC_VAR_TOPIC}"))
            box.does("init", env={"AFSYNC_VAR_TOPIC": "x"})
        barrier = threading.Barrier(2)

        def run(box: Sandbox) -> None:
            project = opened(box, {**box.environ(), "AFSYNC_VAR_TOPIC": f"Topic of {box.key}"})
            barrier.wait(30)
            project.apply(project.plan())

        threads = [threading.Thread(target=run, args=[box]) for box in boxes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        for number, box in enumerate(boxes):
            assert list(box.state["resources"]) == [f"job.j{number}"]
            assert f"Topic of {box.key}" in str(box.state["resources"])
        assert len({box.state["account"]["id"] for box in boxes}) == 2
