"""Several applies of one project at the same time: with the lock one works; without it nothing is paid for twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.reliability.lab import VARIANTS, Lab, Project, Variant, wait_for
from tests.reliability.processes import PATIENCE, Ended, Worker
from tests.reliability.worker import Orders

Recorder = Callable[[str, object], None]
RUNNERS = 20
HELD = (
    "POST /templates#1: received",
    "POST /templates#1: committed",
    "POST /jobs#1: received",
    "POST /jobs#1: committed",
    "POST /jobs#2: received",
    "POST /jobs#2: committed",
    "POST /jobs#3: received",
    "POST /jobs#3: committed",
    "PATCH /jobs/*/schedule#1: received",
    "PATCH /jobs/*/schedule#2: committed",
)
"""Where the first run is held while the second does all it can."""


@pytest.fixture(scope="module")
def second(laboratory: Lab) -> Worker:
    return laboratory.hire()


def finished(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


@contextmanager
def started(project: Project, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """So many applies, each in a Python of its own."""
    with ExitStack() as stack:
        runs = [project.sandbox.start("apply", "--auto-approve") for _ in range(count)]
        for run in runs:
            stack.callback(run.kill)
            stack.enter_context(run)
        yield runs


def test_one_of_twenty_works(laboratory: Lab, record_property: Recorder) -> None:
    """The first to come is held in the middle of its reading, until all the others have given up."""
    project = laboratory.project()
    laboratory.control.fault("GET /account#1: received-then-hold")
    with started(project, RUNNERS) as runs:
        wait_for(lambda: sum(run.poll() is not None for run in runs) == RUNNERS - 1, "all but one have ended")
        winner = next(run for run in runs if run.poll() is None)
        # The others may have given up before it has got that far.
        assert laboratory.control.held()
        laboratory.control.release()
        ended = {run.pid: finished(run) for run in runs}
    won = ended.pop(winner.pid)
    assert won.code == 0, won
    for lost in ended.values():
        assert lost.code == 5, lost
        assert f"process {winner.pid} (`afsync apply`)" in lost.err
        assert not lost.out
    project.check(won)
    project.check_rest(won)
    assert not project.violations
    assert len(laboratory.control.requests(path="/v1/account")) == 1, "those that lost have asked for nothing"
    record_property("figure", f"two at once: {RUNNERS} started together, 1 worked, {len(ended)} ended with 5")


def test_twenty_as_they_come(laboratory: Lab) -> None:
    """Nobody is held: whoever comes after the first one has ended finds nothing to do."""
    project = laboratory.project()
    with started(project, RUNNERS) as runs:
        ended = [finished(run) for run in runs]
    assert {e.code for e in ended} <= {0, 5}
    assert sum("3 added" in e.out or "4 added" in e.out for e in ended) == 1
    project.check_rest(project.apply())
    assert not project.violations


def test_one_waits_for_the_other(laboratory: Lab, second: Worker) -> None:
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: received-then-hold")
    first_run = project.start("apply", "--auto-approve", orders=Orders(hurry=False))
    laboratory.until_held(first_run.alive)
    second_run = project.start("apply", "--auto-approve", "--lock-timeout", "600", worker=second)
    assert second_run.alive()
    laboratory.control.release()
    assert first_run.wait().code == 0
    ended = second_run.wait()
    assert ended.code == 0
    assert "No changes." in ended.out
    project.check_rest(ended)
    assert not project.violations


@pytest.mark.parametrize("variant", VARIANTS[:2], ids=str)
@pytest.mark.parametrize("held", HELD)
def test_without_the_lock(held: str, variant: Variant, laboratory: Lab, second: Worker) -> None:
    """Somebody removed the lock's file, and a second run does all it can in the middle of a request of the first."""
    project = laboratory.project(variant)
    laboratory.control.fault(f"{held}-then-hold")
    with project.watched():
        first_run = project.start("apply", "--auto-approve")
        laboratory.until_held(first_run.alive)
        (project.root / ".afsync/lock").unlink()
        between = project.start("apply", "--auto-approve", worker=second).wait()
        project.check(between)
        laboratory.control.release()
        ended = first_run.wait()
    project.check(ended if ended.code != 5 else None)
    assert ended.code in (0, 3, 5, 7), ended
    assert between.code in (0, 3), between
    rest = project.until_rest()
    assert rest.code == 0, rest
    assert not project.violations


def test_force_unlock_while_a_submission_is_under_way(laboratory: Lab, second: Worker) -> None:
    """Refused, because the holder is alive and its intent is open."""
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: received-then-hold")
    run = project.start("apply", "--auto-approve")
    laboratory.until_held(run.alive)
    lost = project.start("apply", "--auto-approve", worker=second).wait()
    assert lost.code == 5
    name = lost.err.partition("force-unlock ")[2].partition("`")[0]
    assert name, lost.err
    refused = project.start("force-unlock", name, worker=second).wait()
    assert refused.code == 5, refused
    laboratory.control.release()
    assert run.wait().code == 0
    project.check_rest(project.apply())
    assert not project.violations


def test_the_lock_of_a_killed_run_is_free(laboratory: Lab) -> None:
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: committed-then-hold")
    run = project.start("apply", "--auto-approve")
    laboratory.until_held(run.alive)
    assert run.kill().code == -9
    laboratory.control.release()
    laboratory.settle()
    assert project.until_rest().code == 0
    assert not project.violations


def test_each_project_has_its_own_lock(laboratory: Lab, second: Worker, tmp_path: Path) -> None:
    one, other = laboratory.project(), laboratory.project()
    laboratory.control.fault("POST /jobs#1: received-then-hold")
    run = one.start("apply", "--auto-approve")
    laboratory.until_held(run.alive)
    assert other.start("apply", "--auto-approve", worker=second).wait().code == 0
    laboratory.control.release()
    assert run.wait().code == 0
    for project in (one, other):
        project.check_rest(project.apply())
        assert not project.violations
