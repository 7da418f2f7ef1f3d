"""The intent: the record, written before a submission or an approval is sent, that it is about to happen."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from afsync.core.addresses import Kind
from afsync.core.resources import Schedule, Utc, Values
from afsync.core.state.records import Address, Count, Declared, New, Publish, Text

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
