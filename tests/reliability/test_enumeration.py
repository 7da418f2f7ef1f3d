"""Every request of a three-job apply, every point of it, everything that can go wrong there, and a kill at each.

Then unattended applies until nothing changes, and at last, where afsync asks, a person who knows the truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from msgspec import Struct

from afsync.emulator.faults.spec import ACTIONS, POINTS, makes_sense
from tests.reliability.lab import VARIANTS, Lab, Project, Variant
from tests.scale import EVERYTHING

PAID = ("POST /jobs#1", "POST /jobs#2", "POST /jobs#3")
FREE = (
    "GET /account#1",
    "GET /templates#1",
    "GET /jobs#1",
    "GET /jobs#2",
    "POST /templates#1",
    "PATCH /jobs/*/schedule#1",
    "PATCH /jobs/*/schedule#2",
)
REFUSALS = ("status(401)", "rate-limit")
"""In the API's own form: they say that nothing was done, and are taken at their word. A service that says so of what
it did is outside of what anybody can guard against."""
ARGUMENTS = {"refuse": ("(0.1)",), "stall": ("", "(0.1)"), "late": ("(30)", "(590)"), "status": ("", "(409)", "(401)")}
Recorder = Callable[[str, object], None]
BEFORE = ("connected", "headers", "received")
PARTS = 8


class Case(Struct, frozen=True):
    """What goes wrong in the first run: a fault, or a kill while the request is held (`drop`: it is never done)."""

    target: str
    point: str
    action: str
    variant: Variant
    kill: bool = False
    drop: bool = False

    def __str__(self) -> str:
        how = " and killed" if self.kill else ""
        how = (" (dropped)" if self.drop else "") + how
        return f"{self.target}: {self.point}-then-{self.action}{how} [{self.variant}]"


def faults(target: str) -> Iterator[tuple[str, str, bool, bool]]:
    """Point, action, whether it is killed, whether the request is dropped."""
    method, _, path = target.partition("#")[0].partition(" ")
    for point in POINTS:
        for action in ACTIONS:
            if action == "hold" or not makes_sense(point, action, method):
                continue
            if action in ("late", "charge") and path != "/jobs":
                continue
            for argument in ARGUMENTS.get(action, ("",)):
                lie = point == "committed" and action + argument in REFUSALS
                nobody_waits = point == "sent" and action + argument == "stall"
                if not lie and not nobody_waits:
                    yield point, action + argument, False, False
        yield point, "hold", True, False
        if point in BEFORE:
            yield point, "hold", True, True


def cases() -> list[Case]:
    """Everything, or in CI: of the paid requests every fault and every kill once, at the first, second or third of them
    in turn; of the others every point and every fault at one request or another."""
    chosen = []
    for number, target in enumerate((*PAID, *FREE)):
        everything = list(faults(target))
        every, shift = (len(PAID), number) if target in PAID else (11, 6 * number)
        some = [f for i, f in enumerate(everything) if (i + shift) % every == 0]
        for point, action, kill, drop in everything:
            if EVERYTHING:
                chosen += [Case(target, point, action, variant, kill, drop) for variant in VARIANTS]
            elif (point, action, kill, drop) in some:
                chosen.append(Case(target, point, action, VARIANTS[len(chosen) % len(VARIANTS)], kill, drop))
    return chosen


def carry_out(case: Case, lab: Lab) -> tuple[Project, str]:
    """The project afterwards, and how it ended."""
    project = lab.project(case.variant)
    lab.control.fault(f"{case.target}: {case.point}-then-{case.action}")
    if not case.variant.exclusive:
        stranger = {"url": "https://elsewhere/now", "topic": "Other now"}
        seed = {"call": "seed", "key": project.key, "status": "queued", "fields": stranger}
        lab.control.rehearse("POST /templates", seed)
    with project.watched():
        process = project.start("apply", "--auto-approve")
        if case.kill:
            lab.until_held(process.alive)
            process.kill()
            lab.control.release(drop=case.drop)
        ended = process.wait()
    lab.settle()
    assert lab.control.faults()[0]["fired"] == 1, f"{case}: it never came to that: {ended}"
    project.check(None if case.kill else ended)
    ended = project.until_rest()
    if ended.code not in (3, 4):
        return project, "settled by itself"
    if ended.code == 3:
        project.decide()
        ended = project.until_rest()
    if ended.code == 4:
        project.say_whose()
        ended = project.until_rest()
    if ended.code != 0:
        project.wrong(f"a person has decided, and it still ends with {ended.code}: {ended.out} {ended.err}")
    return project, "settled by a person"


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_a_request(part: int, laboratory: Lab, record_property: Recorder) -> None:
    endings: Counter[str] = Counter()
    violations: list[str] = []
    reads = 0
    mine = cases()[part::PARTS]
    for case in mine:
        project, ending = carry_out(case, laboratory)
        endings[ending] += 1
        violations += [f"{case}: {text}" for text in project.violations]
        reads += project.reads
    told = ", ".join(f"{n} {how}" for how, n in sorted(endings.items()))
    counted = f"{len(mine)} cases ({told}; {reads} reads in between)"
    figure = f"enumeration, part {part}: {counted}, {len(violations)} violations"
    record_property("figure", figure)
    assert not violations, "\n".join(violations)
