"""The control calls over HTTP: no key, no rate limit, and only from this machine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from afsync.emulator.control import calls, jobs
from afsync.emulator.control.calls import BadCall, checked
from afsync.emulator.faults import spec
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


def rehearse(service: EmulatedService, body: Json) -> Json:
    """Have control calls made when a request has been carried out and before its answer is sent."""
    given = checked(body, after=str, calls=list)
    calls = given.get("calls", [])
    if "after" not in given or not calls or not all(isinstance(call, dict) and "call" in call for call in calls):
        raise BadCall("give 'after', such as 'GET /jobs#2', and 'calls', such as [{\"call\": \"seed\", …}]")
    if strange := [call["call"] for call in calls if call["call"] not in REHEARSABLE]:
        raise BadCall(f"no call {strange[0]!r}; there are: {', '.join(REHEARSABLE)}")
    return service.faults.rehearse(spec.parse_target(given["after"]), calls).as_json()


CALLS: dict[tuple[str, str], ControlCall] = {
    ("GET", "/requests"): calls.list_requests,
    ("DELETE", "/requests"): calls.clear_requests,
    ("GET", "/clock"): calls.show_clock,
    ("POST", "/clock"): calls.move_clock,
    ("GET", "/options"): calls.show_options,
    ("PATCH", "/options"): calls.change_options,
    ("GET", "/accounts"): calls.list_accounts,
    ("POST", "/accounts"): calls.change_account,
    ("GET", "/ledger"): calls.list_ledger,
    ("GET", "/jobs"): jobs.index,
    ("POST", "/jobs/seed"): jobs.seed,
    ("POST", "/jobs/advance"): jobs.advance,
    ("POST", "/jobs/purge"): jobs.purge,
    ("GET", "/templates"): calls.list_templates,
    ("PATCH", "/templates"): calls.edit_template,
    ("GET", "/uploads"): calls.list_uploads,
    ("POST", "/uploads"): calls.add_upload,
    ("GET", "/faults"): calls.list_faults,
    ("POST", "/faults"): calls.add_fault,
    ("DELETE", "/faults"): calls.remove_faults,
    ("POST", "/rehearse"): rehearse,
    ("GET", "/holds"): calls.list_holds,
    ("POST", "/release"): calls.release,
}

REHEARSABLE: dict[str, ControlCall] = {
    "seed": jobs.seed,
    "advance": jobs.advance,
    "purge": jobs.purge,
    "account": calls.change_account,
    "edit-template": calls.edit_template,
    "clock": calls.move_clock,
    "options": calls.change_options,
    "fault": calls.add_fault,
}
"""The calls that a rehearsal can make."""


def perform(service: EmulatedService, call: Json) -> Json:
    """Make the call that `{"call": name, ...}` describes."""
    arguments = {name: value for name, value in call.items() if name != "call"}
    return REHEARSABLE[call["call"]](service, arguments)
