"""A three-job apply that is killed, or whose disk fails, at every single system call with which it writes its state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.reliability.lab import EVERYTHING, VARIANTS, Lab, Project, Variant
from tests.reliability.processes import Ended
from tests.reliability.worker import Orders

Recorder = Callable[[str, object], None]
STEP = 1 if EVERYTHING else 7
"""Every so-manieth call; each way of failing begins at another one."""


@dataclass(frozen=True)
class Way:
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


def at(orders: Orders, call: int) -> Orders:
    from dataclasses import replace

    return replace(orders, at=call)


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
    ended = project.run("apply", "--auto-approve", orders=at(way.orders, call))
    first = ended
    if ended.code >= 0:
        check_nothing_lost(project, ended)
    project.check(ended if ended.code >= 0 else None)
    if ended.code in (0, 1, 3, 4) and ended.code != 0:
        project.wrong(f"the disk failed, and the exit code is {ended.code}: {ended.out} {ended.err}")
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
    call, tried = 1 + WAYS.index(way) % STEP, 0
    while True:
        project, first, ending = carry_out(way, call, laboratory)
        violations += [f"{way.name} at call {call}: {text}" for text in project.violations]
        if first.code == 0 and ending == "went on" and call > 100:
            break
        endings[f"{ending} after exit {first.code}"] += 1
        tried += 1
        call += STEP
    told = ", ".join(f"{n} {how}" for how, n in sorted(endings.items()))
    record_property("figure", f"state's disk, {way.name}: {tried} calls ({told}), {len(violations)} violations")
    assert not violations, "\n".join(violations)
