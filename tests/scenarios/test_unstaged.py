"""A service that takes a job for review, and says that it will not stop for one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from afsync.api.writer import ApiWriter
from afsync.core.answers import Answer, Unknown
from afsync.core.resources import Values
from afsync.errors import Unreachable
from tests.harness import NO_CHANGES, lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, World, a_job, valid

REVIEWED = {"a": a_job(staging=True), "b": a_job(staging=True, url=OTHER_URL, topic="Another")}


@pytest.fixture(params=["deployed", "router"])
def world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The documented dialect does not tell in its answer whether a job is staged."""
    return make_world(request.param, ignore_staging=True)


def test_it_is_cancelled_at_once_and_no_further_one_is_submitted(world: World) -> None:
    world.declare(jobs={**REVIEWED, "plain": a_job(topic="No review", url="https://clips.twitch.tv/three")})
    with world.watched() as sent:
        done = world.applied(code=1)
    first = world.ids()["job.a"]
    assert lines(sent) == ["POST /jobs", f"DELETE /jobs/{first}", "POST /jobs"]
    assert (
        f"job.a: failed: submitted as {first}, but the service says that it does not stop before publishing" in done.out
    )
    assert "job.b: not attempted: the service does not stop jobs for review" in done.out
    assert sorted(world.ids()) == ["job.a", "job.plain"]
    assert world.record("job.a")["status"] == "cancelled"


def test_it_is_neither_paid_for_again_nor_forgotten(world: World) -> None:
    world.declare(jobs=REVIEWED)
    world.applied(code=1)
    first = world.ids()["job.a"]
    for _ in range(2):
        with world.watched() as sent:
            done = world.applied(code=4)
        assert sent == []
        assert f"job.b waits for a review, and the service ignored that for {first}" in done.out
        assert "or accept that with --accept-unstaged" in done.out
    assert world.planned()["violations"][0]["code"] == "staging_ignored"


def test_a_person_may_go_on_all_the_same(world: World) -> None:
    world.declare(jobs=REVIEWED)
    world.applied(code=1)
    world.control.options(ignore_staging=False)
    assert "job.b will be submitted" in world.does("plan", "--accept-unstaged").out
    reviewed = str(world.root / "reviewed.plan")
    world.does("plan", "--accept-unstaged", "--out", reviewed)
    world.does("apply", reviewed)
    assert world.record("job.b")["staged"] is True
    assert "staging_ignored" not in world.state


def test_a_job_without_review_does_not_care(world: World) -> None:
    world.declare(jobs={"best": a_job()})
    world.applied()
    assert "staging_ignored" not in world.state


class Killed(BaseException):
    pass


def _lost(writer: ApiWriter, job_id: str) -> None:
    raise Unreachable("the service did not answer")


def _killed(writer: ApiWriter, job_id: str) -> None:
    raise Killed


@pytest.mark.parametrize("fails", [_lost, _killed])
def test_a_cancel_that_did_not_go_through_is_sent_again(
    world: World, fails: Callable[[ApiWriter, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.declare(jobs={"a": REVIEWED["a"]})
    with monkeypatch.context() as broken, suppress(Killed):
        broken.setattr(ApiWriter, "cancel", fails)
        done = world.applied(code=1)
        assert "the next apply cancels it" in done.out
    (job,) = (j["job_id"] for j in world.control.jobs(key=world.key))  # a killed run leaves the record in the journal
    assert world.of_service(job)["status"] == "queued"

    with world.watched() as sent:
        done = world.applied()
    assert lines(sent) == [f"DELETE /jobs/{job}"]
    assert "job.a will be cancelled: the service does not stop it before publishing" in done.out
    assert world.record("job.a")["status"] == "cancelled"
    valid("state", world.state)
    with world.watched() as sent:
        done = world.applied()
    assert sent == []
    assert "is cancelled (by afsync, on " in done.out
    assert NO_CHANGES not in done.out


def test_what_is_published_against_the_cancel_is_named_until_a_person_ends_it(make_world: MakeWorld) -> None:
    world = make_world("router", ignore_staging=True)
    world.declare(jobs={"a": a_job(staging=True, platforms=["tiktok"])})
    world.applied(code=1)
    job = world.ids()["job.a"]
    world.becomes("complete", job)
    assert len(world.of_service(job)["publications"]) == 1

    for minutes in (0, 5):
        world.pass_time(minutes=minutes)
        with world.watched() as sent:
            done = world.applied(code=4)
        assert sent == []
        assert f"job.a ({job}) was to stop before publishing, and the service does not stop it" in done.out
        assert "but the service still reports it as complete: http" in done.out
    assert world.state["trust"]["cancel"]["lost"] == 1
    assert "does not stop before publishing" in world.does("status").out
    assert "may be published already" in world.does("approve", "job.a", "--auto-approve", code=1).err

    world.does("state", "rm", job)
    world.is_settled()


def test_what_can_no_longer_be_cancelled_is_named_and_not_published_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.declare(jobs={"a": REVIEWED["a"]})
    with monkeypatch.context() as broken:
        broken.setattr(ApiWriter, "cancel", _lost)
        world.applied(code=1)
    job = world.ids()["job.a"]
    world.becomes("complete", job)

    with world.watched() as sent:
        done = world.applied(code=4)
        world.does("approve", "job.a", "--auto-approve", code=1)
    assert sent == []
    assert "it is complete, and no cancellation is known to have been accepted" in done.out


def test_a_lost_submission_is_found_and_cancelled_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sends = ApiWriter.submit_job

    def lost(writer: ApiWriter, body: Values) -> Answer:
        sends(writer, body)
        return Unknown("the connection was reset")

    world.declare(jobs={"a": a_job(staging=True, platforms=["tiktok"])})
    with monkeypatch.context() as broken:
        broken.setattr(ApiWriter, "submit_job", lost)
        world.applied(code=3)
    world.pass_time(minutes=15)

    with world.watched() as sent:
        world.applied()
    job = world.ids()["job.a"]
    assert lines(sent) == [f"DELETE /jobs/{job}"]
    assert world.record("job.a")["staged"] is False
    assert world.state["staging_ignored"]["job_id"] == job


def test_a_person_may_accept_that_it_goes_out(world: World) -> None:
    world.declare(jobs=REVIEWED)
    world.applied(code=1)
    with world.watched() as sent:
        done = world.does("apply", "--auto-approve", "--accept-unstaged")
    assert lines(sent) == ["POST /jobs"]
    assert "as accepted: it may be published as soon as it is produced" in done.out
    job = world.ids()["job.b"]
    assert [(d["decision"], d["id"]) for d in world.state["decisions"]] == [("accept_unstaged", job)]
    assert job not in world.state["watched"]
    with world.watched() as sent:
        world.applied()
    assert sent == []

    world.declare(jobs={**REVIEWED, "c": a_job(staging=True, topic="Third")})
    with world.watched() as sent:
        world.applied(code=4)
    assert sent == [], "that the service ignores reviews is known, so that no third one is paid for and cancelled"


def test_a_person_may_accept_one_that_is_to_be_cancelled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.declare(jobs={"a": REVIEWED["a"]})
    with monkeypatch.context() as broken:
        broken.setattr(ApiWriter, "cancel", _lost)
        world.applied(code=1)
    job = world.ids()["job.a"]
    with world.watched() as sent:
        done = world.does("apply", "--auto-approve", "--accept-unstaged")
    assert sent == []
    assert f"job.a ({job}) is not cancelled: it may be published as soon as it is produced" in done.out
    assert "watched" not in world.state
    assert [d["id"] for d in world.state["decisions"]] == [job]
    world.is_settled()


def test_a_lost_submission_that_a_person_names_is_cancelled_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = ApiWriter.submit_job

    def lost(writer: ApiWriter, body: Values) -> Answer:
        sends(writer, body)
        return Unknown("the connection was reset")

    world.declare(jobs={"a": REVIEWED["a"]})
    with monkeypatch.context() as broken:
        broken.setattr(ApiWriter, "submit_job", lost)
        world.applied(code=3)
    (job,) = (j["job_id"] for j in world.control.jobs())
    world.does("resolve", "job.a", "--adopt", job)

    assert world.record("job.a")["staged"] is False
    with world.watched() as sent:
        world.applied()
    assert lines(sent) == [f"DELETE /jobs/{job}"]
