"""A three-job apply that is killed, or whose disk fails, at every single system call with which it writes its state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.reliability.lab import VARIANTS, Lab, Project, Variant
from tests.reliability.processes import Ended
from tests.reliability.worker import Orders
from tests.scale import EVERYTHING

Recorder = Callable[[str, object], None]
STEP = 1 if EVERYTHING else 19
"""Every so-manieth call; each way of failing begins at another one."""


class Way(Struct, frozen=True):
    """How it goes wrong, and in which account."""

    name: str
    orders: Orders
    variant: Variant = VARIANTS[0]


WAYS = (
    Way("killed", Orders()),
    Way("killed in the middle of a write", Orders(torn=True), VARIANTS[3]),
    Way("disk full", Orders(error="ENOSPC"), VARIANTS[1]),
    Way("disk full in the middle of a write", Orders(error="ENOSPC", torn=True)),
    Way("disk broken from there on", Orders(error="EIO", broken=True), VARIANTS[3]),
    Way("read-only from there on", Orders(error="EROFS", broken=True), VARIANTS[1]),
)


def check_nothing_lost(project: Project, ended: Ended) -> None:
    """Every job that was paid for, and whose answer came, is in the state, in a recovery file, or on the screen."""
    held = {r.id for r in project.recorded.resources.values()}
    kept = "".join(p.read_text() for p in project.root.rglob("*recovery-*.json"))
    for name, jobs in project.paid().items():
        for job in jobs:
            if job["job_id"] not in held and job["job_id"] not in kept and job["job_id"] not in ended.err:
                project.wrong(f"job.{name} was submitted as {job['job_id']}, and that is written nowhere: {ended}")


def carry_out(way: Way, call: int, lab: Lab) -> tuple[Project, Ended, str]:
    project = lab.project(way.variant)
    first = project.run("apply", "--auto-approve", orders=replace(way.orders, at=call))
    if first.code >= 0:
        check_nothing_lost(project, first)
    project.check(first if first.code >= 0 else None)
    if first.code not in (0, 7, -9):
        project.wrong(f"the disk failed, and the exit code is {first.code}: {first.out} {first.err}")
    ending = "went on"
    ended = project.until_rest()
    if ended.code == 3:
        ending = "asked"
        project.decide()
        ended = project.until_rest()
    if ended.code != 0:
        project.wrong(f"it still ends with {ended.code}: {ended.out} {ended.err}")
    return project, first, ending


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_at_every_call(way: Way, laboratory: Lab, record_property: Recorder) -> None:
    violations: list[str] = []
    endings: Counter[str] = Counter()
    untouched = 0
    for call in range(1 + WAYS.index(way) * 2 % STEP, 1000, STEP):
        project, first, ending = carry_out(way, call, laboratory)
        violations += [f"{way.name} at call {call}: {text}" for text in project.violations]
        endings[f"{ending} after exit {first.code}"] += 1
        # A few calls may fail without harm; when several in a row do, there were none.
        untouched = untouched + 1 if first.code == 0 else 0
        if untouched == 4:
            break
    tried = endings.total() - untouched
    told = ", ".join(f"{n} {how}" for how, n in sorted(endings.items()))
    record_property("figure", f"state's disk, {way.name}: {tried} calls ({told}), {len(violations)} violations")
    assert not violations, "\n".join(violations)


def test_temporary_files_of_killed_runs_do_not_pile_up(laboratory: Lab) -> None:
    project = laboratory.project()
    for call in (2, 3, 4, 2, 3, 4):
        assert project.run("apply", "--auto-approve", orders=Orders(at=call)).code == -9
    assert project.temporary_files()
    assert project.until_rest().code == 0
    assert not project.temporary_files()
    assert not project.violations
