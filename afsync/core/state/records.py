"""What the state records of templates, jobs and open submissions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from afsync.core.addresses import Kind
from afsync.core.resources import Schedule, Utc, Values
from afsync.core.state.values import (
    Address,
    Count,
    Finding,
    New,
    Text,
)

Declared = Annotated[Values, Meta(description="What it was made from: the API's fields, plus `template` and `file`.")]

Created = Annotated[Utc | None, Meta(description="The service's own time, UTC.")]

Credits = Annotated[int | None, Meta(description="What it took; null where that was never reported.")]

Status = Annotated[Text, Meta(description="What the service last said.")]

Echo = Annotated[Values, Meta(description="The fields that the service is known to echo.")]

Head = Annotated[tuple[str, ...], Meta(description="The ids at the head of the job list, newest first.")]


class Publish(StrEnum):
    """Who publishes a submission when its time has come: the service; afsync (`held`); or that is not known."""

    SERVICE = "service"
    HELD = "held"
    UNKNOWN = "unknown"


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision to publish a job, which is not sent before the job's time: when (UTC), by whom, and to which platforms
    (none: to all of its own)."""

    at: Utc
    by: Text
    platforms: tuple[str, ...] = ()


class RecordedTemplate(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="template"):
    """A template that afsync created or took over. `declared` is what it was made from.

    `schedule`, `status`, `credits` and `rerun` are null, so that in the file every resource has the same keys.
    `created`: afsync created it, so it holds what is declared and nothing else.
    """

    id: Text
    fingerprint: Text
    declared: Declared
    prevent_destroy: bool = False
    created_at: Created = None
    schedule: None = None
    status: None = None
    credits: None = None
    rerun: None = None
    created: New[bool] = False

    @property
    def kind(self) -> Kind:
        return Kind.TEMPLATE


class RecordedJob(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="job"):
    """A submission that afsync created or took over. `staged`: it stops before publishing until it is approved.

    `publish` says how it was submitted, and does not change afterwards. `schedule` is set once it is recorded;
    `schedule_repeats` counts how often the same instant was set again, with a 2xx, after it was found missing.
    `schedule_unseen_since` (UTC) is when the service accepted it, until it is seen or nothing tells of it.
    `schedule_finding` is whether the service kept it: KEPT and LOST are counted in `trust` as they are recorded, so
    that each counts once, LOST ends every attempt, and after UNKNOWN nothing is found out any more. Both belong to the
    instant: another one begins without them.
    `time_missing`: it was submitted for a publish time that it does not have, so it may stay unpublished.
    `approval` waits for the job's time, `approved_at` is when the service accepted the last one, `publish_finding` is
    whether the publication followed, `published_on` and `failed_on` the platforms of which either was seen.
    `time_serial` is the serial of the state when it was recorded or its publish time last changed, 0 where an earlier
    version recorded it: what calendar apps know a newer event by. `time_off_refused`: the service refused to take its
    publish time off.
    """

    id: Text
    fingerprint: Text
    declared: Declared
    schedule: Schedule | None = None
    status: Status = "queued"
    credits: Credits = None
    rerun: str | None = None
    prevent_destroy: bool = False
    created_at: Created = None
    staged: bool = False
    approved: bool = False
    publish: New[Publish] = Publish.SERVICE
    schedule_repeats: New[Count] = 0
    schedule_unseen_since: New[Utc | None] = None
    schedule_finding: New[Finding | None] = None
    time_missing: New[bool] = False
    approval: New[Approval | None] = None
    approved_at: New[Utc | None] = None
    publish_finding: New[Finding | None] = None
    published_on: New[tuple[str, ...]] = ()
    failed_on: New[tuple[str, ...]] = ()
    time_serial: New[Count] = 0
    time_off_refused: New[bool] = False

    @property
    def kind(self) -> Kind:
        return Kind.JOB

    @property
    def time_lost(self) -> bool:
        """Whether the service did not keep the recorded publish time."""
        return self.schedule_finding is Finding.LOST

    @property
    def publish_at(self) -> datetime | None:
        """The recorded publish time (UTC), unless the service did not keep it."""
        return self.schedule.utc if self.schedule and self.schedule_finding is not Finding.LOST else None


Record = RecordedTemplate | RecordedJob


class Upload(Struct, frozen=True, forbid_unknown_fields=True):
    """A file the service holds; `size` in bytes."""

    file_id: Text
    size: Annotated[int, Meta(ge=0, description="Bytes.")]


class Deposed(Struct, frozen=True, forbid_unknown_fields=True):
    """A replaced template that is still to be deleted, and the address it belonged to."""

    id: Text
    address: Address


class Scan(Struct, frozen=True, forbid_unknown_fields=True):
    """One look for a lost submission: when (UTC; by the service's clock, where it tells its time) and what it saw."""

    at: Utc
    candidates: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    balance: int | None = None


class Phase(StrEnum):
    """How far an intent has come. WRITTEN is all that a killed run leaves behind."""

    WRITTEN = "written"
    UNKNOWN = "unknown"
    COMMITTED_ID_UNKNOWN = "committed_id_unknown"


class Purpose(StrEnum):
    """What an intent is about to do: submit something, or publish a job that is there."""

    SUBMISSION = "submission"
    APPROVAL = "approval"

    @property
    def one(self) -> str:
        """With its article."""
        return f"{'an' if self is Purpose.APPROVAL else 'a'} {self.value}"


class Intent(Struct, frozen=True, forbid_unknown_fields=True):
    """The record, written before a submission or an approval, that it is about to happen.

    `seq` orders intents; clocks do not. `declared`, `schedule`, `rerun` and `prevent_destroy` are what the
    record becomes if the submission turns out to have been made. `echo` holds the fields the service is known
    to echo, `known` the ids at the head of the list when it was written (newest first), `at` our own clock and
    `server_time` the service's (both UTC), `cost` the expected credits, `balance` those before it,
    `spent_since` what our own later submissions took. `staged` is true where `declared` and its template say so.

    An approval has the address, fingerprint and `declared` of the record, an empty `echo`, the `job_id` that is
    published, and the platforms it names (none: all of the job's own).
    """

    seq: Count
    uuid: Text
    address: Address
    kind: Kind
    fingerprint: Text
    declared: Declared
    echo: Echo
    at: Utc
    known: Head = ()
    server_time: Utc | None = None
    balance: int | None = None
    cost: Count = 0
    schedule: Schedule | None = None
    rerun: str | None = None
    prevent_destroy: bool = False
    staged: bool = False
    phase: Phase = Phase.WRITTEN
    outcome: str | None = None
    scans: tuple[Scan, ...] = ()
    foreign: tuple[str, ...] = ()
    spent_since: Count = 0
    publish: New[Publish] = Publish.SERVICE
    purpose: New[Purpose] = Purpose.SUBMISSION
    job_id: New[Text | None] = None
    platforms: New[tuple[str, ...]] = ()


class Why(StrEnum):
    """Why a job is to be cancelled: it is no longer declared; another one takes its place; or the service does not stop
    it for the review that it was submitted for."""

    REMOVED = "removed"
    REPLACED = "replaced"
    UNREVIEWED = "unreviewed"


class Watched(Struct, frozen=True, forbid_unknown_fields=True):
    """A job that is to be cancelled, written before the request is sent and watched afterwards: its record, to take it
    over again where it turns out to be alive, the address it had, and the times of the cancellation and of the end of
    the watch (UTC).

    `accepted` says that the service accepted the cancel. From then on the job is no longer recorded at its address,
    unless it is UNREVIEWED: that record stays, so that the job is not paid for again by itself.
    """

    address: Address
    record: RecordedJob
    cancelled_at: Utc
    until: Utc
    finding: Finding | None = None
    why: New[Why] = Why.REMOVED
    accepted: New[bool] = True


class Forgotten(Struct, frozen=True, forbid_unknown_fields=True):
    """A job that left the state while its video stays: its record, to recognize it and to import it with its settings,
    the address it had, and when that was (UTC)."""

    address: Address
    record: RecordedJob
    at: Utc
