"""What changed outside, in words for whoever edits the content."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct, field

from afsync.core.drift import find_drift
from afsync.core.records import Record
from afsync.core.remote_account import Remote
from afsync.errors import Problem, Severity
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    at,
)

BERLIN = ZoneInfo("Europe/Berlin")
AGAIN = "a new `rerun:` submits it again (that costs credits), or take it out of the files"
KEEP = "write that into the files to keep it; the next apply sets it back"
SCHEDULED = a_recorded_job(a_job(schedule=at(AHEAD)))


class Case(Struct, frozen=True):
    """What was recorded and what the account says; what is told of it."""

    record: Record
    remote: Remote
    told: tuple[tuple[str, str, str | None], ...] = ()
    address: str = field(default="job.best")


def template(remote: Remote, *told: tuple[str, str, str | None]) -> Case:
    return Case(a_recorded_template(), remote, told, "template.weekly")


ECHO: dict[str, Any] = {"tone": "hype", "platforms": ["tiktok"]}
CASES = {
    "as it was": template(a_remote(a_remote_template(**ECHO))),
    "what the service does not tell": template(a_remote(a_remote_template())),
    "deleted": template(
        a_remote(),
        ("drift_missing", "template.weekly (tpl_1) was deleted in AuraFlux", "the next apply makes it again"),
    ),
    "edited": template(
        a_remote(a_remote_template(name="Daily", tone="calm", platforms=["tiktok"], language="de" * 100)),
        (
            "drift_edited",
            'template.weekly (tpl_1) was edited in AuraFlux: name is now "Daily", it was "Weekly highlights"; language '
            f'is now "{"de" * 39}…; tone is now "calm", it was "hype"',
            "write that into the files to keep it; `afsync apply --replace template.weekly` makes it as it was",
        ),
    ),
    "in production": Case(a_recorded_job(), a_remote(a_remote_job(status="processing"))),
    "published as planned": Case(a_recorded_job(), a_remote(a_remote_job(status="published"))),
    "a status that nobody knows": Case(a_recorded_job(), a_remote(a_remote_job(status="dreaming"))),
    "gone": Case(
        a_recorded_job(),
        a_remote(missing=["job_1"]),
        (
            (
                "drift_missing",
                "job.best (job_1) is not in AuraFlux any more; when it was last seen it was queued",
                "`afsync apply --replace job.best` submits it again (that costs credits), or take it out of the files",
            ),
        ),
    ),
    "not asked for": Case(a_recorded_job(), a_remote()),
    "finished long ago": Case(a_recorded_job(status="published"), a_remote(missing=["job_1"])),
    "cancelled": Case(
        a_recorded_job(),
        a_remote(a_remote_job(status="cancelled")),
        (("drift_cancelled", "job.best (job_1) was cancelled in AuraFlux", AGAIN),),
    ),
    "failed": Case(
        a_recorded_job(),
        a_remote(a_remote_job(status="non-compliant")),
        (("drift_failed", "the production of job.best (job_1) failed (non-compliant)", AGAIN),),
    ),
    "at its time": Case(SCHEDULED, a_remote(a_remote_job(), publish_times={"job_1": AHEAD})),
    "no publish times are told": Case(SCHEDULED, a_remote(a_remote_job())),
    "moved": Case(
        SCHEDULED,
        a_remote(a_remote_job(), publish_times={"job_1": LATER}),
        (
            (
                "drift_rescheduled",
                "job.best (job_1) was moved in AuraFlux, from Fri 2026-11-27 13:00 CET to Fri 2026-12-04 13:00 CET",
                KEEP,
            ),
        ),
    ),
    "unscheduled": Case(
        SCHEDULED,
        a_remote(a_remote_job(), publish_times={}),
        (
            (
                "drift_rescheduled",
                "job.best (job_1) has no publish time in AuraFlux any more; it was to be published on "
                "Fri 2026-11-27 13:00 CET",
                KEEP,
            ),
        ),
    ),
    "scheduled": Case(
        a_recorded_job(),
        a_remote(a_remote_job(), publish_times={"job_1": AHEAD}),
        (("drift_rescheduled", "job.best (job_1) was scheduled in AuraFlux, for Fri 2026-11-27 13:00 CET", KEEP),),
    ),
    "its time has passed": Case(a_recorded_job(a_job(schedule=at(PAST))), a_remote(a_remote_job(), publish_times={})),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_told(name: str) -> None:
    case = CASES[name]
    found = find_drift(a_recorded({case.address: case.record}), case.remote, NOW, BERLIN)
    assert found == tuple(
        Problem(code, message, hint, Severity.WARNING, case.address) for code, message, hint in case.told
    )


def test_by_address() -> None:
    records: dict[str, Record] = {"job.b": a_recorded_job(id="job_2"), "job.a": a_recorded_job(id="job_1")}
    gone = a_remote(missing=["job_1", "job_2"])
    assert [p.address for p in find_drift(a_recorded(records), gone, NOW)] == ["job.a", "job.b"]
