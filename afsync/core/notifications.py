"""The channels of `notify`, the events that they are notified of, and the messages: the news about every job that a
channel was not sent yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.command_lines import approve_command
from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.service_statuses import PUBLISHED
from afsync.core.state import Recorded
from afsync.core.status_lines import GONE


class Event(StrEnum):
    """The events that a channel can be notified of: a plan has changes; a run applied something, or failed, or a job
    failed in production; a job waits for an approval; something was not kept by the service; a job is published."""

    PLAN = "plan"
    APPLIED = "applied"
    FAILED = "failed"
    WAITS = "waits"
    NOT_KEPT = "not_kept"
    PUBLISHED = "published"


class Channel(Struct, frozen=True):
    """One channel: the form of its messages, and its events."""

    name: str
    form: str = "slack"
    events: tuple[Event, ...] = tuple(Event)

    @property
    def variable(self) -> str:
        """The environment variable that holds its URL. No file can name another one."""
        return f"AFSYNC_NOTIFY_{self.name.upper().replace('-', '_')}"


OF_A_JOB = (Event.FAILED, Event.WAITS, Event.NOT_KEPT, Event.PUBLISHED)
"""What happens to single jobs, each once."""

LONGEST_TOPIC = 80
"""Characters of a topic, so that what is to be done is never cut off."""

RUN = "run:"
"""How the subject of a run that failed begins; that of a job is its id, that of a plan its fingerprint."""


class Item(Struct, frozen=True):
    """One job in a message: its address and details; None where a detail is not known."""

    address: str
    text: str
    id: str | None = None
    credits: int | None = None


class Notice(Struct, frozen=True):
    """One message. `event` is None for a test; `subjects` identify what it is about, so that it is sent once; `credits`
    is what it cost."""

    event: Event | None
    title: str
    items: tuple[Item, ...] = ()
    subjects: tuple[str, ...] = ()
    credits: int | None = None


def job_items(jobs: Iterable[JobStatus], recorded: Recorded) -> Mapping[Event, tuple[Item, ...]]:
    """The items about the jobs as they are, by event."""
    found: dict[Event, list[Item]] = {event: [] for event in OF_A_JOB}
    for job in jobs:
        if job.id is not None:
            for event, text in _of(job, recorded):
                found[event].append(Item(job.address, text, job.id, job.credits))
    return {event: tuple(items) for event, items in found.items()}


def _of(job: JobStatus, recorded: Recorded) -> Iterator[tuple[Event, str]]:
    if (why := _not_kept(job, recorded)) is not None:
        yield Event.NOT_KEPT, why
    if job.cancelled:
        return
    if job.phase is JobPhase.FAILED:
        yield Event.FAILED, f"failed in production{f': {job.note}' if job.note else ''}"
    elif job.phase is JobPhase.WAITING_FOR_APPROVAL:
        yield Event.WAITS, f"{_topic(job, recorded)}waits for an approval: {approve_command(job.address)}"
    elif job.phase is JobPhase.DONE and job.status == PUBLISHED and not job.unconfirmed:
        yield Event.PUBLISHED, "published"


def _topic(job: JobStatus, recorded: Recorded) -> str:
    """Its topic in quotes, where the state knows it."""
    record = recorded.jobs.get(job.address)
    topic = record.declared.get("topic") if record is not None and record.id == job.id else None
    if not isinstance(topic, str) or not topic:
        return ""
    return f'"{topic if len(topic) <= LONGEST_TOPIC else f"{topic[: LONGEST_TOPIC - 1]}…"}" '


def _not_kept(job: JobStatus, recorded: Recorded) -> str | None:
    """What the service accepted and did not keep, in words."""
    record = recorded.jobs.get(job.address)
    if job.cancelled:
        return job.note
    if job.phase is JobPhase.PUBLISH_FAILED:
        return job.note or "publishing failed"
    if job.unreviewed:
        return "does not stop before publishing, as was asked"
    if record is not None and record.id == job.id and record.time_lost:
        return "its publish time was not kept"
    return GONE if job.note and GONE in job.note else None


def unsent(
    channel: Channel, found: Mapping[Event, tuple[Item, ...]], sent: Mapping[str, datetime]
) -> Mapping[Event, tuple[Item, ...]]:
    """By event of a channel, the items it was not sent yet. A new channel starts with what waits for an approval; of
    other events, only later ones are sent."""
    is_known = channel.name in sent
    return {
        event: fresh
        for event, items in found.items()
        if event in channel.events and (is_known or event is Event.WAITS)
        if (fresh := tuple(i for i in items if mark(channel, event, str(i.id)) not in sent))
    }


def mark(channel: Channel, event: Event | None, subject: str) -> str:
    """The key under which the state remembers a sent message."""
    return f"{channel.name} {event} {subject}"


def with_channel_started(
    channel: Channel, found: Mapping[Event, tuple[Item, ...]], recorded: Recorded, now: datetime
) -> Recorded:
    """The state in which everything before a new channel counts as sent to it."""
    if channel.name in recorded.announced:
        return recorded
    past = {
        mark(channel, event, str(item.id)): now
        for event, items in found.items()
        if event is not Event.WAITS
        for item in items
    }
    return replace(recorded, announced={**recorded.announced, **past, channel.name: now})


def with_announced(channel: Channel, notice: Notice, recorded: Recorded, now: datetime) -> Recorded:
    """The state in which `notice` was sent. Of plans, only the last one is remembered."""
    marks = {mark(channel, notice.event, subject): now for subject in notice.subjects}
    plans = f"{channel.name} {Event.PLAN} "
    kept = {m: at for m, at in recorded.announced.items() if notice.event is not Event.PLAN or not m.startswith(plans)}
    return replace(recorded, announced={**kept, **marks})


def without_failures(channel: Channel, recorded: Recorded) -> Recorded:
    """The state after a run that went well: the next failure is sent, also where it is the same as the last one."""
    failures = f"{channel.name} {Event.FAILED} {RUN}"
    return _without(recorded, [m for m in recorded.announced if m.startswith(failures)])


def without_gone_jobs(recorded: Recorded) -> Recorded:
    """The state without the marks of jobs that it no longer holds."""
    if not recorded.announced:
        return recorded
    ids = {*(r.id for r in recorded.jobs.values()), *recorded.watched}
    return _without(recorded, [m for m in recorded.announced if _is_over(m, ids)])


def _is_over(mark: str, ids: set[str]) -> bool:
    _, event, subject = (*mark.split(" ", 2), "", "")[:3]
    return event in OF_A_JOB and not subject.startswith(RUN) and subject not in ids


def _without(recorded: Recorded, gone: list[str]) -> Recorded:
    if not gone:
        return recorded
    left = {m: at for m, at in recorded.announced.items() if m not in {*gone}}
    return replace(recorded, announced=left)
