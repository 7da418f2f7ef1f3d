"""Control calls for templates and files."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import asdict

from afsync.emulator import templates, uploads
from afsync.emulator.control.accounts import owner
from afsync.emulator.control.arguments import BadCall, read
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]


def templates_index(service: EmulatedService, body: Json) -> Json:
    """All of them, newest first, with what the service does not tell."""
    given = read(body, key=str)
    account = owner(service, given["key"]) if "key" in given else None
    with service.db.reading() as connection:
        rows = templates.everything(connection, account)
    return {"templates": [row.as_json() for row in rows]}


def edit_template(service: EmulatedService, body: Json) -> Json:
    """Change one, as a person would in the product: the API cannot."""
    given = read(body, id=str, name=str, description=(str, type(None)), fields=dict)
    with service.db.writing() as connection:
        template = templates.find(connection, given.get("id"))
        if template is None:
            raise BadCall(f"no template {given.get('id')!r}")
        changes: Json = {name: given[name] for name in ("name", "description") if name in given}
        if "fields" in given:
            changes["spec"] = json.dumps(given["fields"])
        templates.edit(connection, template, changes, service.clock.now())
        changed = templates.find(connection, template.id)
    return changed.as_json() if changed else {}


def uploads_index(service: EmulatedService, body: Json) -> Json:
    """All files, oldest first; those without a size have not come yet."""
    read(body)
    with service.db.reading() as connection:
        return {"uploads": [asdict(row) for row in uploads.everything(connection)]}


def add_upload(service: EmulatedService, body: Json) -> Json:
    """Make a file id known without sending a file."""
    given = read(body, key=str, file_id=str, filename=str, size=int)
    if "file_id" not in given:
        raise BadCall("'file_id' is required")
    account = owner(service, given.get("key"))
    name, size = given.get("filename", "video.mp4"), given.get("size", 1)
    row = uploads.EmulatedUpload(given["file_id"], account, name, "video/mp4", service.clock.now(), size, None)
    with service.db.writing() as connection:
        uploads.create(connection, row)
    return asdict(row)
