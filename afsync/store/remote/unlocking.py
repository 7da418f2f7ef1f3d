"""`force-unlock` of a state that is kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from afsync.core.recorded import Intent
from afsync.errors import StateError, StateLocked, UsageError
from afsync.store.remote.backend import Backend, Conflict, Unclear
from afsync.store.remote.lock import ENDS_AFTER, holder_of, lock_key
from afsync.store.unlock import Unlocked, refuse_in_flight


def unlock(backend: Backend, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
    """Remove the lock with this id. UsageError when it has another, StateLocked while a submission may be in flight.

    The holder, should it live, finds out at its next write only if another run has written meanwhile.
    """
    there = backend.get(lock_key(backend))
    if there is None:
        return Unlocked.NOBODY
    holder = holder_of(there)
    if holder is not None and holder.id != lock_id:
        raise UsageError(f"the lock has the id {holder.id}, not {lock_id}: {holder}", "give that id")
    dead = backend.now() - there.at >= ENDS_AFTER
    if not dead:
        refuse_in_flight(holder, intents, host, now)
    try:
        backend.delete(lock_key(backend), there.version)
    except Conflict:
        raise StateLocked("The lock has changed in between.", "run `afsync force-unlock` again to see") from None
    except Unclear as error:
        text = f"Whether the lock is gone is not known: {error}."
        raise StateError(text, "run `afsync force-unlock` again") from None
    return Unlocked.LEFT_BEHIND if dead else Unlocked.TAKEN_AWAY
