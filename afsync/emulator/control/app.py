"""The control calls over HTTP: no key, no rate limit, and only from this machine."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from afsync.emulator.control.calls import CALLS
from afsync.emulator.service import Service

PREFIX = "/_emulator"


class Control:
    """An ASGI application; arguments come as a JSON object, or in the query."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        call = CALLS.get((request.method, path))
        if not _is_local(request):
            return JSONResponse({"error": "only from this machine"}, 403)
        if call is None:
            there = ", ".join(f"{method} {PREFIX}{known}" for method, known in CALLS)
            return JSONResponse({"error": f"no such control call; there are: {there}"}, 404)
        try:
            arguments = await _arguments(request)
            if path == "/holds" and "wait" in arguments:
                await self.service.holds.until_any(float(arguments.pop("wait")))
            self.service.settle()
            return JSONResponse(call(self.service, arguments))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)


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
