"""Our clock and the service's: how far they differ, and which one decides whether a time has passed."""

from __future__ import annotations

from datetime import UTC, datetime

from afsync.core.text import duration
from afsync.errors import Problem, Severity

SAID, DECISIVE = 60.0, 300.0
"""Seconds by which the clocks may differ: beyond SAID there is a warning, beyond DECISIVE the service's decides."""


FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
"""The times between these are in the calendar in every time zone."""


def skew(server_time: datetime | None, now: datetime) -> float:
    """Seconds by which the service's clock is ahead of ours; 0 where the service does not report it."""
    return (server_time - now).total_seconds() if server_time is not None else 0.0


def ahead(difference: float) -> float:
    """The seconds to add to our clock before it decides whether a time has passed: 0 unless the clocks differ
    decisively."""
    return difference if abs(difference) > DECISIVE else 0.0


def passed_on_both(now: datetime, server_time: datetime | None) -> datetime:
    """The time that has come by both clocks: the earlier one. What cannot be undone is not done before it."""
    return now if server_time is None else min(now, server_time)


def skew_warning(difference: float) -> tuple[Problem, ...]:
    """A warning where the clocks are more than a minute apart."""
    if abs(difference) <= SAID:
        return ()
    side = "ahead of" if difference > 0 else "behind"
    text = f"the service's clock is {duration(abs(difference))} {side} the one of this machine"
    if ahead(difference):
        text += "; whether a publish time has passed is decided by the service's"
    return (Problem("clock_skew", text, "set the clock of this machine", Severity.WARNING),)
