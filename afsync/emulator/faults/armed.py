"""What is armed (faults and rehearsals, with how often each was met), and the requests that are held at a point."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from msgspec import Struct, field

from afsync.emulator.faults.spec import InjectedFault, Target

PREFIX = "/v1"


class Armed(Struct):
    """A fault, or a rehearsal (control calls to make between two requests), with its counters."""

    id: int
    target: Target
    fault: InjectedFault | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    fired: int = 0

    def meet(self) -> bool:
        """Count one more matching request; whether the target covers it."""
        self.seen += 1
        meant = self.target.covers(self.seen)
        self.fired += meant
        return meant

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        what = {"fault": self.fault.text} if self.fault else {"calls": self.calls}
        return {"id": self.id, **what, "seen": self.seen, "fired": self.fired}


class FaultBook:
    """The faults that are armed. Requests are counted for each from the moment it is added."""

    def __init__(self) -> None:
        self._armed: dict[int, Armed] = {}
        self._next = 1
        self._lock = threading.Lock()

    def add(self, fault: InjectedFault) -> Armed:
        """Arm a fault; its entry."""
        return self._add(Armed(0, fault.target, fault))

    def rehearse(self, target: Target, calls: list[dict[str, Any]]) -> Armed:
        """Arm control calls, to be made when a request has been carried out."""
        return self._add(Armed(0, target, None, calls))

    def _add(self, armed: Armed) -> Armed:
        with self._lock:
            armed.id = self._next
            self._next += 1
            self._armed[armed.id] = armed
        return armed

    def met(self, method: str, path: str) -> list[Armed]:
        """The armed entries that apply to this request."""
        path = path.removeprefix(PREFIX) or "/"
        with self._lock:
            kinds = [armed for armed in self._armed.values() if armed.target.method is not None]
            return [armed for armed in kinds if armed.target.matches(method, path) and armed.meet()]

    def met_connection(self) -> list[Armed]:
        """The armed entries that apply to a new connection."""
        with self._lock:
            return [armed for armed in self._armed.values() if armed.target.method is None and armed.meet()]

    def everything(self) -> list[Armed]:
        """All armed entries, fired ones included."""
        return list(self._armed.values())

    def remove(self, identity: int | None = None) -> int:
        """Disarm the one with this id, or all; how many."""
        with self._lock:
            gone = list(self._armed) if identity is None else [identity] if identity in self._armed else []
            for one in gone:
                del self._armed[one]
        return len(gone)


TICK_S = 0.002


class Hold(Struct):
    """A request that is held. `verdict` is None until it is released, then whether it goes on."""

    id: int
    point: str
    request: str
    verdict: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {"id": self.id, "point": self.point, "request": self.request}


class Holds:
    """The requests that are held. They wait by polling, because they may be on different event loops."""

    def __init__(self) -> None:
        self._held: dict[int, Hold] = {}
        self._next = 1
        self.closed = False

    async def wait(self, point: str, request: str) -> bool:
        """Hold a request until it is released; whether it goes on."""
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
        """The held requests, as soon as there is one."""
        for _ in range(max(1, round(seconds / TICK_S))):
            if self.current():
                break
            await asyncio.sleep(TICK_S)
        return self.current()

    def current(self) -> list[Hold]:
        """The requests that are held now."""
        return [hold for hold in self._held.values() if hold.verdict is None]

    def release(self, identity: int | None, *, go_on: bool) -> list[Hold]:
        """Let one go, or all: the request goes on, or it is dropped on the spot."""
        released = [hold for hold in self.current() if identity in (None, hold.id)]
        for hold in released:
            hold.verdict = go_on
        return released

    def close(self) -> None:
        """Drop all held requests, because the emulator stops."""
        self.closed = True
