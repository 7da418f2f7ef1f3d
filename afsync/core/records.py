"""What the state records of one template, job, upload or cancellation, and the types of its fields."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from afsync.core.addresses import ADDRESS, Kind
from afsync.core.regex import regex
from afsync.core.resources import Schedule, Utc, Values

T = TypeVar("T")

NEW = Meta(extra={"format": 2})


def about(text: str) -> Meta:
    """What the schema of the state says about a field."""
    return Meta(description=text)


New = Annotated[T, NEW]
"""A field that format 1 does not have: left out where it has its default."""

Text = Annotated[str, Meta(min_length=1)]

Count = Annotated[int, Meta(ge=0)]

_END = r"$(?!\n)"  # `$` alone would let a line end follow

_ADDRESS = f"^{re.sub(r'[?]P<[a-z]+>', '', ADDRESS.pattern)}{_END}"

_AN_ADDRESS = "an address such as template.weekly or job.best-cs2"

Address = Annotated[str, Meta(title=_AN_ADDRESS, pattern=_ADDRESS)]

AddressKey = Annotated[str, Meta(title=_AN_ADDRESS, extra_json_schema={"pattern": _ADDRESS})]
"""The same where there are thousands: the store checks it four times as fast, together with the kind."""

UUID = regex(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

Uuid = Annotated[str, Meta(title="a UUID", pattern=f"^{UUID.pattern}{_END}")]

Sha256 = Annotated[str, Meta(title="a sha256", pattern=f"^[0-9a-f]{{64}}{_END}")]


class Effect(StrEnum):
    """What the service accepts and may not keep."""

    SCHEDULE = "schedule"
    CANCEL = "cancel"
    PUBLICATION = "publication"


class Finding(StrEnum):
    """Whether something that was accepted was kept. Before that is known there is no finding; UNKNOWN is where it
    cannot become known any more, and counts neither way."""

    KEPT = "kept"
    LOST = "lost"
    UNKNOWN = "unknown"


class Trust(Struct, frozen=True, forbid_unknown_fields=True):
    """How often one effect was kept and lost in this account, and when it was last seen so (UTC)."""

    kept: Count
    lost: Count
    last_kept: Utc | None
    last_lost: Utc | None

    @property
    def holds(self) -> bool:
        """Whether none was lost since the last one that was kept."""
        return self.last_lost is None or (self.last_kept is not None and self.last_kept >= self.last_lost)

    def with_finding(self, finding: Finding, at: Utc) -> Self:
        """One more, seen at `at`."""
        if finding is Finding.KEPT:
            return replace(self, kept=self.kept + 1, last_kept=at)
        if finding is Finding.LOST:
            return replace(self, lost=self.lost + 1, last_lost=at)
        return self


UNSEEN = Trust(0, 0, None, None)
"""An effect of which nothing was seen yet."""


class CostKind(StrEnum):
    """The kinds of job that differ in price."""

    SHORT = "short"
    LONG = "long"
    GENERATE = "generate"


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    """What the last job of a kind took in this account: credits, when it was seen (UTC), and how many were seen."""

    credits: Count
    at: Utc
    seen: Count = 1


class StagingIgnored(Struct, frozen=True, forbid_unknown_fields=True):
    """The service answered `staging: false` to a submission that asked for a review: which one, and when (UTC)."""

    job_id: Text
    at: Utc


Declared = Annotated[Values, Meta(description="What it was made from: the API's fields, plus `template` and `file`.")]

Created = Annotated[Utc | None, Meta(description="The service's own time, UTC.")]

Credits = Annotated[int | None, Meta(description="What it took; null where that was never reported.")]

Status = Annotated[Text, Meta(description="What the service last said.")]


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
    """A submission that afsync created or took over.

    KEPT and LOST in `schedule_finding` are counted in `trust` as they are recorded, so that each counts once. LOST ends
    every attempt to set the time; after UNKNOWN nothing more is found out. Calendar apps recognize a newer event by
    `time_serial`.
    """

    id: Text
    fingerprint: Text
    declared: Declared
    schedule: Annotated[Schedule | None, about("Set once the service has accepted it.")] = None
    status: Status = "queued"
    credits: Credits = None
    rerun: str | None = None
    prevent_destroy: bool = False
    created_at: Created = None
    staged: Annotated[bool, about("It stops before publishing until it is approved.")] = False
    approved: bool = False
    publish: New[Annotated[Publish, about("How it was submitted; this does not change afterwards.")]] = Publish.SERVICE
    schedule_repeats: New[
        Annotated[Count, about("How often the same time was set again, after it was found missing.")]
    ] = 0
    schedule_unseen_since: New[
        Annotated[Utc | None, about("When the service accepted a time that is not seen yet, UTC.")]
    ] = None
    schedule_finding: New[
        Annotated[Finding | None, about("Whether the service kept this time; another one begins at null.")]
    ] = None
    time_missing: New[
        Annotated[bool, about("It lacks the publish time it was submitted for; it may stay unpublished.")]
    ] = False
    approval: New[Annotated[Approval | None, about("An approval that waits for the job's time.")]] = None
    approved_at: New[Annotated[Utc | None, about("When the service accepted the last approval, UTC.")]] = None
    publish_finding: New[Annotated[Finding | None, about("Whether the publication followed.")]] = None
    published_on: New[Annotated[tuple[str, ...], about("The platforms where it was seen as published.")]] = ()
    failed_on: New[Annotated[tuple[str, ...], about("The platforms where publishing was seen to fail.")]] = ()
    time_serial: New[
        Annotated[Count, about("The serial when it was recorded or its time last changed; 0: unknown.")]
    ] = 0
    time_off_refused: New[Annotated[bool, about("The service refused to take its publish time off.")]] = False

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
