"""The same with processes: one that submits, and others that kill it or work at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.errors import Exit
from tests import forked
from tests.held.test_between import HALF, approving, declare, held
from tests.held.test_faults import approvals
from tests.held.world import HeldWorld

AS_TIME_PASSES = """
import sys
from datetime import timedelta
from pathlib import Path
from afsync.commands import context
from afsync.cli import run
now, passed = context.now, Path(sys.argv[1])
context.now = lambda: now() + timedelta(seconds=float(passed.read_text()))
sys.exit(run(sys.argv[2:]))
"""


@pytest.fixture(params=["router"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Nothing in these tests depends on how the service speaks."""
    return str(request.param)


class Submitting:
    """An apply in a process of its own, held in the middle of its second submission, before the time of `job`."""

    def __init__(self, world: HeldWorld, passed: Path) -> None:
        self.world, self.passed = world, passed
        declared = held(world, "a")
        (self.job,) = world.submitted(**declared)
        world.becomes("complete", self.job)
        declare(world, declared)
        world.control.fault("POST /jobs#2: received-then-hold")
        passed.write_text("0")
        args = ["-C", str(world.root), "apply", "--auto-approve"]
        command = [sys.executable, "-c", AS_TIME_PASSES, str(passed), *args]
        pipe = subprocess.PIPE
        self.process = forked.popen(command, env=world.environ(), stdout=pipe, stderr=pipe, text=True)
        assert world.control.held(wait=60)

    def an_hour_passes(self) -> None:
        self.passed.write_text("3600")
        self.world.pass_time(hours=1)

    def goes_on(self) -> tuple[int, str]:
        """Until it ends: its exit code, and what it printed."""
        self.world.control.release()
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out + err

    def approved(self) -> int:
        return approvals(self.world, self.job)


@pytest.fixture
def submitting(world: HeldWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Submitting]:
    assert HALF < 1
    started = Submitting(world, tmp_path_factory.mktemp("clock") / "passed")
    with started.process:
        yield started
        started.process.kill()


@pytest.mark.parametrize("point", ["received", "committed"])
def test_killed_at_an_approval_in_between_it_is_published_once(submitting: Submitting, point: str) -> None:
    world, job = submitting.world, submitting.job
    submitting.an_hour_passes()
    world.control.fault(f"{approving(job)}: {point}-then-hold")
    world.control.release()
    assert world.control.held(wait=60)
    submitting.process.kill()
    submitting.process.communicate()
    world.control.release(drop=True)
    again = world.call("apply", "--auto-approve")
    if again.code == Exit.UNRESOLVED:
        out = world.of_service(job)["approved_at"]
        world.does("resolve", "job.a", *(("--adopt", job) if out else ("--absent",)))
        again = world.applied()
    assert again.code == Exit.OK, again
    assert submitting.approved() <= 1 + (point == "received")
    assert world.of_service(job)["approved_at"] and world.record("job.a")["approved"]
    assert len(world.ids()) == 4
    world.is_settled()


def test_another_runner_leaves_it_to_the_one_that_submits(submitting: Submitting) -> None:
    submitting.an_hour_passes()
    submitting.world.does("apply", "--due", "--auto-approve", code=Exit.LOCKED)
    code, told = submitting.goes_on()
    assert code == Exit.OK, told
    assert "Approved: 1 job." in told
    assert submitting.approved() == 1
    assert submitting.world.due().out == "Nothing is due.\n"


def test_without_the_lock_two_runners_publish_once(submitting: Submitting) -> None:
    world = submitting.world
    submitting.an_hour_passes()
    (world.root / ".afsync/lock").unlink()
    # The submission of the first is under way, and the second does not know how it ends.
    assert "Approved: 1 job." in world.due(code=Exit.UNRESOLVED).out
    code, told = submitting.goes_on()
    assert code in (Exit.LOCKED, Exit.STATE), told
    world.call("apply", "--auto-approve")
    world.applied()
    assert submitting.approved() == 1
    assert len(world.ids()) == 4
    world.is_settled()
