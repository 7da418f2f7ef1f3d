"""What happened, for a job's summary page: what went wrong first, each line in a fence that it cannot leave."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.core.apply_verification import Verification
from afsync.core.outcomes import Applied, Outcome
from afsync.core.plan.plan import Plan
from afsync.errors import AfsyncError, Problem
from afsync.output.markdown import MAX_BYTES, blocks_within_size, fenced, headline, marker
from afsync.output.outcomes import Tally, approved_line, left_undone, outcome_line, seen_lines, spent_text
from afsync.output.plan_text import held_number, nothing_line
from afsync.output.problems import problem_block
from afsync.output.values import count


def outcomes_markdown(
    outcomes: Sequence[Outcome],
    max_bytes: int = MAX_BYTES,
    title: str = "",
    looked: Verification | None = None,
    settle: float = 0.0,
    *,
    held: int = 0,
) -> str:
    """A headline, a line per change up to the size limit, then what was seen at the end; ends in a newline.

    `settle` (seconds) is how long what was accepted may stay unseen; `held` is how many changes were held back.
    """
    t = Tally(outcomes)
    head = f"{headline(title)} apply: {t.added} added, {t.changed} changed, {t.destroyed} destroyed"
    done = f"{approved_line(outcomes, t)}. " if t.approved else ""
    lines: list[str] = []
    size = 200
    ordered = sorted(outcomes, key=lambda o: isinstance(o, Applied))
    for outcome in ordered:
        line = outcome_line(outcome)
        size += len(line.encode()) + 1
        if size > max_bytes:
            break
        lines.append(line)
    left_out = len(ordered) - len(lines)
    more = f"\n\n_{count(left_out, 'more change')} not shown here; see the log._" if left_out else ""
    told = fenced("\n".join([*lines, *seen_lines(looked, settle)]))
    text = spent_text(t, looked)
    plain = not t.unknown_costs and not t.unresolved_credits
    spent = f"{count(t.credits, 'credit')} spent." if plain else f"Spent: {text}."
    return f"{', '.join([head, *left_undone(t, held=held)])}\n\n{done}{spent}\n\n{told}{more}\n"


def apply_markdown(
    plan: Plan,
    outcomes: Sequence[Outcome],
    stopped: AfsyncError | None,
    title: str = "",
    looked: Verification | None = None,
) -> str:
    """The whole run as a comment on the pull request that was merged: what was done, what stopped it, what was held
    back; ends in a newline."""
    problems = [*plan.blocking, *plan.violations]
    if stopped is not None:
        problems.insert(0, Problem("stopped", stopped.message, stopped.hint))
    if outcomes:
        head = outcomes_markdown(outcomes, MAX_BYTES // 2, title, looked, plan.settle, held=held_number(plan)).rstrip(
            "\n"
        )
    elif problems:
        head = f"{headline(title)} apply: nothing was done"
    else:
        head = f"{headline(title)} apply\n\n{nothing_line(plan)}"
    told = problems or ([] if outcomes else plan.notices)
    above = ["**Not done**" if problems else "**Worth knowing**"] if told else []
    parts = [f"{marker(title, 'apply')}\n{head}", *above]
    return blocks_within_size(parts, [problem_block(p) for p in told], MAX_BYTES)
