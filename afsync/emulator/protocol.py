"""HTTP over a socket that can be broken on purpose: uvicorn's protocol, with its line laid open."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from afsync.emulator.faults.book import Armed, FaultBook
from afsync.emulator.faults.holds import Holds

LINGER_ZERO = struct.pack("ii", 1, 0)


class BreakableProtocol(H11Protocol):
    """One connection; see `faults.line.Line`."""

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
