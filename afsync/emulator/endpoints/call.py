"""What an endpoint gets to see of a request, and how it answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from afsync.emulator import jobs
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.dialects import Dialect
from afsync.emulator.errors import ErrorAnswer, invalid, not_found
from afsync.emulator.service import EmulatedService

MAX_BODY, LENIENT_MAX_BODY = 1_000_000, 10_000_000


class Call:
    """One request by an account that was let in."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.service: EmulatedService = request.app.state.service
        self.account: EmulatedAccount = request.state.account
        self.dialect: Dialect = self.service.dialect_for(self.account)
        self.now = self.service.clock.now()

    async def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        raw = await self.raw_body()
        if self.dialect.lenient:
            return _lenient_body(raw)
        try:
            body = json.loads(raw)
            json.dumps(body, allow_nan=False, ensure_ascii=False).encode()  # refuses what could not be sent back
        except (ValueError, RecursionError):
            raise ErrorAnswer(400, "invalid_json", "The body must be JSON") from None
        if not isinstance(body, dict):
            raise invalid("The body must be a JSON object")
        return body

    async def optional_body(self) -> dict[str, Any]:
        """The JSON object that was sent; empty where there is no body."""
        return await self.body() if await self.raw_body() else {}

    async def raw_body(self) -> bytes:
        """The bytes that were sent; a 413 where there are too many."""
        most = LENIENT_MAX_BODY if self.dialect.lenient else MAX_BODY
        if int(self.request.headers.get("content-length", "0")) > most:
            raise ErrorAnswer(413, "payload_too_large", "The body is too large")
        return await self.request.body()

    def count(self, name: str, default: int, least: int) -> int:
        """An integer from the query."""
        text = self.request.query_params.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
            raise invalid(f"{name} must be an integer of at least {least}")
        return int(text)

    def job(self) -> jobs.EmulatedJob:
        """The job that the path names, if it is this account's."""
        with self.service.db.reading() as connection:
            job = jobs.find(connection, self.request.path_params["job"])
        if job is None:
            raise not_found("Job")
        if job.account != self.account.id:
            raise ErrorAnswer(403, "forbidden")
        return job

    def answer(self, body: Mapping[str, Any], status: int = 200) -> Response:
        """The response with this body as JSON."""
        extra = {"requestId": f"req_{self.now:x}", "apiVersion": 1} if self.service.options.extra_fields else {}
        return JSONResponse({**body, **extra}, status)


def _lenient_body(raw: bytes) -> dict[str, Any]:
    """The body as the router reads it: a list or no body counts as an empty object, anything but JSON is a 400."""
    try:
        body = json.loads(raw or b"{}")
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
        if not isinstance(body, dict | list):
            raise ValueError
    except (ValueError, RecursionError):
        extra = {"ok": False, "label": "BODY_PARSE_FAILED"}
        raise ErrorAnswer(400, None, "The body could not be read as JSON", extra) from None
    return body if isinstance(body, dict) else {}


Endpoint = Callable[[Call], Awaitable[Response]]


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """A route below /v1."""

    async def run(request: Request) -> Response:
        return await endpoint(Call(request))

    return Route(f"/v1{path}", run, methods=[method])
