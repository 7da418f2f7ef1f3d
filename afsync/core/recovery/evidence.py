"""What the account shows of a submission whose answer was lost: which jobs are new, and which could be it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from afsync.core.addresses import Kind
from afsync.core.fingerprints import normalise
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.resources import Values
from afsync.core.similarity import MADE_FROM, fits, looks_like
from afsync.core.state import Intent, Recorded
from afsync.core.text import same_text

EXCHANGE = timedelta(seconds=60)
"""How long one submission may be in flight at the most; see `api.client`."""

CLOCK_SLACK = timedelta(seconds=5)
"""How far the service's Date and its creation times may disagree."""

BLIND_SLACK = timedelta(minutes=10)
"""The same where only our own clock is known."""

TICKS = timedelta(seconds=2)
"""How far a clock that agrees with ours may seem to be off: a Date counts whole seconds, and travels."""


class Sighting(Struct, frozen=True):
    """The jobs in the list that were not known before: all `new` ones, and the candidates for the submission, oldest
    first."""

    new: tuple[RemoteJob, ...]
    candidates: tuple[RemoteJob, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(j.id for j in self.candidates)


def sighting_of(intent: Intent, recorded: Recorded, remote: Remote, quarantine: timedelta) -> Sighting:
    taken = {r.id for r in recorded.jobs.values()} | recorded.not_ours | recorded.watched.keys()
    new = [j for j in _newer(intent, remote, quarantine) if j.id not in taken]
    hollow = ghosts(remote)
    timely = [j for j in new if j.id not in hollow and _time_fits(intent, j.created_at, quarantine)]
    candidates = _possible(sent_by(intent), timely)
    odd = (j for j in remote.odd if not _before(intent, j.created_at))
    return Sighting((*reversed(new), *odd), tuple(reversed(candidates)))


def _possible(body: Values, jobs: list[RemoteJob]) -> list[RemoteJob]:
    """The jobs that contradict nothing; where none of them has the topic, also those that have it and differ
    elsewhere."""
    fitting = [j for j in jobs if fits(body, j.echo)]
    if any(looks_like(body, j.echo) for j in fitting):
        return fitting
    return [j for j in jobs if j in fitting or looks_like(body, j.echo)]


def sent_by(intent: Intent) -> Values:
    """The values that an intent submitted, as far as they can be compared with an echo."""
    return {**intent.echo, **{f: intent.declared[f] for f in MADE_FROM if intent.declared.get(f)}}


def _newer(intent: Intent, remote: Remote, quarantine: timedelta) -> Iterable[RemoteJob]:
    """The listed jobs down to the first one that was known when the intent was written, and unknown ones hardly older
    than that: equal creation times come in any order, and a service may have several clocks."""
    known = frozenset(intent.known)
    first: RemoteJob | None = None
    for job in remote.jobs.values():
        if job.id in known:
            first = first or job
        elif first is None or (_as_young(job, first) and _time_fits(intent, job.created_at, quarantine)):
            yield job


def _as_young(job: RemoteJob, other: RemoteJob) -> bool:
    if job.created_at is None or other.created_at is None:
        return False
    return job.created_at >= other.created_at - CLOCK_SLACK


def service_time(theirs: datetime, ours: datetime) -> datetime:
    """The time of the service's clock, which is the same for all runners; our own, which is finer, where they agree."""
    return ours if abs(theirs - ours) <= TICKS else theirs


def waited(intent: Intent, remote: Remote, now: datetime) -> timedelta:
    """The time since the attempt, by the service's clock where it is reported, since the clocks of runners differ."""
    if intent.server_time is not None and remote.server_time is not None:
        return service_time(remote.server_time, now) - service_time(intent.server_time, intent.at)
    return now - intent.at


def _before(intent: Intent, created: datetime | None) -> bool:
    """Whether a job created at `created` was in the list before the attempt."""
    return created is not None and created < _earliest(intent)


def _earliest(intent: Intent) -> datetime:
    return intent.server_time - CLOCK_SLACK if intent.server_time else intent.at - BLIND_SLACK


def _time_fits(intent: Intent, created: datetime | None, quarantine: timedelta) -> bool:
    if created is None:
        return True
    start = _earliest(intent)
    slack = CLOCK_SLACK if intent.server_time else BLIND_SLACK
    return start <= created <= start + 2 * slack + EXCHANGE + quarantine


def templates_found(intent: Intent, recorded: Recorded, remote: Remote) -> list[RemoteTemplate]:
    """The templates that are new and could be what `intent` made."""
    owned = {r.id for r in recorded.templates.values()} | {d.id for d in recorded.deposed}
    taken = {*owned, *intent.known, *recorded.not_ours}
    return [t for t in remote.templates.values() if t.id not in taken and _template_fits(intent, t)]


def _template_fits(intent: Intent, template: RemoteTemplate) -> bool:
    if not _time_fits(intent, template.created_at, timedelta(days=1)):
        return False
    if template.unreadable and not template.name:
        return True
    if not same_text(template.name, intent.declared.get("name")):
        return False
    if template.unreadable:
        return True
    ours = normalise(Kind.TEMPLATE, intent.declared)
    return all(same_text(ours.get(k), v) for k, v in normalise(Kind.TEMPLATE, template.echo).items() if k != "name")


def ghosts(remote: Remote) -> frozenset[str]:
    """Ids of jobs that are `pending` and report neither entry nor topic, in a list where others report their entry: the
    service keeps such rows of submissions that it refused."""
    pending = [j for j in remote.jobs.values() if j.status == "pending"]
    silent = [j.id for j in pending if not j.echo.get("entry") and not j.echo.get("topic")]
    others_report = bool(silent) and any(j.echo.get("entry") for j in remote.jobs.values())
    return frozenset(silent) if others_report else frozenset()
