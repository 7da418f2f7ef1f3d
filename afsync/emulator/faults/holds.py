"""Requests that are held at a point until somebody lets them go."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

TICK_S = 0.002


class Hold(Struct):
    """One of them; `verdict` is None while it is held, then whether the request goes on."""

    id: int
    point: str
    request: str
    verdict: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {"id": self.id, "point": self.point, "request": self.request}


class Holds:
    """Looked at by polling, because the requests may be on different event loops."""

    def __init__(self) -> None:
        self._held: dict[int, Hold] = {}
        self._next = 1
        self.closed = False

    async def wait(self, point: str, request: str) -> bool:
        """Hold a request here; whether it goes on."""
        hold = Hold(self._next, point, request)
        self._next += 1
        self._held[hold.id] = hold
        try:
            while hold.verdict is None and not self.closed:
                await asyncio.sleep(TICK_S)
        finally:
            self._held.pop(hold.id, None)
        return bool(hold.verdict)

    async def until_any(self, seconds: float) -> list[Hold]:
        """Those that are held, as soon as there is one."""
        for _ in range(max(1, round(seconds / TICK_S))):
            if self.current():
                break
            await asyncio.sleep(TICK_S)
        return self.current()

    def current(self) -> list[Hold]:
        """Those that are held now."""
        return [hold for hold in self._held.values() if hold.verdict is None]

    def release(self, identity: int | None, *, go_on: bool) -> list[Hold]:
        """Let one go, or all: the request goes on, or it is dropped on the spot."""
        released = [hold for hold in self.current() if identity in (None, hold.id)]
        for hold in released:
            hold.verdict = go_on
        return released

    def close(self) -> None:
        """The emulator stops: drop them all."""
        self.closed = True
