"""The results of many accounts, for programs: the document of `--report json=FILE`, which `report merge` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from afsync.core.workspace import AccountResult, Numbers, Overall, total
from afsync.errors import Exit, Location, Problem, Severity, UsageError
from afsync.output.json_text import json_text
from afsync.output.problems import problem_json

FORMAT_VERSION = "1.0"


def overall_json(overall: Overall) -> str:
    """The document, ending in a newline."""
    summed = asdict(total(overall.results))
    summed.pop("balance")
    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "command": overall.command,
            "title": overall.title,
            "shards": list(overall.shards),
            "exit_code": overall.exit_code,
            "own_exit_code": overall.own_code,
            "problems": [problem_json(p) for p in overall.problems],
            "total": summed,
            "accounts": [_account(r) for r in overall.results],
        }
    )


def _account(result: AccountResult) -> dict[str, Any]:
    return {
        "account": result.account,
        "directory": result.directory,
        "begun": result.begun,
        "exit_code": result.exit_code,
        "has_changes": result.changes,
        "blocked": result.blocked,
        **asdict(result.numbers),
        "problems": [problem_json(p) for p in result.problems],
        "output": result.output,
        "details": result.details,
    }


class _Problem(Struct, frozen=True):
    code: str
    severity: Severity
    message: str
    address: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def problem(self) -> Problem:
        at = None if self.file is None else Location(self.file, self.line, self.column)
        return Problem(self.code, self.message, self.hint, self.severity, self.address, at)


class _Account(Struct, frozen=True):
    account: str
    directory: str
    exit_code: Exit
    begun: bool = True
    has_changes: bool = False
    blocked: bool = False
    add: int | None = None
    change: int | None = None
    destroy: int | None = None
    credits: int | None = None
    balance: int | None = None
    problems: tuple[_Problem, ...] = ()
    output: str = ""
    details: str = ""

    def result(self) -> AccountResult:
        return AccountResult(
            self.account,
            self.directory,
            int(self.exit_code),
            Numbers(self.add, self.change, self.destroy, self.credits, self.balance),
            tuple(p.problem() for p in self.problems),
            self.output,
            self.details,
            self.begun,
            self.has_changes,
            self.blocked,
        )


class _Document(Struct, frozen=True):
    format_version: str
    command: str
    accounts: tuple[_Account, ...]
    shards: tuple[str, ...] = ()
    problems: tuple[_Problem, ...] = ()
    own_exit_code: Exit = Exit.OK
    title: str = ""


def read_overall(text: str, file: str) -> Overall:
    """What a document of ours says. UsageError for anything else."""
    hint = "name files that `--report json=FILE` wrote"
    try:
        value = json.loads(text)
        document = msgspec.convert(value, _Document)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not a report of afsync: {error}", hint) from None
    if not isinstance(value, Mapping) or document.format_version.partition(".")[0] != "1":
        text = f"{file} is a report in format {document.format_version}, which this afsync does not know"
        raise UsageError(text, "merge it with the version that wrote it")
    return Overall(
        document.command,
        tuple(a.result() for a in document.accounts),
        document.shards,
        tuple(p.problem() for p in document.problems),
        int(document.own_exit_code),
        document.title,
    )
