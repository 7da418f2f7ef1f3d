"""Where every job is in its life, what is waited for, and when to look again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.job_status import MAX_INTERVALS, JobPhase, JobStatus, Until, is_settled, next_look, phase_of, succeeded
from afsync.core.records import Publish, Record, RecordedJob
from afsync.core.remote_account import Preview, Remote
from afsync.core.resources import Job, Template
from afsync.core.status_lines import statuses
from tests.builders import (
    AHEAD,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote_job,
    a_template,
    an_intent,
    at,
    desired,
    read_of,
)

ACTIVE, WAITING, DONE = JobPhase.ACTIVE, JobPhase.WAITING_FOR_APPROVAL, JobPhase.DONE
FAILED, CANCELLED, MISSING, UNKNOWN = JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING, JobPhase.UNKNOWN


def record(status: str = "queued", *, when: datetime | None = None, **more: bool) -> RecordedJob:
    return a_recorded_job(a_job(schedule=when), status=status, **more)  # type: ignore[arg-type]


PHASES = [
    *((status, {}, ACTIVE) for status in ("queued", "running", "scheduled", "processing", "publishing", "new word")),
    *((status, {"staged": True}, ACTIVE) for status in ("queued", "running", "processing", "ready_to_publish")),
    ("complete", {}, DONE),
    ("complete", {"when": PAST}, DONE),
    ("complete", {"when": AHEAD}, ACTIVE),
    ("complete", {"staged": True}, WAITING),
    ("complete", {"staged": True, "when": AHEAD}, WAITING),
    ("complete", {"staged": True, "when": PAST}, WAITING),
    ("complete", {"staged": True, "approved": True}, DONE),
    ("complete", {"staged": True, "approved": True, "when": AHEAD}, ACTIVE),
    ("publishing", {"staged": True}, ACTIVE),
    ("published", {}, DONE),
    ("published", {"staged": True}, DONE),
    ("failed", {}, FAILED),
    ("non-compliant", {"staged": True}, FAILED),
    ("cancelled", {}, CANCELLED),
]


@pytest.mark.parametrize(("status", "about", "phase"), PHASES)
def test_phase(status: str, about: dict[str, bool], phase: JobPhase) -> None:
    assert phase_of(record("queued", **about), read_of({"job_1": a_remote_job("job_1", status)}), NOW) is phase  # type: ignore[arg-type]
    assert phase_of(record(status, **about), read_of(), NOW) is phase  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "phase"),
    [
        ("queued", MISSING),
        ("processing", MISSING),
        ("published", DONE),
        ("complete", DONE),
        ("failed", FAILED),
        ("cancelled", CANCELLED),
    ],
)
def test_phase_of_what_is_gone(last: str, phase: JobPhase) -> None:
    assert phase_of(record(last), read_of(missing=frozenset({"job_1"})), NOW) is phase


def test_what_waits_is_not_done_when_it_is_purged() -> None:
    assert phase_of(record("complete", staged=True), read_of(missing=frozenset({"job_1"})), NOW) is MISSING


NOTHING = read_of()


def looked(
    *declared: Job | Template,
    records: dict[str, Record] | None = None,
    seen: Remote = NOTHING,
    globs: tuple[str, ...] = (),
) -> dict[str, JobStatus]:
    found = statuses(desired(*declared), a_recorded(records), seen, NOW, globs)
    assert [job.address for job in found] == sorted(job.address for job in found)
    return {job.address: job for job in found}


def test_every_declared_and_every_recorded_job() -> None:
    found = looked(a_job("new"), a_job("old"), records={"job.old": record(), "job.gone": record()})
    assert {a: (j.phase, j.note) for a, j in found.items()} == {
        "job.gone": (ACTIVE, "no longer declared"),
        "job.new": (UNKNOWN, "not submitted yet"),
        "job.old": (ACTIVE, None),
    }


def test_only_those_that_are_asked_for() -> None:
    declared = a_job("a-1"), a_job("a-2"), a_job("b")
    assert list(looked(*declared, globs=("job.a-*",))) == ["job.a-1", "job.a-2"]
    assert list(looked(*declared, globs=("job.b", "*-2"))) == ["job.a-2", "job.b"]


def test_an_unresolved_submission_is_unknown_whatever_was_before() -> None:
    recorded = a_recorded({"job.best": record("published")}, intents=(an_intent(),))
    (job,) = statuses(desired(a_job()), recorded, read_of(), NOW)
    assert (job.phase, job.id, job.unresolved) == (UNKNOWN, None, True)


def test_what_the_service_tells_is_shown() -> None:
    seen = replace(a_remote_job("job_1", "complete"), score="87", output_url="https://a.example/v", portals={"p": "x"})
    preview = Preview("https://a.example/p", expires_at=AHEAD)
    known = read_of({"job_1": seen}, previews={"job_1": preview})
    job = looked(a_job(), records={"job.best": record(when=AHEAD, staged=True)}, seen=known)["job.best"]
    assert (job.id, job.status, job.phase, job.credits) == ("job_1", "complete", WAITING, 1)
    assert (job.score, job.output_url, job.portals, job.preview) == ("87", "https://a.example/v", {"p": "x"}, preview)
    assert job.schedule == at(AHEAD) and job.produced


def test_links_are_shown_while_they_work_and_only_to_whom_they_matter() -> None:
    expired = read_of(
        {"job_1": a_remote_job("job_1", "complete")}, previews={"job_1": Preview("https://a", expires_at=PAST)}
    )
    assert looked(a_job(), records={"job.best": record(staged=True)}, seen=expired)["job.best"].preview is None
    valid = replace(expired, previews={"job_1": Preview("https://a")})
    assert looked(a_job(), records={"job.best": record()}, seen=valid)["job.best"].preview is None


@pytest.mark.parametrize(
    ("job", "template", "publishes"),
    [
        (a_job(), None, True),
        (a_job(publishMode="manual"), None, False),
        (a_job(template="weekly"), a_template(publishMode="manual"), False),
        (a_job(template="weekly", publishMode="immediate"), a_template(publishMode="manual"), True),
        (a_job(schedule=AHEAD, publishMode="manual"), None, True),
        (a_job(fromTemplateId="tpl_9"), None, True),
    ],
)
def test_what_goes_out_by_itself(job: Job, template: Template | None, publishes: bool) -> None:
    declared = looked(job, *([template] if template else []), records={"job.best": a_recorded_job(job)})
    assert declared["job.best"].publishes is publishes
    if template:
        records: dict[str, Record] = {"job.best": a_recorded_job(job), "template.weekly": a_recorded_template(template)}
        assert looked(job, records=records)["job.best"].publishes is publishes


def test_a_job_that_lacks_its_publish_time_is_not_taken_to_be_published() -> None:
    """It was submitted to be published at a time, which was never set, whether the time is still declared or not."""
    undeclared = looked(a_job(), records={"job.best": record("complete", time_missing=True)})["job.best"]
    owed = looked(a_job(schedule=AHEAD), records={"job.best": record("complete")})["job.best"]
    for told in (undeclared, owed):
        assert (told.note, told.immediate, told.publishes) == ("publish time not set", False, False)


def test_a_job_that_lacked_its_publish_time_and_is_public_is_done() -> None:
    told = looked(a_job(), records={"job.best": record("published", time_missing=True)})["job.best"]
    assert (told.note, is_settled(told, Until.PUBLISHED)) == (None, True)


@pytest.mark.parametrize(
    ("before", "declared", "phase", "publishes"),
    [
        (None, a_job(), WAITING, False),
        (PAST, a_job(), WAITING, False),
        (None, None, WAITING, False),
        (AHEAD, a_job(schedule=AHEAD), ACTIVE, True),
        (AHEAD, None, ACTIVE, True),
    ],
)
def test_a_held_job_without_a_time_waits_for_a_person(
    before: datetime | None, declared: Job | None, phase: JobPhase, publishes: bool
) -> None:
    """The schedule was taken out, in the state too or not."""
    held = replace(record("complete", when=before), publish=Publish.HELD)
    (job,) = looked(*([declared] if declared else []), records={"job.best": held}).values()
    assert (job.phase, job.publishes, job.immediate) == (phase, publishes, False)
    assert not is_settled(job, Until.PUBLISHED)
    (job,) = looked(a_job(), records={"job.best": replace(held, approved=True, schedule=None)}).values()
    assert (job.phase, job.publishes) == (DONE, True)


@pytest.mark.parametrize(
    ("status", "minutes", "more", "note"),
    [
        ("complete", -5, {}, "not known whether at its publish time"),
        ("complete", -1, {}, None),
        ("complete", 5, {}, None),
        ("published", -5, {}, None),
        ("complete", -5, {"staged": True}, None),
        ("complete", -5, {"approved": True}, None),
    ],
)
def test_a_time_that_has_passed_says_nothing_of_a_job_that_is_only_complete(
    status: str, minutes: int, more: dict[str, bool], note: str | None
) -> None:
    when = NOW + timedelta(minutes=minutes)
    told = looked(a_job(schedule=when), records={"job.best": record(status, when=when, **more)})["job.best"]
    assert told.note == note
    assert told.publishes is (note is None), "what is not known is not waited for"


@pytest.mark.parametrize(
    ("status", "minutes", "more", "shown"),
    [
        ("published", 5, {"staged": True, "approved": True}, False),
        ("publishing", 5, {"staged": True}, False),
        ("published", -5, {"staged": True, "approved": True}, False),
        ("complete", 5, {"staged": True}, True),
        ("published", -5, {}, True),
        ("running", 5, {}, True),
        ("published", 5, {"publish": Publish.HELD, "approved": True, "approved_at": NOW}, False),
        ("published", -5, {"publish": Publish.HELD, "approved": True, "approved_at": NOW}, True),
        ("complete", 5, {"publish": Publish.HELD}, True),
    ],
)
def test_a_publish_time_that_an_approval_overtook_is_not_shown(
    status: str, minutes: int, more: dict[str, Any], shown: bool
) -> None:
    when = NOW + timedelta(minutes=minutes)
    kept = replace(record(status, when=when), **more)
    told = looked(a_job(schedule=when), records={"job.best": kept})["job.best"]
    assert (told.schedule is not None) is shown


@pytest.mark.parametrize(
    ("status", "unseen", "minutes", "expected"),
    [
        ("complete", 3, None, (DONE, False, True)),
        ("complete", 1, None, (DONE, False, False)),  # the list may lag: it is still waited for
        ("running", 3, None, (ACTIVE, True, False)),
        ("complete", 3, 60 * 24 * 40, (ACTIVE, True, False)),
        ("running", 3, 60 * 24 * 40, (ACTIVE, True, False)),
    ],
)
def test_the_publish_time_is_the_one_that_the_service_reports(
    status: str, unseen: int, minutes: int | None, expected: tuple[JobPhase, bool, bool]
) -> None:
    known = replace(record(when=AHEAD), schedule_unseen_since=NOW - timedelta(minutes=unseen))
    at_service = None if minutes is None else NOW + timedelta(minutes=minutes)
    seen = read_of(
        {"job_1": a_remote_job("job_1", status)},
        publish_times={"job_1": at_service} if at_service else {},
        covered=frozenset({"job_1"}),
    )
    found = looked(a_job(schedule=AHEAD), records={"job.best": known}, seen=seen)["job.best"]
    assert (found.phase, found.schedule is not None, is_settled(found, Until.PUBLISHED)) == expected
    if at_service:
        assert found.schedule is not None and found.schedule.utc == at_service
        assert found.note == "not the recorded publish time"
    assert (found.note is None) == (status == "running" and minutes is None)


@pytest.mark.parametrize("more", [{"publish": Publish.HELD}, {"staged": True, "approved": True}])
def test_the_service_has_no_say_in_the_time_of_a_held_or_approved_job(more: dict[str, Any]) -> None:
    seen = read_of({"job_1": a_remote_job("job_1", "complete")}, covered=frozenset({"job_1"}))
    found = looked(a_job(schedule=AHEAD), records={"job.best": record(when=AHEAD, **more)}, seen=seen)["job.best"]
    assert not found.relies
    assert "not reported" not in (found.note or "")


# --- waiting ---


def job(phase: JobPhase, status: str | None = None, **more: object) -> JobStatus:
    return JobStatus("job.best", phase, status=status, **more)  # type: ignore[arg-type]


SETTLED = [
    (job(ACTIVE, "running"), False, False),
    (job(ACTIVE, "complete", produced=True, publishes=True), True, False),
    (job(ACTIVE, "publishing", produced=True, publishes=True), True, False),
    (job(WAITING, "complete", produced=True), True, False),
    (job(DONE, "complete", produced=True, publishes=True), True, False),
    (job(DONE, "complete", produced=True, publishes=False), True, True),
    (job(DONE, "published", produced=True, publishes=True), True, True),
    (job(FAILED), True, True),
    (job(CANCELLED), True, True),
    (job(MISSING), True, True),
    (job(UNKNOWN), True, True),
]


@pytest.mark.parametrize(("found", "done", "published"), SETTLED)
def test_settled(found: JobStatus, done: bool, published: bool) -> None:
    assert is_settled(found, Until.DONE) is done
    assert is_settled(found, Until.PUBLISHED) is published


@pytest.mark.parametrize("phase", JobPhase)
def test_what_went_well(phase: JobPhase) -> None:
    assert succeeded(job(phase)) is (phase in (ACTIVE, WAITING, DONE))


def produced(seconds: float) -> JobStatus:
    return job(ACTIVE, "complete", produced=True, publishes=True, schedule=at(NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        ([job(ACTIVE, "running")], 5),
        ([produced(30)], 30),
        ([produced(2)], 5),
        ([produced(100_000)], 5 * MAX_INTERVALS),
        ([produced(20), produced(30)], 20),
        ([produced(30), job(ACTIVE, "running")], 5),
        ([produced(30), job(FAILED)], 30),
        ([job(WAITING, "complete", produced=True)], 5),
        ([produced(-5)], 5),
        ([], 5),
    ],
)
def test_the_next_look_comes_no_sooner_than_it_can_tell_anything(left: list[JobStatus], seconds: float) -> None:
    assert next_look(left, Until.PUBLISHED, NOW, 5) == seconds
