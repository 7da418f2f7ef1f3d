"""The differences between the files and a recorded job, and the changes of its body: replaced, or submitted again."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.body_fields import sourceless
from afsync.core.command_lines import replace_command
from afsync.core.decisions.duplicates import asks_again, paid_before
from afsync.core.decisions.new_submissions import submission, withheld_reason
from afsync.core.decisions.templates import unless_protected, without_ignored
from afsync.core.fingerprints import same_body
from afsync.core.held_jobs import is_held, stops
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Credits, Decision, differing_fields, do, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import RecordedJob
from afsync.core.remote_account import status_now
from afsync.core.resources import Job, Values
from afsync.core.service_statuses import Group, group_of
from afsync.core.trust.cancels import has_lost_one, two_videos
from afsync.core.trust.kept_publish_times import publish_time_of


class Standing(Struct, frozen=True):
    """The state of a recorded job at the service: the group of its status now, and the publish time that is set (UTC).

    `drifted` says that the publish time was read back and is not what was recorded.
    """

    group: Group
    publish_at: datetime | None
    drifted: bool = False


class Edits(Struct, frozen=True):
    """The differences between the files and the record. `again` is the reason to submit it again, if there is one."""

    values: Values
    body: bool = False
    schedule: bool = False
    again: Reason | None = None

    def __bool__(self) -> bool:
        return self.body or self.schedule


def standing(record: RecordedJob, facts: Facts, declared: Job | None = None) -> Standing:
    """The standing by what was read of the job, else by the record. The time of a held job is kept by afsync only."""
    recorded_at = record.publish_at
    if record.id in facts.remote.missing:
        return Standing(Group.MISSING, recorded_at)
    reported, observed = (False, None)
    if not is_held(record, declared):
        reported, observed = publish_time_of(record.id, facts.remote, facts.now)
    at = observed or recorded_at
    waits = stops(record, declared) or still_ahead(at, facts.now) is not None
    group = group_of(status_now(record, facts.remote.jobs), waits=waits)
    return Standing(group, at, reported and observed != still_ahead(recorded_at, facts.now))


def observed_time(record: RecordedJob, facts: Facts) -> datetime | None:
    """The publish time (UTC) that the service reports, if it is still ahead."""
    return publish_time_of(record.id, facts.remote, facts.now)[1]


def still_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def edits_of(declared: Job, record: RecordedJob, facts: Facts, *, held: bool) -> Edits | None:
    """The edits; None where the files say what is recorded."""
    ignored = declared.ignore_changes
    values = without_ignored(declared.values, record.declared, ignored) if ignored else declared.values
    again = None
    if asks_again(declared, record):
        again = Reason.RERUN
    elif facts.options.replace and declared.address in facts.options.replace:
        again = Reason.REQUESTED
    body = not same_body(values, record.declared, record.fingerprint) and not sourceless(record.declared)
    schedule = time_differs(declared, record, facts.now, held=held) and "schedule" not in ignored
    return Edits(values, body, schedule, again) if body or schedule or again or ignored else None


def time_differs(declared: Job, record: RecordedJob, now: datetime, *, held: bool) -> bool:
    """Whether the declared time differs from the recorded one. The service only takes future times, so for the service
    a past time is no difference."""
    wanted = declared.schedule.utc if declared.schedule else None
    known = record.schedule.utc if record.schedule else None
    if wanted is not None and held:
        return wanted != known
    if wanted is None:
        return still_ahead(record.publish_at, now) is not None
    return wanted > now and wanted != known


def decide_replacement(declared: Job, record: RecordedJob, retire: Retire, edits: Edits, facts: Facts) -> Decision:
    """The decision to take out the submission of an edited job (`retire` says how) and to pay for a new one; or to
    withhold that, where a person must decide first."""
    job = _job_to_submit(declared, edits.values)
    change = replace(
        submission(job, facts),
        action=Action.REPLACE,
        reason=edits.again or Reason.BODY_CHANGED,
        before=record,
        id=record.id,
        retire=retire,
        fields=differing_fields(Kind.JOB, record.declared, job.values),
    )
    change = replace(change, credits=Credits(change.credits.spend, record.credits or 0))
    if retire is Retire.CANCEL:
        status = status_now(record, facts.remote.jobs)
        warning = two_videos(record.id, status, change.credits.spend, record.credits)
        change = replace(change, warning=warning)
    if (held := withheld_reason(change, facts) or paid_before(change, job, facts)) is not None:
        return held
    if change.warning and has_lost_one(facts.recorded) and declared.address not in facts.options.replace:
        return withhold(
            replace(change, reason=Reason.CANCEL_UNPROVEN),
            f"{declared.address} would be replaced, and this account did not keep a cancel before: {change.warning}",
            f"{replace_command(declared.address)} replaces it anyway; or undo the edit",
        )
    return unless_protected(change)


def decide_resubmission(declared: Job, record: RecordedJob, edits: Edits, facts: Facts) -> Decision:
    """The decision to submit a job again that has ended or is missing, because a person asked for it (`rerun` or
    `--replace`). Its earlier submission stays as it is."""
    job = _job_to_submit(declared, edits.values)
    change = submission(job, facts)
    change = replace(
        change,
        reason=edits.again or Reason.RERUN,
        before=record,
        fields=differing_fields(Kind.JOB, record.declared, job.values),
        credits=Credits(change.credits.spend, record.credits or 0),
    )
    return withheld_reason(change, facts) or paid_before(change, job, facts) or do(change)


def _job_to_submit(declared: Job, values: Values) -> Job:
    """The job as it is submitted. Ignored fields keep their recorded values, except a file, which exists only as it is
    now."""
    if declared.file is None or values.get("file") == declared.file.sha256:
        return replace(declared, values=values)
    return replace(declared, values={**values, "file": declared.file.sha256})
