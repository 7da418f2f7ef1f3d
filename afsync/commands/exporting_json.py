"""`afsync export --json`: all that the account holds, for scripts."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.app.connection import connect
from afsync.app.project import load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.session import EVERYTHING
from afsync.commands.context import here
from afsync.commands.screen import tell
from afsync.output.export_json import export_document
from afsync.output.json_text import json_text


def export_json(account: str | None) -> int:
    """Reads the state and the account; changes neither."""
    from afsync.api.snapshot import fetch

    project = load_project(here())
    recorded = read_state(here(), project)[0]
    service = connect(here(), project, writes=False, silent=True)
    remote = replace(fetch(service.reader, EVERYTHING), base_url=service.base_url)
    check_account(project, recorded, remote, account)
    return tell(json_text(export_document(recorded, remote, here().now())))
