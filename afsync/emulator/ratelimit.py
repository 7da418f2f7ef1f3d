"""The sliding 60-second window, and the submissions in flight, per key."""

from __future__ import annotations

from collections import Counter, deque

from afsync.emulator.errors import ErrorAnswer

WINDOW_MS = 60_000


class RateLimiter:
    """Counts what was let in; what was refused does not count."""

    def __init__(self) -> None:
        self._let_in: dict[str, deque[int]] = {}
        self._submitting: Counter[str] = Counter()

    def enter(self, key: str, rpm: int, now: int) -> None:
        """Let a request in, or raise the 429."""
        window = self._let_in.setdefault(key, deque())
        while window and window[0] <= now - WINDOW_MS:
            window.popleft()
        if len(window) >= rpm:
            oldest = window[-rpm] if rpm else now
            raise too_many(oldest + WINDOW_MS - now, f"Rate limit of {rpm} requests per minute exceeded")
        window.append(now)

    def begin_submission(self, key: str, concurrent: int | None) -> None:
        """A submission begins, or the 429 for one too many at once is raised."""
        if concurrent is not None and self._submitting[key] >= concurrent:
            raise too_many(1000, f"Limit of {concurrent} concurrent job submissions exceeded")
        self._submitting[key] += 1

    def end_submission(self, key: str) -> None:
        """A submission was answered, or its connection ended."""
        self._submitting[key] -= 1


def too_many(wait_ms: int, message: str) -> ErrorAnswer:
    """The 429; the header is in whole seconds, rounded up."""
    headers = {"Retry-After": str(max(1, -(-wait_ms // 1000)))}
    return ErrorAnswer(429, "rate_limit_exceeded", message, {"retryAfterMs": wait_ms}, headers)
