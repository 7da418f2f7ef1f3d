"""The 60-second window: bursts go at once, no 429 of our own making, and little more waiting than the window asks."""

from __future__ import annotations

import math
import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afsync.api.limiter import MARGIN, WINDOW, Limiter
from afsync.errors import Interrupted

from .support import FakeTime


class Window:
    """The service's side: a sliding window over the moments at which requests arrived."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.arrived: deque[float] = deque()
        self.refused = 0

    def arrive(self, now: float) -> None:
        while self.arrived and self.arrived[0] <= now - WINDOW:
            self.arrived.popleft()
        if len(self.arrived) >= self.size:
            self.refused += 1
        self.arrived.append(now)


def a_limiter(size: int = 60) -> tuple[Limiter, FakeTime]:
    time = FakeTime()
    return Limiter(clock=time.clock, sleep=time.sleep, size=size), time


def send(limiter: Limiter, time: FakeTime, window: Window, there: float = 0.05, back: float = 0.05) -> None:
    with limiter.place():
        time.now += there
        window.arrive(time.now)
        time.now += back


def test_a_burst_goes_at_once() -> None:
    limiter, time = a_limiter()
    for _ in range(60):
        send(limiter, time, Window(60))
    assert time.slept == []
    send(limiter, time, Window(60))
    assert sum(time.slept) == pytest.approx(WINDOW + MARGIN - 59 * 0.1)


@given(
    size=st.integers(1, 30),
    requests=st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(0, 90) | st.just(0.0)), min_size=1, max_size=120
    ),
)
def test_no_429_of_our_own_making(size: int, requests: list[tuple[float, float, float]]) -> None:
    """Whatever the way there and back takes, and however long we pause in between."""
    limiter, time = a_limiter(size)
    window = Window(size)
    for there, back, pause in requests:
        send(limiter, time, window, there, back)
        time.now += pause
    assert window.refused == 0


@pytest.mark.parametrize(("size", "requests"), [(60, 250), (60, 1000), (120, 500), (10, 55), (3, 20)])
@pytest.mark.parametrize("latency", [0.0, 0.02, 0.15, 1.0])
def test_the_wall_is_what_the_window_allows_and_little_more(size: int, requests: int, latency: float) -> None:
    limiter, time = a_limiter(size)
    window = Window(size)
    for _ in range(requests):
        send(limiter, time, window, latency / 2, latency / 2)
    rest = (requests - 1) % size + 1
    allowed = max((math.ceil(requests / size) - 1) * WINDOW + rest * latency, requests * latency)
    assert time.now - 1000 <= 1.1 * allowed
    assert window.refused == 0


def test_the_size_follows_the_account() -> None:
    limiter, time = a_limiter(2)
    window = Window(1000)
    send(limiter, time, window)
    send(limiter, time, window)
    limiter.resize(4)
    send(limiter, time, window)
    send(limiter, time, window)
    assert time.slept == []
    limiter.resize(1)
    before = time.now
    send(limiter, time, window)
    # All four have to leave a window that holds one.
    assert time.now - before == pytest.approx(WINDOW + MARGIN + 0.1)
    assert limiter.size == 1
    limiter.resize(0)
    assert limiter.size == 1


def test_a_429_makes_everybody_wait() -> None:
    limiter, time = a_limiter()
    limiter.hold(30)
    limiter.hold(5)
    send(limiter, time, Window(60))
    assert sum(time.slept) == pytest.approx(30)


def test_a_wait_worth_telling_is_told_once_and_before_it() -> None:
    time = FakeTime()
    told: list[tuple[float, int, int]] = []
    limiter = Limiter(
        clock=time.clock,
        sleep=lambda seconds: time.sleep(min(seconds, 7)),  # woken up early, it waits on
        size=3,
        waiting=lambda seconds, size: told.append((round(seconds, 1), size, len(time.slept))),
    )
    for _ in range(3):
        send(limiter, time, Window(3), 0.0, 0.0)
    time.now += WINDOW - 14 + MARGIN
    limiter.wait()
    send(limiter, time, Window(3), 0.0, 0.0)
    assert told == [(14.0, 3, 0)]
    limiter.hold(1.9)
    send(limiter, time, Window(3), 0.0, 0.0)
    assert told == [(14.0, 3, 0)], "nobody wonders so soon"
    limiter.hold(30)
    limiter.wait()
    assert [(seconds, size) for seconds, size, _ in told] == [(14.0, 3), (30.0, 3)]


def test_a_wait_can_be_interrupted_and_keeps_no_place() -> None:
    time = FakeTime()

    def interrupted(seconds: float) -> None:
        raise Interrupted("Interrupted.")

    limiter = Limiter(clock=time.clock, sleep=interrupted, size=1)
    send(limiter, time, Window(1))
    with pytest.raises(Interrupted), limiter.place():
        raise AssertionError("must not get here")
    time.now += WINDOW + 1
    send(limiter, time, Window(1))


def test_a_request_that_fails_gives_its_place_back() -> None:
    limiter, time = a_limiter(1)
    with pytest.raises(ValueError, match="x"), limiter.place():
        raise ValueError("x")
    time.now += WINDOW + 1
    send(limiter, time, Window(1))
    assert time.slept == []


@given(size=st.integers(1, 20), before=st.integers(0, 30), held=st.floats(0, 100), more=st.integers(1, 60))
def test_the_estimate_is_what_it_takes_when_nothing_else_takes_time(
    size: int, before: int, held: float, more: int
) -> None:
    limiter, time = a_limiter(size)
    for _ in range(before):
        send(limiter, time, Window(10**9), 0.0, 0.0)
    limiter.hold(held)
    estimate, began = limiter.estimate(more), time.now
    for _ in range(more):
        send(limiter, time, Window(10**9), 0.0, 0.0)
    assert estimate == pytest.approx(time.now - began, abs=0.01)
    assert limiter.estimate(0) == 0.0


def test_many_threads_share_one_window() -> None:
    lock = threading.Lock()
    time = FakeTime()
    inside = most = 0

    def sleep(seconds: float) -> None:
        with lock:
            time.now += seconds

    limiter = Limiter(clock=time.clock, sleep=sleep, size=5)
    gate = threading.Barrier(10, timeout=5)

    def work() -> None:
        nonlocal inside, most
        gate.wait()
        for _ in range(20):
            with limiter.place():
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most <= 5
    assert time.now - 1000 >= (200 / 5 - 1) * WINDOW
