"""The emulator inside this process: drives an ASGI application without a socket, a server or httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from afsync.api.exchange import Exchange, Request

Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""An ASGI application."""


class InProcessTransport:
    """Carries requests to an application; thread-safe, with a short-lived event loop for each request."""

    def __init__(self, app: App) -> None:
        self._app = app

    def close(self) -> None:
        """Nothing is kept open."""

    def carry(self, request: Request, exchange: Exchange) -> None:
        exchange.sending()
        asyncio.run(self._call(request, exchange))

    async def _call(self, request: Request, exchange: Exchange) -> None:
        chunks = _chunks(request)
        answered = asyncio.Event()

        async def receive() -> Message:
            chunk = next(chunks, None)
            if chunk is None:
                await answered.wait()
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk[0], "more_body": chunk[1]}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message.get("headers", ())}
                exchange.answered(message["status"], headers)
            elif message["type"] == "http.response.body":
                exchange.received(message.get("body", b""))
                if not message.get("more_body", False):
                    answered.set()

        await self._app(_scope(request), receive, send)


def _chunks(request: Request) -> Iterator[tuple[bytes, bool]]:
    """The body in pieces, each with whether more follows."""
    if not isinstance(request.body, bytes):
        yield from ((chunk, True) for chunk in request.body)
        yield b"", False
    else:
        yield request.body, False


def _scope(request: Request) -> Message:
    url = urlsplit(request.url)
    headers = {"host": url.netloc, "accept": "application/json"}
    headers |= {name.lower(): value for name, value in request.headers.items()}
    if request.key is not None:
        headers["authorization"] = f"Bearer {request.key.reveal()}"
    if isinstance(request.body, bytes) and request.body:
        headers["content-length"] = str(len(request.body))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("ascii"),
        "query_string": url.query.encode("ascii"),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (url.hostname, url.port or 80),
        "state": {},
    }
