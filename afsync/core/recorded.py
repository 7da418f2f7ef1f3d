"""What the state file says: what was made, what for, and what is still unresolved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.resources import Kind, Schedule, Values


class RecordedTemplate(Struct, frozen=True):
    """A template that afsync made or took over. `declared` is what it was made from."""

    id: str
    fingerprint: str
    declared: Values
    prevent_destroy: bool = False
    created_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        return Kind.TEMPLATE


class RecordedJob(Struct, frozen=True):
    """A submission that afsync made or took over.

    `status` is what the service last said, `credits` what it took (None when that was never told),
    `created_at` the service's own time (UTC). `staged`: it stops before publishing until somebody approves it.
    """

    id: str
    fingerprint: str
    declared: Values
    schedule: Schedule | None = None
    status: str = "queued"
    credits: int | None = None
    rerun: str | None = None
    prevent_destroy: bool = False
    created_at: datetime | None = None
    staged: bool = False
    approved: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.JOB


Record = RecordedTemplate | RecordedJob


class Upload(Struct, frozen=True):
    """A file the service holds; `size` in bytes."""

    file_id: str
    size: int


class Deposed(Struct, frozen=True):
    """A replaced template that is still to be deleted, and the address it belonged to."""

    id: str
    address: str


class Scan(Struct, frozen=True):
    """One look for a lost submission: when (UTC; by the service's clock, where it tells its time) and what it saw."""

    at: datetime
    candidates: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    balance: int | None = None


class Phase(StrEnum):
    """How far an intent has come. WRITTEN is all that a killed run leaves behind."""

    WRITTEN = "written"
    UNKNOWN = "unknown"
    COMMITTED_ID_UNKNOWN = "committed_id_unknown"


class Intent(Struct, frozen=True):
    """The record, written before a submission, that it is about to happen (SUBMISSION.md).

    `seq` orders intents; clocks do not. `declared`, `schedule`, `rerun` and `prevent_destroy` are what the
    record becomes if the submission turns out to have been made. `echo` holds the fields the service is known
    to echo, `known` the ids at the head of the list when it was written (newest first), `at` our own clock and
    `server_time` the service's (both UTC), `cost` the expected credits, `balance` those before it,
    `spent_since` what our own later submissions took. `staged` is true where `declared` and its template say so.
    """

    seq: int
    uuid: str
    address: str
    kind: Kind
    fingerprint: str
    declared: Values
    echo: Values
    at: datetime
    known: tuple[str, ...] = ()
    server_time: datetime | None = None
    balance: int | None = None
    cost: int = 0
    schedule: Schedule | None = None
    rerun: str | None = None
    prevent_destroy: bool = False
    staged: bool = False
    phase: Phase = Phase.WRITTEN
    outcome: str | None = None
    scans: tuple[Scan, ...] = ()
    foreign: tuple[str, ...] = ()
    spent_since: int = 0


class Account(Struct, frozen=True):
    """The account a state belongs to."""

    id: str
    base_url: str


class Recorded(Struct, frozen=True, dict=True):
    """The whole state, as a value. `counter` numbers the intents ever opened; `foreign` are ids that a person
    said are not ours; `decisions` is who decided what about which intent, oldest first."""

    lineage: str
    serial: int = 0
    counter: int = 0
    account: Account | None = None
    resources: Mapping[str, Record] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    deposed: tuple[Deposed, ...] = ()
    intents: tuple[Intent, ...] = ()
    foreign: tuple[str, ...] = ()
    decisions: tuple[Mapping[str, Any], ...] = ()
    applied_plans: tuple[str, ...] = ()

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
