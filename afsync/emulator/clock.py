"""The emulator's clock, which tests can move ahead, and its time stamps (epoch milliseconds inside)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The real time, in UTC."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime."""
    return round(moment.timestamp() * 1000)


def iso(ms: int) -> str:
    """ISO 8601 in UTC with a `Z`; the fraction only where there is one."""
    precision = "milliseconds" if ms % 1000 else "seconds"
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def parse_iso(text: object) -> int | None:
    """Epoch milliseconds of an ISO 8601 moment with an offset; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        ms = to_ms(moment)
        iso(ms)  # at the ends of the calendar an offset leads beyond it
        return ms
    except (ValueError, OverflowError):
        return None


class Clock:
    """What time the emulator thinks it is: a source, plus an offset that only grows or is set explicitly."""

    def __init__(self, source: Callable[[], datetime] = utc_now, offset_ms: int = 0) -> None:
        self._source = source
        self.offset_ms = offset_ms

    def now(self) -> int:
        """The emulator's time in epoch milliseconds."""
        return to_ms(self._source()) + self.offset_ms

    def set(self, ms: int) -> None:
        """Set the time to `ms` (epoch milliseconds)."""
        self.offset_ms += ms - self.now()
