"""Puts the service together: the API, the control calls and the media host, in one ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import formatdate
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afsync.emulator import accounts
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.clock import Clock, utc_now
from afsync.emulator.control.app import PREFIX, Control, perform
from afsync.emulator.database import Database, put_setting
from afsync.emulator.endpoints import ROUTES, allowed
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.faults.armed import Armed
from afsync.emulator.faults.exchange import FaultyExchange
from afsync.emulator.faults.spec import parse
from afsync.emulator.media_host import client_gone, media_app
from afsync.emulator.options import EmulatorOptions
from afsync.emulator.requestlog import LoggedRequest
from afsync.emulator.service import EmulatedService

MEDIA_HOST = "http://media.localhost"
"""The media host's name when the application is not behind sockets."""


class Emulator:
    """An ASGI application. Close it when done."""

    def __init__(self, service: EmulatedService) -> None:
        self.service = service
        self._api = Wire(service, Gate(service, _api_app(service)), "api")
        self._media = Wire(service, media_app(service), "media")
        self.control = Control(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the emulator speaks HTTP only, not {scope['type']}")
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if scope["path"].startswith(f"{PREFIX}/"):
            await self.control(scope, receive, send)
        elif host == urlsplit(self.service.media_host).netloc:
            await self._media(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    def close(self) -> None:
        """Drop the held requests and close the data."""
        self.service.close()


def create_app(
    data: Path | str = ":memory:",
    *,
    clock: Callable[[], datetime] = utc_now,
    upload_host: str | None = None,
    faults: Sequence[str] = (),
    seed: str | None = None,
    copied: bool = False,
    **options: Any,
) -> Emulator:
    """An emulator on the file `data`, which is made if need be.

    `options` are those of `EmulatorOptions`. `upload_host` is scheme and authority of the media host. `seed` makes the
    ids of a new file predictable. `copied` works on a copy in memory: nothing is written. ValueError for an option or a
    fault that does not exist.
    """
    chosen = EmulatorOptions()
    chosen.update(options)
    armed = [parse(text) for text in faults]
    if str(data) != ":memory:" and not copied:
        with contextlib.suppress(OSError):  # a directory that cannot be written is no error: see Database
            Path(data).parent.mkdir(parents=True, exist_ok=True)
    db = Database(str(data), copied=copied)
    if seed is not None:
        with db.writing() as connection:
            put_setting(connection, "seed", seed)
    service = EmulatedService(db, chosen, Clock(clock), upload_host or MEDIA_HOST)
    for fault in armed:
        service.faults.add(fault)
    return Emulator(service)


def _api_app(service: EmulatedService) -> Starlette:
    app = Starlette(
        routes=ROUTES,
        exception_handlers={
            ErrorAnswer: _refusal,
            ClientDisconnect: client_gone,
            HTTPException: _http_error,
            Exception: _bug,
        },
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, ErrorAnswer)
    return JSONResponse(error.body, error.status, error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    service: EmulatedService = request.app.state.service
    if service.dialect.lenient:
        page = f"<!DOCTYPE html>\n<pre>Cannot {escape(request.method)} {escape(request.url.path)}</pre>\n"
        return HTMLResponse(page, 404)
    name = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(allowed(request.url.path, reads_templates=service.dialect.reads_templates))
    return JSONResponse({"error": name, "message": error.detail}, error.status_code, headers)


async def _bug(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "internal_error", "message": "A bug in the emulator"}, 500)


class Gate:
    """Authenticates and limits a request: passes it on with its account in the scope's state, or refuses it."""

    def __init__(self, service: EmulatedService, app: ASGIApp) -> None:
        self.service = service
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        submission = scope["method"] == "POST" and scope["path"] == "/v1/jobs"
        try:
            account = self._enter(scope, submission)
        except ErrorAnswer as refusal:
            await JSONResponse(refusal.body, refusal.status, refusal.headers)(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        try:
            await self.app(scope, receive, send)
        finally:
            if submission:
                self.service.limiter.end_submission(account.key_id)

    def _enter(self, scope: Scope, submission: bool) -> EmulatedAccount:
        service, now = self.service, self.service.clock.now()
        account = accounts.find_or_create(service.db, _key(scope, service.dialect.lenient), service.options, now)
        limits = service.dialect.limits(account)
        service.limiter.enter(account.key_id, limits.rpm, now)
        if account.tier not in accounts.TIERS_WITH_API:
            raise ErrorAnswer(403, "plan_not_supported", "Your plan has no API access")
        if submission:
            service.limiter.begin_submission(account.key_id, limits.concurrent)
        return account


def _key(scope: Scope, lenient: bool) -> str:
    sent = Request(scope).headers.get("authorization", "")
    scheme, _, key = sent.partition(" ")
    if not sent:
        error = "missing_auth" if lenient else "missing_api_key"
        raise ErrorAnswer(401, error, "Send your API key as: Authorization: Bearer af_live_…")
    if scheme.lower() != "bearer" or not accounts.KEY.fullmatch(key.strip()):
        raise ErrorAnswer(401, "invalid_api_key", "This API key is not valid")
    return key.strip()


class Wire:
    """`host` is "api" or "media", as the log calls them."""

    def __init__(self, service: EmulatedService, app: ASGIApp, host: str) -> None:
        self.service = service
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = self.service
        service.settle()
        entry = service.log.open(service.clock.now(), self.host, scope)
        armed = service.faults.met(scope["method"], scope["path"])
        if service.options.latency_ms:
            await asyncio.sleep(service.options.latency_ms / 1000)
        listen, answer = self._watched(entry, receive, send)
        app = self._carried_out(armed)
        faults = [one.fault for one in armed if one.fault]
        try:
            if faults:
                await FaultyExchange(service, faults, scope, listen, answer, entry).run(app)
            else:
                await app(scope, listen, answer)
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:
            if not service.holds.closed:
                raise

    def _watched(self, entry: LoggedRequest, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """What is read and sent, as the log sees it."""

        async def listen() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                entry.take(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        return listen, answer

    def _carried_out(self, armed: list[Armed]) -> ASGIApp:
        """The application, dated by the emulator's clock, and with rehearsals between what it does and its answer."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    date = formatdate(self.service.clock.now() / 1000, usegmt=True).encode()
                    message["headers"] = [*message["headers"], (b"date", date)]
                    self._rehearse(armed)
                await send(message)

            await self.app(scope, receive, answer)

        return app

    def _rehearse(self, armed: list[Armed]) -> None:
        for one in armed:
            for call in one.calls:
                perform(self.service, call)
