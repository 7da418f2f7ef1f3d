"""A state held under its lock for changing: the account is read to go with it, and it is written once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.connection import connect
from afsync.app.project import at_moment
from afsync.app.project_state import check_account, check_lineage, locked, open_store
from afsync.core.decisions.imports import adopted, objection, taken_over
from afsync.core.plan.facts import Facts, facts_for_import
from afsync.core.remote_account import Lookups
from afsync.core.state import Account, Recorded
from afsync.engine.interrupt import Stop
from afsync.errors import UsageError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.remote_account import Remote
    from afsync.store.interface import Store

EVERYTHING = Lookups(since=datetime(1970, 1, 2, tzinfo=UTC))
"""The whole list of jobs."""


class Session(Struct):
    """The project as it is now, and its state. `account`: the id of the only account that it may belong to, where
    one was named."""

    context: Context
    project: LoadedProject
    store: Store
    recorded: Recorded
    version: str
    account: str | None = None

    def read_account(self, wanted: Lookups = EVERYTHING) -> Remote:
        """The account with its publish times. StateError where it is not that of this state, or not `account`."""
        # Imported here: what changes the state alone reads no account.
        from afsync.api.snapshot import fetch

        service = connect(self.context, self.project, writes=False)
        remote = replace(fetch(service.reader, wanted), base_url=service.base_url)
        check_account(self.project, self.recorded, remote, self.account)
        return remote

    def facts(self, remote: Remote) -> Facts:
        return facts_for_import(self.project.desired, self.recorded, remote, self.context.now())

    def write(self, recorded: Recorded) -> None:
        """Write a new version of the state, durably; nothing where nothing changed."""
        if recorded is not self.recorded:
            self.store.write(replace(recorded, serial=self.recorded.serial + 1), self.version)
            self.store.fold()

    def refuse_open_submissions(self) -> None:
        """UsageError where a submission is unresolved: its job could be recorded under another address."""
        if self.recorded.submissions:
            text = f"{self.recorded.submissions[0].address} has a submission whose outcome is not known"
            raise UsageError(text, "resolve it first: `afsync intents` shows what could be it")


@contextmanager
def open_session(
    context: Context, project: LoadedProject, lock_timeout: float, account: str | None = None
) -> Iterator[Session]:
    """The state of the project under its lock, waited for `lock_timeout` seconds. StateLocked, StateError."""
    store = open_store(context, project)
    with locked(context, store, lock_timeout, Stop()):
        recorded, version = store.read()
        check_lineage(project, recorded)
        yield Session(context, at_moment(context, project, recorded, context.now()), store, recorded, version, account)


def record_all(facts: Facts, pairs: Iterable[tuple[str, str]], *, force: bool = False) -> Recorded:
    """The state with each id recorded under its address. UsageError where one cannot be: with `force`, values that
    differ are no reason."""
    recorded = facts.recorded
    for address, resource_id in pairs:
        declared = facts.desired.get(address)
        assert declared is not None
        against = objection(declared, resource_id, replace(facts, recorded=recorded))
        if against is not None and not (force and against.fields):
            raise UsageError(f"{address} cannot be {resource_id}: {against.text}", against.hint)
        record = adopted(declared, resource_id, facts.remote, facts.now, facts.template_values(declared.values))
        recorded = taken_over(recorded, address, record)
    if recorded is not facts.recorded and recorded.account is None:
        recorded = replace(recorded, account=Account(facts.remote.account.id, facts.remote.base_url))
    return recorded
