"""Approval as code: `approve: job_8f31` on a job publishes exactly that submission, or the plan says why it does not;
and the platforms that an approval publishes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from afsync.core.addresses import in_yaml
from afsync.core.clocks import passed_on_both
from afsync.core.command_lines import (
    INTENTS,
    STATUS,
    FlagName,
    approve_command,
    forget_command,
    import_command,
    resolve_command,
)
from afsync.core.decisions.requested_fields import is_known, reported
from afsync.core.held_jobs import is_held, time_of
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import NOTHING, Change, Decision, approval, do, note, withhold
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.records import Publish, RecordedJob
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.remote_account import Remote, status_now
from afsync.core.resources import Desired, Job, Schedule, Values
from afsync.core.service_statuses import BEING_PUBLISHED, PUBLISHING, Group, group_of
from afsync.core.state import Recorded
from afsync.core.trust.publications import publication_failed
from afsync.core.trust.reviews import is_unreviewed
from afsync.errors import AfsyncError, Unsettled


def decide_approval(job: Job, record: RecordedJob, group: Group, status: str, *, resubmitted: bool) -> Decision:
    """The decision about `approve:` on a recorded job. `status` is the last one that the service reported,
    `resubmitted` whether the same plan submits the job again."""
    if job.approve is None:
        return NOTHING
    change = approval(job.address, record, job)
    if job.approve != record.id or resubmitted:
        return _mismatch(change, job.approve, resubmitted=resubmitted)
    if record.approved or status in BEING_PUBLISHED:
        return NOTHING
    if not record.staged:
        return _not_staged(change)
    match group:
        case Group.PRODUCED:
            return do(change)
        case Group.OPEN | Group.BUSY:
            message = f"{job.address} ({record.id}) is approved, but not produced yet"
            then = "records that, and one after its publish time publishes it" if job.held else "publishes it"
            return note(job.address, "approve_waits", message, f"an apply after that {then}")
        case _:
            return NOTHING  # it failed, was cancelled or is gone, and that is said anyway


def decide_held_approval(
    job: Job, record: RecordedJob, group: Group, status: str, *, resubmitted: bool, ahead: bool
) -> Decision:
    """The decision about `approve:` on a job that afsync publishes at its time: until then the approval is only
    recorded, and then it is carried out (`core.decisions.due_jobs`). `ahead`: the time has not come."""
    assert job.approve is not None
    change = approval(job.address, record, job)
    if job.approve != record.id or resubmitted:
        return _mismatch(change, job.approve, resubmitted=resubmitted)
    if record.approved or record.approval or status in BEING_PUBLISHED or not record.staged:
        return NOTHING
    if group is not Group.PRODUCED:
        return decide_approval(job, record, group, status, resubmitted=resubmitted)
    return do(replace(change, later=time_of(record, job))) if ahead else NOTHING


def approved_without_submission(change: Change, job: Job) -> Decision | None:
    """The decision about a new job that is approved already: the submission it names is not in the state, so no other
    one is paid for."""
    if job.approve is None:
        return None
    return withhold(
        replace(change, reason=Reason.APPROVE_NOT_SUBMITTED),
        f"`approve` of {job.address} names {job.approve}, but the state has no submission of this job",
        f"import it with {import_command(job.address, job.approve)}, or remove `approve` to submit it",
        "approve",
    )


def _mismatch(change: Change, approved: str, *, resubmitted: bool) -> Decision:
    if approved == change.id and resubmitted:
        why = f"`approve` of {change.address} names {approved}, which this plan replaces by a new submission"
        hint = "remove `approve`, and write the new id once it was reviewed"
    else:
        why = f"`approve` of {change.address} names {approved}, but its current submission is {change.id}"
        hint = f"review {change.id}, then write `approve: {in_yaml(str(change.id))}`; or remove the line"
    return withhold(replace(change, reason=Reason.APPROVE_MISMATCH), why, hint, "approve")


def _not_staged(change: Change) -> Decision:
    return withhold(
        replace(change, reason=Reason.APPROVE_NOT_STAGED),
        f"`approve` of {change.address} names {change.id}, but that was not submitted with `staging: true`",
        "only a staged job waits for an approval; remove `approve`",
        "approve",
    )


def waits_for_approval(record: RecordedJob, remote: Remote) -> bool:
    """Whether the submission is produced, and is not published until a person approves it."""
    preview = remote.previews.get(record.id)
    if not record.staged or record.approved or record.approval or record.id in remote.missing:
        return False
    if preview is not None and preview.staging is False:
        return False  # the service does not stop it
    return group_of(status_now(record, remote.jobs), waits=True) is Group.PRODUCED


def waiting(recorded: Recorded, remote: Remote, desired: Desired | None = None) -> Iterator[Waiting]:
    """The submissions that wait for an approval, by address."""
    unresolved = recorded.open_addresses
    staged = sorted((a, r) for a, r in recorded.jobs.items() if r.staged and not r.approved)
    for address, record in staged:
        if address not in unresolved and waits_for_approval(record, remote):
            seen = remote.jobs.get(record.id)
            platforms = seen.echo.get("platforms", ()) if seen else ()
            preview = remote.previews.get(record.id)
            held = is_held(record, desired.jobs.get(address) if desired else None)
            yield Waiting(address, record.id, preview, tuple(platforms), record.schedule, held)


def only_approvals(
    plan: Plan,
    recorded: Recorded,
    remote: Remote,
    addresses: Iterable[str],
    desired: Desired,
    *,
    at_once: bool = False,
    platforms: tuple[str, ...] = (),
) -> Plan:
    """The plan that publishes these recorded jobs and does nothing else. Raises AfsyncError, naming each job that there
    is nothing to publish for: publishing cannot be undone, so it is all of them or none.

    Of a held job whose time has not come the approval is recorded, unless it is to be published `at_once`. After a
    publication that failed it is published again where it failed, or on the `platforms` that are named.
    """
    wanted = sorted(set(addresses))
    recorded = apply_resolutions(recorded, plan.resolutions)
    _refuse_unresolved(wanted, recorded)
    recorded = replace(recorded, resources={**recorded.resources, **plan.refreshed})
    jobs = [(a, recorded.jobs[a], desired.jobs.get(a)) for a in wanted]
    wrong = {}
    for address, record, declared in jobs:
        why = reason_against_approval(record, remote, plan.as_of, declared, at_once=at_once)
        own = platforms_of(record, desired, recorded, remote)
        if why is None and (there := reason_against_platforms(record, own, platforms)):
            why = f"({record.id}) {there}"
        if is_unreviewed(plan.watched.get(record.id)):
            why = _unreviewed(record)
        if why is not None:
            wrong[address] = why
    _refuse(wrong)
    changes = tuple(
        replace(
            approval(a, r, d),
            later=None if at_once or publication_failed(r) else _its_time(r, d, remote, plan.as_of),
            platforms=targets(r, platforms),
        )
        for a, r, d in jobs
    )
    waits = tuple(waiting(recorded, remote, desired))
    return replace(
        plan, changes=changes, withheld=(), notices=(), violations=(), blocking=(), resolutions=(), waiting=waits
    )


def _refuse(wrong: Mapping[str, str]) -> None:
    """Raise AfsyncError where there is nothing to publish for an address, with the reason for each."""
    if wrong:
        reasons = "; ".join(f"{address} {why}" for address, why in wrong.items())
        raise AfsyncError(f"Nothing was published: {reasons}.", f"{STATUS} shows where every job is")


NOT_STAGED = "is not called staged by the service, so it does not wait for an approval and may be published already"


def _unreviewed(record: RecordedJob) -> str:
    return f"({record.id}) {NOT_STAGED} ({forget_command(record.id)} ends this)"


def _refuse_unresolved(addresses: Iterable[str], recorded: Recorded) -> None:
    """Raise Unsettled where an intent is open: what may have been sent is not sent a second time, and the recorded
    submission may not be the right one."""
    opened = [i for i in recorded.intents if i.address in addresses]
    if opened:
        unresolved = "; ".join(f"{i.address} has {i.purpose.one} whose outcome is not known" for i in opened)
        hint = f"{INTENTS} shows what can be said of it, `{resolve_command(opened[0].address)}` decides it"
        raise Unsettled(f"Nothing was published: {unresolved}.", hint)


def _its_time(record: RecordedJob, declared: Job | None, remote: Remote, now: datetime) -> Schedule | None:
    """The time at which afsync publishes the job, while that is ahead by either clock; else None."""
    ahead = record.schedule is not None and record.schedule.utc > passed_on_both(now, remote.server_time)
    return record.schedule if ahead and is_held(record, declared) else None


def reason_against_approval(
    record: RecordedJob, remote: Remote, now: datetime, declared: Job | None = None, *, at_once: bool = False
) -> str | None:
    """Why there is nothing to publish; None when the submission waits for an approval, or may be published."""
    status = status_now(record, remote.jobs)
    if record.id in remote.missing:
        return f"({record.id}) is not in the account any more"
    if publication_failed(record) and status != PUBLISHING:
        return None
    if record.approved or status in BEING_PUBLISHED:
        return f"({record.id}) was approved already; it is {status}"
    if not record.staged and record.publish is Publish.SERVICE:
        return f"({record.id}) was not submitted with `staging: true`, so it waits for no approval"
    group = group_of(status, waits=True)
    if group is not Group.PRODUCED:
        ended = group in (Group.FAILED, Group.CANCELLED)
        return f"({record.id}) is {status}" if ended else f"({record.id}) is not produced yet; it is {status}"
    preview = remote.previews.get(record.id)
    if not record.staged and record.publish is Publish.UNKNOWN and preview is not None and preview.staging is False:
        return f"({record.id}) {NOT_STAGED}"
    time = _its_time(record, declared, remote, now)
    if time is not None and not at_once and (record.approval or not record.staged):
        what = "was approved already, and is" if record.approval else "is"
        when = f"to be published by the first apply after {time.with_zone}"
        return f"({record.id}) {what} {when}; `{FlagName.NOW}` publishes it at once"
    return None


NOWHERE = "has no platform to be published on: none is declared, by it or its template, and the service reports none"

OR_AGAIN = "where the service refuses that, submit it again with `platforms` (`rerun:`, which costs credits)"


def platforms_of(record: RecordedJob, desired: Desired, recorded: Recorded, remote: Remote) -> tuple[str, ...] | None:
    """The platforms that the job was submitted for; None where its template may hold some that are not known."""
    seen = remote.jobs.get(record.id)
    template = _template(record, desired, recorded, remote)
    for values in (record.declared, seen.echo if seen else {}, template or {}):
        if isinstance(named := values.get("platforms"), list | tuple) and named:
            return tuple(map(str, named))
    return None if template is None else ()


def _template(record: RecordedJob, desired: Desired, recorded: Recorded, remote: Remote) -> Values | None:
    """The values of its template; None where they are not known completely."""
    if key := record.declared.get("template"):
        made = recorded.templates.get(f"template.{key}")
        known = is_known(made, remote.templates.get(made.id) if made else None)
        declared = desired.templates.get(f"template.{key}")
        values = declared.values if declared else made.declared if made else {}
        return values if known or values.get("platforms") else None
    raw = record.declared.get("fromTemplateId")
    if raw is None:
        return {}
    found = remote.templates.get(str(raw))
    return found.echo if found is not None and reported(found) else None


def reason_against_platforms(record: RecordedJob, own: tuple[str, ...] | None, named: tuple[str, ...]) -> str | None:
    """Why publishing to the `named` platforms, or to none by name, would not do what is meant; None where it would."""
    if not publication_failed(record):
        if named and own != ():
            use = "is for those where that failed, or for a job without any"
            return f"is to be published on all of its platforms by an approval; `{FlagName.PLATFORM}` {use}"
        return f"{NOWHERE}: name one with `{FlagName.PLATFORM}`; {OR_AGAIN}" if own == () and not named else None
    if not (named or record.failed_on):
        return f"was approved, and which platforms failed is not reported: name them with `{FlagName.PLATFORM}`"
    out = [name for name in named if name in record.published_on]
    if out:
        return f"is published on {', '.join(out)} already"
    known = record.failed_on or own
    strange = [name for name in named if known and name not in known]
    return f"failed on {', '.join(known or ())}, not on {', '.join(strange)}" if strange else None


def targets(record: RecordedJob, named: tuple[str, ...]) -> tuple[str, ...]:
    """The platforms to publish to: those named, else those that failed before, else () for all of the job's own."""
    return named or (record.failed_on if publication_failed(record) else ())


def only_somewhere(decision: Decision, record: RecordedJob, facts: Facts) -> Decision:
    """The decision, but with an approval withheld that would publish nowhere."""
    if not any(c.action is Action.APPROVE and not c.platforms for c in decision.changes):
        return decision
    if platforms_of(record, facts.desired, facts.recorded, facts.remote) != ():
        return decision
    kept = tuple(c for c in decision.changes if c.action is not Action.APPROVE)
    (change,) = (c for c in decision.changes if c.action is Action.APPROVE)
    hint = f"{approve_command(change.address, platform=True)} publishes it on one; {OR_AGAIN}"
    held = withhold(
        replace(change, reason=Reason.APPROVE_NO_PLATFORM),
        f"{change.address} ({record.id}) {NOWHERE}",
        hint,
        "platforms",
    )
    return replace(decision, changes=kept) + held
