"""What `import --match` found to take over, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from afsync.core.addresses import Kind, kind_of
from afsync.core.command_lines import import_command
from afsync.core.import_candidates import Match
from afsync.output.json_text import json_text
from afsync.output.values import Paint, escape_control, no_paint

SHOWN = 5
"""How many candidates of one address are listed."""

UNDECIDED = 20
"""How many jobs are listed that could be one of several addresses."""


def matches_text(found: Sequence[Match], undecided: Sequence[str] = (), paint: Paint = no_paint) -> str:
    """What is certain, what is not, and what has nothing that looks like it; with the evidence. `undecided` are ids of
    which too little is reported to tell."""
    return "\n".join([*_lines(found, paint), *_undecided(found, undecided, paint)]) + "\n"


def _undecided(found: Sequence[Match], ids: Sequence[str], paint: Paint) -> Iterator[str]:
    if not ids:
        return
    address = next(m.address for m in found if not m.candidates and kind_of(m.address) is Kind.JOB)
    yield paint("Too little is reported of these jobs to tell whether one of those is among them:", "bold")
    yield from (f"    {escape_control(job_id)}" for job_id in ids[:UNDECIDED])
    if len(ids) > UNDECIDED:
        yield f"    and {len(ids) - UNDECIDED} more"
    yield f"  where you know it: {import_command(address, escape_control(ids[0]))}"


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
