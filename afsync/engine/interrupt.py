"""Signals, as a value that the engine checks between two steps. A signal raises nothing in the middle of a step."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from afsync.errors import Exit, Interrupted

_SLICE = 0.05
"""Seconds between two looks at a flag."""
_LOOK = 0.1
_AT_ONCE = 0.2
"""Seconds: how often afsync checks whether the run has ended; a run that ends within that time needs no message."""


class Flag:
    """What a signal handler may set. Not an Event: the handler could interrupt the code that holds its lock, and then
    wait for it forever."""

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, at most that long; returns whether it is."""
        until = time.monotonic() + seconds
        while not self._set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
        return self._set


class Stop:
    """Whether a signal asked to stop.

    The first signal sets `asked`: nothing new is started, the request in flight finishes. The second sets
    `abandon`: the submission in flight is given up as unknown. Handlers only set these flags, except inside
    `interruptible`, where nothing has been sent and nothing is being written.
    """

    def __init__(self) -> None:
        self.asked = Flag()
        self.abandon = Flag()
        self.signal: int | None = None
        self.doing: str | None = None
        """The address that is being worked on, for the message about a signal."""
        self.raising = False

    def receive(self, number: int) -> None:
        self.note(number)
        if self.raising:
            self.check()

    def note(self, number: int) -> None:
        """Ask to stop from another thread than the one that works; it is noticed at the next look."""
        if self.asked.is_set():
            self.abandon.set()
        self.signal = self.signal or number
        self.asked.set()

    @property
    def exit_code(self) -> Exit:
        return Exit.INTERRUPTED if self.signal in (None, signal.SIGINT) else Exit.TERMINATED

    def check(self) -> None:
        """Raise Interrupted once a signal came; for code in which nothing has been sent yet."""
        if self.asked.is_set():
            raise Interrupted("Interrupted.", exit_code=self.exit_code)

    def wait(self, seconds: float) -> None:
        """Wait for a turn; Interrupted as soon as a signal came, since nothing was sent yet."""
        self.check()
        self.sleep(seconds)
        self.check()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """For reading: a signal ends it at once."""
        self.raising = True
        try:
            # Looked at only now, so that a signal that came just before is not waited out.
            self.check()
            yield
        finally:
            self.raising = False

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; return at once when a signal comes."""
        if seconds > 0:
            self.asked.wait(seconds)


@contextmanager
def telling_of_signals(stop: Stop, tell: Callable[[str | None], None]) -> Iterator[None]:
    """Call `tell` when a signal came and the run does not end at once, with the address that is worked on, if any.

    In a thread of its own: not in the handler, where it could interrupt a print, nor in the main thread, which has a
    request to finish. What it runs into, or hangs on, stays there.
    """
    over = threading.Event()

    def watch() -> None:
        while not stop.asked.wait(_LOOK):
            if over.is_set():
                return
        if not over.wait(_AT_ONCE):
            with suppress(Exception):
                tell(stop.doing)

    with suppress(RuntimeError):  # without a thread there is no message
        threading.Thread(target=watch, name="afsync-signals", daemon=True).start()
    try:
        yield
    finally:
        over.set()


class Stops:
    """Whether a signal asked several commands in threads to stop. Each has a `Stop` of its own."""

    def __init__(self) -> None:
        self.main = Stop()
        self._running: list[Stop] = []

    def receive(self, number: int) -> None:
        self.main.note(number)
        for stop in tuple(self._running):
            stop.note(number)

    @contextmanager
    def passed_to(self, stop: Stop) -> Iterator[None]:
        """Pass signals to `stop` as well while this lasts."""
        self._running.append(stop)
        if self.main.signal is not None:  # it came just before
            stop.note(self.main.signal)
        try:
            yield
        finally:
            self._running.remove(stop)


@contextmanager
def handling_signals(stop: Stop | Stops) -> Iterator[None]:
    """Pass INT, TERM and HUP to `stop` while this lasts. Only for the main thread."""
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]

    def receive(number: int, _frame: FrameType | None) -> None:
        stop.receive(number)

    before = {n: signal.getsignal(n) for n in numbers}
    # A signal that was ignored from the start (nohup) stays ignored.
    for n in numbers:
        if before[n] is not signal.SIG_IGN:
            signal.signal(n, receive)
    try:
        yield
    finally:
        for n, handler in before.items():
            signal.signal(n, handler)
