"""The results of many accounts, for people: a block for each, and one table at the end."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.core.account_results import AccountResult, Numbers, Overall, errors_of, total
from afsync.output.problems import problem_block
from afsync.output.tables import Cell, table
from afsync.output.values import Paint, count, no_paint

HEAD = ("account", "+", "~", "-", "credits", "balance", "problems", "exit")
MOST_NAMED = 20
"""So many accounts that were not begun are named in one line."""


def block(result: AccountResult, paint: Paint = no_paint) -> str:
    """The output of one account under its name; ends in a blank line."""
    exit_code = f", exit {result.exit_code}" if result.exit_code else ""
    head = paint(f"== {result.account} ({result.directory}){exit_code}", "bold")
    return f"{head}\n{result.output.strip(chr(10))}\n\n"


def overall_text(overall: Overall, paint: Paint = no_paint) -> str:
    """The table, what concerns all of them, and how many there are; ends in a newline."""
    lines = [*table(HEAD, [*_rows(overall)], paint)] if overall.results else []
    lines += ["", *(problem_block(p, paint) for p in overall.problems)] if overall.problems else []
    return "\n".join([*lines, "", *summary_lines(overall)]) + "\n"


def summary_lines(overall: Overall) -> Iterator[str]:
    """The lines with the numbers of accounts: all, failed, not begun."""
    begun = [r for r in overall.results if r.begun]
    failed = sum(r.failed for r in begun)
    shard = f" of shard {', '.join(overall.shards)}" if overall.shards else ""
    left = overall.not_begun
    told = [f"{failed} failed" if failed else "", f"{len(left)} not begun" if left else ""]
    yield f"{count(len(overall.results), 'account')}{shard}: {', '.join(t for t in told if t) or 'none failed'}."
    if left:
        named = ", ".join(r.account for r in left[:MOST_NAMED])
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        yield f"Not begun: {named}{more}."


def _rows(overall: Overall) -> Iterator[list[Cell]]:
    for result in overall.results:
        colour = "red" if result.failed else None
        wrong = errors_of(result)
        code = str(result.exit_code) if result.begun else "not begun"
        yield [
            Cell(result.account, colour),
            *cells(result.numbers),
            Cell(str(wrong) if wrong else ""),
            Cell(code if result.exit_code or not result.begun else "", colour),
        ]
    summed = total(overall.results)
    if len(overall.results) > 1 and summed != Numbers():
        yield [Cell("all"), *cells(summed), Cell(""), Cell("")]


def cells(numbers: Numbers) -> list[Cell]:
    """The cells for the numbers of an account; empty where one is not known."""
    values = (numbers.add, numbers.change, numbers.destroy, numbers.credits, numbers.balance)
    return [Cell("" if value is None else str(value)) for value in values]
