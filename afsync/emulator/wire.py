"""The outermost layer of the application: logs each request and hands it to its faults."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afsync.emulator.control.app import perform
from afsync.emulator.faults.armed import Armed
from afsync.emulator.faults.exchange import FaultyExchange
from afsync.emulator.requestlog import LoggedRequest
from afsync.emulator.service import EmulatedService


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
