"""Which jobs a plan has to see: those that can still change, possible twins, and what is newer than an open intent."""

from __future__ import annotations

from datetime import datetime

import pytest

from afsync.core.plan.lookups import is_final, lookups
from afsync.core.records import Record
from afsync.core.remote_account import Lookups
from afsync.core.resources import Job
from tests.builders import (
    AHEAD,
    NOW,
    PAST,
    RECENT,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_template,
    ago,
    an_intent,
    desired,
)

FINAL = {
    "published": (a_recorded_job(status="published"), True),
    "published before its time": (a_recorded_job(a_job(schedule=AHEAD), status="published"), True),
    "complete": (a_recorded_job(status="complete"), True),
    "complete, publish time gone by": (a_recorded_job(a_job(schedule=PAST), status="complete"), True),
    "complete, publish time ahead": (a_recorded_job(a_job(schedule=AHEAD), status="complete"), False),
    "complete, waits for approval": (a_recorded_job(status="complete", staged=True), False),
    "complete and approved": (a_recorded_job(status="complete", staged=True, approved=True), True),
    "failed": (a_recorded_job(status="failed"), True),
    "non-compliant": (a_recorded_job(status="non-compliant"), True),
    "cancelled": (a_recorded_job(status="cancelled"), True),
    "queued": (a_recorded_job(), False),
    "processing": (a_recorded_job(status="processing"), False),
    "weird": (a_recorded_job(status="weird"), False),
}


@pytest.mark.parametrize(("record", "final"), FINAL.values(), ids=FINAL)
def test_finished_jobs_are_not_looked_up_again(record: Record, final: bool) -> None:
    jobs = lookups(desired(a_job()), a_recorded({"job.best": record}), NOW).jobs

    assert jobs == ({} if final else {"job_1": RECENT})
    assert is_final(record, NOW) is final  # type: ignore[arg-type]


def test_an_unknown_creation_time_is_passed_on() -> None:
    record = a_recorded_job(created_at=None)

    assert lookups(desired(), a_recorded({"job.best": record}), NOW) == Lookups(jobs={"job_1": None})


def test_a_project_in_step_needs_only_what_is_active() -> None:
    recorded = a_recorded(
        {
            "job.best": a_recorded_job(),
            "job.done": a_recorded_job(id="job_2", status="published"),
            "template.weekly": a_recorded_template(),
        }
    )

    assert lookups(desired(a_job(), a_job("done"), a_template()), recorded, NOW) == Lookups(jobs={"job_1": RECENT})


SINCE: dict[str, tuple[Job, datetime | None]] = {
    "with a topic": (a_job(), ago(days=30)),
    "whose template may have one": (a_job(topic=None, template="weekly"), ago(days=30)),
    "whose raw template may have one": (a_job(topic=None, fromTemplateId="tpl_9"), ago(days=30)),
    "without a topic": (a_job(topic=None), RECENT),
    "with an empty topic": (a_job(topic=""), RECENT),
    "with allow_duplicate": (a_job(allow_duplicate=True), RECENT),
}


@pytest.mark.parametrize(("job", "since"), SINCE.values(), ids=SINCE)
def test_a_new_job_asks_for_its_possible_twins(job: Job, since: datetime | None) -> None:
    """Without a topic: whether anything is newer than the last job that is recorded."""
    recorded = a_recorded({"job.done": a_recorded_job(id="job_2", status="published")})

    assert lookups(desired(job, a_job("done")), recorded, NOW).since == since


def test_a_renamed_job_is_not_new() -> None:
    recorded = a_recorded({"job.old": a_recorded_job(a_job("old"))})

    assert lookups(desired(a_job("new")), recorded, NOW) == Lookups(jobs={"job_1": RECENT})


def test_a_new_job_whose_submission_is_unresolved_may_be_planned_again() -> None:
    intent = an_intent(known=("job_5", "job_4"))

    assert lookups(desired(a_job()), a_recorded(intents=(intent,)), NOW) == Lookups(
        since=ago(days=30), heads=(("job_5", "job_4"),)
    )


def test_every_open_submission_is_read_back_to() -> None:
    recorded = a_recorded(
        {"job.best": a_recorded_job(), "job.other": a_recorded_job(id="job_2")},
        intents=(
            an_intent(seq=1, known=("job_2", "job_1")),
            an_intent(a_job("other"), seq=2, known=()),
            an_intent(a_template(), seq=3),
        ),
    )

    assert lookups(desired(a_job(), a_job("other")), recorded, NOW) == Lookups(
        jobs={"job_1": RECENT, "job_2": RECENT}, heads=(("job_2", "job_1"), ())
    )
