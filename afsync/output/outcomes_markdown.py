"""What happened, for a job's summary page: what went wrong first, each line in a fence that it cannot leave."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.core.outcome import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.errors import Location, Problem
from afsync.output.markdown import MAX_BYTES, fenced
from afsync.output.outcomes import Tally, outcome_line
from afsync.output.values import count


def outcomes_markdown(outcomes: Sequence[Outcome], max_bytes: int = MAX_BYTES) -> str:
    """A headline, and a line per change as far as there is room; ends in a newline."""
    t = Tally(outcomes)
    head = f"### afsync apply: {t.added} added, {t.changed} changed, {t.destroyed} destroyed"
    wrong = [f"{n} {what}" for n, what in ((t.failed, "failed"), (t.unresolved, "unresolved")) if n]
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
    told = fenced("\n".join(lines))
    return f"{', '.join([head, *wrong])}\n\n{count(t.credits, 'credit')} spent.\n\n{told}{more}\n"


def outcome_problem(outcome: Outcome, at: Location | None) -> Problem | None:
    """A change that went wrong as something to be shown at its line; None for one that did not."""
    address = outcome.change.address
    match outcome:
        case Failed(_, why, hint):
            return Problem("change_failed", f"{address} failed: {why}", hint, address=address, location=at)
        case Unresolved(_, why, hint):
            return Problem("unresolved", f"{address} is unresolved: {why}", hint, address=address, location=at)
        case Applied() | NotAttempted():
            return None
