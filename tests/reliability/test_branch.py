"""A state on a branch, with real processes and a real bare repository: runners that are killed with their disk, and
several at once. Nothing is paid for twice."""

from __future__ import annotations

import shutil

import pytest

from afsync.core.state import Recorded
from afsync.core.state_place import BranchPlace
from afsync.store.branch.backend import branch_backend
from afsync.store.remote.versions import unpack
from tests.reliability.lab import VARIANTS, Lab, Project
from tests.reliability.processes import Process, Worker
from tests.reliability.worker import Orders
from tests.scale import EVERYTHING
from tests.store.branch.repo import ALONE, BRANCH, KEY, QUIET, Repo

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

OVER = 16 * 60.0
"""Seconds after which the lock of a dead run can be taken over."""
PUSHES, CALLS = 16, 140
"""More than an apply of the project makes: a run that makes fewer ends by itself."""
PLACE = BranchPlace(BRANCH)
CHOSEN = (
    Orders(git=1, pushes=True, after=True),  # the lock is there
    Orders(git=6, pushes=True, after=True),  # an intent, but nothing was sent
    Orders(git=7, pushes=True),  # a job was paid for, and its id is nowhere
    Orders(git=70),
)
CASES = (
    *(Orders(git=n, pushes=True, after=after) for n in range(1, PUSHES) for after in (False, True)),
    *(Orders(git=n) for n in range(1, CALLS)),
)
HELD = ("POST /jobs#1: received", "POST /jobs#2: committed")


class OnBranch(Project):
    """A project in a clone, with its state on a branch. `root` is the disk of one runner; each can have its own."""

    repo: Repo

    @staticmethod
    def begun(lab: Lab) -> OnBranch:
        number = lab.prepare()
        repo = Repo(lab.folder / f"repo{number}")
        text = f"state: branch:{BRANCH}\n" + (lab.folder / "pristine/afsync.yaml").read_text("utf-8")
        repo.commit({"afsync.yaml": text}, branch="main")
        project = OnBranch(repo.clone("runner"), lab, f"af_live_p{number}", VARIANTS[0])
        project.repo = repo
        project.environment = dict(ALONE)
        project.take_in_strangers()
        assert project.run("init").code == 0
        return project

    @property
    def recorded(self) -> Recorded:
        kept = branch_backend(self.root, PLACE, QUIET).get(KEY)
        assert kept is not None
        return unpack(kept.data).recorded

    def is_unfolded(self) -> bool:
        return False

    def lose_disk(self) -> None:
        """The runner is gone; another one gets a checkout of its own."""
        shutil.rmtree(self.root)
        self.repo.clone("runner")

    def begin(self, name: str, worker: Worker, orders: Orders) -> Process:
        """An apply on a disk of its own."""
        root, self.root = self.root, self.repo.clone(name)
        try:
            return self.start("apply", "--auto-approve", orders=orders, worker=worker)
        finally:
            self.root = root

    def comes_to_rest(self) -> None:
        """Applies by a new runner, until nothing moves; a person decides at most one submission."""
        self.lose_disk()
        self.lab.pass_time(OVER)
        self.until_rest()
        assert len(self.recorded.intents) <= 1
        if self.recorded.intents:
            self.decide()
            self.until_rest()
        assert not self.recorded.intents and not self.violations, self.violations


@pytest.fixture(scope="module")
def hired(laboratory: Lab) -> list[Worker]:
    return [laboratory.worker, *(laboratory.hire() for _ in range(19 if EVERYTHING else 2))]


@pytest.mark.parametrize("orders", CASES if EVERYTHING else CHOSEN, ids=lambda o: f"{o.git}-{o.pushes}-{o.after}")
def test_a_runner_that_is_killed_with_its_disk(laboratory: Lab, orders: Orders) -> None:
    project = OnBranch.begun(laboratory)
    ended = project.run("apply", "--auto-approve", orders=orders)
    assert ended.code == -9 or EVERYTHING, ended
    laboratory.settle()
    project.check()
    project.comes_to_rest()


@pytest.mark.parametrize("lockless", [False, True])
def test_several_runners_at_once(laboratory: Lab, hired: list[Worker], *, lockless: bool) -> None:
    """Each with a disk of its own. The lock saves them work; without it, the branch keeps them apart."""
    project = OnBranch.begun(laboratory)
    runs = [project.begin(f"r{n}", worker, Orders(lockless=lockless)) for n, worker in enumerate(hired)]
    ended = [run.wait() for run in runs]
    assert {e.code for e in ended} <= {0, 5, 7}, ended
    project.check()
    project.comes_to_rest()


@pytest.mark.parametrize("held", HELD)
def test_one_in_the_middle_of_another(laboratory: Lab, hired: list[Worker], held: str) -> None:
    """Without locks: a second runner does all it can while the first waits for the answer to a submission. What the
    first cannot write into the state any more is in a recovery file on its disk, which is lost as well."""
    project = OnBranch.begun(laboratory)
    laboratory.control.fault(f"{held}-then-hold")
    first = project.begin("first", hired[0], Orders(hurry=False, lockless=True))
    laboratory.until_held(first.alive)
    second = project.begin("second", hired[1], Orders(lockless=True)).wait()
    assert second.code in (0, 3), second
    laboratory.control.release()
    ended = first.wait()
    assert ended.code in (5, 7), ended
    laboratory.settle()
    project.check()
    project.comes_to_rest()
    assert sorted(project.paid()) == sorted(project.jobs)


def test_the_network_ends_after_a_submission(laboratory: Lab) -> None:
    """The id is on the screen and in a recovery file, and the run ends with 7; the next one merges it."""
    project = OnBranch.begun(laboratory)
    away = project.repo.folder / "away.git"
    laboratory.control.fault("POST /jobs#1: committed-then-hold")
    run = project.start("apply", "--auto-approve", orders=Orders(hurry=False))
    laboratory.until_held(run.alive)
    project.repo.origin.rename(away)
    laboratory.control.release()
    ended = run.wait()
    ((job,),) = project.paid().values()
    assert ended.code == 7 and job["job_id"] in ended.err, ended
    assert "branch:afsync-state" in ended.err and "Traceback" not in ended.err
    away.rename(project.repo.origin)
    laboratory.pass_time(OVER)
    project.until_rest()
    assert project.recorded.resources and not project.violations, project.violations
    assert not list(project.root.glob(".afsync/*recovery*"))
