"""An approval that is killed at every point of it, or whose answer is lost: the job is published once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from afsync.errors import Exit
from tests.dialects import DIALECTS
from tests.held.points import Killed, Point, broken_at, ways_of
from tests.held.world import HeldWorld
from tests.reliability.worker import WRITES

Recorder = Callable[[str, object], None]
JOB = """  {name}: {{url: "https://a.b/{name}", topic: {name}, platforms: [tiktok], publish: held, schedule: "{at}"}}
"""
JOBS = 40
FEWEST = 40
"""So many points an approval has at least: with fewer, something is not counted."""


def due_jobs(world: HeldWorld, count: int) -> dict[str, str]:
    """Produced jobs whose time has come; their ids by address."""
    world.control.account(world.key, add_credits=count)
    at = world.at(hours=2)
    world.write("jobs:\n" + "".join(JOB.format(name=f"j{n}", at=at) for n in range(count)))
    world.applied()
    ids = world.ids()
    world.becomes("complete", *ids.values())
    world.pass_time(hours=3)
    return ids


def due(address: str) -> tuple[str, ...]:
    return "apply", "--due", "--auto-approve", "--target", address


def points_of(world: HeldWorld, address: str) -> list[str]:
    with broken_at() as kinds:
        world.does(*due(address))
    assert len(kinds) >= FEWEST and kinds.count("rename") > 2, kinds
    return kinds


def cases(kinds: list[str], dialect: str) -> Iterator[Point]:
    """Every request, and a third of the system calls: they are the same in all dialects, which take turns."""
    for place, kind in enumerate(kinds):
        if kind not in WRITES or place % 3 == DIALECTS.index(dialect):
            yield from (Point(place, way) for way in ways_of(kind))


def approvals(world: HeldWorld, job: str) -> int:
    return len(world.control.requests(path=f"/v1/jobs/{job}/approve-publish"))


def published_once(world: HeldWorld, address: str, job: str, point: Point) -> str:
    """Break it there, then run it again until it is done; how it ended."""
    with broken_at(point) as kinds, suppress(Killed):
        world.call(*due(address))
    kind = kinds[point.place]
    sent = approvals(world, job)
    assert sent <= 1
    again = world.call(*due(address))
    assert again.code in (Exit.OK, Exit.UNRESOLVED), (kind, point, again)
    ending = "by itself"
    if again.code == Exit.UNRESOLVED:
        ending = "by a person"
        assert approvals(world, job) == sent, (kind, point)
        out = world.of_service(job)["approved_at"]
        world.does("resolve", address, *(("--adopt", job) if out else ("--absent",)))
        world.does(*due(address))
    # What has left may be carried out at any time: that is known before it leaves, and is never taken for undone.
    may_be_out = kind.startswith("POST") and point.way.endswith("before")
    assert not may_be_out or ending == "by a person", (kind, point)
    assert approvals(world, job) == 1, (kind, point)
    assert world.of_service(job)["approved_at"]
    assert world.record(address)["approved"] and not world.state.get("intents"), (kind, point)
    return ending


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
def test_killed_at_every_point_it_is_published_once(world: HeldWorld, record_property: Recorder) -> None:
    first, second, *others = due_jobs(world, JOBS).items()
    points_of(world, first[0])  # which makes the folders
    kinds = points_of(world, second[0])
    chosen = list(cases(kinds, world.dialect))
    assert len(chosen) <= len(others)
    endings = Counter(
        published_once(world, address, job, point)
        for (address, job), point in zip(others, chosen, strict=False)
    )  # fmt: skip
    told = ", ".join(f"{n} {how}" for how, n in sorted(endings.items()))
    record_property("figure", f"approvals broken, {world.dialect}: {len(kinds)} points, {len(chosen)} cases ({told})")
