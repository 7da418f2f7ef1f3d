"""What the state says: what was created, what for, and what is still unresolved.

These structs are the one definition of the state file, its journal and its recovery files: the store reads and writes
them as they stand here, and the JSON Schema comes from them. To add a field, add it here with `New` and a default, and
run `make schemas`. A field of `New` is written only where it differs from its default, and the file is then of
format 2; without such a field it stays of format 1, which afsync 0.1 reads. A value that 0.1 does not know goes into a
new field, never into an old one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from afsync.core.resources import ADDRESS, Kind, Schedule, Utc, Values

T = TypeVar("T")

NEW = Meta(extra={"format": 2})
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
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
Uuid = Annotated[str, Meta(title="a UUID", pattern=f"^{UUID.pattern}{_END}")]
Sha256 = Annotated[str, Meta(title="a sha256", pattern=f"^[0-9a-f]{{64}}{_END}")]
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


class RecordedTemplate(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="template"):
    """A template that afsync created or took over. `declared` is what it was made from.

    The last four are null, so that in the file every resource has the same keys.
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

    @property
    def kind(self) -> Kind:
        return Kind.TEMPLATE


class RecordedJob(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="job"):
    """A submission that afsync created or took over. `staged`: it stops before publishing until it is approved.
    `publish` says how it was submitted, and does not change afterwards."""

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


class Intent(Struct, frozen=True, forbid_unknown_fields=True):
    """The record, written before a submission, that it is about to happen.

    `seq` orders intents; clocks do not. `declared`, `schedule`, `rerun` and `prevent_destroy` are what the
    record becomes if the submission turns out to have been made. `echo` holds the fields the service is known
    to echo, `known` the ids at the head of the list when it was written (newest first), `at` our own clock and
    `server_time` the service's (both UTC), `cost` the expected credits, `balance` those before it,
    `spent_since` what our own later submissions took. `staged` is true where `declared` and its template say so.
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


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """The account a state belongs to."""

    id: Text
    base_url: Text


class Recorded(Struct, frozen=True, dict=True):
    """The whole state, as a value."""

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

    @cached_property
    def templates(self) -> Mapping[str, RecordedTemplate]:
        return {a: r for a, r in self.resources.items() if isinstance(r, RecordedTemplate)}

    @cached_property
    def jobs(self) -> Mapping[str, RecordedJob]:
        return {a: r for a, r in self.resources.items() if isinstance(r, RecordedJob)}

    def intent_for(self, address: str) -> Intent | None:
        return next((i for i in self.intents if i.address == address), None)

    def with_resource(self, address: str, record: Record) -> Recorded:
        return replace(self, resources={**self.resources, address: record})

    def without_resource(self, address: str) -> Recorded:
        return replace(self, resources={a: r for a, r in self.resources.items() if a != address})
