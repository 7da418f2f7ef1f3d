"""The results of many accounts, for programs: the document of `--report json=FILE`, which `report merge` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct, convert, to_builtins
from msgspec.structs import asdict

from afsync.core.account_results import AccountResult, Numbers, Overall, total
from afsync.errors import Exit, UsageError
from afsync.output.json_text import json_text
from afsync.output.problems import ProblemRow, problem_of, problem_row

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
    """The document as text, ending in a newline."""
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
        accounts=tuple(map(_row, overall.results)),
    )
    return json_text(to_builtins(document))


def _row(result: AccountResult) -> AccountRow:
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


def _result(row: AccountRow) -> AccountResult:
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
        tuple(map(_result, document.accounts)),
        document.shards,
        tuple(map(problem_of, document.problems)),
        int(document.own_exit_code),
        document.title,
    )
