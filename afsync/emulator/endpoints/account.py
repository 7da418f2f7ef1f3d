"""GET /account."""

from __future__ import annotations

from starlette.responses import Response

from afsync.emulator.endpoints.call import Call, route


async def show(call: Call) -> Response:
    """Plan tier, credits and limits."""
    return call.answer(call.dialect.account(call.account))


ROUTES = [route("GET", "/account", show)]
