"""The results of many accounts: as text, as one comment on a pull request, and as JSON, which `report merge` reads.

As text there is a block for each and one table at the end. The comment has the table first, details folded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, convert, to_builtins
from msgspec.structs import asdict

from afsync.core.account_results import AccountResult, Numbers, Overall, errors_of, total
from afsync.errors import Exit, Severity, UsageError
from afsync.output.json_text import json_text
from afsync.output.markdown import MAX_BYTES, RESERVED, fenced, headline, marker
from afsync.output.problems import ProblemRow, problem_block, problem_of, problem_row
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
    rows = [*_rows(overall)]
    told = any(cell.text for row in rows for cell in row[1:])  # else it has the names only, which stand above
    lines = [*table(HEAD, rows, paint)] if told else []
    lines += ["", *(problem_block(p, paint) for p in overall.problems)] if overall.problems else []
    return "\n".join([*lines, *([""] if lines or not rows else []), *summary_lines(overall)]) + "\n"


def summary_lines(overall: Overall) -> Iterator[str]:
    """The lines with the numbers of accounts: all, failed, not begun."""
    begun = [r for r in overall.results if r.begun]
    failed = sum(r.failed for r in begun)
    shard = f" of shard {', '.join(overall.shards)}" if overall.shards else ""
    left = overall.not_begun
    told = [f"{failed} failed" if failed else "", f"{len(left)} not begun" if left else ""]
    # With an error about the report as a whole, such as a shard that is missing, there may be others.
    none = "none of these failed" if any(p.severity is Severity.ERROR for p in overall.problems) else "none failed"
    yield f"{count(len(overall.results), 'account')}{shard}: {', '.join(t for t in told if t) or none}."
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


_MARKER = re.compile(r"\A<!-- afsync:[^\n]*-->\n")


def overall_markdown(overall: Overall, max_bytes: int = MAX_BYTES) -> str:
    """The comment, ending in a newline. Accounts that differ or failed come first. An account whose details do not fit
    keeps its row; rows and details that do not fit are counted."""
    name = f" {overall.command} of {count(len(overall.results), 'account')}"
    # Each command has a comment of its own, except `validate`: it replaces that of the plan.
    of = "plan" if overall.command == "validate" else overall.command
    parts = [f"{marker(overall.title, of)}\n{headline(overall.title)}{name}", *_said(overall)]
    room = max_bytes - RESERVED - _size("\n\n".join(parts))
    rows, left_out = _table(overall, room // 2)
    parts += [rows] if overall.results else []
    if left_out:
        parts.append(f"_{count(left_out, 'more account')} not shown here; see the log._")
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


def _table(overall: Overall, room: int) -> tuple[str, int]:
    """The table, cut at `room` bytes, and the number of accounts that are left out of it."""
    counted = total(overall.results) != Numbers()
    # Where no account has a number, as of `calendar`, the columns of numbers are left out.
    head = _table_head(HEAD if counted else (HEAD[0], *HEAD[-2:]))
    lines, left_out = [head], 0
    room -= _size(head) + 100
    for result in sorted(overall.results, key=_unimportant):
        wrong = errors_of(result)
        code = str(result.exit_code) if result.begun else "not begun"
        line = _table_row(result.account, result.numbers if counted else None, str(wrong) if wrong else "", code)
        room -= _size(line) + 1
        if room < 0:
            left_out += 1
        else:
            lines.append(line)
    lines.append(_table_row("**all**", total(overall.results) if counted else None, "", str(overall.exit_code)))
    return "\n".join(lines), left_out


def _table_head(names: Sequence[str]) -> str:
    return f"| {' | '.join(names)} |\n|---|{'--:|' * (len(names) - 1)}"


def _table_row(name: str, numbers: Numbers | None, *more: str) -> str:
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


FORMAT_VERSION = "1.0"


class AccountRow(Struct, frozen=True, kw_only=True):
    """One account. What has a default is missing in reports of afsync 0.1, or where it is not known."""

    account: str
    directory: str
    begun: bool = True
    exit_code: Exit
    has_changes: bool = False
    blocked: bool = False
    add: int | None = None
    change: int | None = None
    destroy: int | None = None
    credits: int | None = None
    balance: int | None = None
    problems: tuple[ProblemRow, ...] = ()
    output: str = ""
    details: str = ""


class OverallDocument(Struct, frozen=True, kw_only=True):
    """The whole document. `own_exit_code` is that of what concerns no single account."""

    format_version: str
    command: str
    title: str = ""
    shards: tuple[str, ...] = ()
    exit_code: int = 0
    own_exit_code: Exit = Exit.OK
    problems: tuple[ProblemRow, ...] = ()
    total: dict[str, int | None] = {}
    accounts: tuple[AccountRow, ...]


def overall_json(overall: Overall) -> str:
    """The document of `--report json=FILE`; ends in a newline."""
    summed = asdict(total(overall.results))
    summed.pop("balance")
    document = OverallDocument(
        format_version=FORMAT_VERSION,
        command=overall.command,
        title=overall.title,
        shards=overall.shards,
        exit_code=overall.exit_code,
        own_exit_code=Exit(overall.own_code),
        problems=tuple(map(problem_row, overall.problems)),
        total=summed,
        accounts=tuple(map(_account_row, overall.results)),
    )
    return json_text(to_builtins(document))


def _account_row(result: AccountResult) -> AccountRow:
    return AccountRow(
        account=result.account,
        directory=result.directory,
        begun=result.begun,
        exit_code=Exit(result.exit_code),
        has_changes=result.changes,
        blocked=result.blocked,
        **asdict(result.numbers),
        problems=tuple(map(problem_row, result.problems)),
        output=result.output,
        details=result.details,
    )


def _result_of(row: AccountRow) -> AccountResult:
    return AccountResult(
        row.account,
        row.directory,
        int(row.exit_code),
        Numbers(row.add, row.change, row.destroy, row.credits, row.balance),
        tuple(map(problem_of, row.problems)),
        row.output,
        row.details,
        row.begun,
        row.has_changes,
        row.blocked,
    )


def read_overall(text: str, file: str) -> Overall:
    """The results that a document holds. UsageError for a text that `overall_json` did not write."""
    hint = "name files that `--report json=FILE` wrote"
    try:
        value = json.loads(text)
        document = convert(value, OverallDocument)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not a report of afsync: {error}", hint) from None
    if not isinstance(value, Mapping) or document.format_version.partition(".")[0] != "1":
        text = f"{file} is a report in format {document.format_version}, which this afsync does not know"
        raise UsageError(text, "merge it with the version that wrote it")
    return Overall(
        document.command,
        tuple(map(_result_of, document.accounts)),
        document.shards,
        tuple(map(problem_of, document.problems)),
        int(document.own_exit_code),
        document.title,
    )
