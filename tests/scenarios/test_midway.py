"""What happens when something goes wrong in the middle of an apply: what stops, what goes on, and what is said."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from afsync.api.limiter import Limiter
from afsync.api.session import ApiSession
from afsync.commands import context
from tests.harness import lines
from tests.scenarios.world import (
    OTHER_URL,
    TOPIC,
    URL,
    Fields,
    Planned,
    World,
    a_job,
    a_template,
    reschedule,
    submission,
)

THREE: Fields = {key: a_job(topic=f"Topic {key}") for key in ("a", "b", "c")}


@pytest.fixture(params=["documented"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Nothing in these tests depends on how the service speaks."""
    return str(request.param)


def test_credits_run_out(world: World) -> None:
    world.declare(jobs=THREE)
    world.control.rehearse("POST /jobs#1", {"call": "account", "key": world.key, "balance": 0})
    with world.watched() as sent:
        done = world.applied(code=4)
    assert lines(sent) == ["POST /jobs", "POST /jobs"]
    assert [s.status for s in sent] == [200, 402]
    assert "job.b: failed: " in done.out
    assert "  top up the account, then apply again\n" in done.out
    assert "job.c: not attempted: not enough credits\n" in done.out
    assert "Error: Not enough credits: " in done.err
    assert done.out.endswith(
        "Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed; 1 failed, 1 not attempted.\n"
    )
    assert list(world.ids()) == ["job.a"]
    assert world.state["intents"] == []
    world.control.account(world.key, add_credits=10)
    with world.watched() as sent:
        world.applied()
    assert [s.body["topic"] for s in sent] == ["Topic b", "Topic c"]
    world.is_settled()


@pytest.mark.parametrize(("status", "code"), [(401, 1), (403, 1)])
def test_the_key_is_refused(world: World, status: int, code: int) -> None:
    world.declare(jobs=THREE, templates={"weekly": a_template()})
    world.control.fault(f"POST /jobs#2: received-then-status({status})")
    with world.watched() as sent:
        done = world.applied(code=code)
    assert lines(sent) == ["POST /templates", "POST /jobs", "POST /jobs"]
    assert "job.c: not attempted: the service does not accept the key\n" in done.out
    assert "Error: The service refused: " in done.err
    assert list(world.ids()) == ["job.a", "template.weekly"]
    assert world.state["intents"] == []
    world.applied()
    world.is_settled()


def test_the_key_is_refused_for_a_free_call(world: World) -> None:
    one, two = world.submitted(a=a_job(schedule=world.at(days=1)), b=a_job(topic="B", schedule=world.at(days=1)))
    at = world.at(days=2)
    world.declare(jobs={"a": a_job(schedule=at), "b": a_job(topic="B", schedule=at)})
    world.control.fault("PATCH /jobs/*#*: received-then-status(401)")
    with world.watched() as sent:
        done = world.applied(code=1)
    assert sent == [reschedule(one, at)]
    assert "job.b: not attempted: the service does not accept the key\n" in done.out
    assert two not in [s.path for s in sent]


def test_one_failure_does_not_stop_the_others(world: World) -> None:
    world.declare(jobs={**THREE, "later": a_job(topic="Later", schedule=world.at(days=1))})
    world.control.fault("POST /jobs#2: received-then-status(422)")
    with world.watched() as sent:
        done = world.applied(code=1)
    assert [s.method for s in sent] == ["POST", "PATCH", "POST", "POST", "POST"]
    assert "Apply incomplete. Resources: 3 added, 0 changed, 0 destroyed; 1 failed.\n" in done.out
    with world.watched() as sent:
        world.applied()
    assert [s.body["topic"] for s in sent] == ["Topic a"]
    world.is_settled()


def test_with_fail_fast_it_does(world: World) -> None:
    world.declare(jobs=THREE)
    world.control.fault("POST /jobs#2: received-then-status(422)")
    with world.watched() as sent:
        done = world.applied("--fail-fast", code=1)
    assert len(sent) == 2
    assert "job.c: not attempted: stopped after job.b (--fail-fast)\n" in done.out


def test_a_submission_is_told_as_it_begins_and_as_it_is_paid(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And how long it took is what it took itself, not what others did in between, nor the wait for its turn: here a
    request takes a second, after a minute for the rate limit."""
    clock = SimpleNamespace(now=0.0, turn=False)
    send = ApiSession.send

    def wait(_: Limiter) -> None:
        clock.now += 0.0 if clock.turn else 60.0
        clock.turn = True

    def sent(self: ApiSession, *args: Any) -> Any:
        clock.now += 1.0
        clock.turn = False
        return send(self, *args)

    monkeypatch.setattr(Limiter, "wait", wait)
    monkeypatch.setattr(ApiSession, "send", sent)
    monkeypatch.setattr(context, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=time.sleep))
    at = world.at(days=1)
    world.declare(jobs={key: a_job(topic=key, schedule=at) for key in ("a", "b")})
    told = [line for line in world.applied().out.splitlines() if line.startswith("job.")]
    a, b = world.ids().values()
    assert told == [
        "job.a: submitting...",
        f"job.a: submitted as {a} (1 credit); setting its publish time",
        f"job.a: submitted after 2 s ({a}, 1 credit)",
        "job.b: submitting...",
        f"job.b: submitted as {b} (1 credit); setting its publish time",
        f"job.b: submitted after 2 s ({b}, 1 credit)",
    ]


def test_what_needs_a_template_that_failed_is_not_attempted(world: World) -> None:
    world.declare(
        templates={"weekly": a_template(), "daily": a_template(name="Daily")},
        jobs={"w": a_job(template="weekly", topic="W"), "d": a_job(template="daily", topic="D"), **THREE},
    )
    world.control.fault("POST /templates#2: received-then-status(422)")
    with world.watched() as sent:
        done = world.applied(code=1)
    assert lines(sent) == ["POST /templates", "POST /templates", *["POST /jobs"] * 4]
    assert "template.weekly: failed: " in done.out
    assert "job.w: not attempted: template.weekly was not made\n" in done.out
    assert "job.w" not in world.ids()
    world.applied()
    world.is_settled()


def test_a_lost_answer_stops_submissions_and_not_what_is_free(world: World) -> None:
    (timed,) = world.submitted(timed=a_job(schedule=world.at(days=1)))
    at = world.at(days=2)
    world.declare(jobs={"timed": a_job(schedule=at), **THREE}, templates={"weekly": a_template()})
    world.control.fault("POST /jobs#1: received-then-close")
    with world.watched() as sent:
        done = world.applied(code=3, env={"AFSYNC_QUARANTINE": "10m"})
    assert lines(sent) == ["POST /templates", "POST /jobs", f"PATCH /jobs/{timed}/schedule"]
    assert "job.a: unresolved: " in done.out
    assert "job.b: not attempted: nothing more is submitted while job.a is unresolved\n" in done.out
    assert done.out.endswith(
        "Apply incomplete. Resources: 1 added, 1 changed, 0 destroyed; 1 unresolved, 2 not attempted.\n"
    )


def test_a_lost_answer_does_not_stop_a_take_over(world: World) -> None:
    (mine,) = world.control.seed(key=world.key, count=1, fields={"url": OTHER_URL})
    mine_too = a_job(url=OTHER_URL, topic=None, tone=None)
    world.declare(jobs={"a": a_job(), "b": mine_too, "c": a_job(topic="C")}, **{"import": {"job.b": mine}})
    world.control.fault("POST /jobs#1: received-then-close")
    done = world.applied(code=3, env={"AFSYNC_QUARANTINE": "10m"})
    assert "job.a: unresolved: " in done.out and "job.b: taken over after " in done.out
    assert "job.c: not attempted: nothing more is submitted while job.a is unresolved\n" in done.out
    assert world.ids()["job.b"] == mine


def test_a_publish_time_that_could_not_be_set_is_set_by_the_next_apply(world: World) -> None:
    """The submission is on record before its publish time is set, so it is not paid for again."""
    at = world.at(days=1)
    world.declare(jobs={"a": a_job(schedule=at)})
    world.control.fault("PATCH /jobs/*#*: received-then-status(422)")
    with world.watched() as sent:
        done = world.applied(code=1)
    world.control.clear_faults()
    job = world.ids()["job.a"]
    assert lines(sent) == ["POST /jobs", f"PATCH /jobs/{job}/schedule"]
    assert f"job.a: failed: it was created as {job}, but then: " in done.out
    assert world.record("job.a")["schedule"] is None
    world.performs(Planned("job.a", "reschedule", "unset", spent=1), sends=[reschedule(job, at)])
    world.is_settled()


def test_a_replacement_that_is_refused_is_submitted_by_the_next_apply(world: World) -> None:
    (old,) = world.submitted(a=a_job())
    world.declare(jobs={"a": a_job(tone="calm")})
    world.control.fault("POST /jobs#1: received-then-status(422)")
    with world.watched() as sent:
        done = world.applied(code=1)
    assert lines(sent) == [f"DELETE /jobs/{old}", "POST /jobs"]
    assert f"job.a: failed: {old} was cancelled, but then: " in done.out
    assert world.ids() == {}
    world.performs(
        Planned("job.a", "create", "new", spend=1),
        sends=[submission(url=URL, topic=TOPIC, tone="calm")],
        costs=1,
    )
    world.is_settled()


def test_a_replacement_whose_cancel_is_refused_is_not_submitted(world: World) -> None:
    (old,) = world.submitted(a=a_job())
    world.declare(jobs={"a": a_job(tone="calm")})
    world.control.fault("DELETE /jobs/*#*: received-then-status(422)")
    with world.watched() as sent:
        world.applied(code=1)
    assert lines(sent) == [f"DELETE /jobs/{old}"]
    assert world.ids() == {"job.a": old}


def test_what_is_really_taken_counts_against_the_limit(world: World) -> None:
    world.control.options(surcharge=1)
    world.declare(jobs={**THREE, "d": a_job(topic="D", url=OTHER_URL)})
    with world.watched() as sent:
        done = world.applied("--max-credits", "4", code=4)
    assert [s.body["topic"] for s in sent] == ["Topic a", "Topic b"]
    assert "job.a: submitted after " in done.out
    assert ", 2 credits)\n" in done.out
    assert "job.c: not attempted: 4 credits were spent, and this one would pass the limit of 4\n" in done.out
    assert "Error: Stopped: 4 credits were spent" in done.err
    assert "plan again: what the rest costs is estimated by what was taken now" in done.err, "4 + 1 would not do"
    assert {a: r["credits"] for a, r in world.state["resources"].items()} == {"job.a": 2, "job.b": 2}
    assert world.balance == 50 - 4


def test_outcomes_are_told_as_json_too(world: World) -> None:
    world.declare(jobs=THREE)
    world.control.fault("POST /jobs#2: received-then-status(422)")
    events = world.applied("--json", code=1).events
    done = {e["address"]: (e["outcome"], e["credits"]) for e in events if e["type"] == "change_done"}
    assert done == {"job.a": ("applied", 1), "job.b": ("failed", 0), "job.c": ("applied", 1)}
    assert {k: events[-1][k] for k in ("added", "failed", "not_attempted", "credits")} == {
        "added": 2, "failed": 1, "not_attempted": 0, "credits": 2,
    }  # fmt: skip
