"""What the state says: what was created, what for, and what is still unresolved; and the intent, the record, written
before a submission or an approval is sent, that it is about to happen."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.fingerprints import plainly_same
from afsync.core.records import (
    UNSEEN,
    Address,
    AddressKey,
    Cost,
    CostKind,
    Count,
    Declared,
    Deposed,
    Effect,
    Finding,
    Forgotten,
    New,
    Publish,
    Record,
    RecordedJob,
    RecordedTemplate,
    Sha256,
    StagingIgnored,
    Text,
    Trust,
    Upload,
    Uuid,
    Watched,
)
from afsync.core.resources import Job, Schedule, Utc, Values

Echo = Annotated[Values, Meta(description="The fields that the service is known to echo.")]

Head = Annotated[tuple[str, ...], Meta(description="The ids at the head of the job list, newest first.")]


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
    """The whole state, as a value. `newest` is the creation time (UTC) of the newest job that left the state, if no
    recorded job is newer. `suspected`: jobs created after this moment (UTC) are unknown, and a submission was withheld
    because of them."""

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

    def unedited(self, declared: Mapping[str, Job]) -> frozenset[str]:
        """The addresses of jobs whose declared body is the recorded one for certain.

        Kept for the last `declared`: every stage of a plan asks, and to compare all bodies takes long.
        """
        kept = self.__dict__.get("_unedited")
        if kept is None or kept[0] is not declared:
            records = self.jobs
            found = [a for a, j in declared.items() if (r := records.get(a)) and plainly_same(j.values, r.declared)]
            kept = self.__dict__["_unedited"] = (declared, frozenset(found))
        return kept[1]

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
    def open_addresses(self) -> frozenset[str]:
        """The addresses with an open intent: nothing is done to them until it is resolved."""
        return frozenset(i.address for i in self.intents)

    def address_of_job(self, job_id: str) -> str | None:
        """The address at which a job is recorded, if it is."""
        return next((a for a, r in self.jobs.items() if r.id == job_id), None)

    @property
    def not_ours(self) -> frozenset[str]:
        """The ids that a person said are not ours, or that cannot be the result of an open submission."""
        return frozenset(self.foreign).union(*(i.foreign for i in self.submissions))

    def with_decision(self, entry: Mapping[str, Any]) -> Self:
        """The state with one more decision noted; the last 50 are kept."""
        return replace(self, decisions=(*self.decisions[-49:], entry))

    def with_spent(self, cost: int) -> Self:
        """The state in which every open intent counts what another submission took from the balance."""
        if not self.intents:
            return self
        return replace(self, intents=tuple(replace(i, spent_since=i.spent_since + cost) for i in self.intents))

    @property
    def submissions(self) -> tuple[Intent, ...]:
        """The intents that submit something."""
        return tuple(i for i in self.intents if i.purpose is Purpose.SUBMISSION)

    @property
    def approvals(self) -> tuple[Intent, ...]:
        """The intents that publish a job."""
        return tuple(i for i in self.intents if i.purpose is Purpose.APPROVAL)

    def with_finding(self, effect: Effect, finding: Finding, at: datetime) -> Self:
        """The state with one more effect that was kept or lost. The caller records it where it was seen, too."""
        trust = self.trust.get(effect, UNSEEN).with_finding(finding, at)
        return replace(self, trust={**self.trust, effect: trust})

    def with_resource(self, address: str, record: Record) -> Self:
        before = self.resources.get(address)
        kept = self._letting_go(None if before is None or before.id == record.id else before.id)
        record = _with_time_serial(record, before, self.serial + 1)
        resources = {**self.resources, address: record}
        if self.newest and isinstance(record, RecordedJob) and record.created_at and record.created_at > self.newest:
            return replace(kept, resources=resources, newest=None)
        return replace(kept, resources=resources)

    def without_resource(self, address: str) -> Self:
        """The state that forgets a resource; what was created after a forgotten job stays known to be newer."""
        gone = self.resources.get(address)
        resources = {a: r for a, r in self.resources.items() if a != address}
        kept = replace(self._letting_go(gone.id if gone else None), resources=resources)
        left = kept.newest_known
        if not isinstance(gone, RecordedJob) or gone.created_at is None or (left and gone.created_at < left):
            return kept
        return replace(kept, newest=gone.created_at)

    def without_deposed(self, template_id: str | None) -> Self:
        """The state in which a replaced template is not to be deleted any more."""
        return replace(self, deposed=tuple(d for d in self.deposed if d.id != template_id))

    def _letting_go(self, gone: str | None) -> Self:
        """The state in which open intents remember the id of a job that left an address: it cannot be the result of a
        lost submission."""
        if gone is None or not self.intents:
            return self
        return replace(self, intents=tuple(_not_its(gone, i) for i in self.intents))


def _with_time_serial(record: Record, before: Record | None, serial: int) -> Record:
    """The record that takes the place of `before`, with the serial at which its publish time last changed. A record of
    another submission counts as a change; a first publish time does not."""
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
