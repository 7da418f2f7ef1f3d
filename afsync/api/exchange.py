"""One request and its answer, with a limit on the whole exchange that holds whatever the server does.

The exchange runs in a thread of its own and the caller waits for it, so that the caller stays responsive to
signals, a server that drips a byte every second cannot hold it, and nothing is ever raised between "answer
received" and "returned". What was known when the caller stopped waiting is what it gets.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from msgspec import Struct, field

from afsync.api.access import Secret

SLICE = 0.1
"""Seconds between two looks at whether the caller gives up."""


class Request(Struct, frozen=True):
    """One request. The key is put into the headers at the very last moment, and only where there is one.

    `fresh`: on a connection of its own that is used for nothing else.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    key: Secret | None = None
    fresh: bool = False


class Reply(Struct, frozen=True):
    """An answer: names of headers in lower case. Not `complete`: the status came, but not all of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    complete: bool = True


class NoResponse(Struct, frozen=True):
    """No answer. `sent` is False only where no byte of the request can have left."""

    sent: bool
    why: str


Result: TypeAlias = Reply | NoResponse


class Abandoned(Exception):
    """Raised inside the exchange's own thread when the caller has stopped waiting, or the answer is too large."""


class Transport(Protocol):
    """Sends a request to the service and reports to an Exchange what happens, as it happens."""

    def carry(self, request: Request, exchange: Exchange) -> None: ...

    def close(self) -> None: ...


class Exchange:
    """The progress of one exchange: reported by the transport's thread, read by the caller's."""

    def __init__(self, max_bytes: int) -> None:
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._given_up = False
        self._sending = False
        self._head: tuple[int, Mapping[str, str]] | None = None
        self._body = bytearray()
        self._failure: tuple[bool, str] | None = None
        self._hang_up: Callable[[], None] | None = None
        self.done = threading.Event()

    # --- reported by the transport ---

    def opened(self, hang_up: Callable[[], None]) -> None:
        """There is a connection; `hang_up` breaks it off from another thread."""
        with self._lock:
            self._hang_up = hang_up

    def sending(self) -> None:
        """The first byte of the request is about to leave. Raises Abandoned when it must not any more."""
        with self._lock:
            if self._given_up:
                raise Abandoned
            self._sending = True

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        with self._lock:
            self._head = (status, headers)

    def received(self, chunk: bytes) -> None:
        """Part of the answer's body. Raises Abandoned when no more of it is wanted."""
        with self._lock:
            self._body += chunk[: self._max_bytes - len(self._body) + 1]
            if self._given_up or len(self._body) > self._max_bytes:
                raise Abandoned

    def failed(self, why: str, *, never_left: bool = False) -> None:
        """It failed. `never_left`: the transport is certain that nothing was sent."""
        with self._lock:
            self._failure = (never_left and not self._sending, why)

    # --- asked by the caller ---

    def give_up(self, why: str) -> Result:
        """Stop waiting: from now on no byte of the request leaves if none has left yet."""
        with self._lock:
            self._given_up = True
            result = self._result(None if self.done.is_set() else (not self._sending, why))
            hang_up = self._hang_up
        if hang_up is not None and not self.done.is_set():
            hang_up()
        return result

    def _result(self, gave_up: tuple[bool, str] | None) -> Result:
        failure = self._failure or gave_up
        if self._head is not None:
            whole = failure is None and len(self._body) <= self._max_bytes
            return Reply(*self._head, bytes(self._body[: self._max_bytes]), complete=whole)
        never_left, why = failure or (False, "the connection ended without an answer")
        return NoResponse(not never_left, why)


def run(
    transport: Transport,
    request: Request,
    *,
    seconds: float,
    max_bytes: int,
    abandoned: Callable[[], bool] | None = None,
    exchange: Exchange | None = None,
) -> Result:
    """Carry `request` and wait for the result, at most `seconds` in all.

    `abandoned` is asked ten times a second whether to stop waiting at once. Raises only what that raises.
    """
    exchange = exchange or Exchange(max_bytes)
    thread = threading.Thread(target=_carry, args=(transport, request, exchange), name="afsync-exchange", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return NoResponse(False, "no thread could be started")
    try:
        for _ in range(math.ceil(seconds / SLICE)):
            if exchange.done.wait(SLICE):
                break
            if abandoned is not None and abandoned():
                return exchange.give_up("given up before the answer came")
    except BaseException:
        # The waiting is interrupted: what has not been sent by now must not be sent later.
        exchange.give_up("interrupted")
        raise
    return exchange.give_up(f"no answer within {seconds:g} s")


def _carry(transport: Transport, request: Request, exchange: Exchange) -> None:
    try:
        transport.carry(request, exchange)
    except Abandoned:
        pass
    except Exception as error:  # whatever it is, the caller has to learn that the exchange is over
        exchange.failed(f"it broke off ({type(error).__name__})")
    finally:
        exchange.done.set()
