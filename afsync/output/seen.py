"""What was seen at the end of an apply, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from afsync.core.text import duration
from afsync.core.verification import Expected, Observable, Verification
from afsync.output.values import count, visible

MOST = 10
"""So many are named one by one."""


def seen_lines(looked: Verification | None, settle: float) -> Iterator[str]:
    """`Seen: 12 of 12 publish times, 1 of 1 cancellations.`, and what is not seen yet."""
    if looked is None:
        return
    if looked.failed is not None:
        yield f"Seen: unknown, because the account could not be read afterwards ({visible(looked.failed)})."
        return
    seen = looked.seen
    counts = ", ".join(f"{found} of {total} {_plural(what)}" for what, found, total in seen.counts())
    beyond = f"{count(seen.beyond, 'more change')} not among what was read" if seen.beyond else ""
    yield f"Seen: {'; '.join(filter(None, (counts, beyond)))}."
    if seen.unseen:
        named = ", ".join(map(_named, seen.unseen[:MOST]))
        more = f" and {len(seen.unseen) - MOST} more" if len(seen.unseen) > MOST else ""
        yield f"Note: accepted, but not to be seen yet: {named}{more}"
        yield f"  a plan judges it once {duration(settle)} have passed (`api.settle`)"


def _named(one: Expected) -> str:
    said = f", of which the service says: {visible(one.told)}" if one.told else ""
    return f"the {one.what.value} of {one.address} ({visible(one.id)}){said}"


def _plural(what: Observable) -> str:
    return f"{what.value}s"


def seen_fields(looked: Verification) -> dict[str, Any]:
    """The fields of the event `seen`."""
    counts = {what: {"seen": found, "of": total} for what, found, total in looked.seen.counts()}
    return {
        **{_plural(what).replace(" ", "_"): counts.get(what) for what in Observable},
        "unseen": [{"what": e.what.value, "address": e.address, "id": e.id} for e in looked.seen.unseen],
        "not_read": looked.seen.beyond,
        "failed": looked.failed,
    }
