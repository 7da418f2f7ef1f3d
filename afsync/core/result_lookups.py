"""Which produced jobs are asked for their result: only that tells whether, and where, they were published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from afsync.core import kept, unset
from afsync.core.moves import find_moves
from afsync.core.recorded import Recorded
from afsync.core.recovery import resolve
from afsync.core.remote import Remote
from afsync.core.resources import Desired
from afsync.core.settling import settle
from afsync.core.verdict import Options


def results_needed(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options
) -> Iterable[str]:
    """Their ids, each once. A submission whose answer was lost, and which is found now, counts as recorded already:
    the plan that is made of this decides about it as well."""
    if recorded.submissions:
        found = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
        recorded = settle(recorded, found)
    _, moved = find_moves(desired, recorded, frozenset(i.address for i in recorded.intents))
    never_set = unset.results_needed(desired, moved, remote)
    return dict.fromkeys((*never_set, *kept.results_needed(desired, recorded, remote, now, options.settle)))
