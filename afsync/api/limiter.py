"""One limiter for all calls: it knows the service's sliding 60-second window and never makes it answer 429.

The service counts a request when it arrives, which is somewhere between our sending it and our having its answer.
So a place in the window is free again 60 seconds after the *answer*; while a request is under way it keeps its place.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WINDOW = 60.0
MARGIN = 0.1
"""Seconds added to the window: clocks that round, and clocks that run at different speeds."""
DEFAULT_SIZE = 60
WORTH_TELLING = 2.0
"""Seconds of waiting from which on it is reported."""
_POLL = 0.05


class Limiter:
    """At most `size` requests in any window. Thread-safe; `clock` is monotonic seconds, `sleep` may raise.

    `waiting` is called once before such a wait: how many seconds, and the size of the window. It must
    not raise.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        size: int = DEFAULT_SIZE,
        waiting: Callable[[float, int], None] | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._waiting = waiting
        self._told_until = float("-inf")
        self._size = size
        self._lock = threading.Lock()
        self._under_way = 0
        self._free_at: list[float] = []
        self._held_until = float("-inf")

    @property
    def size(self) -> int:
        """Requests in one window."""
        return self._size

    def resize(self, size: int) -> None:
        """Set the size of the window to what the account announces; takes effect at once."""
        with self._lock:
            self._size = max(1, size)

    def hold(self, seconds: float) -> None:
        """Send nothing for that many seconds, because a 429 was received."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def wait(self) -> None:
        """Wait until a request would go at once. No place is taken."""
        while (wait := self._look()) > 0:
            self._pause(wait)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place in the window and keep it for the time of one request."""
        while (wait := self._look(take=True)) > 0:
            self._pause(wait)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                heapq.heappush(self._free_at, self._clock() + WINDOW + MARGIN)

    def _pause(self, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            telling = seconds >= WORTH_TELLING and now >= self._told_until
            if telling:
                self._told_until = now + seconds
        if telling and self._waiting is not None:
            self._waiting(seconds, self._size)
        self._sleep(seconds)

    def _look(self, *, take: bool = False) -> float:
        """0 when there is a place, which `take` takes, else how long to wait before asking again."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            if now < self._held_until:
                return self._held_until - now
            if self._under_way + len(self._free_at) < self._size:
                self._under_way += take
                return 0.0
            # With more requests on record than fit (the window shrank), several have to leave first.
            surplus = self._under_way + len(self._free_at) - self._size
            if surplus >= len(self._free_at):
                return _POLL
            return max(heapq.nsmallest(surplus + 1, self._free_at)[-1] - now, 0.001)

    def _forget(self, now: float) -> None:
        while self._free_at and self._free_at[0] <= now:
            heapq.heappop(self._free_at)

    def estimate(self, requests: int) -> float:
        """Seconds until the last of `requests` more could be sent, if only the window held them up."""
        if requests < 1:
            return 0.0
        with self._lock:
            now = self._clock()
            self._forget(now)
            start = max(now, self._held_until)
            taken = [now + WINDOW] * self._under_way + self._free_at
            places = [start] * (self._size - len(taken)) + [max(t, start) for t in taken]
            rounds, last = divmod(requests - 1, self._size)
            return sorted(places)[-self._size :][last] - now + rounds * (WINDOW + MARGIN)
