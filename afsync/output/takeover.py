"""What `import --match` found to take over, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from afsync.core.import_candidates import Match
from afsync.output.json_text import json_text
from afsync.output.values import Paint, escape_control, no_paint

SHOWN = 5
"""How many candidates of one address are listed."""


def matches_text(found: Sequence[Match], paint: Paint = no_paint) -> str:
    """What is certain, what is not, and what has nothing that looks like it; with the evidence."""
    return "\n".join(_lines(found, paint)) + "\n"


def _lines(found: Sequence[Match], paint: Paint) -> Iterator[str]:
    certain = [m for m in found if m.certain]
    doubtful = [m for m in found if m.candidates and not m.certain]
    nothing = [m for m in found if not m.candidates]
    if not found:
        yield "Everything that is declared is recorded."
    if certain:
        yield paint("Certain:", "bold")
    for match in certain:
        assert match.certain is not None
        evidence = escape_control(", ".join(match.certain.evidence))
        yield f"  < {match.address} is {escape_control(match.certain.id)}: {evidence}"
    if doubtful:
        yield paint("A person must decide, with `afsync import ADDRESS ID`:", "bold")
    for match in doubtful:
        yield f"  ? {match.address} could be"
        for candidate in match.candidates[:SHOWN]:
            yield f"      {escape_control(candidate.id)}: {escape_control(', '.join(candidate.evidence))}"
        if len(match.candidates) > SHOWN:
            yield f"      and {len(match.candidates) - SHOWN} more"
    if nothing:
        yield paint("Nothing in the account looks like:", "bold")
        yield from (f"    {match.address}" for match in nothing)


def matches_json(found: Sequence[Match]) -> str:
    """One entry per address; `id` where it is certain."""
    rows = [
        {
            "address": match.address,
            "id": match.certain.id if match.certain else None,
            "candidates": [{"id": c.id, "evidence": list(c.evidence)} for c in match.candidates],
        }
        for match in found
    ]
    return json_text({"format_version": "1.0", "matches": rows})
