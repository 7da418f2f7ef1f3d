"""What is said when a signal came: once, only while something goes on, and never in anybody's way."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from afsync.engine.interrupt import Stop, telling_of_signals

PATIENCE = 10.0


class Told:
    """Remembers what it was told, and may break or hang while it is."""

    def __init__(self, error: Exception | None = None, hang: threading.Event | None = None) -> None:
        self.error, self.hang = error, hang
        self.words: list[str | None] = []
        self.called = threading.Event()

    def __call__(self, doing: str | None) -> None:
        self.words.append(doing)
        self.called.set()
        if self.hang is not None:
            self.hang.wait(PATIENCE)
        if self.error is not None:
            raise self.error


def watchers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "afsync-signals"]


@pytest.mark.parametrize("error", [None, OSError("closed pipe"), ValueError("closed file")], ids=str)
def test_what_is_in_flight_is_told_once(error: Exception | None) -> None:
    stop, told = Stop(), Told(error)
    with telling_of_signals(stop, told):
        stop.doing = "job.a"
        stop.receive(2)
        assert told.called.wait(PATIENCE)
        stop.receive(2)
    for thread in watchers():
        thread.join(PATIENCE)
    assert told.words == ["job.a"]


def test_whoever_cannot_be_told_holds_nothing_up() -> None:
    stop, hang = Stop(), threading.Event()
    told = Told(hang=hang)
    with telling_of_signals(stop, told):
        stop.receive(15)
        assert told.called.wait(PATIENCE)
    assert not hang.is_set()
    hang.set()


@pytest.mark.parametrize("signal", [False, True])
def test_nothing_is_said_where_all_is_over(signal: bool) -> None:
    stop, told = Stop(), Told()
    with telling_of_signals(stop, told):
        if signal:
            stop.receive(2)
    for thread in watchers():
        thread.join(PATIENCE)
    assert not watchers()
    assert told.words == []


STORM = """
import signal
from afsync.engine.interrupt import Stop
stop, hits = Stop(), 0
def receive(number, frame):
    global hits
    hits += 1
    stop.asked.set()
signal.signal(signal.SIGALRM, receive)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
while hits < 5000:
    stop.asked.wait(0)
    stop.asked.wait(0.0002)
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_signal_never_meets_a_lock() -> None:
    """It comes thousands of times while the flag that it sets is waited for, in the thread that it interrupts."""
    subprocess.run([sys.executable, "-c", STORM], check=True, timeout=60)


def test_a_wait_ends_when_the_signal_comes() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGALRM, lambda number, _frame: stop.receive(signal.SIGTERM))
    began = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        stop.sleep(60)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stop.asked.is_set() and time.monotonic() - began < 30
