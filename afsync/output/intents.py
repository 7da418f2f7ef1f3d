"""Open submissions for people and programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from afsync.core.recovery.resolution import Resolution, advice, candidates_of, resolution_options, resolution_summary
from afsync.core.state import Purpose
from afsync.output.json_text import json_text
from afsync.output.values import count, escape_control, iso, shown

FORMAT_VERSION = "1.0"


NOT_ASKED = "the account could not be read, so its outcome is still unknown"


def intents_text(resolutions: Sequence[Resolution], *, asked: bool = True) -> str:
    """What is open, what was requested, and its outcome as far as it is known. Without `asked`, only what is open."""
    if not resolutions:
        return "No submission is unresolved.\n"
    blocks = [_block(r, asked=asked) for r in resolutions]
    noun = unresolved_noun(r.intent.purpose for r in resolutions)
    return "\n\n".join([*blocks, f"{count(len(resolutions), f'unresolved {noun}')}."]) + "\n"


def unresolved_noun(purposes: Iterable[Purpose]) -> str:
    """What the outcomes that are not known belong to: `submission`, `approval`, or `request` for both."""
    kinds = set(purposes)
    return kinds.pop().value if len(kinds) == 1 else "request"


def _block(resolution: Resolution, *, asked: bool) -> str:
    intent = resolution.intent
    lines = [f"{intent.address}, submitted {iso(intent.at)} ({count(intent.cost, 'credit')})"]
    if intent.purpose is Purpose.APPROVAL:
        lines = [f"{intent.address} ({escape_control(str(intent.job_id))}), approved {iso(intent.at)}"]
    lines += [f"    {escape_control(field)}: {shown(value)}" for field, value in intent.declared.items()]
    if intent.outcome:
        lines.append(f"  what came back: {escape_control(intent.outcome)[:200]}")
    known = (resolution_summary(resolution), *resolution_options(resolution)) if asked else (_not_asked(resolution),)
    lines += [f"  {escape_control(line)}" for line in known]
    return "\n".join(lines)


def _not_asked(resolution: Resolution) -> str:
    ids = candidates_of(resolution)
    return f"{NOT_ASKED}; the last look found that it could be {', '.join(ids)}" if ids else NOT_ASKED


def intents_json(resolutions: Sequence[Resolution], *, asked: bool = True) -> str:
    rows = [
        {
            "address": r.intent.address,
            "seq": r.intent.seq,
            "at": iso(r.intent.at),
            "cost": r.intent.cost,
            "phase": r.intent.phase.value,
            "purpose": r.intent.purpose.value,
            "job_id": r.intent.job_id,
            "decision": type(r).__name__.lower() if asked else "not_asked",
            "candidates": list(candidates_of(r)),
            "message": advice(r) if asked else _not_asked(r),
        }
        for r in resolutions
    ]
    return json_text({"format_version": FORMAT_VERSION, "intents": rows})
