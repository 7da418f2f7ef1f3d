"""Jobs that the service does not stop for the review they were submitted for: found, cancelled, reported, accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from afsync.core.command_lines import APPLY_UNSTAGED, FlagName, forget_command
from afsync.core.held_jobs import stops
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import NOTHING, Change, Credits, Decision, do
from afsync.core.plan.facts import Facts, Options
from afsync.core.records import Publish, RecordedJob, StagingIgnored, Watched, Why
from afsync.core.remote_account import Remote
from afsync.core.service_statuses import PUBLISHED, PUBLISHING, ended_badly, is_open
from afsync.core.state import Intent, Purpose, Recorded
from afsync.core.trust.cancels import link_to, still_there, to_cancel, with_watched
from afsync.errors import Problem, Severity

CODE = Reason.STAGING_IGNORED.value
MAY_GO_OUT = "it may be published as soon as it is produced"


def stops_no_more(record: RecordedJob) -> RecordedJob:
    """The record of a job that does not stop before publishing, as the service reports."""
    return replace(record, staged=False, publish=Publish.UNKNOWN)


def to_be_cancelled(recorded: Recorded, address: str, record: RecordedJob, now: datetime, watch: float) -> Recorded:
    """The state in which a recorded job does not stop for its review, and is to be cancelled. `watch` is in seconds."""
    record = stops_no_more(record)
    return to_cancel(recorded.with_resource(address, record), address, record, Why.UNREVIEWED, now, watch)


def asks_for_review(intent: Intent) -> bool:
    """Whether a submission is to stop before it is published."""
    return intent.purpose is Purpose.SUBMISSION and (intent.staged or intent.publish is Publish.HELD)


def review_ignored(intent: Intent, record: RecordedJob) -> bool:
    """Whether the record of a submission says that the service does not stop it as was asked."""
    unstaged = intent.staged and not record.staged
    return unstaged or (intent.publish is Publish.HELD and record.publish is Publish.UNKNOWN)


def judged_reviews(recorded: Recorded, remote: Remote, now: datetime, options: Options) -> Recorded:
    """The state with what the service reports of recorded jobs: one that was to stop for a review, and is not called
    staged although nothing published it, does not stop."""
    unstaged = {i: p for i, p in remote.previews.items() if p.staging is False and i in remote.jobs}
    for address, record in recorded.jobs.items() if unstaged else ():
        if record.id not in unstaged or not stops(record) or recorded.intent_for(address) is not None:
            continue
        status = remote.jobs[record.id].status
        at_once = unstaged[record.id].status in (None, status)  # else an approval came between the two answers
        if at_once and status != PUBLISHING and not ended_badly(status):
            recorded = to_be_cancelled(recorded, address, replace(record, status=status), now, options.watch)
    return recorded


def is_unreviewed(entry: Watched | None) -> bool:
    """Whether the job is or will be published without the review that was asked for."""
    return entry is not None and entry.why is Why.UNREVIEWED and not ended_badly(entry.record.status)


def decide_unreviewed(address: str, record: RecordedJob, status: str, again: bool, facts: Facts) -> Decision | None:
    """The decision about a recorded job that does not stop for its review: it is cancelled if it was not yet, before
    anything else. None where it is decided as any other. `again`: it is to be submitted again."""
    entry = facts.recorded.watched.get(record.id)
    if entry is None or not is_unreviewed(entry) or record.id in facts.remote.missing:
        return None
    if entry.accepted or not is_open(status):
        return None if again else NOTHING
    spent = Credits(0, record.credits or 0)
    return do(
        Change(
            address, Action.DELETE, Reason.STAGING_IGNORED, before=record, id=record.id, credits=spent,
            retire=Retire.CANCEL,
        )
    )  # fmt: skip


def unreviewed(facts: Facts, changes: Iterable[Change]) -> Iterator[Problem]:
    """A problem for each such job that is alive or was published, and is not cancelled now."""
    going = {c.id for c in changes if c.retire is Retire.CANCEL}
    for job_id, entry in sorted(facts.recorded.watched.items()):
        if is_unreviewed(entry) and job_id not in going:
            address = facts.recorded.address_of_job(job_id) or entry.address
            text = f"{address} ({job_id}) was to stop before publishing, and the service does not stop it: "
            text += still_there(entry) + link_to(job_id, facts)
            out = "it was published" if entry.record.status == PUBLISHED else MAY_GO_OUT
            hint = f"look at it in AuraFlux: {out}; {APPLY_UNSTAGED} accepts that, and "
            hint += f"{forget_command(job_id)} ends this message"
            yield Problem(CODE, text, hint, Severity.ERROR, address, field="staging")


def with_accepted_reviews(recorded: Recorded, options: Options) -> tuple[Recorded, tuple[Problem, ...]]:
    """The state, and warnings, where a person accepts with `--accept-unstaged` that such jobs are published."""
    going = {i: w for i, w in recorded.watched.items() if is_unreviewed(w)} if options.accept_unstaged else {}
    if not going:
        return recorded, ()
    said = tuple(
        Problem("unstaged_accepted", f"{w.address} ({i}) is not cancelled: {MAY_GO_OUT}", None, Severity.WARNING)
        for i, w in sorted(going.items())
    )
    return with_watched(recorded, {i: w for i, w in recorded.watched.items() if i not in going}), said


def with_acceptance(recorded: Recorded, address: str, job_id: str, who: str, now: datetime) -> Recorded:
    """The state with the note that a person accepted it for one job. That the service ignores reviews stays known."""
    entry = {
        "address": address,
        "decision": "accept_unstaged",
        "id": job_id,
        "who": who,
        "at": now.isoformat(),
        "why": FlagName.ACCEPT_UNSTAGED.value,
    }
    return replace(recorded.with_decision(entry), staging_ignored=StagingIgnored(job_id, now))


def all_accepted(recorded: Recorded, watched: Mapping[str, Watched], who: str, now: datetime) -> Recorded:
    """The state with that note for every job that the plan no longer watches. The next submission finds out whether the
    service still ignores reviews."""
    for job_id, entry in recorded.watched.items():
        if entry.why is Why.UNREVIEWED and job_id not in watched:
            recorded = with_acceptance(recorded, entry.address, job_id, who, now)
    return replace(recorded, staging_ignored=None) if recorded.staging_ignored else recorded
