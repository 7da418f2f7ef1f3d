"""The results of many accounts, as one comment on a pull request: the table first, the details of each folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from afsync.core.account_results import AccountResult, Numbers, Overall, errors_of, total
from afsync.output.markdown import MAX_BYTES, RESERVED, fenced, headline, marker
from afsync.output.overall_text import HEAD, cells, summary_lines
from afsync.output.problems import problem_block

_MARKER = re.compile(r"\A<!-- afsync:[^\n]*-->\n")


def overall_markdown(overall: Overall, max_bytes: int = MAX_BYTES) -> str:
    """The comment, ending in a newline. Accounts that differ or failed come first. An account whose details do not fit
    keeps its row; rows and details that do not fit are counted."""
    name = f" {overall.command} of {len(overall.results)} accounts"
    # Each command has a comment of its own, except `validate`: it replaces that of the plan.
    of = "plan" if overall.command == "validate" else overall.command
    parts = [f"{marker(overall.title, of)}\n{headline(overall.title)}{name}", *_said(overall)]
    room = max_bytes - RESERVED - _size("\n\n".join(parts))
    rows, left_out = _rows(overall, room // 2)
    parts += [rows] if overall.results else []
    if left_out:
        parts.append(f"_{left_out} more accounts not shown here; see the log._")
    room -= _size(rows)
    not_shown = 0
    for result in sorted(overall.results, key=_unimportant):
        if not (result.output or result.details):
            continue
        entry = _folded(result)
        if _size(entry) + 2 > room:
            not_shown += 1
            continue
        room -= _size(entry) + 2
        parts.append(entry)
    if not_shown:
        parts.append(f"_The details of {not_shown} more not shown here; see the log._")
    return "\n\n".join(parts) + "\n"


def _said(overall: Overall) -> Iterator[str]:
    yield "\n".join(summary_lines(overall))
    yield from (fenced(problem_block(p)) for p in overall.problems)


def _rows(overall: Overall, room: int) -> tuple[str, int]:
    """The table as far as there is room, and how many accounts are left out of it."""
    counted = total(overall.results) != Numbers()
    # Where no account has a number, as of `calendar`, the columns of numbers are left out.
    head = _head(HEAD if counted else (HEAD[0], *HEAD[-2:]))
    lines, left_out = [head], 0
    room -= _size(head) + 100
    for result in sorted(overall.results, key=_unimportant):
        wrong = errors_of(result)
        code = str(result.exit_code) if result.begun else "not begun"
        line = _row(result.account, result.numbers if counted else None, str(wrong) if wrong else "", code)
        room -= _size(line) + 1
        if room < 0:
            left_out += 1
        else:
            lines.append(line)
    lines.append(_row("**all**", total(overall.results) if counted else None, "", str(overall.exit_code)))
    return "\n".join(lines), left_out


def _head(names: Sequence[str]) -> str:
    return f"| {' | '.join(names)} |\n|---|{'--:|' * (len(names) - 1)}"


def _row(name: str, numbers: Numbers | None, *more: str) -> str:
    told = () if numbers is None else (c.text for c in cells(numbers))
    return f"| {' | '.join([name, *told, *more])} |"


def _folded(result: AccountResult) -> str:
    """The name is of letters, digits, `.`, `_` and `-`; what was printed stands in a fence."""
    details = _MARKER.sub("", result.details).strip("\n") or fenced(result.output.strip("\n"))
    return f"<details>\n<summary>{result.account}</summary>\n\n{details}\n\n</details>"


def _unimportant(result: AccountResult) -> tuple[bool, bool, str]:
    return (not result.failed and result.begun, not (result.changes or result.blocked), result.account)


def _size(text: str) -> int:
    return len(text.encode())
