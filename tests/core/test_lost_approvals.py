"""What becomes of approvals whose answer was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from afsync.core.plan.lookups import lookups
from afsync.core.plan.plan import Plan
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.manual_resolution import ManualAbsent, ManualAdopt, ManualForeign, apply_manual_resolution
from afsync.core.recovery.resolution import Adopt, Ask, Resolution, Wait, apply_resolutions
from afsync.core.remote_account import Preview, Remote
from afsync.core.state import Intent, Purpose, Recorded
from afsync.errors import UsageError
from tests.builders import (
    BEFORE,
    NOW,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    an_intent,
    desired,
    planned,
)

JOB = a_job(staging=True)
OPEN = replace(an_intent(JOB, balance=None, cost=0, known=()), purpose=Purpose.APPROVAL, job_id="job_1", echo={})
STATE = a_recorded({JOB.address: a_recorded_job(JOB, status="complete", staged=True)}, intents=(OPEN,))


def decided(status: str | None, *, staging: bool | None = None, intent: Intent = OPEN) -> Resolution:
    (found,) = resolve(replace(STATE, intents=(intent,)), remote(status, staging), NOW, quarantine=600, exclusive=False)
    return found


def remote(status: str | None, staging: bool | None = None) -> Remote:
    seen = a_remote(a_remote_job("job_1", status)) if status else a_remote(missing=["job_1"])
    return replace(seen, previews={} if staging is None else {"job_1": Preview(staging=staging)})


@pytest.mark.parametrize(
    ("status", "staging", "kind"),
    [
        ("publishing", None, Adopt),
        ("published", None, Adopt),
        ("complete", False, Adopt),  # only an approval takes that away
        ("complete", True, Ask),
        ("complete", None, Ask),
        ("failed", None, Ask),
        (None, None, Ask),
    ],
)
def test_the_status_closes_it_or_a_person_does(status: str | None, staging: bool | None, kind: type) -> None:
    assert type(decided(status, staging=staging)) is kind


def test_within_the_quarantine_it_may_still_be_carried_out() -> None:
    young = replace(OPEN, at=NOW - timedelta(minutes=1), server_time=NOW - timedelta(minutes=1))
    found = decided("complete", intent=young)
    assert isinstance(found, Wait)
    assert found.until == NOW + timedelta(minutes=9)
    assert isinstance(decided("published", intent=young), Adopt)


def test_what_is_found_is_recorded_and_what_is_not_blocks_the_address() -> None:
    done = apply_resolutions(STATE, (decided("published"),))
    record = done.jobs[JOB.address]
    assert (record.approved, record.approved_at, record.status, done.intents) == (True, BEFORE, "published", ())
    plan = blocked("complete")
    assert [v.message for v in plan.violations] == [
        "job.best: an approval whose outcome is not known; nothing else is done to it"
    ]
    assert not plan.changes and not plan.waiting
    assert not blocked("published").violations


def blocked(status: str) -> Plan:
    return planned(replace(JOB, approve="job_1"), recorded=STATE, remote=remote(status))


def test_a_person_says_whether_it_was_published() -> None:
    def said(saying: ManualAdopt | ManualAbsent | ManualForeign, resolution: Resolution) -> Recorded:
        return apply_manual_resolution(STATE, resolution, saying, remote("complete"), who="me", why="", now=NOW)

    asked = decided("complete")
    yes, no = said(ManualAdopt("job_1"), asked), said(ManualAbsent(), asked)
    assert (yes.jobs[JOB.address].approved, yes.intents) == (True, ())
    assert (no.jobs[JOB.address].approved, no.intents) == (False, ())
    assert [d["decision"] for d in (*yes.decisions, *no.decisions)] == ["adopt", "absent"]
    for wrong in (ManualAdopt("job_2"), ManualForeign(("job_1",))):
        with pytest.raises(UsageError, match="whether job_1 was published"):
            said(wrong, asked)
    with pytest.raises(UsageError, match="it is published"):
        said(ManualAbsent(), decided("published"))


def test_an_approval_is_no_submission() -> None:
    wanted = lookups(desired(JOB), STATE, NOW)
    assert wanted.heads == ()
    assert "job_1" in wanted.jobs
    final = replace(STATE.jobs[JOB.address], status="published")
    assert "job_1" in lookups(desired(JOB), STATE.with_resource(JOB.address, final), NOW).jobs
