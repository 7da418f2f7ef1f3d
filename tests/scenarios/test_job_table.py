"""The first table of docs/planning.md, row by row, through the real command: what is planned, sent, paid, recorded.

Each test is named after its row: declared, recorded and how it stands in the account, and what happens.
"""

from __future__ import annotations

import pytest

from tests.dialects import ALIKE, DIALECTS
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import (
    OTHER_URL,
    TOPIC,
    URL,
    Fields,
    Planned,
    World,
    a_job,
    a_template,
    delete,
    reschedule,
    submission,
    valid,
)

OPEN = {"documented": ("queued", "running"), **dict.fromkeys(ALIKE, ("queued", "scheduled"))}
UNKNOWN = ("queued_scheduled", "ready_to_publish", "never seen before")
BUSY = {"documented": ("publishing", *UNKNOWN), **dict.fromkeys(ALIKE, ("processing", "publishing", *UNKNOWN))}
FAILED = {"documented": ("failed",), **dict.fromkeys(ALIKE, ("failed", "non-compliant"))}
KEEPS_TIMES = pytest.mark.parametrize("dialect", ["documented", "deployed"])
"""In the router a produced job has lost its publish time: `test_kept` has what happens there."""
KEEP = a_job(topic="Something else", url=OTHER_URL)
"""Declared throughout, so that taking the other job out does not leave a project with nothing in it."""


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_new_is_created(world: World) -> None:
    first, second = world.at(days=7), world.at(days=8)
    world.declare(
        jobs={
            "b-now": a_job(platforms=["tiktok", "youtube"], durationMins=2.5, allow_duplicate=True),
            "a-later": a_job(schedule=first, topic="Later"),
            "c-long": a_job(schedule=second, topic="Long", format="long", urls=[OTHER_URL]),
            "d-made": {"entry": "generate", "prompt": "A neon city", "publishMode": "manual", "staging": True},
        }
    )
    world.performs(
        Planned("job.a-later", "create", "new", spend=1),
        Planned("job.c-long", "create", "new", spend=2),
        Planned("job.b-now", "create", "new", spend=1),
        Planned("job.d-made", "create", "new", spend=3),
        says=[
            "  # job.a-later will be submitted (1 credit)",
            "  + job a-later",
            "      topic: Later",
            "  # job.c-long will be submitted (2 credits)",
            "      format: long",
            "API: 6 requests, about 3 s.",
        ],
        costs=7,
        sends=lambda ids: [
            submission(url=URL, topic="Later", tone="hype", publishMode="scheduled"),
            reschedule(ids["job.a-later"], first),
            submission(url=URL, urls=[OTHER_URL], topic="Long", tone="hype", format="long", publishMode="scheduled"),
            reschedule(ids["job.c-long"], second),
            submission(url=URL, topic=TOPIC, tone="hype", durationMins=2.5, platforms=["tiktok", "youtube"]),
            submission(entry="generate", prompt="A neon city", publishMode="manual", staging=True),
        ],
    )
    record = world.record("job.c-long")
    assert (record["credits"], record["schedule"]["utc"], record["status"]) == (
        2 if world.tells_costs else None,
        second,
        "queued",
    )
    assert world.record("job.d-made")["staged"]
    assert world.of_service(world.ids()["job.a-later"])["publish_at"] == first
    assert world.state["intents"] == []
    world.is_settled()


def test_new_is_held_back_when_its_time_is_past(world: World) -> None:
    world.declare(jobs={"best": a_job(schedule=world.at(minutes=-2)), "other": KEEP})
    world.performs(
        Planned("job.other", "create", "new", spend=1),
        held=["past_schedule"],
        says=["    give it a time still ahead, or remove the job"],
        sends=[submission(url=OTHER_URL, topic="Something else", tone="hype")],
        costs=1,
        code=4,
    )
    world.withholds("past_schedule")


@KEEPS_TIMES
def test_same_is_left_alone_whatever_its_status(world: World) -> None:
    at = world.at(days=7)
    plain, timed, staged = world.submitted(
        plain=a_job(), timed=a_job(topic="T", schedule=at), staged=a_job(topic="S", staging=True)
    )
    for status in (*OPEN[world.dialect], *BUSY[world.dialect], "complete"):
        if status != "scheduled":
            world.becomes(status, plain, timed, staged)
        if status == UNKNOWN[-1]:
            is_left_alone(world, status)
        else:
            world.is_settled()
    world.pass_time(days=8)
    world.becomes("published", plain, timed, staged)
    world.is_settled()
    assert {r["status"] for r in world.state["resources"].values()} >= {"published"}


def is_left_alone(world: World, status: str) -> None:
    """Said once for each, and nothing is sent."""
    assert world.does("plan").out.count(f"has the unknown status `{status}`; nothing is decided about it") == 3
    with world.watched() as sent:
        world.applied()
    assert sent == []


def test_spelling_defaults_out_and_reordering_is_no_difference(world: World) -> None:
    world.submitted(best=a_job(platforms=["tiktok", "youtube"], addOns={"a": {"x": 1, "y": [1, 2]}}))
    same = {"platforms": ["youtube", "tiktok"], "addOns": {"a": {"y": [1, 2], "x": 1.0}}, "tone": "hype"}
    defaults = {"entry": "fetch", "format": "short", "durationMins": 1.0, "publishMode": "immediate", "staging": False}
    world.declare(jobs={"best": {**same, **defaults, "topic": TOPIC, "url": URL}})
    world.is_settled()


@KEEPS_TIMES
@pytest.mark.parametrize("stands", ["open", "produced"])
def test_other_schedule_is_rescheduled(world: World, stands: str) -> None:
    before, after = world.at(days=7), world.at(days=14)
    statuses = OPEN[world.dialect] if stands == "open" else ("complete",)
    (job,) = world.submitted(best=a_job(schedule=before))
    for status, (old, new) in zip(statuses, ((before, after), (after, before)), strict=False):
        if status != "scheduled":
            world.becomes(status, job)
        world.declare(jobs={"best": a_job(schedule=new)})
        (field,) = world.planned()["changes"][0]["fields"]
        assert (field["path"], field["before"]["utc"], field["after"]["utc"]) == ("schedule", old, new)
        world.performs(
            Planned("job.best", "reschedule", "schedule_changed", spent=1),
            says=["  # job.best will be rescheduled", f"  ~ job best ({job})"],
            sends=[reschedule(job, new)],
        )
        assert world.of_service(job)["publish_at"] == new != old
        assert world.record("job.best")["schedule"]["utc"] == new
        world.is_settled()


def test_schedule_given_where_there_was_none_is_set(world: World) -> None:
    (job,) = world.submitted(best=a_job())
    at = world.at(days=7)
    world.declare(jobs={"best": a_job(schedule=at)})
    world.performs(
        Planned("job.best", "reschedule", "unset", spent=1),
        says=["  # job.best will be scheduled: it has no publish time yet"],
        sends=[reschedule(job, at)],
    )
    assert world.of_service(job)["publish_at"] == at
    world.is_settled()


def test_schedule_taken_away_is_unscheduled_where_the_service_can(world: World) -> None:
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)))
    world.declare(jobs={"best": a_job()})
    change = Planned("job.best", "reschedule", "schedule_changed", spent=1)
    left = "      video: whether it is published then is up to the service"
    says = ["  # job.best will be unscheduled", f"  ~ job best ({job})", left]
    if world.dialect == "documented":
        world.performs(change, says=says, sends=[reschedule(job, None)])
        assert world.of_service(job)["publish_at"] is None
        assert world.record("job.best")["schedule"] is None
        world.is_settled()
    else:
        done = world.performs(change, says=says, sends=[reschedule(job, None)], code=1)
        assert "the service does not take a publish time off: scheduledPublishAt is required" in done.out
        assert f"far ahead instead of none, which moves it for free, or take {job} off manually" in done.out
        assert "Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed; 1 failed." in done.out
        assert world.record("job.best")["schedule"] is not None


@KEEPS_TIMES
@pytest.mark.parametrize("status", ["queued", "complete"])
def test_publish_time_moved_by_hand_is_drift(world: World, status: str) -> None:
    ours, theirs = world.at(days=7), world.at(days=9)
    (job,) = world.submitted(best=a_job(schedule=ours))
    world.becomes(status, job)
    world.by_hand("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": theirs, "scheduledPublishAt": theirs})
    world.performs(
        Planned("job.best", "reschedule", "drift", spent=1),
        says=["  # job.best will be rescheduled: it was moved in the account"],
        sends=[reschedule(job, ours)],
    )
    assert world.of_service(job)["publish_at"] == ours
    world.is_settled()


def test_publish_time_given_by_hand_to_a_job_without_one_is_drift(world: World) -> None:
    (job,) = world.submitted(best=a_job())
    at = world.at(days=9)
    world.by_hand("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": at, "scheduledPublishAt": at})
    said = "  # job.best will be unscheduled: it was scheduled in the account"
    world.plans(Planned("job.best", "reschedule", "drift", spent=1), says=[said])


def test_publish_times_are_not_drift_where_the_service_does_not_tell_them(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect, schedule_endpoint=False)
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)))
    theirs = world.at(days=9)
    world.by_hand("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": theirs, "scheduledPublishAt": theirs})
    world.is_settled()


def test_other_body_while_open_is_replaced(world: World) -> None:
    at, later = world.at(days=7), world.at(days=8)
    (old,) = world.submitted(best=a_job(schedule=at))
    world.declare(jobs={"best": a_job(schedule=later, url=OTHER_URL, tone="calm", format="long")})
    world.performs(
        Planned("job.best", "replace", "body_changed", spend=2, spent=1),
        says=[
            "  # job.best will be replaced: format, tone, url changed after submission (2 credits, 1 already spent)",
            f"-/+ job best ({old})",
            "      tone: hype -> calm",
            f"      url: {URL} -> {OTHER_URL}",
        ],
        sends=lambda ids: [
            delete(f"/jobs/{old}"),
            submission(url=OTHER_URL, topic=TOPIC, tone="calm", format="long", publishMode="scheduled"),
            reschedule(ids["job.best"], later),
        ],
        costs=2,
    )
    new = world.ids()["job.best"]
    assert new != old
    assert world.of_service(old)["status"] == "cancelled"
    assert world.of_service(new)["publish_at"] == later
    world.is_settled()


def test_other_body_is_not_submitted_when_the_cancel_came_too_late(world: World) -> None:
    (old,) = world.submitted(best=a_job())
    world.declare(jobs={"best": a_job(tone="calm")})
    # It finishes after the plan has looked, and before the cancel arrives.
    world.control.rehearse("GET /jobs", {"call": "advance", "to": "published", "job_ids": [old]})
    with world.watched() as sent:
        done = world.applied(code=1)
    assert sent == [delete(f"/jobs/{old}")]
    assert f"{old} finished before it could be cancelled (it is published); nothing was submitted" in done.out
    assert world.record("job.best")["status"] == "published"
    world.leaves_alone("finished")


@pytest.mark.parametrize("edit", ["body", "schedule", "rerun"])
def test_any_edit_while_busy_waits(world: World, edit: str) -> None:
    edits: dict[str, Fields] = {
        "body": {"tone": "calm"},
        "schedule": {"schedule": world.at(days=9)},
        "rerun": {"rerun": 2},
    }
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)))
    world.declare(jobs={"best": a_job(**{"schedule": world.at(days=7), **edits[edit]})})
    why = "it cannot be replaced now" if edit == "rerun" else "edits do not reach it"
    for status in BUSY[world.dialect]:
        world.becomes(status, job)
        world.leaves_alone("busy", says=[f"Warning: job.best is being worked on; {why}"])


@KEEPS_TIMES
def test_other_body_once_produced_is_noted_and_only_rescheduled(world: World) -> None:
    at, later = world.at(days=7), world.at(days=8)
    job, staged = world.submitted(best=a_job(schedule=at), staged=a_job(topic="S", staging=True))
    world.becomes("complete", job, staged)
    calm = a_job(schedule=at, tone="calm")
    world.declare(jobs={"best": calm, "staged": a_job(topic="S", staging=True, tone="calm")})
    world.leaves_alone("produced", "produced")
    world.declare(jobs={"best": {**calm, "schedule": later}, "staged": a_job(topic="S", staging=True)})
    world.performs(
        Planned("job.best", "reschedule", "schedule_changed", spent=1),
        told=["produced"],
        says=["Note: job.best is produced; edits to its body no longer apply"],
        sends=[reschedule(job, later)],
    )
    world.leaves_alone("produced")


@pytest.mark.parametrize("status", ["published", "complete"])
def test_any_edit_once_done_is_noted(world: World, status: str) -> None:
    best, other = world.submitted(best=a_job(), other=a_job(topic="O", schedule=world.at(days=1)))
    world.becomes(status, best, other)
    world.pass_time(days=2)
    later = a_job(topic="O", schedule=world.at(days=7))
    world.declare(jobs={"best": a_job(tone="calm"), "other": later})
    world.leaves_alone(
        "finished",
        "finished",
        says=[
            "Note: job.best is finished; edits no longer apply",
            "  `rerun:` with a new value submits it again (that costs credits)",
        ],
    )


def test_failed_or_cancelled_by_someone_else_is_warned_of(world: World) -> None:
    (job,) = world.submitted(best=a_job())
    for status in (*FAILED[world.dialect], "cancelled"):
        world.becomes(status, job)
        what = "is cancelled" if status == "cancelled" else "failed"
        code = "cancelled" if status == "cancelled" else "failed"
        warning = f"Warning: job.best ({job}) {what}; it is not submitted again by itself"
        world.leaves_alone(code, says=[warning, "  `rerun:` with a new value submits it again (that costs credits)"])


@pytest.mark.parametrize("stands", ["published", "failed", "cancelled", "missing"])
def test_rerun_once_it_is_over_submits_again(world: World, stands: str) -> None:
    (old,) = world.submitted(best=a_job(rerun=1))
    if stands == "missing":
        world.control.purge(job_ids=[old])
    else:
        world.becomes(stands, old)
    world.declare(jobs={"best": a_job(rerun=2)})
    world.performs(
        Planned("job.best", "create", "rerun", spend=1, spent=1),
        says=["  # job.best will be submitted again: `rerun` changed (1 credit, 1 already spent)", "  + job best"],
        sends=[submission(url=URL, topic=TOPIC, tone="hype")],
        costs=1,
    )
    assert world.ids()["job.best"] != old
    assert world.record("job.best")["rerun"] == "2"
    world.is_settled()
    # Removing it changes nothing, and neither does what only looks different.
    world.declare(jobs={"best": a_job(rerun="2")})
    world.is_settled()
    world.declare(jobs={"best": a_job()})
    world.is_settled()


def test_rerun_at_the_first_submission_is_only_recorded(world: World) -> None:
    world.declare(jobs={"best": a_job(rerun="first")})
    world.performs(
        Planned("job.best", "create", "new", spend=1), sends=[submission(url=URL, topic=TOPIC, tone="hype")], costs=1
    )
    assert world.record("job.best")["rerun"] == "first"
    world.is_settled()


def test_rerun_while_open_replaces(world: World) -> None:
    (old,) = world.submitted(best=a_job())
    world.declare(jobs={"best": a_job(rerun=True)})
    world.performs(
        Planned("job.best", "replace", "rerun", spend=1, spent=1),
        says=["  # job.best will be replaced: `rerun` changed (1 credit, 1 already spent)", f"-/+ job best ({old})"],
        sends=[delete(f"/jobs/{old}"), submission(url=URL, topic=TOPIC, tone="hype")],
        costs=1,
    )
    world.is_settled()


@KEEPS_TIMES
def test_rerun_once_produced_replaces_and_takes_the_old_time_off_first(world: World) -> None:
    at = world.at(days=7)
    (old,) = world.submitted(best=a_job(schedule=at))
    world.becomes("complete", old)
    world.declare(jobs={"best": a_job(schedule=at, rerun=2)})
    change = Planned("job.best", "replace", "rerun", spend=1, spent=1)
    if world.dialect == "documented":
        world.performs(
            change,
            sends=lambda ids: [
                reschedule(old, None),
                submission(url=URL, topic=TOPIC, tone="hype", publishMode="scheduled"),
                reschedule(ids["job.best"], at),
            ],
            costs=1,
        )
        assert world.of_service(old)["publish_at"] is None
        world.is_settled()
    else:  # the old one would be published all the same, so nothing new is paid for
        done = world.performs(change, sends=[reschedule(old, None)], code=1)
        assert "its publish time could not be taken off: scheduledPublishAt is required" in done.out
        assert world.ids()["job.best"] == old


def test_rerun_of_a_staged_one_leaves_the_old_one_unapproved(world: World) -> None:
    (old,) = world.submitted(best=a_job(staging=True))
    world.becomes("complete", old)
    world.declare(jobs={"best": a_job(staging=True, rerun=2)})
    world.performs(
        Planned("job.best", "replace", "rerun", spend=1, spent=1),
        sends=[submission(url=URL, topic=TOPIC, tone="hype", staging=True)],
        costs=1,
    )
    assert world.of_service(old)["status"] == "complete"
    world.is_settled()


def test_missing_and_last_seen_done_is_left_alone(world: World) -> None:
    (job,) = world.submitted(best=a_job())
    world.becomes("published", job)
    world.is_settled()
    world.control.purge(job_ids=[job])
    world.is_settled()
    world.declare(jobs={"best": a_job(tone="calm")})
    world.leaves_alone("finished")


@pytest.mark.parametrize("status", ["queued", "publishing"])
def test_missing_and_last_seen_active_waits_for_a_person(world: World, status: str) -> None:
    (job,) = world.submitted(best=a_job())
    world.becomes(status, job)
    world.is_settled()
    world.control.purge(job_ids=[job])
    for edit in ({}, {"tone": "calm"}):
        world.declare(jobs={"best": a_job(**edit)})
        world.leaves_alone(
            "missing",
            says=[
                f"Warning: job.best ({job}) was {status} when last seen and is not in the account any more; "
                "it is paid for, so it is not submitted again by itself",
                "  look into the account; `--replace job.best` submits it again (that costs credits)",
            ],
        )
    document = world.planned("--replace", "job.best")
    spent = 1 if world.tells_costs else 0
    assert [Planned.of(c) for c in document["changes"]] == [Planned("job.best", "create", "requested", 1, spent)]
    with world.watched() as sent:
        world.applied("--replace", "job.best")
    assert sent == [submission(url=URL, topic=TOPIC, tone="calm")]
    world.is_settled()


def test_no_longer_declared_and_open_is_cancelled(world: World) -> None:
    at = world.at(days=7)
    plain, timed, _ = world.submitted(plain=a_job(), timed=a_job(topic="T", schedule=at), keep=KEEP)
    if world.dialect == "documented":
        world.becomes("running", timed)
    world.declare(jobs={"keep": KEEP})
    world.performs(
        Planned("job.timed", "delete", "removed", spent=1),
        Planned("job.plain", "delete", "removed", spent=1),
        says=[
            "  # job.plain will be cancelled: no longer declared (1 credit already spent)",
            f"  - job plain ({plain})",
            "      video: the job is cancelled; if the service produces it anyway, it may be published; later plans "
            "report that; no refund is promised",
        ],
        sends=[delete(f"/jobs/{timed}"), delete(f"/jobs/{plain}")],
    )
    assert {world.of_service(job)["status"] for job in (plain, timed)} == {"cancelled"}
    assert list(world.ids()) == ["job.keep"]
    world.is_settled()


def test_no_longer_declared_and_finished_before_the_cancel_is_done_with_a_note(world: World) -> None:
    job, _ = world.submitted(best=a_job(), keep=KEEP)
    world.declare(jobs={"keep": KEEP})
    world.control.rehearse("GET /jobs", {"call": "advance", "to": "published", "job_ids": [job]})
    done = world.applied()
    assert "finished before it could be cancelled (it is published)" in done.out
    assert list(world.ids()) == ["job.keep"]
    world.is_settled()


@KEEPS_TIMES
def test_no_longer_declared_and_produced_loses_its_publish_time(world: World) -> None:
    job, staged, _ = world.submitted(
        best=a_job(schedule=world.at(days=7)), staged=a_job(topic="S", staging=True), keep=KEEP
    )
    world.becomes("complete", job, staged)
    world.declare(jobs={"keep": KEEP})
    changes = [
        Planned("job.best", "delete", "removed", spent=1),
        Planned("job.staged", "delete", "removed", spent=1),
    ]
    says = [
        "  # job.best is to lose its publish time: no longer declared, and already produced (1 credit already spent)",
        "      video: stays in the account; it is published at its time unless the service takes that off; "
        "no refund is promised",
        "  # job.staged will be left unapproved and forgotten: no longer declared (1 credit already spent)",
        "      video: stays in the account, and is published only if it is approved there; no refund is promised",
        "API: 1 request, about 1 s.",
    ]
    if world.dialect == "documented":
        world.performs(*changes, says=says, sends=[reschedule(job, None)])
        assert world.of_service(job)["publish_at"] is None
        assert list(world.ids()) == ["job.keep"]
        world.is_settled()
    else:
        done = world.performs(*changes, says=says, sends=[reschedule(job, None)], code=1)
        assert "job.best: failed: its publish time could not be taken off: scheduledPublishAt is required" in done.out
        assert list(world.ids()) == ["job.best", "job.keep"]


@pytest.mark.parametrize("how", ["removed", "unscheduled", "rerun"])
def test_a_publish_time_that_the_service_refused_to_take_off_is_not_promised_again(
    make_world: MakeWorld, how: str
) -> None:
    world = make_world("deployed")
    at = world.at(days=2)
    job, _ = world.submitted(best=a_job(schedule=at), keep=KEEP)
    world.becomes("complete", job)
    wanted = {"removed": None, "unscheduled": a_job(), "rerun": a_job(schedule=at, rerun=2)}[how]
    world.declare(jobs={"keep": KEEP, **({"best": wanted} if wanted else {})})
    assert world.planned()["changes"][0]["warning"] is None
    failed = world.call("apply", "--auto-approve")
    assert (failed.code, "far ahead" in failed.out) == (1, True)

    (change,) = world.planned()["changes"]
    assert change["warning"].startswith("the service refused before to take its publish time off")
    assert f"take {job} off manually in AuraFlux" in change["warning"]
    assert "will lose its publish time" not in world.does("plan").out
    valid("state", world.state)

    world.declare(jobs={"keep": KEEP, "best": a_job(schedule=world.at(days=300))})
    assert world.planned()["changes"][0]["warning"] is None
    world.applied()
    assert world.of_service(job)["publish_at"] == world.at(days=300)


def test_no_longer_declared_and_busy_stays_recorded(world: World) -> None:
    job, _ = world.submitted(best=a_job(), keep=KEEP)
    world.declare(jobs={"keep": KEEP})
    for status in BUSY[world.dialect]:
        world.becomes(status, job)
        world.leaves_alone(
            "busy",
            says=["Warning: job.best is to be removed, but the service is working on it; it stays in the state"],
        )
    assert world.ids()["job.best"] == job


@pytest.mark.parametrize("stands", ["published", "complete", "failed", "cancelled", "missing"])
def test_no_longer_declared_and_over_is_forgotten(world: World, stands: str) -> None:
    job, _ = world.submitted(best=a_job(), keep=KEEP)
    if stands == "missing":
        world.control.purge(job_ids=[job])
    else:
        world.becomes(stands, job)
    world.declare(jobs={"keep": KEEP})
    gone = "missing in the account" if stands == "missing" else "finished, and no longer wanted"
    world.performs(
        Planned("job.best", "forget", "missing" if stands == "missing" else "finished", spent=1),
        says=[f"  # job.best will be forgotten: {gone}; nothing is sent", f"  . job best ({job})"],
    )
    assert list(world.ids()) == ["job.keep"]
    world.is_settled()


@pytest.mark.parametrize("stands", ["queued", "publishing", "published", "failed", "missing"])
def test_renamed_is_moved(world: World, stands: str) -> None:
    (job,) = world.submitted(old=a_job(rerun=1))
    if stands == "missing":
        world.control.purge(job_ids=[job])
    else:
        world.becomes(stands, job)
    world.declare(jobs={"new": a_job(rerun=1)})
    told = {"failed": ["failed"], "missing": ["missing"]}.get(stands, [])
    world.performs(
        Planned("job.new", "move", "renamed"),
        told=told,
        says=["  # job.new was job.old; nothing is sent", f"  → job new ({job})"],
    )
    assert world.ids() == {"job.new": job}


def test_renamed_with_its_template_is_moved(world: World) -> None:
    fields = a_template()
    (job,) = world.submitted(templates={"weekly": fields}, old=a_job(template="weekly"))
    template = world.ids()["template.weekly"]
    world.declare(templates={"every-week": fields}, jobs={"new": a_job(template="every-week")})
    world.performs(Planned("job.new", "move", "renamed"), Planned("template.every-week", "move", "renamed"))
    assert world.ids() == {"job.new": job, "template.every-week": template}
    world.is_settled()


def test_a_finished_one_renamed_with_a_new_time_is_warned_of(world: World) -> None:
    (old,) = world.submitted(old=a_job(schedule=world.at(days=1)))
    world.becomes("published", old)
    world.pass_time(days=2)
    world.declare(jobs={"new": a_job(schedule=world.at(days=7))})
    message = (
        f"job.new is read as another name for job.old ({old}), which is finished: nothing is submitted for it, and its "
        "publish time does not apply"
    )
    hint = "if it is meant as a new show, `rerun: 1` on it submits it (that costs credits)"
    world.performs(
        Planned("job.new", "move", "renamed"), told=["moved_finished"], says=[f"Warning: {message}", f"  {hint}"]
    )
    world.leaves_alone("finished")


def test_a_finished_one_renamed_with_rerun_is_submitted_once(world: World) -> None:
    (old,) = world.submitted(old=a_job(schedule=world.at(days=1)))
    world.becomes("published", old)
    world.pass_time(days=2)
    at = world.at(days=7)
    world.declare(jobs={"new": a_job(schedule=at, rerun=1)})
    world.performs(
        Planned("job.new", "move", "renamed"),
        Planned("job.new", "create", "rerun", spend=1, spent=1),
        sends=lambda ids: [
            submission(url=URL, topic=TOPIC, tone="hype", publishMode="scheduled"),
            reschedule(ids["job.new"], at),
        ],
        costs=1,
    )
    assert old not in world.ids().values()
    world.is_settled()


def test_a_finished_one_removed_before_the_new_one_comes_is_forgotten_and_the_new_one_is_new(world: World) -> None:
    (old, _) = world.submitted(old=a_job(schedule=world.at(days=1)), keep=KEEP)
    world.becomes("published", old)
    world.pass_time(days=2)
    world.declare(jobs={"keep": KEEP})
    world.performs(Planned("job.old", "forget", "finished", spent=1))
    at = world.at(days=7)
    fields = a_job(schedule=at)
    world.declare(jobs={"keep": KEEP, "new": fields})
    if world.dialect != "documented":  # which tells of the old one's topic: a person has to say that it is another
        world.withholds("blocked_lookalike")
        world.declare(jobs={"keep": KEEP, "new": {**fields, "allow_duplicate": True}})
    world.performs(
        Planned("job.new", "create", "new", spend=1),
        sends=lambda ids: [
            submission(url=URL, topic=TOPIC, tone="hype", publishMode="scheduled"),
            reschedule(ids["job.new"], at),
        ],
        costs=1,
    )
    world.is_settled()


def test_renamed_and_rescheduled_is_moved_and_rescheduled(world: World) -> None:
    (job,) = world.submitted(old=a_job(schedule=world.at(days=7)))
    at = world.at(days=8)
    world.declare(jobs={"new": a_job(schedule=at)})
    world.performs(
        Planned("job.new", "move", "renamed"),
        Planned("job.new", "reschedule", "schedule_changed", spent=1),
        sends=[reschedule(job, at)],
    )
    assert world.ids() == {"job.new": job}
    world.is_settled()


@pytest.mark.parametrize("status", ["queued", "publishing", "published", "failed"])
def test_new_and_like_one_that_nobody_recorded_is_held_back(make_world: MakeWorld, dialect: str, status: str) -> None:
    world = make_world(dialect, echo="full")
    fields = {"url": "https://a.b/somewhere-else", "topic": TOPIC, "tone": "hype"}
    (twin,) = world.control.seed(key=world.key, status=status, age=20 * 86400, fields=fields)
    world.declare(jobs={"best": a_job()})
    world.withholds(
        "blocked_lookalike",
        says=[
            f"  Error: job.best looks like {twin}, which is in the account but not in the state",
            f"    import it with `afsync import job.best {twin}`, or set `allow_duplicate: true` on it "
            "to pay for another",
        ],
    )
    world.declare(jobs={"best": a_job(allow_duplicate=True)})
    world.performs(
        Planned("job.best", "create", "new", spend=1), sends=[submission(url=URL, topic=TOPIC, tone="hype")], costs=1
    )
    world.is_settled()


@pytest.mark.parametrize("twin", ["cancelled", "too old", "another topic", "other platforms", "no topic"])
def test_new_and_unlike_all_others_is_created(make_world: MakeWorld, dialect: str, twin: str) -> None:
    world = make_world(dialect, echo="full")
    fields: Fields = {"url": URL, "topic": "Other" if twin == "another topic" else TOPIC, "tone": "hype"}
    fields |= {"platforms": ["youtube"]} if twin == "other platforms" else {}
    world.control.seed(
        key=world.key,
        status="cancelled" if twin == "cancelled" else "published",
        age=(31 if twin == "too old" else 1) * 86400,
        fields=fields,
    )
    job = a_job(topic=None if twin == "no topic" else TOPIC, platforms=["tiktok"])
    world.declare(jobs={"best": job})
    world.performs(Planned("job.best", "create", "new", spend=1), sends=[submission(**job)], costs=1)


@pytest.mark.parametrize("then", ["nothing", "edit", "removal", "rename", "replace", "destroy"])
def test_unresolved_is_blocked(world: World, then: str) -> None:
    """Whatever the files say meanwhile, nothing is sent for that address; the others go on."""
    world.declare(jobs={"best": a_job(), "keep": KEEP})
    world.control.fault("POST /jobs#1: committed-then-close")
    wait = {"AFSYNC_QUARANTINE": "10m"}
    with world.watched() as sent:
        done = world.applied(code=3, env=wait)
    assert sent == [submission(url=URL, topic=TOPIC, tone="hype")]  # and nothing more is submitted in this run
    assert "job.best: unresolved: the answer was lost" in done.out
    assert "job.keep: not attempted: nothing more is submitted while job.best is unresolved" in done.out
    assert [i["address"] for i in world.state["intents"]] == ["job.best"]

    edited = {"edit": {"best": a_job(tone="calm")}, "rename": {"new": a_job()}, "removal": {}}
    world.declare(jobs={**edited.get(then, {"best": a_job()}), "keep": KEEP})
    flags = {"replace": ("--replace", "job.best"), "destroy": ("--destroy",)}.get(then, ())
    document = world.planned(*flags, env=wait)
    renamed = ["ambiguous"] if then == "rename" else []
    assert [v["code"] for v in document["violations"]] == ["unresolved", *renamed]
    assert "job.best" not in {c["address"] for c in (*document["changes"], *document["withheld"])}
    assert [i["address"] for i in document["intents"]] == ["job.best"]
    with world.watched() as sent:
        done = world.applied(*flags, code=3, env=wait)
    keep = submission(url=OTHER_URL, topic="Something else", tone="hype")
    assert sent == ([] if then == "destroy" else [keep])
    assert "Submissions whose outcome was not known:" in done.out
    assert [i["address"] for i in world.state["intents"]] == ["job.best"]
    if then == "rename" and world.dialect != "documented":  # which tells enough to be sure, once the time has come
        with world.watched() as sent:
            world.applied()
        assert sent == []
        assert set(world.ids()) == {"job.new", "job.keep"}
        world.is_settled()


def test_unresolved_and_renamed_with_its_template_is_not_paid_for_twice(world: World) -> None:
    world.submitted(templates={"weekly": a_template()})
    world.declare(templates={"weekly": a_template()}, jobs={"best": a_job(template="weekly")})
    world.control.fault("POST /jobs#1: committed-then-close")
    wait = {"AFSYNC_QUARANTINE": "10m"}
    world.applied(code=3, env=wait)
    world.declare(templates={"every-week": a_template()}, jobs={"new": a_job(template="every-week")})
    with world.watched() as sent:
        world.applied(code=3, env=wait)
    assert sent == []
    world.declare(
        templates={"every-week": a_template()}, jobs={"new": a_job(template="every-week", allow_duplicate=True)}
    )
    with world.watched() as sent:
        world.applied(code=3, env=wait)
    assert [s.line for s in sent] == ["POST /jobs"]  # a person has said so
