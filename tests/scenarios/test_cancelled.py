"""Cancelled is asked for, not done: jobs that are produced all the same, and what they hold back."""

from __future__ import annotations

from contextlib import suppress

import pytest

from afsync.api.writer import ApiWriter
from afsync.errors import Unreachable
from tests.harness import NO_CHANGES, lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, World, a_job, valid


class Killed(BaseException):
    """The process ends here."""


BEST = a_job(platforms=["tiktok"])
OTHER = a_job(url=OTHER_URL, topic="Other")


@pytest.fixture
def back(make_world: MakeWorld) -> tuple[World, str]:
    """A router that finished a job although afsync had cancelled it."""
    world = make_world("router")
    job, _ = world.submitted(best=BEST, other=OTHER)
    world.becomes("running", job)
    world.declare(jobs={"other": OTHER})
    world.applied()
    world.becomes("complete", job)
    world.pass_time(minutes=3)
    return world, job


def test_it_is_named_in_every_plan_and_status_for_no_further_request(back: tuple[World, str]) -> None:
    world, job = back
    for _ in range(2):
        with world.watched(reads=True) as sent:
            done = world.does("plan")
        assert sorted(lines(sent)) == ["GET /account", "GET /jobs", "GET /schedule", "GET /templates"]
        assert f"Warning: job.best ({job}): afsync cancelled it on" in done.out
        assert "but the service still reports it as complete: http" in done.out
        assert NO_CHANGES not in done.out
        world.applied()
    assert "but still in the account" in world.does("status").out
    shown = [j for j in world.does("status", "--json").json["jobs"] if j["id"] == job]
    assert [(j["status"], j["output_url"] is not None) for j in shown] == [("complete", True)]
    assert world.state["trust"]["cancel"]["lost"] == 1
    valid("state", world.state)


def test_it_is_forgotten_by_its_id(back: tuple[World, str]) -> None:
    world, job = back
    world.applied()
    world.does("state", "rm", job)

    world.is_settled()
    assert "watched" not in world.state
    assert job not in world.does("status").out


def test_it_is_forgotten_when_its_watch_ends(back: tuple[World, str]) -> None:
    world, _ = back
    world.applied()
    world.pass_time(hours=25)
    world.applied()

    assert "watched" not in world.state
    world.is_settled()


def test_the_same_is_not_submitted_again_but_taken_over_for_free(back: tuple[World, str]) -> None:
    world, job = back
    world.declare(jobs={"best": BEST, "other": OTHER})
    before = world.balance
    with world.watched() as sent:
        held = world.call("apply", "--auto-approve")
    assert held.code == 4
    assert sent == []
    assert [v["code"] for v in world.planned()["violations"]] == ["cancel_not_kept"]

    world.does("import", "job.best", job)
    world.is_settled()
    assert world.balance == before
    assert world.record("job.best")["credits"] is None, "the service did not report it"


def test_the_same_is_not_paid_for_before_the_cancellation_is_judged(make_world: MakeWorld) -> None:
    world = make_world("router")
    job, _ = world.submitted(best=BEST, other=OTHER)
    world.becomes("running", job)
    world.declare(jobs={"other": OTHER})
    world.applied()
    world.becomes("published", job)
    world.pass_time(seconds=25)
    world.declare(jobs={"again": BEST, "other": OTHER})
    with world.watched() as sent:
        held = world.call("apply", "--auto-approve")
    assert held.code == 4
    assert sent == []
    assert "was cancelled and is still published" in held.out
    assert [v["code"] for v in world.planned()["violations"]] == ["cancel_unseen"]

    world.pass_time(minutes=3)
    assert [v["code"] for v in world.planned()["violations"]] == ["cancel_not_kept"]


@pytest.mark.parametrize("dialect", ["documented", "deployed", "router"])
def test_a_cancel_that_is_kept_is_counted_when_its_watch_ends(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect)
    world.submitted(best=BEST, other=OTHER)
    world.declare(jobs={"other": OTHER})
    assert "Seen: 1 of 1 cancellations.\n" in world.applied().out

    world.is_settled()
    world.pass_time(hours=25)
    world.applied()
    assert world.state["trust"]["cancel"]["kept"] == 1
    assert "watched" not in world.state


def test_a_replacement_in_production_is_withheld_once_a_cancel_was_lost(back: tuple[World, str]) -> None:
    world, _ = back
    other = world.ids()["job.other"]
    world.becomes("running", other)
    world.declare(jobs={"other": {**OTHER, "tone": "calm"}})
    held = world.call("apply", "--auto-approve")
    assert held.code == 4
    assert "two videos are made, for an unknown number of credits already spent and 1 more" in held.out

    (change,) = world.planned("--replace", "job.other")["changes"]
    assert change["action"] == "replace"
    assert "two videos are made" in change["warning"]


@pytest.mark.parametrize("ends", [Killed(), Unreachable("the service answered 502 four times")])
def test_a_cancel_of_which_no_answer_was_written_down_is_watched(
    make_world: MakeWorld, ends: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("router")
    job, _ = world.submitted(best=BEST, other=OTHER)
    world.declare(jobs={"other": OTHER})
    with monkeypatch.context() as broken, suppress(Killed):
        _cut_off_after_a_cancel(broken, ends)
        world.applied(code=1)
    world.applied()
    assert list(world.state["watched"]) == [job]
    assert "job.best" not in world.ids()

    world.becomes("complete", job)
    world.pass_time(minutes=3)
    assert f"job.best ({job}): afsync cancelled it on" in world.does("plan").out


@pytest.mark.parametrize("dialect", ["documented", "deployed", "router"])
def test_a_replacement_cut_off_after_its_cancel_goes_on(
    make_world: MakeWorld, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(dialect)
    (job,) = world.submitted(best=BEST)
    world.declare(jobs={"best": {**BEST, "tone": "calm"}})
    with monkeypatch.context() as broken, suppress(Killed):
        _cut_off_after_a_cancel(broken, Killed())
        world.applied()
    with world.watched() as sent:
        world.applied()
    assert lines(sent) == ["POST /jobs"]
    assert world.ids()["job.best"] != job
    assert list(world.state["watched"]) == [job]
    world.is_settled()


def test_a_cancel_that_never_arrived_is_decided_by_the_files_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("documented")
    (job,) = world.submitted(best=BEST)
    world.declare(jobs={"best": {**BEST, "tone": "calm"}})
    with monkeypatch.context() as broken:
        broken.setattr(ApiWriter, "cancel", _refuses_the_connection)
        world.applied(code=1)
    world.declare(jobs={"best": BEST})
    world.pass_time(minutes=3)
    with world.watched() as sent:
        world.applied()
    assert sent == []
    assert "watched" not in world.state
    assert world.ids() == {"job.best": job}


def _refuses_the_connection(writer: ApiWriter, job_id: str) -> None:
    raise Unreachable("the connection was refused")


def _cut_off_after_a_cancel(broken: pytest.MonkeyPatch, ends: BaseException) -> None:
    sends = ApiWriter.cancel

    def cancel(writer: ApiWriter, job_id: str) -> None:
        sends(writer, job_id)
        raise ends

    broken.setattr(ApiWriter, "cancel", cancel)
