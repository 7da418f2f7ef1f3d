"""Review and approval over real sockets: exactly that submission, once, and on disk before it is told."""

from __future__ import annotations

import pytest

from afsync.errors import Exit
from tests.harness import lines
from tests.scenarios.world import Fields, Planned, World, a_job, a_template, post, valid
from tests.service.conftest import MakeWorld, an_upload, put_video, waiting

STAGED: Fields = {"topic": "Introducing", "platforms": ["tiktok"], "staging": True}


def test_merging_a_pull_request_publishes(world: World) -> None:
    put_video(world)
    (job,) = world.submitted(intro=an_upload(**STAGED))
    approved = an_upload(**STAGED, approve=job)
    world.declare(jobs={"intro": approved})
    world.leaves_alone("approve_waits", says=["  an apply after that publishes it"])
    world.becomes("complete", job)
    done = world.performs(
        Planned("job.intro", "approve", "requested", spent=1),
        sends=[post(f"/jobs/{job}/approve-publish")],
        says=[
            "  # job.intro will be published, which cannot be undone",
            f"  ! job intro ({job})",
            "      topic: Introducing",
            "      platforms: [tiktok]",
            "Approve: 1 job to publish.",
        ],
    )
    assert "Approved: 1 job.\n" in done.out
    assert world.record("job.intro")["approved"]
    world.is_settled()
    world.becomes("published", job)
    world.is_settled()


def test_an_approval_of_another_submission_publishes_nothing(world: World) -> None:
    job = waiting(world)
    world.declare(jobs={"intro": an_upload(**STAGED, approve="job_8f31")})
    world.withholds("approve_mismatch", says=[f"    review {job}, then write `approve: {job}`; or remove the line"])
    assert world.of_service(job)["approved_at"] is None


def test_an_old_approval_does_not_publish_the_next_submission(world: World) -> None:
    first = waiting(world)
    world.does("approve", "job.intro", "--auto-approve")
    world.becomes("published", first)
    world.declare(jobs={"intro": an_upload(**STAGED, approve=first)})
    world.is_settled()
    world.declare(jobs={"intro": an_upload(**STAGED, approve=first, rerun=2)})
    world.applied(code=Exit.REFUSED)
    second = world.ids()["job.intro"]
    assert second != first
    world.becomes("complete", second)
    world.withholds("approve_mismatch")
    assert world.of_service(second)["approved_at"] is None


def test_a_job_without_staging_and_one_without_a_submission(make_world: MakeWorld) -> None:
    world = make_world()
    (job,) = world.submitted(a=a_job())
    world.declare(jobs={"a": a_job(approve=job), "b": a_job(topic="B", approve="job_8f31")})
    world.withholds("approve_not_staged", "approve_not_submitted")
    assert list(world.ids()) == ["job.a"]


def test_staging_may_come_from_the_template(world: World) -> None:
    templates = {"weekly": a_template(staging=True)}
    (job,) = world.submitted(templates=templates, a=a_job(template="weekly", tone=None))
    world.becomes("complete", job)
    assert "waiting for approval" in world.does("status").out
    world.declare(templates=templates, jobs={"a": a_job(template="weekly", tone=None, approve=job)})
    world.applied()
    assert world.of_service(job)["approved_at"]


def test_a_renamed_job_is_moved_and_published_in_one_go(make_world: MakeWorld) -> None:
    world = make_world()
    job = waiting(world)
    world.declare(jobs={"opening": an_upload(**STAGED, approve=job)})
    world.applied()
    assert world.of_service(job)["approved_at"]
    assert world.record("job.opening")["approved"] and "job.intro" not in world.ids()


def test_an_approval_in_the_product_is_noticed(world: World) -> None:
    job = waiting(world)
    world.by_hand("POST", f"/jobs/{job}/approve-publish")
    world.declare(jobs={"intro": an_upload(**STAGED, approve=job)})
    world.is_settled()
    assert world.record("job.intro")["approved"]


DONE = ("committed-then-close", "committed-then-proxy(502)", "committed-then-not-json", "half-then-reset")
UNDONE = ("received-then-close", "headers-then-reset", "received-then-status(503)", "received-then-proxy(504)")


@pytest.mark.parametrize("fault", [*DONE, *UNDONE])
def test_a_lost_answer_is_not_sent_twice(make_world: MakeWorld, fault: str) -> None:
    world = make_world()
    job = waiting(world)
    world.declare(jobs={"intro": an_upload(**STAGED, approve=job)})
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: {fault}")
    with world.watched() as sent:
        result = world.call("apply", "--auto-approve")
    assert lines(sent) == [f"POST /jobs/{job}/approve-publish"]
    if fault in DONE:
        assert result.code == Exit.OK, result
        assert world.record("job.intro")["approved"]
        world.is_settled()
    else:
        assert result.code == Exit.UNRESOLVED, result
        assert "nothing is sent a second time" in result.out and "may still be published" in result.out
        assert "1 approval unresolved" in result.err
        assert not world.record("job.intro")["approved"]
        with world.watched() as again:
            assert world.call("apply", "--auto-approve").code == Exit.UNRESOLVED
        assert again == []
        assert f"job.intro ({job}), approved" in world.does("intents").out
        assert "its approval is unresolved" in world.does("status").out
        world.does("resolve", "job.intro", "--foreign", job, code=Exit.ERROR)
        world.does("resolve", "job.intro", "--adopt", "job_other", code=Exit.ERROR)
        world.does("resolve", "job.intro", "--absent")
        world.applied()
        assert world.of_service(job)["approved_at"]


@pytest.mark.parametrize("by_person", [False, True])
def test_a_lost_approval_is_closed_by_the_status_or_by_a_person(make_world: MakeWorld, by_person: bool) -> None:
    world = make_world()
    job = waiting(world)
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: committed-then-close")
    world.control.call("POST", "/faults", fault=f"GET /jobs/{job}#1-4: received-then-status(503)")
    world.call("approve", "job.intro", "--auto-approve")
    (intent,) = world.state["intents"]
    assert (intent["purpose"], intent["job_id"]) == ("approval", job)
    if by_person:
        world.does("resolve", "job.intro", "--absent", code=Exit.ERROR)
        world.does("resolve", "job.intro", "--adopt", job)
    else:
        with world.watched() as sent:
            world.applied()
        assert sent == []
    assert world.record("job.intro")["approved"] and not world.state["intents"]
    world.is_settled()


def test_what_the_stream_of_events_says(make_world: MakeWorld) -> None:
    world = make_world()
    job = waiting(world)
    events = world.does("approve", "job.intro", "--auto-approve", "--json").events
    for event in events:
        valid("apply", event)
    told = [e for e in events if e["type"] != "progress"]
    assert [e["type"] for e in told] == ["plan", "change_start", "change_done", "seen", "summary"]
    assert (told[2]["action"], told[2]["outcome"], told[2]["id"]) == ("approve", "applied", job)
    assert told[-1]["approved"] == 1


def test_a_question_is_asked_and_only_yes_counts(make_world: MakeWorld) -> None:
    world = make_world()
    job = waiting(world)
    done = world.does("approve", "job.intro", code=1)
    assert "there is no terminal to ask at" in done.err and "--auto-approve" in done.err
    assert world.of_service(job)["approved_at"] is None


def test_a_saved_plan_approves_what_was_reviewed(make_world: MakeWorld) -> None:
    world = make_world()
    job = waiting(world)
    world.declare(jobs={"intro": an_upload(**STAGED, approve=job)})
    file = world.root / "reviewed.plan"
    world.does("plan", "--out", str(file))
    assert "will be published" in world.does("show", str(file)).out
    world.does("apply", str(file))
    assert world.of_service(job)["approved_at"]
