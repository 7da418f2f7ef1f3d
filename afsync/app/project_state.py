"""The state that belongs to the project in a directory: opened, locked, and checked to be of it and of its account."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from afsync.__version__ import __version__
from afsync.api.access import is_real
from afsync.config.keys.project import STATE
from afsync.core.addresses import typed
from afsync.core.command_lines import INIT, STATE_HISTORY
from afsync.core.state import Account, Recorded
from afsync.errors import StateError, UsageError
from afsync.output.values import escape_control
from afsync.store import opening
from afsync.store.lock import Holder

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.remote_account import Remote
    from afsync.engine.interrupt import Stop
    from afsync.store.interface import Store


def open_store(context: Context, project: LoadedProject) -> Store:
    """The state of this project. StateError when there is no lineage that a state could belong to."""
    if project.settings.lineage is None:
        raise StateError("this project has no lineage, so no state can belong to it", "run `afsync init`")
    return store_at(context, project, project.settings.state)


def store_at(context: Context, project: LoadedProject, place: str) -> Store:
    """The store that `state: PLACE` would name."""

    return opening.open_store(project.root, place, afsync_version=__version__, environ=context.environ)


def local_store(context: Context) -> Store:
    """The store in the usual place in this directory, whatever afsync.yaml says."""
    return opening.open_store(context.directory, STATE, afsync_version=__version__, environ=context.environ)


def lineage_there(context: Context, project: LoadedProject) -> str | None:
    """The lineage of the state where this project keeps its own; None where there is none. StateError when there is
    one that cannot be read."""
    store = store_at(context, project, project.settings.state)
    if not store.exists():
        return None
    try:
        return store.read(unmerged=True)[0].lineage
    except StateError as error:
        known = " or ".join(f"`lineage: {name}`" for name in store.lineages()) or "the `lineage:` that it has"
        raise StateError(error.message, f"nothing was changed: write {known} into afsync.yaml, then plan") from None


def read_state(context: Context, project: LoadedProject) -> tuple[Recorded, str]:
    """The state and its version, of this project for certain. StateError otherwise."""
    recorded, version = open_store(context, project).read()
    check_lineage(project, recorded)
    return recorded, version


def check_lineage(project: LoadedProject, recorded: Recorded) -> None:
    """StateError when the state is of another project."""

    base_url = recorded.account.base_url if recorded.account else ""
    check_owner(recorded, lineage=project.settings.lineage or "", account_id=None, base_url=base_url)


def check_account(project: LoadedProject, recorded: Recorded, remote: Remote, said: str | None = None) -> None:
    """A state belongs to one account; with another key its ids would mean something else. StateError then, and when
    afsync.yaml pins another account, or `--account` (`said`) names one."""

    if is_real(remote.base_url):
        for where, pinned in (("`account:` in afsync.yaml", project.settings.account), ("--account", said)):
            _check_pin(where, pinned, remote.account.id, remote.base_url)
    check_owner(recorded, lineage=recorded.lineage, account_id=remote.account.id, base_url=remote.base_url)


def warn_of_another_run(context: Context, project: LoadedProject) -> None:
    """For a command that takes no lock: what it read may be changing."""
    holder = open_store(context, project).other_run(socket.gethostname(), context.now())
    if holder is not None:
        context.say(
            f"Warning: another run holds the lock: {escape_control(str(holder))}.\n  This plan may be out of date.\n"
        )


@contextmanager
def locked(context: Context, store: Store, timeout: float, stop: Stop) -> Iterator[None]:
    """Hold the lock. StateLocked when another run does, after `timeout` seconds; Interrupted while waiting."""

    def warn(text: str) -> None:
        context.say(f"Warning: {escape_control(text)}\n")

    holder = Holder(str(uuid.uuid4())[:8], _user(), socket.gethostname(), os.getpid(), context.command, context.now())
    with store.lock(holder, timeout=timeout, clock=context.monotonic, sleep=stop.wait, warn=warn):
        yield


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def who() -> str:
    """Who runs this command, for what is written down."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return "unknown"


def unknown_account(project: LoadedProject, recorded: Recorded, account: Account) -> bool:
    """Whether neither the files nor the state say whose account it is, so that the key may be the wrong one."""

    return recorded.account is None and project.settings.account is None and is_real(account.base_url)


def refuse_unknown_account(account: Account, first: str = "apply") -> None:
    """UsageError that names both ways to say that it is the right one."""
    text = f"This would be the first {first}, in account {account.id} at {account.base_url}; is that the one?"
    hint = f"write `account: {typed(account.id)}` into afsync.yaml (`afsync init` does), or add --account"
    raise UsageError(text, f"{hint} {typed(account.id)}")


def check_owner(recorded: Recorded, *, lineage: str, account_id: str | None, base_url: str) -> None:
    """StateError when the state is of another project, account or service. A state that has seen no account yet goes
    with any; `account_id` is None where the service was not asked."""
    if recorded.lineage != lineage:
        raise StateError(
            f"The state is of another project: its lineage is {recorded.lineage}, that of afsync.yaml {lineage}.",
            f"if that `lineage:` was copied from elsewhere, remove the line and run {INIT}; else put the right state "
            f"in its place, or name it with `state:`; {STATE_HISTORY} shows what there is",
        )
    known = recorded.account
    if known is not None and (account_id or known.id, base_url) != (known.id, known.base_url):
        raise StateError(
            f"The state belongs to account {known.id} at {known.base_url}, but this is {account_id or known.id} at "
            f"{base_url}.",
            "use the key and `api.base_url` it was created with; to start over in this account (after the "
            f"emulator, say), move this state away, `.afsync` with it, and run {INIT}",
        )


def _check_pin(where: str, pinned: str | None, account_id: str, base_url: str) -> None:
    """StateError when `pinned`, which was written in `where`, is another account than the one of the key."""
    if pinned is not None and pinned != account_id:
        raise StateError(
            f"The key is of account {account_id} at {base_url}, but {where} says {pinned}.",
            f"use the key of {pinned}; if {account_id} is meant, say so there. Nothing was sent",
        )
