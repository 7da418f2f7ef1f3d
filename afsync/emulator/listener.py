"""Two listening sockets on loopback (API and media host), and an HTTP protocol whose connections a fault can break."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from afsync.emulator.app import Emulator
from afsync.emulator.faults.armed import Armed, FaultBook, Holds

KEEP_ALIVE_S = 60
GRACE_S = 0.3
BACKLOG = 256


def bind(host: str, port: int) -> socket.socket:
    """A socket with its address, not listening yet; ValueError unless that is this machine's alone."""
    try:
        local = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        local = None
    if local is None or not local.is_loopback:
        raise ValueError(f"the emulator listens on this machine only (127.0.0.1, ::1 or localhost), not on {host!r}")
    family = socket.AF_INET6 if local.version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle's delay on
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((str(local), port))
    except OSError:
        sock.close()
        raise
    return sock


def bound(host: str, port: int) -> closing[socket.socket]:
    """A listening socket, closed when the block is left."""
    return closing(bind(host, port))


def address(sock: socket.socket) -> str:
    """Host and port as in a URL."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Listener:
    """Serves an emulator until it is closed; lives on one event loop."""

    def __init__(self, emulator: Emulator, api: socket.socket, media: socket.socket) -> None:
        self.emulator = emulator
        self._sockets = {"api": api, "media": media}
        self._servers: dict[str, asyncio.Server] = {}
        self._state = ServerState()
        self._counts: Counter[str] = Counter()
        self._closed = False
        self._config = Config(
            emulator, http=BreakableProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
            date_header=False, server_header=False, timeout_keep_alive=KEEP_ALIVE_S, proxy_headers=False,
        )  # fmt: skip
        self._config.load()

    async def open(self) -> None:
        """Start to listen on both sockets."""
        for name in self._sockets:
            await self._listen(name)

    async def _listen(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        self._servers[name] = await loop.create_server(
            lambda: self._accept(name), sock=self._sockets[name], backlog=BACKLOG
        )

    def _accept(self, name: str) -> BreakableProtocol:
        self._counts[name] += 1
        faults = self.emulator.service.faults if name == "api" else None
        holds = self.emulator.service.holds
        return BreakableProtocol(self._config, self._state, self._counts[name], faults, holds, self._refuse)

    def _refuse(self, seconds: float) -> None:
        """Stop listening, hold the port so that no other process gets it, and listen again later."""
        if "api" not in self._servers:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sockets["api"])
        # Closed a turn later: a connection that was accepted just now would be left without a transport.
        loop.call_soon(self._go_away, loop, self._servers.pop("api"), seconds)

    def _go_away(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server, seconds: float) -> None:
        if self._closed:
            server.close()
            return
        host, port = self._sockets["api"].getsockname()[:2]
        server.close()
        self._sockets["api"] = bind(host, port)
        loop.call_later(seconds, self._accept_again, loop)

    def _accept_again(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._closed:
            task = loop.create_task(self._listen("api"))
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    async def close(self) -> None:
        """Answer what is under way, for a moment, then let go of everything."""
        self._closed = True
        self.emulator.service.holds.close()
        for server in self._servers.values():
            server.close()
        for sock in self._sockets.values():
            sock.close()
        for connection in list(self._state.connections):
            if isinstance(connection, BreakableProtocol) and connection.idle:
                connection.close()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=GRACE_S)
        for connection in list(self._state.connections):
            connection.transport.abort()
        for task in list(self._state.tasks):
            task.cancel()
        await asyncio.gather(*self._state.tasks, return_exceptions=True)
        await asyncio.sleep(0)


LINGER_ZERO = struct.pack("ii", 1, 0)


class BreakableProtocol(H11Protocol):
    """One connection; see `faults.exchange.Line`."""

    def __init__(
        self,
        config: Config,
        state: ServerState,
        number: int,
        faults: FaultBook | None,
        holds: Holds,
        refuse: Callable[[float], None],
    ) -> None:
        super().__init__(config, state, {"line": self})
        self.number = number
        self.lost = False
        self._faults = faults
        self._holds = holds
        self._refuse = refuse

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        for armed in self._faults.met_connection() if self._faults else ():
            self._meet(armed)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        super().connection_lost(exc)

    def _meet(self, armed: Armed) -> None:
        """What happens before anything is read."""
        fault = armed.fault
        if fault is None:
            return
        match fault.action:
            case "close":
                self.close()
            case "reset":
                self.reset()
            case "stall":
                self.pause()
                if fault.argument is not None:
                    self.loop.call_later(float(fault.argument), self.resume)
            case "hold":
                self.pause()
                task = self.loop.create_task(self._hold())
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    async def _hold(self) -> None:
        if await self._holds.wait("connected", f"connection {self.number}"):
            self.resume()
        else:
            self.close()

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def close(self) -> None:
        self.transport.close()

    def reset(self) -> None:
        sock: Any = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.transport.abort()

    def pause(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def refuse(self, seconds: float) -> None:
        self._refuse(seconds)
