"""The jobs and results that a plan has to read, so that reading stays cheap however long the account's history is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from afsync.core.addresses import Kind
from afsync.core.decisions.new_submissions import LOOKALIKE_AGE
from afsync.core.decisions.publish_times import jobs_without_their_time
from afsync.core.decisions.publish_times import unset_results_needed as unset_results
from afsync.core.held_jobs import of_unknown_origin, stops
from afsync.core.moves import find_moves
from afsync.core.plan.facts import Options
from afsync.core.records import RecordedJob, RecordedTemplate
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.remote_account import Lookups, Remote, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.core.resources import Desired, Job, Template
from afsync.core.service_statuses import COMPLETE, ENDED, Group, group_of, never_changes
from afsync.core.state import Recorded
from afsync.core.trust.kept_publish_times import results_needed as schedule_results
from afsync.core.trust.publications import publication_unconfirmed
from afsync.errors import Problem, Severity


def group_when_seen(record: RecordedJob, now: datetime) -> Group:
    """The group of a job if nothing has happened since its status was recorded."""
    at = record.publish_at
    return group_of(record.status, waits=stops(record) or (at is not None and at > now))


def is_final(record: RecordedJob, now: datetime) -> bool:
    """Whether nothing can happen to the job any more: finished jobs are immutable and not read again."""
    return never_changes(record.status) or group_when_seen(record, now) in ENDED


def lookups(desired: Desired, recorded: Recorded, now: datetime) -> Lookups:
    """The jobs to read: those that can still change, cancelled ones that are watched, young jobs if something new could
    be one of them, and all between now and each open intent."""
    moves, settled = find_moves(desired, recorded)
    new = desired.jobs.keys() - settled.resources.keys() - desired.imports.keys()
    # Whether one may take the record of another that is declared is seen in the account.
    new |= {a for a, old in moves.moved.items() if old in desired.jobs and a not in recorded.resources}
    unfinished = [r for r in recorded.jobs.values() if not never_changes(r.status)]
    # How these were submitted is not known, and they are to be published when their time has come.
    taken_over = of_unknown_origin(desired, settled)
    return Lookups(
        jobs={
            **{r.id: r.created_at for r in taken_over if not never_changes(r.status)},
            **{r.id: r.created_at for r in unfinished if not is_final(r, now)},
            **{str(i.job_id): None for i in recorded.approvals},
            **{r.id: r.created_at for r in recorded.jobs.values() if publication_unconfirmed(r)},
            **{r.id: r.created_at for r in jobs_without_their_time(desired, settled)},
            **{i: w.record.created_at for i, w in recorded.watched.items()},
            **{i: None for a, i in desired.imports.items() if a in desired.jobs and a not in settled.resources},
        },
        since=_since([desired.jobs[address] for address in new], desired, settled, now),
        heads=tuple(i.known for i in recorded.submissions if i.kind is Kind.JOB),
    )


def _since(new: list[Job], desired: Desired, recorded: Recorded, now: datetime) -> datetime | None:
    """The age down to which unknown jobs matter for a submission: as far back as one could be a twin of a new job; else
    down to the last recorded job, since anything newer shows that the state is older than the account."""
    young = now - LOOKALIKE_AGE
    if any(_may_have_twin(job, recorded) for job in new):
        return young
    if not new and not _any_rerun(desired, recorded):
        return None
    return max(recorded.known_until or young, young)


def _may_have_twin(job: Job, recorded: Recorded) -> bool:
    """Whether a job in the account could be a twin. Only a topic makes one, and a template may bring one. With
    `allow_duplicate` it matters only to a state that never submitted anything and may have been lost."""
    if job.allow_duplicate and recorded.counter:
        return False
    return any(job.values.get(f) for f in ("topic", "template", "fromTemplateId"))


def _any_rerun(desired: Desired, recorded: Recorded) -> bool:
    asked = ((recorded.jobs.get(a), job) for a, job in desired.jobs.items() if job.rerun is not None)
    return any(r is not None and r.rerun != job.rerun for r, job in asked)


def result_lookups(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options
) -> Iterable[str]:
    """The ids of jobs whose results are needed, each once, all of them of produced jobs. A submission whose answer was
    lost, and which is found now, counts as recorded: the plan that follows decides about it as well."""
    if not any(job.status == COMPLETE for job in remote.jobs.values()):
        return ()
    if recorded.submissions:
        found = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
        recorded = apply_resolutions(recorded, found)
    _, moved = find_moves(desired, recorded)
    never_set = unset_results(desired, moved, remote)
    return dict.fromkeys((*never_set, *schedule_results(desired, recorded, remote, now, options.settle)))


def remote_as_recorded(recorded: Recorded, desired: Desired) -> Remote:
    """The account as it would be if nothing had happened since the last apply, and `import:` is right."""
    account = recorded.account
    templates = [r for r in recorded.resources.values() if isinstance(r, RecordedTemplate)]
    jobs = [r for r in recorded.resources.values() if isinstance(r, RecordedJob)]
    to_import = {i: desired.get(a) for a, i in desired.imports.items() if a not in recorded.resources}
    named = {i: RemoteTemplate(i, d.name) for i, d in to_import.items() if isinstance(d, Template)}
    waiting = {i: RemoteJob(i, "queued") for i, d in to_import.items() if isinstance(d, Job)}
    return Remote(
        account=RemoteAccount(account.id if account else "unknown"),
        templates={
            **named,
            **{t.id: RemoteTemplate(t.id, str(t.declared.get("name")), t.created_at) for t in templates},
        },
        jobs={**waiting, **{j.id: RemoteJob(j.id, j.status, j.created_at) for j in jobs}},
        base_url=account.base_url if account else "",
    )


NOT_CHECKED = Problem(
    "offline",
    "planned offline, against the recorded state: jobs may have moved on, templates and look-alikes in the account "
    "were not looked at, and neither was the balance",
    "plan again with a key before applying",
    Severity.WARNING,
)
