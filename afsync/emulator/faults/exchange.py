"""One request with faults, carried through its seven points."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afsync.emulator import accounts, submissions
from afsync.emulator.faults.armed import TICK_S
from afsync.emulator.faults.reply import FaultReply, error, false, spoilt
from afsync.emulator.faults.spec import REPLIES, SPOILERS, InjectedFault

if TYPE_CHECKING:
    from afsync.emulator.requestlog import LoggedRequest
    from afsync.emulator.service import EmulatedService


ON_THE_WIRE = frozenset({"status", "half"})


class Dropped(BaseException):
    """The client gets no (more of an) answer; nothing further is done.

    A BaseException, like Replaced, so that no error handler on the way answers it.
    """


class Replaced(BaseException):
    """The client gets another answer; nothing further is done."""


class FaultyExchange:
    """Runs the application on one request, with faults."""

    def __init__(
        self,
        service: EmulatedService,
        faults: Sequence[InjectedFault],
        scope: Scope,
        receive: Receive,
        send: Send,
        entry: LoggedRequest,
    ) -> None:
        self.service = service
        self.faults = faults
        self.scope = scope
        self.receive = receive
        self.send = send
        self.entry = entry
        self.line: Line | None = scope.get("state", {}).get("line")
        self.reached: set[str] = set()
        self.reply = FaultReply(500, (), b"")
        self.postponed = False
        self.cut = any(fault.action == "cut-length" for fault in faults)

    async def run(self, app: ASGIApp) -> None:
        """From the first point to the last, or to where it ends."""
        try:
            await self._carry_out(app)
            await self._answer()
        except Dropped:
            if self.line is None:
                raise ConnectionResetError("the emulator dropped the connection") from None

    async def _carry_out(self, app: ASGIApp) -> None:
        try:
            await self._reach("connected")
            await self._reach("headers")
            if not _has_body(self.scope):
                await self._reach("received")
            await app(self.scope, self._read, self._collect)
            await self._reach("received")  # an answer may come before the body was read
            await self._reach("committed")
        except Replaced:
            pass

    async def _read(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            await self._reach("received")
        return message

    async def _collect(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"])
            self.reply = FaultReply(message["status"], headers, b"")
        elif message["type"] == "http.response.body":
            body = self.reply.body + message.get("body", b"")
            self.reply = FaultReply(self.reply.status, self.reply.headers, body)

    async def _answer(self) -> None:
        broken = self.cut or any(fault.point in ON_THE_WIRE for fault in self.faults)
        if broken and self.line is not None:
            await self._answer_by_hand(self.line)
            return
        reply = self.reply
        headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in reply.headers]
        await self.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if broken:
            await self.send(
                {"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True}
            )
            raise Dropped
        await self.send({"type": "http.response.body", "body": reply.body})
        await self._reach("sent")

    async def _answer_by_hand(self, line: Line) -> None:
        """Byte by byte, to stop anywhere; HTTP's own machinery is passed by, so the connection ends with it."""
        reply = self.reply
        half = len(reply.body) // 2
        self.entry.status = reply.status
        line.write(reply.status_line)
        await self._reach("status")
        line.write(reply.header_lines + reply.body[:half])
        await self._reach("half")
        if not self.cut:
            line.write(reply.body[half:])
            await self._reach("sent")
        await self._end(line.close)

    async def _reach(self, point: str) -> None:
        if point in self.reached:
            return
        self.reached.add(point)
        for fault in self.faults:
            if fault.point == point:
                self.entry.faults.append(fault.text)
                await self._act(fault)
        if self.postponed:  # and no other fault had an answer
            await self._drop("close")

    async def _act(self, fault: InjectedFault) -> None:
        if fault.action in SPOILERS:
            self.reply = spoilt(fault, self.reply)
            return
        if fault.action in REPLIES:
            self.reply = false(fault, self.service.media_host)
            raise Replaced
        match fault.action:
            case "stall":
                await self._stall(fault)
            case "hold":
                await self._hold(fault)
            case "late":
                submit_later(self.service, self.scope, self.entry.text, fault.number(30))
                self.postponed = True
            case "charge":
                self.reply = charge(self.service, self.scope, self.entry.text)
                raise Replaced
            case "refuse":
                if self.line is not None:
                    self.line.refuse(fault.number(1))
                await self._drop("close" if fault.point == "sent" else "reset")
            case _:
                await self._drop(fault.action)

    async def _drop(self, how: str) -> None:
        if self.line is not None:
            await self._end(self.line.reset if how == "reset" else self.line.close)
        raise Dropped

    async def _end(self, close: Callable[[], None]) -> None:
        """Close, and stay until it is closed: the HTTP machinery must not add an answer of its own."""
        close()
        while self.line is not None and not self.line.lost:
            await asyncio.sleep(TICK_S)

    async def _stall(self, fault: InjectedFault) -> None:
        if fault.point == "sent" and self.line is not None:
            self.line.pause()
        loop = asyncio.get_running_loop()
        until = loop.time() + fault.number(math.inf)
        while loop.time() < until and not self.service.holds.closed:
            if fault.argument is None and (self.line is None or self.line.lost):
                break
            await asyncio.sleep(TICK_S)
        if fault.argument is None:
            await self._drop("close")
        if fault.point == "sent" and self.line is not None:
            self.line.resume()

    async def _hold(self, fault: InjectedFault) -> None:
        request = f"{self.scope['method']} {self.scope['path']}"
        if not await self.service.holds.wait(fault.point, request):
            await self._drop("close")


def _has_body(scope: Scope) -> bool:
    names = dict(scope["headers"])
    return b"transfer-encoding" in names or names.get(b"content-length", b"0") != b"0"


class Line(Protocol):
    """Offered by the server under `scope["state"]["line"]`; in-process there is none."""

    number: int
    """Which connection to its host it is, from 1."""

    @property
    def lost(self) -> bool:
        """Whether either side has closed it."""
        ...

    def write(self, data: bytes) -> None:
        """Put bytes on the wire, past the HTTP machinery."""
        ...

    def close(self) -> None:
        """Send what is under way, then close."""
        ...

    def reset(self) -> None:
        """Close with a TCP reset."""
        ...

    def pause(self) -> None:
        """Read no more from it."""
        ...

    def resume(self) -> None:
        """Read from it again."""
        ...

    def refuse(self, seconds: float) -> None:
        """Accept no connections for a while, as a service that is being restarted."""
        ...


def submit_later(service: EmulatedService, scope: Scope, text: str, seconds: float) -> None:
    """Have it carried out when `seconds` have passed on the emulator's clock."""
    key = _key(scope)
    if key is None or _fields(text) is None:
        return  # it would have been refused
    due = service.clock.now() + round(seconds * 1000)
    with service.db.writing() as connection:
        connection.execute("INSERT INTO pending (due, key, body) VALUES (?, ?, ?)", (due, key, text))


def charge(service: EmulatedService, scope: Scope, text: str) -> FaultReply:
    """Take the credits, create no job; the answer is a 500."""
    key, fields, now = _key(scope), _fields(text), service.clock.now()
    if key is not None and fields is not None:
        account = accounts.find_or_create(service.db, key, service.options, now)
        submissions.charge_only(service.db, account, fields, service.options, now)
    return error(500, "job_creation_failed", "Rehearsed: the job could not be created")


def _key(scope: Scope) -> str | None:
    sent: bytes = dict(scope["headers"]).get(b"authorization", b"")
    key = sent.decode("latin-1").removeprefix("Bearer ")
    return key if accounts.KEY.fullmatch(key) else None


def _fields(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
