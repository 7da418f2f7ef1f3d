"""Whether an approved job was really published: what the service reports of it decides, and nothing repeats itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.approvals import only_approvals, reason_against_approval, reason_against_platforms
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.facts import Options
from afsync.core.plan.lookups import lookups
from afsync.core.plan.plan import Plan
from afsync.core.records import Effect, Finding, Publish, RecordedJob
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import Adopt, Ask, record_publication
from afsync.core.remote_account import JobResult, Preview, Remote
from afsync.core.state import Intent, Purpose, Recorded
from afsync.core.trust.publications import MOST_RESULTS, results_needed
from afsync.errors import AfsyncError, Exit
from tests.builders import (
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

JOB = a_job(staging=True, platforms=["tiktok", "youtube"])
LONG_AGO, JUST_NOW = NOW - timedelta(hours=1), NOW - timedelta(seconds=10)
OUT, FAILED, PENDING = {"status": "published"}, {"status": "failed", "error": "no"}, {"status": "pending"}


def approved(at: Any = LONG_AGO, **over: Any) -> RecordedJob:
    over = {"status": "publishing", "staged": True, "approved": True, **over}
    return replace(a_recorded_job(JOB, **over), approved_at=at)


def shown(status: str, *, staging: bool | None = None, asked: bool = True, **rows: Any) -> Remote:
    """The job with this status, and these rows of its result."""
    platforms = tuple({"platform": name, **row} for name, row in rows.items())
    results = {"job_1": JobResult("job_1", status, ready=True, platforms=platforms)} if asked else {}
    previews = {} if staging is None else {"job_1": Preview(staging=staging)}
    return replace(a_remote(a_remote_job("job_1", status)), results=results, previews=previews)


def plan_of(record: RecordedJob, remote: Remote) -> Plan:
    return planned(JOB, recorded={"job.best": record}, remote=remote)


def judged(record: RecordedJob, remote: Remote) -> RecordedJob:
    found = plan_of(record, remote).refreshed.get("job.best", record)
    assert isinstance(found, RecordedJob)
    return found


KEPT, LOST, UNKNOWN = Finding.KEPT, Finding.LOST, Finding.UNKNOWN
SEEN: dict[str, tuple[Remote, Finding | None, tuple[str, ...]]] = {
    "published everywhere": (shown("published", tiktok=OUT, youtube=OUT), KEPT, ()),
    "published, and no more is reported": (shown("published"), KEPT, ()),
    "failed on one": (shown("published", tiktok=FAILED, youtube=OUT), LOST, ("tiktok",)),
    "failed on all": (shown("complete", staging=True, tiktok=FAILED, youtube=FAILED), LOST, ("tiktok", "youtube")),
    "failed, in a word": (shown("complete", tiktok={"result": "failed"}), LOST, ("tiktok",)),
    "failed, without success": (shown("complete", tiktok={"success": False}), LOST, ("tiktok",)),
    "staged again, and no platform": (shown("complete", staging=True), LOST, ()),
    "staged again, and nothing is there": (shown("complete", staging=True, tiktok=PENDING), LOST, ()),
    "still called staged, and published": (shown("complete", staging=True, tiktok=OUT), KEPT, ()),
    "no sign": (shown("complete", staging=False, tiktok=PENDING), UNKNOWN, ()),
    "whether it is staged could not be read": (shown("complete"), None, ()),
    "not asked": (shown("complete", asked=False), None, ()),
    "published, and not asked": (shown("published", asked=False), None, ()),
    "under way": (shown("publishing", staging=True, tiktok=FAILED), None, ()),
    "failed": (shown("failed"), UNKNOWN, ()),
    "gone": (a_remote(missing=["job_1"]), UNKNOWN, ()),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_of_it(name: str) -> None:
    remote, finding, failed = SEEN[name]
    plan, record = plan_of(approved(), remote), judged(approved(), remote)
    assert (record.publish_finding, record.failed_on) == (finding, failed)
    assert [v.code for v in plan.violations] == (["publish_failed"] if finding is LOST else [])
    before, after = a_recorded().trust.get(Effect.PUBLICATION), plan.trust.get(Effect.PUBLICATION)
    assert before is None
    assert (after.kept, after.lost) if after else (int(finding is KEPT), int(finding is LOST)) == (0, 0)


@pytest.mark.parametrize("name", SEEN)
def test_nothing_is_lost_before_it_had_time(name: str) -> None:
    assert judged(approved(JUST_NOW), SEEN[name][0]).publish_finding is not LOST


def test_what_could_not_be_read_is_asked_for_again_as_long_as_it_is_watched() -> None:
    """A service may not offer it at all, so not for ever; what is read in time still counts."""
    record, long_ago = approved(), NOW - timedelta(seconds=Options().watch + 60)
    assert judged(replace(record, approved_at=long_ago), shown("complete")).publish_finding is UNKNOWN
    assert judged(judged(record, shown("complete")), shown("complete", staging=True)).publish_finding is LOST


def test_what_the_first_version_approved_is_left_alone() -> None:
    record = replace(approved(status="complete"), approved_at=None)
    assert judged(record, shown("complete", staging=True, tiktok=FAILED)).publish_finding is None


def test_it_is_named_with_the_reasons_and_published_again_only_where_it_failed() -> None:
    remote = shown("published", tiktok=FAILED, youtube=OUT)
    plan = plan_of(approved(), remote)
    assert (plan.changes, [c.reason for c in plan.withheld]) == ((), [Reason.PUBLISH_FAILED])
    (problem,) = plan.violations
    assert "publishing failed on tiktok (no); it is published on youtube" in problem.message
    assert problem.hint and "`afsync approve job.best` publishes it again, only on tiktok" in problem.hint
    again = by_hand(approved(), remote)
    assert [(c.action, c.platforms) for c in again.changes] == [(Action.APPROVE, ("tiktok",))]


def by_hand(record: RecordedJob, remote: Remote, *platforms: str, intents: tuple[Intent, ...] = ()) -> Plan:
    recorded = a_recorded({"job.best": record}, intents=intents)
    plan = planned(JOB, recorded=recorded, remote=remote)
    return only_approvals(plan, recorded, remote, ["job.best"], desired(JOB), platforms=platforms)


UNNAMED = shown("complete", staging=True)
REFUSED = {
    "which is not reported": (UNNAMED, (), "which platforms failed is not reported: name them with `--platform`"),
    "not its own": (UNNAMED, ("kick",), "failed on tiktok, youtube, not on kick"),
    "published there": (shown("published", tiktok=FAILED, youtube=OUT), ("youtube",), "published on youtube already"),
    "all is well": (shown("published", tiktok=OUT, youtube=OUT), ("tiktok",), "approved already"),
    "under way": (shown("publishing"), ("tiktok",), "approved already; it is publishing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_published_again(name: str) -> None:
    remote, platforms, why = REFUSED[name]
    with pytest.raises(AfsyncError) as caught:
        by_hand(approved(), remote, *platforms)
    assert why in caught.value.message


def test_a_person_names_the_platforms() -> None:
    assert [c.platforms for c in by_hand(approved(), UNNAMED, "tiktok").changes] == [("tiktok",)]


def test_a_second_approval_is_judged_by_itself() -> None:
    lost = judged(approved(), SEEN["failed on one"][0])
    state = record_publication(a_recorded({"job.best": lost}, intents=(AGAIN,)), AGAIN, JUST_NOW, "publishing")
    record = state.jobs["job.best"]
    assert (record.publish_finding, record.failed_on, record.published_on) == (None, (), ("youtube",))
    assert judged(record, SEEN["published everywhere"][0]).publish_finding is KEPT


AGAIN = replace(
    an_intent(JOB, balance=None, cost=0, known=()),
    purpose=Purpose.APPROVAL,
    job_id="job_1",
    echo={},
    platforms=("tiktok",),
)


@pytest.mark.parametrize(
    ("remote", "kind"),
    [
        (shown("published", tiktok=FAILED, youtube=OUT), Ask),
        (shown("published", asked=False), Ask),
        (shown("published", tiktok=OUT, youtube=OUT), Adopt),
        (shown("publishing", tiktok=FAILED, youtube=OUT), Adopt),
    ],
)
def test_a_lost_second_approval_is_not_closed_by_what_the_first_one_did(remote: Remote, kind: type) -> None:
    (found,) = resolve(state_of(AGAIN), remote, NOW, quarantine=600, exclusive=False)
    assert type(found) is kind


def state_of(*intents: Intent) -> Recorded:
    return a_recorded({"job.best": approved(publish_finding=LOST, failed_on=("tiktok",))}, intents=intents)


@pytest.mark.parametrize("intent", [AGAIN, an_intent(JOB)])
def test_nothing_is_published_while_something_is_unresolved(intent: Intent) -> None:
    with pytest.raises(AfsyncError) as caught:
        by_hand(approved(publish_finding=LOST), shown("complete", asked=False), "tiktok", intents=(intent,))
    assert caught.value.exit_code == Exit.UNRESOLVED
    assert caught.value.hint and "afsync resolve job.best" in caught.value.hint


def test_what_is_not_judged_yet_is_looked_at_and_asked_for_a_few_at_a_time() -> None:
    jobs = {f"job.{n}": replace(approved(id=f"job_{n}"), publish_finding=None if n else LOST) for n in range(30)}
    state = a_recorded({**jobs, "job.done": approved(id="job_done", status="published", publish_finding=KEPT)})
    wanted = lookups(desired(), state, NOW).jobs
    assert wanted.keys() == {r.id for r in jobs.values()}
    remote = a_remote(*(a_remote_job(i, "published") for i in (*wanted, "job_done")))
    asked = results_needed(state, remote, NOW, 120)
    assert len(asked) == MOST_RESULTS and "job_0" not in asked


NOWHERE = a_job(staging=True)


def test_what_has_no_platform_is_not_approved() -> None:
    record, remote = (
        a_recorded_job(NOWHERE, status="complete", staged=True),
        a_remote(a_remote_job("job_1", "complete")),
    )
    plan = planned(replace(NOWHERE, approve="job_1"), recorded={"job.best": record}, remote=remote)
    assert (plan.changes, [v.code for v in plan.violations]) == ((), ["approve_no_platform"])
    with pytest.raises(AfsyncError, match="has no platform"):
        by_hand(record, remote)
    assert [c.platforms for c in by_hand(record, remote, "tiktok").changes] == [("tiktok",)]


def test_where_a_template_or_the_service_may_tell_it_is_approved() -> None:
    record = a_recorded_job(NOWHERE, status="complete", staged=True)
    echoed = a_remote(replace(a_remote_job("job_1", "complete"), echo={"platforms": ["tiktok"]}))
    assert by_hand(record, echoed).changes
    raw = a_recorded_job(a_job(fromTemplateId="tpl_x", staging=True), status="complete", staged=True)
    assert by_hand(raw, a_remote(a_remote_job("job_1", "complete"))).changes


@pytest.mark.parametrize("own", [("tiktok",), None])
def test_a_job_that_waits_is_not_called_published_where_a_platform_is_named(own: tuple[str, ...] | None) -> None:
    why = reason_against_platforms(a_recorded_job(status="complete", staged=True), own, ("tiktok",))
    assert why is not None and why.startswith("is to be published on all of its platforms by an approval; ")


@pytest.mark.parametrize(("staging", "refused"), [(False, True), (True, False), (None, False)])
def test_what_the_service_does_not_call_staged_is_not_published_again(staging: bool | None, refused: bool) -> None:
    """Its review was ignored and that accepted, or it was imported: it may be published already."""
    record = replace(a_recorded_job(JOB, status="complete"), staged=False, publish=Publish.UNKNOWN)
    remote = replace(a_remote(a_remote_job(record.id, "complete")), previews={record.id: Preview(staging=staging)})
    why = reason_against_approval(record, remote, NOW)
    assert (why is not None and "is not called staged by the service" in why) is refused
