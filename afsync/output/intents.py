"""Open submissions for people and programs."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.core.by_hand import candidates_of
from afsync.core.recovery import Resolution, advice, outlook, ways
from afsync.output.json_text import json_text
from afsync.output.values import count, iso, shown, visible

FORMAT_VERSION = "1.0"


def intents_text(resolutions: Sequence[Resolution]) -> str:
    """What is open, what was asked for, and what is known of it."""
    if not resolutions:
        return "No submission is unresolved.\n"
    blocks = [_block(r) for r in resolutions]
    return "\n\n".join([*blocks, f"{count(len(resolutions), 'unresolved submission')}."]) + "\n"


def _block(resolution: Resolution) -> str:
    intent = resolution.intent
    lines = [f"{intent.address}, submitted {iso(intent.at)} ({count(intent.cost, 'credit')})"]
    lines += [f"    {visible(field)}: {shown(value)}" for field, value in intent.declared.items()]
    if intent.outcome:
        lines.append(f"  what came back: {visible(intent.outcome)[:200]}")
    lines += [f"  {visible(line)}" for line in (outlook(resolution), *ways(resolution))]
    return "\n".join(lines)


def intents_json(resolutions: Sequence[Resolution]) -> str:
    rows = [
        {
            "address": r.intent.address,
            "seq": r.intent.seq,
            "at": iso(r.intent.at),
            "cost": r.intent.cost,
            "phase": r.intent.phase.value,
            "decision": type(r).__name__.lower(),
            "candidates": list(candidates_of(r)),
            "message": advice(r),
        }
        for r in resolutions
    ]
    return json_text({"format_version": FORMAT_VERSION, "intents": rows})
