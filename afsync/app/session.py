"""What the commands share that take things of the account over: read all of it, record, write once."""

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
from afsync.commands.context import here
from afsync.commands.first_account import account_agreed
from afsync.core.plan.decision import Facts, facts_of
from afsync.core.remote import Lookups
from afsync.core.state.recorded import Account, Recorded
from afsync.core.takeover.adoption import adopted, objection, taken_over, template_of
from afsync.engine.interrupt import Stop
from afsync.errors import UsageError

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.remote import Remote
    from afsync.store.interface import Store

EVERYTHING = Lookups(since=datetime(1970, 1, 2, tzinfo=UTC))
"""The whole list of jobs."""


class Session(Struct):
    """A state that is held for changing: read under the lock, written once. `account` is the only one it may become."""

    project: Project
    store: Store
    recorded: Recorded
    version: str
    account: str | None = None

    def belongs_to(self, remote: Remote, *, unattended: bool = False) -> bool:
        """Whether the state may become that account's, where it is not yet. UsageError where a person has to say."""
        there = Account(remote.account.id, remote.base_url)
        return account_agreed(self.project, self.recorded, there, "write", said=self.account, unattended=unattended)

    def look(self, wanted: Lookups = EVERYTHING) -> Remote:
        """The account, of this state and of `account` for certain; publish times included."""
        from afsync.api.snapshot import fetch

        service = connect(here(), self.project, writes=False)
        remote = replace(fetch(service.reader, wanted), base_url=service.base_url)
        check_account(self.project, self.recorded, remote, self.account)
        return remote

    def facts(self, remote: Remote) -> Facts:
        return facts_of(self.project.desired, self.recorded, remote, here().now())

    def write(self, recorded: Recorded) -> None:
        """Make it durable as a version of its own. Nothing is written where nothing changed."""
        if recorded is not self.recorded:
            self.store.write(replace(recorded, serial=self.recorded.serial + 1), self.version)
            self.store.fold()


@contextmanager
def open_session(project: Project, lock_timeout: float, account: str | None = None) -> Iterator[Session]:
    """The state of the project under its lock. StateLocked, StateError."""
    store = open_store(here(), project)
    with locked(here(), store, lock_timeout, Stop()):
        recorded, version = store.read()
        check_lineage(project, recorded)
        yield Session(at_moment(here(), project, recorded, here().now()), store, recorded, version, account)


def record_all(facts: Facts, pairs: Iterable[tuple[str, str]], *, force: bool = False) -> Recorded:
    """The state with each id recorded under its address. UsageError where something speaks against one."""
    recorded = facts.recorded
    for address, resource_id in pairs:
        declared = facts.desired.get(address)
        assert declared is not None
        against = objection(declared, resource_id, replace(facts, recorded=recorded))
        if against is not None and not (force and against.fields):
            raise UsageError(f"{address} cannot be {resource_id}: {against.text}", against.hint)
        record = adopted(declared, resource_id, facts.remote, facts.now, template_of(declared, facts))
        recorded = taken_over(recorded, address, record)
    if recorded is not facts.recorded and recorded.account is None:
        recorded = replace(recorded, account=Account(facts.remote.account.id, facts.remote.base_url))
    return recorded


def refuse_open(recorded: Recorded) -> None:
    """What an open submission has become could be taken over by mistake."""
    if recorded.submissions:
        text = f"{recorded.submissions[0].address} has a submission whose outcome is not known"
        raise UsageError(text, "resolve it first: `afsync intents` shows what could be it")
