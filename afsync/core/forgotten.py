"""Jobs that left the state while their videos stay in the account, one by one or with the whole project."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.held_jobs import is_held
from afsync.core.records import Forgotten, Record, RecordedJob
from afsync.core.resources import Desired
from afsync.core.service_statuses import ended_badly, never_changes
from afsync.core.state import Recorded
from afsync.core.trust.cancels import with_watched

REMEMBERED = timedelta(days=30)
"""How long: as long as an unrecorded job in the account counts as a possible twin."""


def let_go(recorded: Recorded, address: str, now: datetime) -> Recorded:
    """The state without a resource. A job whose video stays is remembered."""
    return remembering(recorded.without_resource(address), address, recorded.resources.get(address), now)


def remembering(recorded: Recorded, address: str, gone: Record | None, now: datetime) -> Recorded:
    """The state that remembers the record that left `address`, if its video stays. What is too old is dropped."""
    if not isinstance(gone, RecordedJob) or ended_badly(gone.status) or gone.id in recorded.watched:
        return recorded
    young = {i: f for i, f in recorded.forgotten.items() if now - f.at <= REMEMBERED}
    return replace(recorded, forgotten={**young, gone.id: Forgotten(address, gone, now)})


class AllForgotten(Struct, frozen=True):
    """The state afterwards, and what only afsync would have done: publish these `held` jobs, delete these replaced
    templates, watch these cancelled jobs."""

    recorded: Recorded
    templates: int
    jobs: int
    held: tuple[str, ...] = ()
    deposed: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


def all_forgotten(desired: Desired, recorded: Recorded, now: datetime) -> AllForgotten:
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
    return AllForgotten(
        replace(after, deposed=(), uploads={}, announced={}),
        len(recorded.templates),
        len(recorded.jobs),
        tuple(held),
        tuple(d.id for d in recorded.deposed),
        tuple(recorded.watched),
    )
