"""What the state says: what was created, what for, and what is still unresolved.

These structs are the one definition of the state file, its journal and its recovery files: the store reads and writes
them as they stand here, and the JSON Schema comes from them. To add a field, add it here with `New` and a default, and
run `make schemas`. A field of `New` is written only where it differs from its default, and the file is then of
format 2; without such a field it stays of format 1, which afsync 0.1 reads. A value that 0.1 does not know goes into a
new field, never into an old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from afsync.core.resources import Kind, Schedule, Utc, Values
from afsync.core.state_types import Address, AddressKey, Count, New, Sha256, Text, Uuid
from afsync.core.trust import UNSEEN, Cost, CostKind, Effect, Finding, StagingIgnored, Trust

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

    The four before the last are null, so that in the file every resource has the same keys. `created`: afsync created
    it, so it holds what is declared and nothing else.
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


class Considered(Struct, frozen=True, forbid_unknown_fields=True):
    """Up to when (UTC) the occurrences of a series were considered, the local date of the first time, and the version
    of the zone data that decided then."""

    until: Utc
    since: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    zone_data: New[str | None] = None


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """The account a state belongs to."""

    id: Text
    base_url: Text


class Recorded(Struct, frozen=True, dict=True):
    """The whole state, as a value. `newest` is when the newest job was created that was recorded once and is not any
    more, where none that is recorded is newer. `suspected`: what was created after this moment is not known, and held a
    submission back."""

    lineage: Uuid
    serial: Annotated[int, Meta(ge=0, description="Grows with every write.")] = 0
    counter: Annotated[int, Meta(ge=0, description="The number of the last submission that was begun.")] = 0
    account: Account | None = None
    resources: Mapping[AddressKey, Record] = field(default_factory=dict)
    uploads: Mapping[Sha256, Upload] = field(default_factory=dict)
    deposed: tuple[Deposed, ...] = ()
    intents: tuple[Intent, ...] = ()
    foreign: Annotated[tuple[str, ...], Meta(description="Ids that a person said are not ours.")] = ()
    decisions: Annotated[
        tuple[Mapping[str, Any], ...], Meta(description="Who decided what about which submission, oldest first.")
    ] = ()
    applied_plans: Annotated[tuple[str, ...], Meta(description="Ids of saved plans; each is applied once.")] = ()
    trust: New[Annotated[Mapping[Effect, Trust], Meta(description="What was kept in this account, by effect.")]] = (
        field(default_factory=dict)
    )
    costs: New[Annotated[Mapping[CostKind, Cost], Meta(description="What jobs took in this account.")]] = field(
        default_factory=dict
    )
    staging_ignored: New[StagingIgnored | None] = None
    watched: New[
        Annotated[Mapping[str, Watched], Meta(description="Jobs to cancel and cancelled ones, by the service's id.")]
    ] = field(default_factory=dict)

    forgotten: New[
        Annotated[Mapping[str, Forgotten], Meta(description="Jobs let go of in the last 30 days, by the service's id.")]
    ] = field(default_factory=dict)
    newest: New[Annotated[Utc | None, Meta(description="The newest job that is no longer recorded, UTC.")]] = None
    suspected: New[Annotated[Utc | None, Meta(description="Jobs created after this, UTC, are still to be judged.")]] = (
        None
    )
    series: New[
        Annotated[Mapping[str, Considered], Meta(description="What was considered of each series, by key.")]
    ] = field(default_factory=dict)
    announced: New[
        Annotated[
            Mapping[str, Utc],
            Meta(description="What the channels of `notify` were sent, by channel, event and subject, and when, UTC."),
        ]
    ] = field(default_factory=dict)

    @cached_property
    def templates(self) -> Mapping[str, RecordedTemplate]:
        return {a: r for a, r in self.resources.items() if isinstance(r, RecordedTemplate)}

    @cached_property
    def jobs(self) -> Mapping[str, RecordedJob]:
        return {a: r for a, r in self.resources.items() if isinstance(r, RecordedJob)}

    @property
    def newest_known(self) -> datetime | None:
        """When the newest job was created that is recorded, or was."""
        times = [r.created_at for r in self.jobs.values() if r.created_at is not None]
        return max([*times, self.newest] if self.newest else times, default=None)

    @property
    def has_known_a_job(self) -> bool:
        """Whether a job is recorded, or was."""
        return bool(self.jobs) or self.newest is not None

    @property
    def known_until(self) -> datetime | None:
        """Up to when what the account holds is known: the newest job recorded, or where a doubt began before that."""
        known = self.newest_known
        return known if known is None or self.suspected is None else min(known, self.suspected)

    def intent_for(self, address: str) -> Intent | None:
        return next((i for i in self.intents if i.address == address), None)

    @property
    def submissions(self) -> tuple[Intent, ...]:
        """The intents that submit something."""
        return tuple(i for i in self.intents if i.purpose is Purpose.SUBMISSION)

    @property
    def approvals(self) -> tuple[Intent, ...]:
        """The intents that publish a job."""
        return tuple(i for i in self.intents if i.purpose is Purpose.APPROVAL)

    def with_finding(self, effect: Effect, finding: Finding, at: datetime) -> Recorded:
        """The state with one more effect that was kept or lost. The caller records it where it was seen, too."""
        trust = self.trust.get(effect, UNSEEN).with_finding(finding, at)
        return replace(self, trust={**self.trust, effect: trust})

    def with_resource(self, address: str, record: Record) -> Recorded:
        before = self.resources.get(address)
        kept = self._letting_go(None if before is None or before.id == record.id else before.id)
        record = _with_time_serial(record, before, self.serial + 1)
        resources = {**self.resources, address: record}
        if self.newest and isinstance(record, RecordedJob) and record.created_at and record.created_at > self.newest:
            return replace(kept, resources=resources, newest=None)
        return replace(kept, resources=resources)

    def without_resource(self, address: str) -> Recorded:
        """The state that forgets a resource; what was created after a forgotten job stays known to be newer."""
        gone = self.resources.get(address)
        resources = {a: r for a, r in self.resources.items() if a != address}
        kept = replace(self._letting_go(gone.id if gone else None), resources=resources)
        left = kept.newest_known
        if not isinstance(gone, RecordedJob) or gone.created_at is None or (left and gone.created_at < left):
            return kept
        return replace(kept, newest=gone.created_at)

    def _letting_go(self, gone: str | None) -> Recorded:
        """A job that an address let go of cannot be the result of a lost submission: open intents remember its id."""
        if gone is None or not self.intents:
            return self
        return replace(self, intents=tuple(_not_its(gone, i) for i in self.intents))


def _with_time_serial(record: Record, before: Record | None, serial: int) -> Record:
    """The record that takes the place of `before`. That of another submission is a change, too, and a first publish
    time is none."""
    if not isinstance(record, RecordedJob):
        return record
    if isinstance(before, RecordedJob) and before.id == record.id:
        then, now = (r.schedule.utc if r.schedule else None for r in (before, record))
        if then is None or then == now:
            serial = max(before.time_serial, record.time_serial)
    return record if serial == record.time_serial else replace(record, time_serial=serial)


def _not_its(gone: str, intent: Intent) -> Intent:
    submits = intent.purpose is Purpose.SUBMISSION and gone not in intent.foreign
    return replace(intent, foreign=(*intent.foreign, gone)) if submits else intent
