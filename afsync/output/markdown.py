"""A plan as a comment on a pull request: price first, what is destroyed next, the rest folded, under a size limit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from afsync.core.plan import Action, Change, Plan, Reason, Waiting
from afsync.core.recovery import outlook
from afsync.errors import Problem
from afsync.output.approvals import preview_markdown, undecided
from afsync.output.plan_text import NO_CHANGES, change_lines, credits_line
from afsync.output.problems import problem_block
from afsync.output.values import count, visible

MARKER = "<!-- afsync:plan -->"
"""Hidden; whoever posts the comment finds the earlier one by it."""

MAX_BYTES = 60_000
_DESTRUCTIVE = (Action.DELETE, Action.REPLACE)
_RESERVED = 400
"""Bytes kept for what is said when something had to be left out."""


def plan_markdown(plan: Plan, max_bytes: int = MAX_BYTES) -> str:
    """The whole comment. Everything that comes from files or from the service stands in fences it cannot leave.

    Cut between two resources, never inside one, so that it stays under `max_bytes` of UTF-8.
    """
    head = [MARKER, _headline(plan), *_facts(plan)]
    parts = [*_problems(plan), *_approvals(plan), *_changes(plan)]
    size = sum(len(line.encode()) + 1 for line in head)
    kept: list[str] = []
    left_out = 0
    for part, resources in parts:
        size += len(part.encode()) + 2
        if left_out or size > max_bytes - _RESERVED:
            left_out += resources
            continue
        kept.append(part)
    if left_out:
        noun = "entry is" if left_out == 1 else "entries are"
        kept.append(f"\n_{left_out} more {noun} not shown here; see the full plan._")
    return "\n".join([*head, *_folded(kept)]) + "\n"


_OPEN, _CLOSE = "<details>", "</details>"


def _folded(parts: Sequence[str]) -> Iterator[str]:
    """Close what is open, wherever the cut fell."""
    depth = 0
    for part in parts:
        depth += part.count(f"\n{_OPEN}") - part.count(f"\n{_CLOSE}")
        yield part
    for _ in range(depth):
        yield f"\n{_CLOSE}"


def _headline(plan: Plan) -> str:
    s = plan.summary
    if not plan.changes and not plan.violations and not plan.blocking and not plan.resolutions:
        return f"### afsync\n\n{NO_CHANGES}"
    publish = f", {s.approve} to publish" if s.approve else ""
    return f"### afsync: {s.add} to add, {s.change} to change, {s.destroy} to destroy{publish}"


def _facts(plan: Plan) -> Iterator[str]:
    if plan.changes:
        yield f"\n**{credits_line(plan.spend, plan.balance)}**"
        yield f"\nFingerprint `{plan.fingerprint}`, as of {plan.as_of:%Y-%m-%d %H:%M} UTC."


def _problems(plan: Plan) -> Iterator[tuple[str, int]]:
    for resolution in plan.resolutions:
        text = f"{resolution.intent.address}\n  {outlook(resolution)}"
        yield f"\n**Outcome not known**\n\n{fenced(text)}", 1
    held: list[Problem] = [*plan.blocking, *(v for v in plan.violations if v.code != Reason.UNRESOLVED)]
    for number, problem in enumerate(held):
        title = "\n**Not done until somebody decides**\n\n" if number == 0 else "\n"
        yield title + fenced(problem_block(problem)), 1
    for number, notice in enumerate(plan.notices):
        title = "\n**Worth knowing**\n\n" if number == 0 else "\n"
        yield title + fenced(problem_block(notice)), 1


def _changes(plan: Plan) -> Iterator[tuple[str, int]]:
    destructive = [c for c in plan.changes if c.action in _DESTRUCTIVE]
    others = [c for c in plan.changes if c.action not in (*_DESTRUCTIVE, Action.APPROVE)]
    for number, change in enumerate(destructive):
        title = "\n**Destroyed or replaced**\n\n" if number == 0 else "\n"
        yield title + _change(change), 1
    for number, change in enumerate(others):
        fold = f"\n{_OPEN}\n<summary>{count(len(others), 'other change')}</summary>\n\n" if number == 0 else "\n"
        end = f"\n{_CLOSE}" if number == len(others) - 1 else ""
        yield fold + _change(change) + end, 1


def _change(change: Change) -> str:
    return fenced("\n".join(change_lines(change)), "diff" if change.action in _DESTRUCTIVE else "")


def _approvals(plan: Plan) -> Iterator[tuple[str, int]]:
    """What is published, and what waits for that, each with links that can be clicked."""
    waiting = {w.id: w for w in plan.waiting}
    for number, change in enumerate(c for c in plan.changes if c.action is Action.APPROVE):
        title = "\n**Published, which cannot be undone**\n\n" if number == 0 else "\n"
        yield title + _change(change) + _links(waiting.get(change.id or ""), plan), 1
    for number, job in enumerate(undecided(plan)):
        title = "\n**Waiting for approval**\n\n" if number == 0 else "\n"
        text = f"{job.address}\n  approve: {visible(job.id)}"
        yield title + fenced(text) + _links(job, plan), 1


def _links(waiting: Waiting | None, plan: Plan) -> str:
    links = preview_markdown(waiting.preview, plan.as_of) if waiting else ""
    return f"\n\n{links}" if links else ""


def fenced(text: str, language: str = "") -> str:
    """`text` in a code block that nothing in it can close: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
