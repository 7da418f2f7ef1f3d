"""Reading stays cheap however long the account's history is: requests counted by the service."""

from __future__ import annotations

from collections.abc import Callable

from tests.harness import NO_CHANGES
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import World, a_job

Record = Callable[[str, object], None]

HISTORY = 20_000
ACTIVE = 50


def reads(world: World, *args: str) -> list[str]:
    """What a command asks for; it must not write."""
    with world.watched(reads=True) as sent:
        done = world.does(*args)
    assert NO_CHANGES in done.out
    assert {s.method for s in sent} == {"GET"}
    return [s.path for s in sent]


def finished(world: World, count: int) -> None:
    fields = {"topic": "Old {n}", "url": "https://a.b/c"}
    world.control.seed(key=world.key, count=count, status="published", age=3600, spacing=600, fields=fields)


def test_a_plan_without_changes_over_a_long_history(
    make_world: MakeWorld, dialect: str, record_property: Record
) -> None:
    world = make_world(dialect, credits=1000)
    finished(world, HISTORY)
    jobs = {f"j{n}": a_job(topic=f"New {n}") for n in range(ACTIVE)}
    at = world.at(days=30)
    world.declare(jobs={k: {**j, "schedule": at} if n % 2 else j for n, (k, j) in enumerate(jobs.items())})
    world.applied()
    paths = reads(world, "plan", "--detailed-exitcode")
    record_property(
        "figure", f"no-op plan, {ACTIVE} active of {HISTORY + ACTIVE} jobs ({dialect}): {len(paths)} requests"
    )
    assert sorted(paths) == ["/account", "/jobs", "/schedule", "/templates"]
    assert len(paths) <= 5


def test_a_plan_without_changes_over_active_jobs_that_lie_deep(
    make_world: MakeWorld, dialect: str, record_property: Record
) -> None:
    """A few old jobs are still active, and thousands were submitted since: they are asked for one by one."""
    world = make_world(dialect)
    world.submitted(**{f"j{n}": a_job(topic=f"T {n}") for n in range(3)})
    world.pass_time(days=60)
    finished(world, 5_000)
    paths = reads(world, "plan", "--detailed-exitcode")
    record_property("figure", f"no-op plan, 3 active below 5,000 newer jobs ({dialect}): {len(paths)} requests")
    assert len(paths) <= 3 + 3 + 3


def test_a_plan_without_changes_over_nothing_but_finished_jobs(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect)
    jobs = world.submitted(**{f"j{n}": a_job(topic=f"T {n}") for n in range(5)})
    world.becomes("published", *jobs)
    world.applied()
    finished(world, 1_000)
    assert sorted(set(reads(world, "plan"))) == ["/account", "/jobs", "/templates"]
    assert len(reads(world, "plan")) == 3


def test_what_was_seen_of_finished_jobs_is_kept_by_apply_alone(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect)
    (job,) = world.submitted(best=a_job())
    world.becomes("published", job)
    files = world.files()
    reads(world, "plan")
    assert world.files() == files
    reads(world, "apply", "--auto-approve")
    assert world.record("job.best")["status"] == "published"
    files = world.files()
    reads(world, "apply", "--auto-approve")
    assert world.files() == files
