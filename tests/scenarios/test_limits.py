"""Limits and guards: shown by plan, enforced by apply before anything is sent; what is held back stops nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import lines
from tests.scenarios.world import OTHER_URL, TOPIC, URL, Fields, Planned, World, a_job, a_template, delete, submission

SAME_EVERYWHERE = ["documented"]
"""Nothing in these tests depends on how the service speaks."""

pytestmark = pytest.mark.parametrize("dialect", SAME_EVERYWHERE, indirect=True)


def several(number: int, **fields: Any) -> Fields:
    return {f"job{n}": a_job(topic=f"Topic {n}", **fields) for n in range(number)}


def refused(world: World, code: str, says: str, *flags: str) -> None:
    """Insist that plan shows a breach, and that apply stops because of it before it sends anything."""
    state = world.state
    plan = world.does("plan", *flags)
    assert says in plan.out
    document = world.does("plan", "--json", "--detailed-exitcode", *flags, code=2).json
    assert code in [v["code"] for v in document["violations"]]
    with world.watched() as sent:
        done = world.applied(*flags, code=4)
        events = world.applied("--json", *flags, code=4).events
    assert sent == []
    assert says in done.out
    assert done.err == "Nothing was done: see above what holds it back.\n"
    assert code in [event["code"] for event in events if event["type"] == "error"]
    assert (events[-1]["type"], events[-1]["added"], events[-1]["destroyed"]) == ("summary", 0, 0)
    assert world.state == state


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "flag"])
def test_credits(world: World, declared: bool) -> None:
    world.declare(jobs=several(3), **({"limits": {"max_credits": 2}} if declared else {}))
    flags = () if declared else ("--max-credits", "2")
    refused(world, "max_credits", "the plan spends 3 credits, and the limit is 2", *flags)
    assert "    raise it for this run with --max-credits 3\n" in world.does("plan", *flags).out
    world.applied("--max-credits", "3")
    world.is_settled()


def test_balance(world: World) -> None:
    world.control.account(world.key, balance=2)
    world.declare(jobs=several(3))
    refused(world, "insufficient_credits", "the plan spends 3 credits, and the account has 2")
    assert "Credits: 3 to spend, 2 available, 1 missing.\n" in world.does("plan").out
    world.applied("--target", "job.job0", "--target", "job.job1")
    assert world.balance == 0


def test_creates_count_replacements(world: World) -> None:
    world.submitted(**several(2))
    new = {**several(2, tone="calm"), "more": a_job(url=OTHER_URL)}
    world.declare(jobs=new, limits={"max_creates": 2})
    refused(world, "max_creates", "the plan adds 3 resources, and the limit is 2")
    world.applied("--max-creates", "3")


@pytest.mark.parametrize(("most", "says"), [(2, "the limit is 2"), ("30%", "the limit is 2"), (0, "the limit is 0")])
def test_deletes_count_replacements(world: World, most: Any, says: str) -> None:
    world.submitted(**several(8))
    jobs = {**several(8), "job0": a_job(topic="Topic 0", tone="calm")}
    del jobs["job1"], jobs["job2"]
    world.declare(jobs=jobs, limits={"max_deletes": most})
    refused(world, "max_deletes", f"the plan destroys 3 of 8 resources, and {says}")
    refused(world, "max_deletes", "and the limit is 1", "--max-deletes", "20%")
    world.applied("--max-deletes", "40%")
    world.is_settled()


def test_without_a_limit_half_may_go_and_five_always(world: World) -> None:
    world.submitted(**several(12))
    world.declare(jobs=several(5))
    refused(world, "max_deletes", "the plan destroys 7 of 12 resources, and the limit is 6")
    world.declare(jobs=several(6))
    world.applied()
    world.declare(jobs=several(1))
    world.applied()
    assert list(world.ids()) == ["job.job0"]


def test_a_per_cent_of_a_small_number_allows_one(world: World) -> None:
    world.submitted(**several(3))
    world.declare(jobs=several(2), limits={"max_deletes": "1%"})
    world.applied()


def test_declaring_nothing_has_to_be_meant(world: World) -> None:
    world.submitted(**several(3))
    world.declare()
    refused(world, "nothing_declared", "nothing is declared, but 3 resources are recorded")
    world.applied("--allow-empty")
    assert world.ids() == {}
    world.is_settled()


def test_all_breaches_are_told_at_once(world: World) -> None:
    world.control.account(world.key, balance=1)
    world.declare(jobs=several(3), limits={"max_credits": 2, "max_creates": 1})
    codes = [v["code"] for v in world.planned()["violations"]]
    assert codes == ["max_credits", "insufficient_credits", "max_creates"]


def test_prevent_destroy_is_kept_in_the_state_and_stops_nothing_else(world: World) -> None:
    kept = {"prevent_destroy": True}
    jobs = {"best": a_job(lifecycle=kept), "other": a_job(topic="Other")}
    templates = {"weekly": a_template(lifecycle=kept)}
    best, other = world.submitted(templates=templates, **jobs)
    assert world.record("job.best")["prevent_destroy"]

    # An edit would replace it, and so would taking the block out.
    for lifecycle in ({"lifecycle": kept}, {}):
        world.declare(templates=templates, jobs={**jobs, "best": a_job(tone="calm", **lifecycle)})
        world.withholds(
            "prevent_destroy",
            says=["  Error: job.best would be replaced, and `lifecycle.prevent_destroy` forbids it"],
        )
    # Removal of all of it: what is not protected goes.
    world.declare(jobs={"new": a_job(topic="New", url=OTHER_URL)})
    world.performs(
        Planned("job.other", "delete", "removed", spent=1),
        Planned("job.new", "create", "new", spend=1),
        held=["prevent_destroy", "prevent_destroy"],
        says=["  Error: template.weekly would be deleted, and `lifecycle.prevent_destroy` forbids it"],
        sends=[delete(f"/jobs/{other}"), submission(url=OTHER_URL, topic="New", tone="hype")],
        costs=1,
        code=4,
    )
    with world.watched() as sent:
        world.does("destroy", "--auto-approve", code=4)
    assert lines(sent) == [f"DELETE /jobs/{sent[0].path.removeprefix('/jobs/')}"]
    assert set(world.ids()) == {"job.best", "template.weekly"}

    lifted = {"lifecycle": {"prevent_destroy": False}}
    world.declare(templates={"weekly": a_template(**lifted)}, jobs={"best": a_job(**lifted)})
    world.is_settled()
    assert not world.record("job.best")["prevent_destroy"]
    with world.watched() as sent:
        world.does("destroy", "--auto-approve")
    assert sent == [delete(f"/jobs/{best}"), delete(sent[1].path)]
    assert world.ids() == {}


def test_destroy_is_not_held_by_the_limit_on_deletes(world: World) -> None:
    world.submitted(templates={"weekly": a_template()}, **several(7))
    world.declare(templates={"weekly": a_template()}, jobs=several(7), limits={"max_deletes": 0})
    template, jobs = world.ids()["template.weekly"], [world.ids()[f"job.job{n}"] for n in range(7)]
    plan = world.does("plan", "--destroy")
    assert "Plan: 0 to add, 0 to change, 8 to destroy." in plan.out
    with world.watched() as sent:
        done = world.does("destroy", "--auto-approve")
    assert sent == [*(delete(f"/jobs/{job}") for job in jobs), delete(f"/templates/{template}")]
    assert done.out.endswith("\nApply complete! Resources: 0 added, 0 changed, 8 destroyed.\n")
    assert world.ids() == {}
    again = world.does("destroy", "--auto-approve")
    assert "Note: nothing is recorded that could be destroyed\n\nNothing to destroy.\n" in again.out
    assert again.out.endswith("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n")


def test_target_brings_what_it_needs_and_says_that_it_is_a_part(world: World) -> None:
    world.declare(
        templates={"weekly": a_template(), "other": a_template(name="Other")},
        jobs={"best": a_job(template="weekly"), "show.1": a_job(topic="1"), "show.2": a_job(topic="2")},
    )
    plan = world.does("plan", "--target", "job.b*")
    assert "Warning: this plan is partial: 3 other changes left out by the selection\n" in plan.out
    assert "Note: template.weekly comes along: a selected job is made from it\n" in plan.out
    with world.watched() as sent:
        world.applied("--target", "job.b*")
    assert lines(sent) == ["POST /templates", "POST /jobs"]
    assert set(world.ids()) == {"template.weekly", "job.best"}
    with world.watched() as sent:
        world.applied("--exclude", "template.*", "--exclude", "job.show.1")
    assert sent == [submission(url=URL, topic="2", tone="hype")]
    with world.watched() as sent:
        world.applied("--target", "job.*", "--exclude", "*.2")
    assert sent == [submission(url=URL, topic="1", tone="hype")]


def test_target_leaves_other_removals_alone(world: World) -> None:
    world.submitted(**several(3))
    first = world.ids()["job.job0"]
    with world.watched() as sent:
        world.does("destroy", "--auto-approve", "--target", "job.job0")
    assert sent == [delete(f"/jobs/{first}")]
    assert set(world.ids()) == {"job.job1", "job.job2"}


def test_replace_does_it_again(world: World) -> None:
    (old,) = world.submitted(templates={"weekly": a_template()}, best=a_job())
    template = world.ids()["template.weekly"]
    flags = ("--replace", "job.best", "--replace", "template.weekly")
    plan = world.does("plan", *flags)
    assert "  # job.best will be replaced: requested (1 credit, 1 already spent)\n" in plan.out
    assert "  # template.weekly will be replaced: requested\n" in plan.out
    with world.watched() as sent:
        world.applied(*flags)
    assert lines(sent) == ["POST /templates", f"DELETE /jobs/{old}", "POST /jobs", f"DELETE /templates/{template}"]
    assert sent[2].body == {"url": URL, "topic": TOPIC, "tone": "hype", "format": "short", "durationMins": 1}
    world.is_settled()
    world.becomes("published", world.ids()["job.best"])
    plan = world.does("plan", "--replace", "job.best")
    assert "  # job.best will be submitted again, as requested (1 credit, 1 already spent)\n" in plan.out
