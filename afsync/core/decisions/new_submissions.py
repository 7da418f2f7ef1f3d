"""The decision about a new, paid submission: its cost, and everything that holds it back."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.approvals import approved_without_submission
from afsync.core.body_fields import sourceless
from afsync.core.command_lines import RENAME, FlagName, import_command
from afsync.core.credits import estimate
from afsync.core.decisions.duplicates import paid_before
from afsync.core.decisions.imports import decide_import
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits, Decision, do, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import UNSEEN, Effect
from afsync.core.remote_account import RemoteJob
from afsync.core.resources import Job, Values
from afsync.core.service_statuses import Group, group_of
from afsync.core.similarity import looks_like
from afsync.core.trust.cancels import cancelled_job_options, same_as_cancelled, still_there

LOOKALIKE_AGE = timedelta(days=30)
"""How far back an unrecorded job still counts as a possible twin (docs/planning.md#jobs)."""


def submission(job: Job, facts: Facts) -> Change:
    """The change that submits `job` for the first time."""
    return Change(
        job.address,
        Action.CREATE,
        Reason.NEW,
        after=job,
        credits=Credits(spend=estimate(facts.effective(job.values), facts.recorded.costs)),
        uploads=job.file is not None and job.file.sha256 not in facts.recorded.uploads,
    )


def decide_new_job(job: Job, facts: Facts) -> Decision:
    """The decision about a job that is declared and not recorded."""
    if job.address in facts.desired.imports:
        return decide_import(job, facts.desired.imports[job.address], facts)
    change = submission(job, facts)
    return (
        withheld_reason(change, facts)
        or _ambiguous(change, facts)
        or _in_doubt(change, job, facts)
        or _lookalike(change, job, facts)
        or paid_before(change, job, facts)
        or approved_without_submission(change, job)
        or do(change)
    )


def withheld_reason(change: Change, facts: Facts) -> Decision | None:
    """The decision that withholds a submission of this job, first or again: because of its publish time, a cancelled
    job that is still there, its source, its template, or a review that the service ignored; None where nothing does."""
    job = change.after
    assert isinstance(job, Job)
    return (
        _untimely(change, job, facts)
        or _cancelled_before(change, job, facts)
        or _sourceless(change, job)
        or _template_blocked(change, job, facts)
        or _review_ignored(change, job, facts)
        or _unknown_template(change, job, facts)
    )


def _untimely(change: Change, job: Job, facts: Facts) -> Decision | None:
    if job.schedule is None:
        return None
    if job.schedule.utc <= facts.now:
        return withhold(
            replace(change, reason=Reason.PAST_SCHEDULE),
            f"the publish time of {job.address}, {job.schedule.written}, has passed",
            "give it a time still ahead, or remove the job",
            "schedule",
        )
    if job.publish_declared or facts.recorded.trust.get(Effect.SCHEDULE, UNSEEN).holds:
        return None
    return withhold(
        replace(change, reason=Reason.SCHEDULE_UNPROVEN),
        f"{job.address} relies on its publish time, and this account lost one and kept none since: it would be "
        "published as soon as it is produced",
        "say who publishes: `publish: held` leaves that to afsync, `publish: service` relies on the service",
        "schedule",
    )


def _cancelled_before(change: Change, job: Job, facts: Facts) -> Decision | None:
    twin = same_as_cancelled(job.values, facts)
    if twin is None:
        return None
    entry = facts.recorded.watched[twin]
    early = entry.finding is None
    ways = cancelled_job_options(replace(entry, address=job.address), twin)
    return withhold(
        replace(change, reason=Reason.CANCEL_UNSEEN if early else Reason.CANCEL_NOT_KEPT),
        f"{job.address} asks for what {twin} was submitted for"
        + (f", which was cancelled and is still {entry.record.status}" if early else f": {still_there(entry)}"),
        f"plan again once `api.settle` has passed, the list may lag; or {ways}" if early else ways,
    )


def _sourceless(change: Change, job: Job) -> Decision | None:
    if not sourceless(job.values):
        return None
    return withhold(
        replace(change, reason=Reason.UNKNOWN_SOURCE),
        f"what {job.address} is made from is not known here: it was taken over, or `entry` is in "
        "`ignore_changes` and its source is not",
        "add its `url` (or `urls`, `file`, `fileId`), then it can be submitted again",
    )


def _template_blocked(change: Change, job: Job, facts: Facts) -> Decision | None:
    if job.template is not None and job.template not in facts.desired.templates:
        return withhold(
            replace(change, reason=Reason.BLOCKED_TEMPLATE),
            f"{job.address} is made from {job.template}, which is not declared",
            f"declare {job.template}, or take `template` out of `lifecycle.ignore_changes`",
            "template",
        )
    blocked = facts.blocked_templates.get(job.template or "")
    if blocked is None:
        return None
    return withhold(
        replace(change, reason=Reason.BLOCKED_TEMPLATE),
        f"{job.address} is made from {job.template}, {blocked}",
        f"settle {job.template} first",
    )


def _review_ignored(change: Change, job: Job, facts: Facts) -> Decision | None:
    ignored = facts.recorded.staging_ignored
    stops = job.held or facts.effective(job.values).get("staging") is True
    if ignored is None or facts.options.accept_unstaged or not stops:
        return None
    return withhold(
        replace(change, reason=Reason.STAGING_IGNORED),
        f"{job.address} waits for a review, and the service ignored that for {ignored.job_id}: it could be "
        "published as soon as it is produced",
        f"remove `staging`, or accept that with {FlagName.ACCEPT_UNSTAGED}",
        "staging",
    )


def _unknown_template(change: Change, job: Job, facts: Facts) -> Decision | None:
    raw = job.values.get("fromTemplateId")
    if raw is None or raw in facts.remote.templates:
        return None
    return withhold(
        replace(change, reason=Reason.BLOCKED_TEMPLATE),
        f"{job.address} names template {raw!r}, which the account does not have",
        "name a template that exists, or declare one and use `template:`",
        "fromTemplateId",
    )


def _ambiguous(change: Change, facts: Facts) -> Decision | None:
    olds = facts.ambiguous.get(change.address)
    if not olds:
        return None
    return withhold(
        replace(change, reason=Reason.AMBIGUOUS),
        f"{change.address} is new and asks for what {', '.join(olds)} was submitted for, which is no longer declared: "
        "it may be the same job under another name",
        f"say which was renamed with {RENAME}, or remove the old one in a step of its own",
    )


def _in_doubt(change: Change, job: Job, facts: Facts) -> Decision | None:
    """The decision about a key that was renamed while its submission is unresolved: it must not be paid for again."""
    open_now = ((i.address, i.declared) for i in facts.recorded.submissions if i.kind is Kind.JOB)
    mine = _without_template(job.values)
    gone = [a for a, values in open_now if _without_template(values) == mine and not facts.desired.get(a)]
    if not gone or job.allow_duplicate:
        return None
    return withhold(
        replace(change, reason=Reason.AMBIGUOUS),
        f"{change.address} asks for what {gone[0]} was submitted for, whose outcome is not known and which is no "
        "longer declared: it may be the same job under another name",
        f"resolve {gone[0]} first, or set `allow_duplicate: true` on {change.address} to pay for another",
    )


def _without_template(values: Values) -> str:
    """The fields a job asks for, without its template, which may have been renamed in the same edit."""
    return fingerprint(Kind.JOB, {k: v for k, v in values.items() if k != "template"})


def _lookalike(change: Change, job: Job, facts: Facts) -> Decision | None:
    if job.allow_duplicate:
        return None
    body = facts.effective(job.values)
    twins = [r for r in facts.remote.jobs.values() if may_be_ours(r, facts) and looks_like(body, r.echo)]
    if not twins:
        return None
    ids = ", ".join(t.id for t in twins)
    return withhold(
        replace(change, reason=Reason.BLOCKED_LOOKALIKE, id=twins[0].id if len(twins) == 1 else None),
        f"{change.address} looks like {ids}, which is in the account but not in the state",
        f"import it with {import_command(change.address, twins[0].id)}, or set `allow_duplicate: true` on "
        "it to pay for another",
    )


def may_be_ours(job: RemoteJob, facts: Facts) -> bool:
    """Whether an unrecorded job is active or young. A cancelled job is no twin, since it is not produced."""
    if job.id in facts.owned:
        return False
    group = group_of(job.status)
    if group is Group.CANCELLED:
        return False
    young = job.created_at is None or facts.now - job.created_at <= LOOKALIKE_AGE
    return young or group in (Group.OPEN, Group.BUSY)
