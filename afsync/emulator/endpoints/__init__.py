"""The service's own endpoints, one file per noun; `GET /account` is here."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from afsync.emulator.endpoints import jobs, publishing, templates, uploads
from afsync.emulator.endpoints.call import Call, route


async def show_account(call: Call) -> Response:
    """GET /account: plan tier, credits and limits."""
    return call.answer(call.dialect.account(call.account))


ROUTES: list[Route] = [
    route("GET", "/account", show_account),
    *templates.ROUTES,
    *jobs.ROUTES,
    *publishing.ROUTES,
    *uploads.ROUTES,
]


def allowed(path: str, *, reads_templates: bool) -> list[str]:
    """The methods that a path has, for the `Allow` of a 405: Starlette names those of the first route only."""
    methods: set[str] = set()
    for one in ROUTES:
        hidden = one.path == "/v1/templates/{template}" and "GET" in (one.methods or ()) and not reads_templates
        if one.path_regex.match(path) and not hidden:
            methods |= one.methods or set()
    return sorted(methods)
