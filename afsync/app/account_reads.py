"""What each use case reads of the account, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.api.previews import MOST, previews
from afsync.api.snapshot import fetch, read_jobs, read_result
from afsync.app.checked_plan import resolve_with
from afsync.app.checked_plan import timed as timed_options
from afsync.app.connection import Service, connect
from afsync.app.project_state import check_account
from afsync.core.addresses import Kind
from afsync.core.approvals import waiting
from afsync.core.held_jobs import of_unknown_origin
from afsync.core.plan.facts import Options
from afsync.core.plan.lookups import lookups, result_lookups
from afsync.core.plan.only_due import may_be_due, not_seen_published, unknown_staging
from afsync.core.recovery.resolution import Adopt
from afsync.core.remote_account import JobResult, Lookups, Remote
from afsync.core.service_statuses import COMPLETE
from afsync.core.trust.publications import results_needed, staging_needed
from afsync.core.trust.reviews import asks_for_review
from afsync.errors import AuthError

if TYPE_CHECKING:
    from afsync.api.reader import ApiReader
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.remote_account import Preview
    from afsync.core.state import Recorded


def read_remote(
    context: Context,
    project: LoadedProject,
    recorded: Recorded,
    service: Service,
    at: datetime,
    *,
    links: bool = False,
    since: datetime | None = None,
    approving: Iterable[str] = (),
) -> Remote:
    """What a plan needs of the account, and no more. With `links` also those for reviewers, with `since` (UTC) also all
    jobs that are that young; of the addresses in `approving`, whether the service stops them before publishing.

    Raises AuthError, ApiError, and StateError where the key is that of another account.
    """
    remote = _read_jobs(context, project, recorded, service, at, since)
    published = publications_needed(project, recorded, remote, at)
    produced = [
        i for i in [*_unknown_reviews(project, recorded, approving), *published] if _is_complete(remote, i)
    ] + _found_for_review(context, project, recorded, remote)
    asked = result_lookups(project.desired, recorded, remote, at, timed_options(context, Options(), project))
    results = (read_result(service.reader, i) for i in asked)
    ids = [w.id for w in waiting(recorded, remote) if w.address in project.desired.jobs] if links else []
    needed = dict.fromkeys([*produced, *staging_needed(recorded, remote)])  # for decisions, so never too many
    shown = previews(service.reader, dict.fromkeys([*needed, *ids]), max(MOST, len(needed)))
    found = {r.id: r for r in results if r is not None} | read_results(service.reader, published)
    return replace(remote, previews=shown if links else _without_links(shown), results=found)


def _read_jobs(
    context: Context, project: LoadedProject, recorded: Recorded, service: Service, at: datetime, since: datetime | None
) -> Remote:
    """The account, its templates, its schedule, and the jobs that the plan has to see."""
    wanted = lookups(project.desired, recorded, at)
    # A state may be new because it was lost, or older than the account; publish times show it.
    timed = bool(wanted.jobs.keys() - recorded.watched.keys()) or wanted.since is not None
    if since is not None:
        wanted = replace(wanted, since=min(wanted.since or since, since))
    try:
        remote = fetch(service.reader, wanted, publish_times=timed)
    except AuthError:
        # The jobs of another account are forbidden. That the key is another account's says more, where it is so.
        check_account(project, recorded, Remote(service.reader.account(), base_url=service.base_url))
        raise
    return _as_of(context, at, replace(remote, base_url=service.base_url))


def _unknown_reviews(project: LoadedProject, recorded: Recorded, approving: Iterable[str]) -> list[str]:
    """The ids of jobs of which it has to be known whether the service stops them before publishing."""
    return [
        *(str(intent.job_id) for intent in recorded.approvals),
        *(record.id for record in of_unknown_origin(project.desired, recorded)),
        *(recorded.jobs[address].id for address in approving if address in recorded.jobs),
    ]


def _is_complete(remote: Remote, job_id: str) -> bool:
    return job_id in remote.jobs and remote.jobs[job_id].status == COMPLETE


def _found_for_review(context: Context, project: LoadedProject, recorded: Recorded, remote: Remote) -> list[str]:
    """The ids of jobs that were found for lost submissions which asked for a stop before publishing. Whether the
    service stops them is not known, since its answer was lost."""
    if not any(asks_for_review(i) for i in recorded.submissions):
        return []
    found = resolve_with(context, project, recorded, remote)
    return [r.id for r in found if isinstance(r, Adopt) and asks_for_review(r.intent)]


def publications_needed(project: LoadedProject, recorded: Recorded, remote: Remote, at: datetime) -> list[str]:
    """The ids of jobs whose result is needed to know where they were published: approved ones, and those of unresolved
    approvals whose status does not show it."""
    named = [str(i.job_id) for i in recorded.approvals if i.platforms]
    return [*named, *results_needed(recorded, remote, remote.server_time or at, project.settings.settle)]


def read_results(reader: ApiReader, ids: Iterable[str]) -> dict[str, JobResult]:
    """The results by job id. Where one cannot be read, it is a result that is not ready and says nothing."""
    return {i: read_result(reader, i) or JobResult(i, "", ready=False) for i in ids}


def _without_links(found: Mapping[str, Preview]) -> dict[str, Preview]:
    return {job_id: preview.without_links() for job_id, preview in found.items()}


def read_due(context: Context, project: LoadedProject, recorded: Recorded, service: Service, at: datetime) -> Remote:
    """What `apply --due` needs: the account itself, and the jobs whose publish time has come by our own clock. Where
    submissions are open, resolving them needs all that a plan reads."""
    if recorded.submissions:
        return read_remote(context, project, recorded, service, at)
    return read_due_jobs(context, project, recorded, service, at)


def read_due_jobs(
    context: Context, project: LoadedProject, recorded: Recorded, service: Service, at: datetime
) -> Remote:
    """The same without resolving open submissions."""
    found = may_be_due(project.desired, recorded, at)
    approved = [str(i.job_id) for i in recorded.approvals]
    watched = [r.id for r in not_seen_published(project.desired, recorded)]
    remote = read_jobs(service.reader, list(dict.fromkeys([*approved, *(r.id for r in found.values()), *watched])))
    remote = _as_of(context, at, replace(remote, base_url=service.base_url))
    published = publications_needed(project, recorded, remote, at)
    remote = _with_staging(remote, service, [*approved, *unknown_staging(project.desired, recorded, at), *published])
    return replace(remote, results=read_results(service.reader, published))


def _with_staging(remote: Remote, service: Service, ids: Iterable[str]) -> Remote:
    """With what the service says of those jobs that are produced: whether it stops them before publishing."""
    produced = [i for i in ids if _is_complete(remote, i)]
    return replace(remote, previews=_without_links(previews(service.reader, produced, None)))


def _as_of(context: Context, at: datetime, remote: Remote) -> Remote:
    """With the service's time as it was at `at`, when reading began: the rate limit may make it take minutes."""
    reported = remote.server_time
    return remote if reported is None else replace(remote, server_time=reported - (context.now() - at))


def read_for_intents(context: Context, project: LoadedProject, recorded: Recorded) -> Remote:
    """What the account shows of open submissions and approvals; nothing else is read."""
    service = connect(context, project, writes=False)
    approved = [str(i.job_id) for i in recorded.approvals]
    heads = tuple(i.known for i in recorded.submissions if i.kind is Kind.JOB)
    wanted = Lookups(jobs=dict.fromkeys(approved), heads=heads)
    remote = replace(fetch(service.reader, wanted, publish_times=False), base_url=service.base_url)
    check_account(project, recorded, remote)
    named = [str(i.job_id) for i in recorded.approvals if i.platforms]
    return replace(remote, previews=previews(service.reader, approved), results=read_results(service.reader, named))
