"""The state that a run changes: through it every change is written before anything else happens."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.command_lines import APPLY, FlagName, resolve_command
from afsync.core.occurrence_notices import with_considered
from afsync.core.plan.plan import Plan
from afsync.core.records import Record
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.state import Recorded
from afsync.core.trust.cancels import with_watched
from afsync.errors import StateError, StateLocked
from afsync.store.interface import Writing


class CurrentState:
    """Through this a run changes the recorded state: what is written, its version, and the ids it holds or held. After
    a failed write nothing is written or sent any more. `unwritten` are the records, by address, of what was created and
    could not be written; `far`: the store is far away, so that each write takes time."""

    def __init__(self, store: Writing, recorded: Recorded, version: str, *, far: bool = False) -> None:
        self._store = store
        self._version = version
        self._far = far
        self._written = recorded
        self.recorded = recorded
        self._ids = {(r.kind, r.id) for r in recorded.resources.values()}
        self._ids |= {(Kind.TEMPLATE, d.id) for d in recorded.deposed}
        self.broken: StateError | StateLocked | None = None
        self.unwritten: dict[str, Record] = {}

    def holds(self, kind: Kind, resource_id: str) -> bool:
        """Whether the id is ours, was ours in this run, or is marked by a person as not ours."""
        return (kind, resource_id) in self._ids or resource_id in self.recorded.foreign

    def check_writable(self) -> None:
        """Make sure that the state can be written, before anything is sent that changes something."""
        if self.broken is not None:
            raise self.broken
        try:
            self._store.check_writable()
        except (StateError, StateLocked) as error:
            self.broken = error
            raise

    def write(self, recorded: Recorded) -> None:
        """Make `recorded` durable. Raises StateError or StateLocked when that fails; then `broken` says why."""
        if self.broken is not None:
            raise self.broken
        if recorded is self._written:
            return
        recorded = replace(recorded, serial=self._written.serial + 1)
        try:
            self._version = self._store.write(recorded, self._version)
        except (StateError, StateLocked) as error:
            self.broken = error
            raise
        self.recorded = self._written = recorded

    def write_soon(self, recorded: Recorded) -> None:
        """Write what could be read or done again for free. Where a write is slow (`far`), the next write or `flush`
        includes it."""
        if not self._far:
            self.write(recorded)
            return
        if self.broken is not None:
            raise self.broken
        self.recorded = recorded

    def flush(self) -> None:
        """Write what `write_soon` has delayed."""
        self.write(self.recorded)

    def write_record(self, recorded: Recorded, address: str, record: Record) -> None:
        """Write a record that must not be lost: if that fails, it goes to a recovery file."""
        self._ids.add((record.kind, record.id))
        try:
            self.write(recorded)
        except BaseException as error:
            self.unwritten[address] = record
            path = self._store.rescue(address, record, str(error) or type(error).__name__)
            where = f"it is kept in {path}" if path else "and the recovery file could not be written either"
            made = f"{address} was {'submitted' if record.kind is Kind.JOB else 'made'} as {record.id}"
            if not isinstance(error, Exception):
                error.add_note(f"{made}; {where}")
                raise
            resolve = f"`{resolve_command(address)} {FlagName.ADOPT} {record.id}`"
            hint = f"keep that id: once the state can be written, {resolve} records it"
            if path:
                hint = f"once the state can be written, run {APPLY} again: it merges the recovery file first"
            text = f"{made}, but the state could not be written: {error}; {where}"
            raise StateError(text, hint) from error


def with_refreshed(recorded: Recorded, plan: Plan) -> Recorded:
    """The state with what the plan found out: resolved submissions, refreshed records, and, with the first change, the
    account that it belongs to."""
    settled = apply_resolutions(recorded, plan.resolutions)
    if settled.account is None and plan.changes:
        settled = replace(settled, account=plan.account)
    if settled.suspected != plan.suspected:
        settled = replace(settled, suspected=plan.suspected)
    return with_seen(with_considered(settled, plan.considered, plan.left), plan)


def with_seen(recorded: Recorded, plan: Plan) -> Recorded:
    """The state with what was read of its jobs: their records, what is watched, and what the account keeps."""
    if (plan.trust, plan.watched) != (recorded.trust, recorded.watched):
        recorded = with_watched(replace(recorded, trust=plan.trust), plan.watched)
    news = {a: r for a, r in plan.refreshed.items() if recorded.resources.get(a) not in (None, r)}
    return replace(recorded, resources={**recorded.resources, **news}) if news else recorded
