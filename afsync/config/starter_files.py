"""The files of a project to start from, as `init` writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from string import Template
from typing import Final

from afsync.config.files import PROJECT_FILE
from afsync.core.remote_account import EMULATOR

SCHEMA_FILE: Final = ".afsync/afsync.schema.json"
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

IGNORE_ALL: Final = """\
# The state is kept elsewhere: what is here is for this machine alone.
.afsync/
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
