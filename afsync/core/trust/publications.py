"""Whether an approved job was really published, and whether a person approved it outside of afsync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from afsync.core.command_lines import approve_command, result_command
from afsync.core.plan.actions import Reason
from afsync.core.plan.changes import NOTHING, Decision, approval, note, withhold
from afsync.core.plan.facts import Facts, Options
from afsync.core.records import Effect, Finding, RecordedJob
from afsync.core.remote_account import JobResult, Remote, status_now
from afsync.core.resources import Job
from afsync.core.service_statuses import BEING_PUBLISHED, COMPLETE, PUBLISHED, PUBLISHING, ended_badly
from afsync.core.state import Recorded
from afsync.core.trust.kept_publish_times import PLAN_AFTER_SETTLE, settle_time_over

MOST_RESULTS = 10
"""So many results are read for one plan; the others wait for the next one."""


def publication_unconfirmed(record: RecordedJob) -> bool:
    """Whether afsync approved it, and whether it was published is not known yet, or it was not."""
    return record.approved_at is not None and record.publish_finding in (None, Finding.LOST)


def publication_failed(record: RecordedJob) -> bool:
    """Whether the job was approved and not published, on one platform at least."""
    return record.publish_finding is Finding.LOST


def results_needed(recorded: Recorded, seen: Remote, now: datetime, settle: float) -> list[str]:
    """The ids of jobs whose results matter now, those without a finding first."""
    asked = [
        r
        for r in recorded.jobs.values()
        if r.approved_at is not None and r.id in seen.jobs and _may_tell(r, seen.jobs[r.id].status, now, settle)
    ]
    return [r.id for r in islice(sorted(asked, key=publication_failed), MOST_RESULTS)]


def _may_tell(record: RecordedJob, status: str, now: datetime, settle: float) -> bool:
    if record.publish_finding is Finding.KEPT:
        return False
    if status == PUBLISHED:
        return True
    return status == COMPLETE and publication_unconfirmed(record) and settle_time_over(record.approved_at, now, settle)


def judged_publications(recorded: Recorded, seen: Remote, now: datetime, options: Options) -> Recorded:
    """The state with all findings that are possible now. The result of an approval is counted once."""
    found: dict[str, RecordedJob] = {}
    for address, record in recorded.jobs.items():
        if record.approved_at is not None:
            judged = judged_publication(record, seen, now, options)
            if judged != record:
                found[address] = judged
    if not found:
        return recorded
    for address, judged in found.items():
        known = recorded.jobs[address].publish_finding
        if known is None and judged.publish_finding in (Finding.KEPT, Finding.LOST):
            recorded = recorded.with_finding(Effect.PUBLICATION, judged.publish_finding, now)
    return replace(recorded, resources={**recorded.resources, **found})


def confirmed_publications(recorded: Recorded, seen: Remote, now: datetime) -> Recorded:
    """The state right after approvals: what is seen to be published is recorded, and it is too early to call anything
    lost."""
    return judged_publications(recorded, seen, now, Options(settle=_TOO_EARLY))


_TOO_EARLY = 1e9
"""A settle time in seconds that no approval of a run has behind it."""


def judged_publication(record: RecordedJob, seen: Remote, now: datetime, options: Options) -> RecordedJob:
    """The record with the finding about its last approval.

    Kept: it is published, and no platform is reported as failed. Lost: a platform is, or it is only produced again and
    the service calls it staged. What was reported of an earlier attempt may stand for a while, so nothing is lost
    before `settle` seconds have passed. Unknown: nothing tells; it stays so unless it is seen published. That the
    service could not be asked is no answer: it is asked again until `watch` seconds have passed.
    """
    if record.approved_at is None or record.publish_finding is Finding.KEPT:
        return record
    job, result = seen.jobs.get(record.id), seen.results.get(record.id)
    if job is None or ended_badly(job.status):
        gone = job is not None or record.id in seen.missing
        return _with(record, Finding.UNKNOWN) if gone and record.publish_finding is None else record
    if job.status == PUBLISHING or result is None:
        return record
    everywhere = not result.failed and result.all_published
    if everywhere and job.status in (PUBLISHED, COMPLETE):
        return _with(record, Finding.KEPT, result)
    if not settle_time_over(record.approved_at, now, options.settle):
        return record
    if result.failed:
        return _with(record, Finding.LOST, result)
    if job.status == PUBLISHED:
        return _with(record, Finding.KEPT, result)
    if job.status != COMPLETE or record.publish_finding is not None:
        return record
    preview = seen.previews.get(record.id)
    if preview is None and not settle_time_over(record.approved_at, now, options.watch):
        return record
    staged = preview is not None and preview.staging is True
    return _with(record, Finding.LOST if staged else Finding.UNKNOWN, result)


def _with(record: RecordedJob, finding: Finding, result: JobResult | None = None) -> RecordedJob:
    if result is None:
        return replace(record, publish_finding=finding)
    failed = result.failed_on if finding is Finding.LOST else ()
    out = tuple(p for p in dict.fromkeys((*record.published_on, *result.published_to)) if p not in failed)
    return replace(record, publish_finding=finding, failed_on=failed, published_on=out)


def decide_publication(declared: Job, record: RecordedJob, others: Decision, facts: Facts) -> Decision:
    """The decision about a job that was approved, by afsync or a person, and was not published, or is not known to be;
    `others` is the rest of the decision about it. It is never published again without a person."""
    if record.publish_finding is Finding.KEPT or others.changes or others.withheld:
        return NOTHING
    named = f"{declared.address} ({record.id})"
    if publication_failed(record):
        change = approval(declared.address, record, declared, Reason.PUBLISH_FAILED)
        change = replace(change, platforms=record.failed_on)
        text = f"{named} was approved, and {failure_reason(record, facts.remote)}"
        return withhold(change, text, failed_publication_option(declared.address, record))
    if record.approved_at is None:
        return NOTHING  # the result of a person's approval is not waited for
    if status_now(record, facts.remote.jobs) != COMPLETE:
        return NOTHING
    if record.publish_finding is None:
        text = f"the approval of {named} was accepted, and the service does not show its publication yet"
        return note(declared.address, "publication_unseen", text, PLAN_AFTER_SETTLE)
    if facts.now - record.approved_at > timedelta(seconds=facts.options.watch):
        return NOTHING
    text = f"{named} was approved, and the service does not report whether it was published"
    return note(declared.address, "publication_unknown", text, f"see {result_command(declared.address)}")


def failure_reason(record: RecordedJob, seen: Remote) -> str:
    """The reasons that the service reports, by platform where it does."""
    result, job = seen.results.get(record.id), seen.jobs.get(record.id)
    reasons = result.reasons if result is not None else {}
    where = [f"on {name} ({reasons[name]})" if name in reasons else f"on {name}" for name in record.failed_on]
    if not where:
        said = f" ({job.failure})" if job is not None and job.failure else ""
        where = [f"and it waits for an approval again{said}; on which platforms is not reported"]
    out = f"; it is published on {', '.join(record.published_on)}" if record.published_on else ""
    return f"publishing failed {', '.join(where)}{out}"


def failed_publication_option(address: str, record: RecordedJob) -> str:
    """What a person can do about a failed publication."""
    where = f"only on {', '.join(record.failed_on)}" if record.failed_on else "on the platforms that you name"
    again = approve_command(address, platform=not record.failed_on)
    return (
        f"{again} publishes it again, {where}; if you published it manually, or do not "
        "want it published, remove it from the files"
    )


def staging_needed(recorded: Recorded, remote: Remote) -> Iterator[str]:
    """The ids of jobs of which only the service knows whether they wait again."""
    jobs = (r for r in recorded.resources.values() if isinstance(r, RecordedJob) and r.approved)
    return (r.id for r in jobs if _is_back(r, remote))


def judged_outside_approvals(recorded: Recorded, remote: Remote) -> Recorded:
    """The state in which a job that the service calls staged again was not published. It stays approved: on some
    platforms it may be out, so only a person publishes it again."""
    found = {
        address: replace(record, publish_finding=finding)
        for address, record in recorded.resources.items()
        if isinstance(record, RecordedJob)
        and (record.approved or record.publish_finding is not None)
        and (finding := _finding(record, remote)) is not record.publish_finding
    }
    return replace(recorded, resources={**recorded.resources, **found}) if found else recorded


def _finding(record: RecordedJob, remote: Remote) -> Finding | None:
    if _is_back(record, remote):
        preview = remote.previews.get(record.id)
        return Finding.LOST if preview is not None and preview.staging is True else None
    seen = remote.jobs.get(record.id)
    out = record.approved_at is None and seen is not None and seen.status in BEING_PUBLISHED
    return None if out else record.publish_finding


def _is_back(record: RecordedJob, remote: Remote) -> bool:
    """Whether the job was seen as `publishing` without an approval of afsync, never as published, and is only produced
    now."""
    if not record.approved or record.approved_at is not None or record.publish_finding is not None:
        return False
    seen = remote.jobs.get(record.id)
    return seen is not None and seen.status == COMPLETE and record.status == PUBLISHING
