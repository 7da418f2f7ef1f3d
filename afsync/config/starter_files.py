"""Text for files that afsync writes for people: a project to start from, and a lineage for one that has none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from string import Template
from typing import Any, Final

from afsync.config.document import Document
from afsync.config.files import PROJECT_FILE
from afsync.config.problems import Code, Diagnostic
from afsync.core.remote_account import EMULATOR
from afsync.errors import ConfigError

SCHEMA_FILE: Final = ".afsync/afsync.schema.json"


def schema_for(file: str, written: str, *, there: bool) -> str:
    """What the line for editors in `file`, relative to the project, should name. An address, another schema and a path
    that leads to one are `there` and stay; our own schema under a wrong path is named by the right one."""
    if there or "://" in written or not written.endswith("afsync.schema.json"):
        return written
    return "../" * file.count("/") + SCHEMA_FILE


"""Where a project keeps the schema that its first line names, relative to the root."""

IGNORE_FILE: Final = ".gitignore"
IGNORE: Final = """\
# What afsync keeps for this machine alone. The state, its history and the schema belong into version control:
# the first line of afsync.yaml names the schema.
.afsync/lock
.afsync/*.guard
.afsync/*.backup
.afsync/*.format-1
.afsync/.*.tmp
.afsync/history/.*.tmp
.afsync/emulator.db*
.afsync-emulator/
"""

_LEAD = timedelta(days=30)
_STARTER: Final = Template("""\
# yaml-language-server: $$schema=$schema
#
# An AuraFlux account as code. `afsync plan` shows what would change and what it costs, `afsync apply` does it.
# Every key is explained by `afsync explain`, and in editors that know the YAML language server.

version: 1
lineage: $lineage  # ties these files to their state; do not edit it

api:
  base_url: $service

timezone: UTC  # for times written without an offset, such as Europe/Berlin

limits:
  max_credits: 10  # one apply spends no more than this

# Values for every job, where neither the job nor its template sets them.
# defaults:
#   job: {tone: calm}

templates:
  weekly:
    name: Weekly highlights
    format: short
    platforms: [tiktok]
    tone: hype

jobs:
  first-clip:
    template: weekly  # a template by its key above
    url: https://clips.twitch.tv/your-clip
    topic: The best plays of the week
    schedule: $schedule  # change it whenever you like: that is free until it is published
""")


_EMPTY: Final = Template("""\
# yaml-language-server: $$schema=$schema
version: 1
lineage: $lineage  # ties these files to their state; do not edit it
${api}timezone: UTC  # for times written without an offset, such as Europe/Berlin
""")

_EMULATOR: Final = (
    "emulator  # the service built into afsync: no account, no key, no cost. Remove the line for the real one"
)


def starter(lineage: str, now: datetime, *, empty: bool = False, base_url: str | None = None) -> dict[str, str]:
    """File name to text of a first project. Its one job is scheduled a month after `now`, an aware datetime.

    `empty`: it declares nothing. `base_url`: the service it is for; else an empty one is for the real service, and the
    other one for the emulator.
    """
    if empty:
        api = f"api:\n  base_url: {base_url}\n" if base_url else ""
        return {PROJECT_FILE: _EMPTY.substitute(schema=SCHEMA_FILE, lineage=lineage, api=api), IGNORE_FILE: IGNORE}
    day = (now + _LEAD).strftime("%Y-%m-%d")
    service = base_url if base_url not in (None, EMULATOR) else _EMULATOR
    text = _STARTER.substitute(schema=SCHEMA_FILE, lineage=lineage, schedule=f"{day} 09:00", service=service)
    return {PROJECT_FILE: text, IGNORE_FILE: IGNORE}


def add_lineage(text: str, lineage: str) -> str:
    """The text of an afsync.yaml with `lineage` in it; everything else, comments included, stays as it is.

    A text that has one is returned as it is. Raises ConfigError for one that cannot be read, or has no `version`.
    """
    return _add(text, "lineage", lineage, lineage)


def add_account(text: str, account: str) -> str:
    """The same with the account that it is for."""
    plain = re.fullmatch(r"[A-Za-z]+[_-][A-Za-z0-9_-]+", account)
    return _add(text, "account", account, account if plain else json.dumps(account))


def _add(text: str, key: str, meant: str, written: str) -> str:
    document = Document(PROJECT_FILE, text.removeprefix("\ufeff"))
    if document.marks:
        raise ConfigError(tuple(document.problems()))
    value = document.value if isinstance(document.value, dict) else {}
    if key in value:
        return text
    if "version" not in value:
        fault = Diagnostic(Code.MISSING, (), "`version` is missing", "add `version: 1`")
        raise ConfigError((document.problem(fault),))
    for result in _candidates(text, document, f"{key}: {written}"):
        if _says(result, {**value, key: meant}):
            return result
    fault = Diagnostic(Code.BAD_FORM, ("version",), f"no {key} can be added here", f"add the line `{key}: {written}`")
    raise ConfigError((document.problem(fault),))


def _candidates(text: str, document: Document, entry: str) -> Iterator[str]:
    """`text` with a line for the entry below `version`; then, as in a flow mapping, with an entry before it."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    key, value = document.locate(("version",), at_key=True), document.locate(("version",))
    assert key.line and key.column and value.line
    newline = "\r\n" if "\r\n" in text else "\n"
    above = lines[: value.line]
    if not above[-1].endswith(("\n", "\r")):
        above[-1] += newline
    yield "".join([*above, " " * (key.column - 1), entry, newline, *lines[value.line :]])
    line, before = lines[key.line - 1], key.column - 1 + (key.line == 1) * (len(text) - len(document.text))
    lines[key.line - 1] = f"{line[:before]}{entry}, {line[before:]}"
    yield "".join(lines)


def _says(text: str, value: dict[str, Any]) -> bool:
    document = Document(PROJECT_FILE, text.removeprefix("\ufeff"))
    return not document.marks and bool(document.value == value)
