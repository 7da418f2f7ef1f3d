"""What a state becomes when a project is left: nothing is managed any more, and all of it stays in the account."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.cancels import with_watched
from afsync.core.forgotten import let_go
from afsync.core.held import is_held
from afsync.core.recorded import Recorded
from afsync.core.remote import never_changes
from afsync.core.resources import Desired


class Left(Struct, frozen=True):
    """The state afterwards, and what only afsync would have done: publish these `held` jobs, delete these replaced
    templates, watch these cancelled jobs."""

    recorded: Recorded
    templates: int
    jobs: int
    held: tuple[str, ...] = ()
    deposed: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


def left(desired: Desired, recorded: Recorded, now: datetime) -> Left:
    """Forget every resource. The jobs are remembered as those are that left the state while their videos stay, so that
    none is paid for again by mistake."""
    held = sorted(
        address
        for address, record in recorded.jobs.items()
        if is_held(record, desired.jobs.get(address)) and not never_changes(record.status) and record.schedule
    )
    after = with_watched(recorded, {})  # what was made against its cancel is remembered
    for address in recorded.resources:
        after = let_go(after, address, now)
    return Left(
        replace(after, deposed=(), uploads={}, announced={}),
        len(recorded.templates),
        len(recorded.jobs),
        tuple(held),
        tuple(d.id for d in recorded.deposed),
        tuple(recorded.watched),
    )
