"""Templates: list, create, read, delete."""

from __future__ import annotations

from starlette.responses import Response

from afsync.emulator import templates
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import ErrorAnswer, not_found


async def index(call: Call) -> Response:
    """GET /templates: all of the account's."""
    with call.service.db.reading() as connection:
        rows = templates.everything(connection, call.account.id)
    return call.answer({"templates": [call.dialect.template_row(row) for row in rows]})


async def create(call: Call) -> Response:
    """POST /templates: create one; names need not be unique."""
    new = call.dialect.new_template(await call.body())
    with call.service.db.writing() as connection:
        template = templates.create(
            connection, call.account.id, new.name, new.description, new.spec, call.now, call.dialect.lenient
        )
    status, body = call.dialect.template_created(template)
    return call.answer(body, status)


async def show(call: Call) -> Response:
    """GET /templates/:id, a call that the reference does not name."""
    if not call.dialect.reads_templates:
        raise ErrorAnswer(405, "method_not_allowed", "Method not allowed", headers={"Allow": "DELETE"})
    return call.answer({"template": call.dialect.template_row(_find(call))})


async def delete(call: Call) -> Response:
    """DELETE /templates/:id: delete it at once; jobs keep their fields."""
    template = _find(call)
    with call.service.db.writing() as connection:
        templates.remove(connection, template)
    return call.answer({"deleted": True})


def _find(call: Call) -> templates.EmulatedTemplate:
    wanted = call.request.path_params["template"]
    if call.dialect.lenient and not templates.UUID_FORM.fullmatch(wanted):
        raise ErrorAnswer(500, "get_template_failed", "invalid input syntax for type uuid")
    with call.service.db.reading() as connection:
        template = templates.find(connection, wanted, call.account.id)
    if template is None:
        raise not_found("Template")
    return template


ROUTES = [
    route("GET", "/templates", index),
    route("POST", "/templates", create),
    route("GET", "/templates/{template}", show),
    route("DELETE", "/templates/{template}", delete),
]
