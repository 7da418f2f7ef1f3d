"""Accepted is not done: what an apply has seen of its changes, and what becomes of publish times that are not kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness import NO_CHANGES, lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, World, a_job, a_template, valid

ALL = ("documented", "deployed", "router")


@pytest.fixture(params=ALL)
def anywhere(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """An account in any dialect."""
    return make_world(request.param)


@pytest.fixture
def router(make_world: MakeWorld) -> World:
    return make_world("router")


def patches(sent: Any) -> list[str]:
    return [line for line in lines(sent) if line.startswith("PATCH")]


def test_an_apply_says_what_it_has_seen_in_one_look(anywhere: World) -> None:
    at = anywhere.at(days=7)
    jobs = {f"j{n}": a_job(topic=f"No {n}", schedule=at) for n in range(12)}
    anywhere.declare(
        jobs={**jobs, "plain": a_job(url=OTHER_URL, topic="Plain", template="weekly")},
        templates={"weekly": a_template()},
    )
    with anywhere.watched(reads=True) as sent:
        done = anywhere.applied()

    assert "Seen: 12 of 12 publish times, 1 of 1 submissions, 1 of 1 templates.\n" in done.out
    after = lines(sent)[max(i for i, line in enumerate(lines(sent)) if line.startswith(("POST", "PATCH"))) + 1 :]
    unreported = ["GET /account"] if anywhere.dialect == "router" else []
    assert sorted(after) == [*unreported, "GET /jobs", "GET /schedule"]
    assert "schedule_unseen_since" not in json.dumps(anywhere.state)
    assert anywhere.does("plan").out == f"{NO_CHANGES}\n"


def test_what_was_seen_is_in_json_and_markdown(anywhere: World) -> None:
    (job,) = anywhere.submitted(best=a_job())
    anywhere.declare(jobs={"other": a_job(url=OTHER_URL, topic="Other", schedule=anywhere.at(days=7))})
    done = anywhere.applied("--json", "--markdown-into", str(anywhere.root / "out.md"))

    for event in done.events:
        valid("apply", event)
    seen = done.events[-2]
    assert (seen["type"], done.events[-1]["type"]) == ("seen", "summary")
    assert seen["publish_times"] == seen["cancellations"] == {"seen": 1, "of": 1}
    assert seen["submissions"] is None and seen["unseen"] == []
    markdown = (anywhere.root / "out.md").read_text(encoding="utf-8")
    assert "Seen: 1 of 1 publish times, 1 of 1 cancellations." in markdown
    assert anywhere.of_service(job)["status"] == "cancelled"


def test_where_no_publish_times_are_listed_none_is_claimed(make_world: MakeWorld) -> None:
    world = make_world("documented", schedule_endpoint=False)
    world.declare(jobs={"best": a_job(schedule=world.at(days=7))})

    assert "Seen: 1 of 1 submissions.\n" in world.applied().out
    assert "schedule_unseen_since" not in json.dumps(world.state)


def test_a_look_that_fails_claims_nothing(anywhere: World) -> None:
    anywhere.declare(jobs={"best": a_job()})
    anywhere.control.fault("GET /jobs#2: received-then-status(400)")

    assert "Seen: unknown, because the account could not be read afterwards" in anywhere.applied().out


def test_what_a_list_does_not_show_yet_is_a_note(make_world: MakeWorld) -> None:
    world = make_world("deployed", list_lag=60.0)
    world.declare(jobs={"best": a_job(schedule=world.at(days=7))})
    done = world.applied()
    job = world.ids()["job.best"]
    assert "Seen: 0 of 1 publish times.\n" in done.out
    assert f"Note: accepted, but the service does not show it yet: the publish time of job.best ({job})\n" in done.out
    assert "schedule_unseen_since" in world.record("job.best")

    world.is_settled()
    world.pass_time(minutes=3)
    world.is_settled()


def test_a_publish_time_that_is_not_kept_is_set_twice_and_never_again(router: World) -> None:
    at = router.at(days=7)
    with router.watched() as sent:
        (job,) = router.submitted(best=a_job(schedule=at, platforms=["tiktok"]))
        router.becomes("running", job)
        again = router.applied()
        router.becomes("running", job)
        held = router.call("apply", "--auto-approve")
        router.becomes("complete", job)
        router.pass_time(minutes=3)
        after = [router.call("apply", "--auto-approve") for _ in range(3)]
    assert len(patches(sent)) == 2
    assert "moved in the account" not in again.text + held.text
    assert [d.code for d in after] == [4, 4, 4]
    assert "did not keep it" in after[-1].out
    (told,) = router.planned()["violations"]
    assert (told["code"], told["address"]) == ("schedule_not_kept", "job.best")
    assert router.state["trust"]["schedule"]["lost"] == 1
    valid("state", router.state)


WAYS_OUT: dict[str, dict[str, Any]] = {
    "removed": {"schedule": None},
    "ignored": {"lifecycle": {"ignore_changes": ["schedule"]}},
}


@pytest.mark.parametrize("way", WAYS_OUT.values(), ids=WAYS_OUT)
def test_the_way_out_sends_nothing_and_status_still_names_it(router: World, way: dict[str, Any]) -> None:
    job = a_job(schedule=router.at(days=7), platforms=["tiktok"])
    (id,) = router.submitted(best=job)
    router.becomes("complete", id)
    held = router.call("apply", "--auto-approve")
    assert held.code == 4
    assert "it was published before that, on tiktok" in held.out

    router.declare(jobs={"best": a_job(**{**job, **way})})
    with router.watched() as sent:
        router.is_settled()
    assert sent == []
    assert "publish time not kept" in router.does("status").out
    assert router.does("status", "--json").json["jobs"][0]["note"] == "publish time not kept"


@pytest.mark.parametrize("dialect", ["documented", "router"])
def test_a_publish_time_that_is_gone_is_not_taken_off(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect)
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)))
    if dialect == "documented":
        world.by_hand("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": None})
    else:
        world.becomes("running", job)
    world.declare(jobs={"best": a_job()})

    with world.watched() as sent:
        world.applied()
    assert sent == []
    assert world.record("job.best")["schedule"] is None


def test_a_time_that_is_still_set_past_production_counts_as_kept(make_world: MakeWorld) -> None:
    world = make_world("documented")
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)))
    world.becomes("complete", job)
    world.applied()

    assert world.state["trust"]["schedule"]["kept"] == 1
    world.applied()
    assert world.state["trust"]["schedule"]["kept"] == 1


WAYS_ON: dict[str, dict[str, Any]] = {
    "held": {"publish": "held", "platforms": ["tiktok"]},
    "service": {"publish": "service"},
    "none": {"schedule": None},
}


@pytest.mark.parametrize("way", WAYS_ON.values(), ids=WAYS_ON)
def test_further_submissions_are_held_back_until_somebody_says_who_publishes(
    router: World, way: dict[str, Any]
) -> None:
    first = a_job(schedule=router.at(days=7), platforms=["tiktok"])
    (id,) = router.submitted(best=first)
    router.becomes("complete", id)
    assert router.call("apply", "--auto-approve").code == 4

    accepted = a_job(platforms=["tiktok"])
    more = a_job(url=OTHER_URL, topic="More", schedule=router.at(days=8))
    router.declare(jobs={"best": accepted, "more": more})
    with router.watched() as sent:
        held = router.call("apply", "--auto-approve")
    assert (held.code, sent) == (4, [])
    assert [v["code"] for v in router.planned()["violations"]] == ["schedule_unproven"]

    router.declare(jobs={"best": accepted, "more": a_job(**{**more, **way})})
    router.applied()
    assert "job.more" in router.ids()


def test_a_policy_can_insist_on_a_proven_schedule(make_world: MakeWorld) -> None:
    world = make_world("documented")
    timed = a_job(topic="Timed", schedule=world.at(days=7))
    world.declare(jobs={"best": timed, "plain": a_job(url=OTHER_URL)}, policy={"require_proven_schedule": True})
    held = world.call("apply", "--auto-approve")
    assert held.code == 4
    assert list(world.ids()) == ["job.plain"]
    assert [v["code"] for v in world.planned()["violations"]] == ["policy_proven_schedule"]

    world.applied("--ignore-policy")
    world.becomes("complete", world.ids()["job.best"])
    world.declare(
        jobs={"best": timed, "next": a_job(url=OTHER_URL, topic="Next", schedule=world.at(days=8))},
        policy={"require_proven_schedule": True},
    )
    world.call("apply", "--auto-approve")
    assert "job.next" in world.ids()


def test_account_shows_what_was_kept(router: World) -> None:
    (id,) = router.submitted(best=a_job(schedule=router.at(days=7), platforms=["tiktok"]))
    router.becomes("complete", id)

    document = router.does("account", "--json").json
    valid("account", document)
    assert (document["trust"]["schedule"]["kept"], document["trust"]["schedule"]["lost"]) == (0, 1)
    assert document["trust"]["cancel"] == {"kept": 0, "lost": 0, "last_kept": None, "last_lost": None}
    shown = router.does("account").out
    assert "kept:       0 of 1 publish time, last seen" in shown
    assert "cancellations: not known yet" in shown


def test_what_the_service_does_not_report_is_unknown(router: World) -> None:
    router.declare(jobs={"best": a_job()})
    done = router.applied("--json", "--markdown-into", str(router.root / "out.md"))

    (change,) = [e for e in done.events if e["type"] == "change_done"]
    assert (change["credits"], done.events[-1]["credits"]) == (None, 0), "the balance did not move"
    assert router.record("job.best")["credits"] is None
    assert "by the balance (50 before, 50 after)" in (router.root / "out.md").read_text(encoding="utf-8")


def test_estimates_learn_from_what_was_taken(make_world: MakeWorld) -> None:
    world = make_world("documented", surcharge=2)
    world.submitted(best=a_job())

    assert world.state["costs"]["short"]["credits"] == 3
    world.declare(jobs={"best": a_job(), "next": a_job(url=OTHER_URL, topic="Next")})
    plan = world.planned()
    assert plan["credits"]["spend"] == 3
    assert "cost_unproven" not in [w["code"] for w in plan["warnings"]]
