"""A plan as a comment on a pull request: price first, what is destroyed next, the rest folded, under a size limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from afsync.core.addresses import in_yaml
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.recovery.resolution import resolution_options, resolution_summary
from afsync.errors import Problem
from afsync.output.approvals import effect_lines, preview_markdown, undecided
from afsync.output.markdown import MAX_BYTES, RESERVED, fenced, headline, marker
from afsync.output.plan_change_text import change_lines
from afsync.output.plan_text import (
    BLOCKED,
    HELD_BACK,
    budget_line,
    credits_line,
    held_back,
    held_number,
    limits_line,
    nothing_line,
)
from afsync.output.problems import problem_block
from afsync.output.values import count, escape_control

_DESTRUCTIVE = (Action.DELETE, Action.REPLACE)
FEW = 5
"""So many resources stand open in a section that can be folded."""


class MarkdownSection(Struct, frozen=True):
    """A headline, and an entry per resource below it; the reader unfolds a `folded` one.

    There are `size` entries, each written when its turn comes: most of a large plan is not shown.
    """

    title: str
    size: int
    entries: Iterable[str]
    folded: bool = False

    def lines(self, kept: Sequence[str]) -> list[str]:
        if self.folded:
            # What fits on a screen stands open.
            opened = " open" if self.size <= FEW else ""
            return [f"\n<details{opened}>\n<summary>{self.title}</summary>", *(f"\n{e}" for e in kept), "\n</details>"]
        return [f"\n**{self.title}** ({self.size})", *(f"\n{e}" for e in kept)]


def plan_markdown(plan: Plan, max_bytes: int = MAX_BYTES, title: str = "", calendar: Sequence[str] = ()) -> str:
    """The whole comment, with the weeks of a `calendar` at its end. Everything that comes from files or from the
    service stands in fences it cannot leave.

    Cut between two resources, never inside one, so that it stays under `max_bytes` of UTF-8.
    """
    lines = [marker(title), _headline(plan, title), *_facts(plan)]
    room = max_bytes - RESERVED - _size(lines)
    left_out = 0
    weeks = MarkdownSection("Calendar: before and after", len(calendar), calendar, folded=True)
    for section in (*_sections(plan, largest=max_bytes // 4), weeks):
        room -= _size(section.lines(()))
        kept = []
        for entry in section.entries:
            room -= _size([entry]) + 1
            if room < 0:
                break
            kept.append(entry)
        left_out += section.size - len(kept)
        lines += section.lines(kept) if kept else []
    if left_out:
        noun = "entry is" if left_out == 1 else "entries are"
        lines.append(f"\n_{left_out} more {noun} not shown here; see the full plan._")
    return "\n".join(lines) + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _headline(plan: Plan, title: str) -> str:
    s = plan.summary
    if (nothing := nothing_line(plan)) is not None:
        return f"{headline(title)}\n\n{nothing.replace('see above', 'see below')}"
    publish = f", {s.approve} to publish" if s.approve else ""
    held = f", {number} held back" if (number := held_number(plan)) else ""
    return f"{headline(title)}: {s.add} to add, {s.change} to change, {s.destroy} to destroy{publish}{held}"


def _facts(plan: Plan) -> Iterator[str]:
    if plan.changes:
        yield f"\n**{credits_line(plan.spend, plan.balance)}**"
        if (limits := limits_line(plan)) is not None:
            yield f"\n{limits}"
    yield from (f"\n{line}" for line in budget_line(plan))
    # Also where nothing is to be done: that is what was reviewed then.
    yield f"\nFingerprint `{plan.fingerprint}`, as of {plan.as_of:%Y-%m-%d %H:%M} UTC."


def _sections(plan: Plan, largest: int) -> Iterator[MarkdownSection]:
    """What a reviewer must know first, so that whatever is cut off, it is not what cannot be undone. An entry above
    `largest` bytes is cut down to its headline."""
    unknown = (
        fenced("\n  ".join((r.intent.address, resolution_summary(r), *resolution_options(r)))) for r in plan.resolutions
    )
    yield MarkdownSection("Outcome not known", len(plan.resolutions), unknown)
    yield _problems(BLOCKED, plan.blocking)
    yield _published(plan, largest)
    destructive = [c for c in plan.changes if c.action in _DESTRUCTIVE]
    yield MarkdownSection("Destroyed or replaced", len(destructive), (_change(c, largest) for c in destructive))
    yield _problems(HELD_BACK, held_back(plan))
    yield _problems("Worth knowing", plan.notices)
    yield _waiting(plan)
    others = [c for c in plan.changes if c.action not in (*_DESTRUCTIVE, Action.APPROVE)]
    written = (_change(c, largest) for c in others)
    title = count(len(others), "other change" if destructive else "change")
    yield MarkdownSection(title, len(others), written, folded=True)


def _problems(title: str, problems: Sequence[Problem]) -> MarkdownSection:
    return MarkdownSection(title, len(problems), (fenced(problem_block(p)) for p in problems))


def _change(change: Change, largest: int = MAX_BYTES) -> str:
    """A fence that is coloured by the symbol, which has to begin its line for that."""
    lines = list(change_lines(change))
    lines[1] = lines[1].lstrip(" ")
    entry = fenced("\n".join(lines), "diff")
    if len(entry.encode()) <= largest:
        return entry
    return fenced("\n".join([*lines[:2], "      (too large to be shown here)"]), "diff")


def _published(plan: Plan, largest: int) -> MarkdownSection:
    """The section of what is published, with links that can be clicked."""
    waiting = {w.id: w for w in plan.waiting}
    published = [c for c in plan.changes if c.action is Action.APPROVE]
    entries = (_change(c, largest) + _links(waiting.get(c.id or ""), plan) for c in published)
    return MarkdownSection("Published, which cannot be undone", len(published), entries)


def _waiting(plan: Plan) -> MarkdownSection:
    """The section of what waits for an approval, with links that can be clicked."""
    open_ones = undecided(plan)
    told = (_open(w, plan) + _links(w, plan) for w in open_ones)
    return MarkdownSection("Waiting for approval", len(open_ones), told)


def _open(waiting: Waiting, plan: Plan) -> str:
    effects = (f"  {line}" for line in effect_lines(waiting, plan.as_of))
    return fenced("\n".join((waiting.address, f"  approve: {escape_control(in_yaml(waiting.id))}", *effects)))


def _links(waiting: Waiting | None, plan: Plan) -> str:
    links = preview_markdown(waiting.preview, plan.as_of) if waiting else ""
    return f"\n\n{links}" if links else ""
