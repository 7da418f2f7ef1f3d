"""The control calls over HTTP: no key, no rate limit, and only from this machine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from afsync.emulator.control import accounts, data, faults, jobs, settings
from afsync.emulator.service import EmulatedService

PREFIX = "/_emulator"


class NoSuchCall(ValueError):
    """No control call has this method and path."""


class Control:
    """An ASGI application; arguments come as a JSON object, or in the query."""

    def __init__(self, service: EmulatedService) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        if not _is_local(request):
            return JSONResponse({"error": "only from this machine"}, 403)
        try:
            return JSONResponse(await self.answer(request.method, path, await _arguments(request)))
        except NoSuchCall as wrong:
            return JSONResponse({"error": str(wrong)}, 404)
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)

    async def answer(self, method: str, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer to one of the `CALLS`. ValueError when there is no such call, or an argument is wrong."""
        if (method, path) not in CALLS:
            there = ", ".join(f"{known} {PREFIX}{at}" for known, at in CALLS)
            raise NoSuchCall(f"no such control call; there are: {there}")
        if path == "/holds" and "wait" in arguments:
            await self.service.holds.until_any(float(arguments.pop("wait")))
        self.service.settle()
        return CALLS[method, path](self.service, arguments)


async def _arguments(request: Request) -> dict[str, Any]:
    raw = await request.body()
    query = {name: int(text) if text.isdecimal() else text for name, text in request.query_params.items()}
    arguments = json.loads(raw) if raw else query
    if not isinstance(arguments, dict):
        raise ValueError("the arguments must be a JSON object")
    return arguments


def _is_local(request: Request) -> bool:
    try:
        return request.client is None or ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return request.client is not None and request.client.host in ("localhost", "testclient")


Json = dict[str, Any]
ControlCall = Callable[[EmulatedService, Json], Json]

CALLS: dict[tuple[str, str], ControlCall] = {
    ("GET", "/requests"): settings.requests,
    ("DELETE", "/requests"): settings.clear_requests,
    ("GET", "/clock"): settings.clock,
    ("POST", "/clock"): settings.move_clock,
    ("GET", "/options"): settings.options,
    ("PATCH", "/options"): settings.change_options,
    ("GET", "/accounts"): accounts.index,
    ("POST", "/accounts"): accounts.change,
    ("GET", "/ledger"): accounts.entries,
    ("GET", "/jobs"): jobs.index,
    ("POST", "/jobs/seed"): jobs.seed,
    ("POST", "/jobs/advance"): jobs.advance,
    ("POST", "/jobs/purge"): jobs.purge,
    ("GET", "/templates"): data.templates_index,
    ("PATCH", "/templates"): data.edit_template,
    ("GET", "/uploads"): data.uploads_index,
    ("POST", "/uploads"): data.add_upload,
    ("GET", "/faults"): faults.index,
    ("POST", "/faults"): faults.add,
    ("DELETE", "/faults"): faults.remove,
    ("POST", "/rehearse"): faults.rehearse,
    ("GET", "/holds"): faults.holds,
    ("POST", "/release"): faults.release,
}

NAMES: dict[str, ControlCall] = {
    "seed": jobs.seed,
    "advance": jobs.advance,
    "purge": jobs.purge,
    "account": accounts.change,
    "edit-template": data.edit_template,
    "clock": settings.move_clock,
    "options": settings.change_options,
    "fault": faults.add,
}
"""The calls that a rehearsal can make; `faults.REHEARSABLE` names them."""


def perform(service: EmulatedService, call: Json) -> Json:
    """Make the call that `{"call": name, ...}` describes."""
    arguments = {name: value for name, value in call.items() if name != "call"}
    return NAMES[call["call"]](service, arguments)
