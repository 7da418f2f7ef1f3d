"""A team's rules for what is published where and when: values, checked by `core.policy_check`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct, field

from afsync.core.periods import Budget

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Blackout(Struct, frozen=True):
    """A window of local time: one in which nothing may be published, or one outside of which nothing may be.

    What is given must all hold on the day on which the window begins. `days`: weekdays, 0 is Monday. `dates`: the
    first and the last day. `hours`: from (included) until (excluded); until the next day where that is no later.
    """

    days: frozenset[int] = frozenset()
    dates: tuple[date, date] | None = None
    hours: tuple[time, time] | None = None
    reason: str | None = None

    @property
    def written(self) -> str:
        """`sat and sun, 22:00 to 06:00`: as people tell which it is."""
        days = " and ".join(_DAYS[day] for day in sorted(self.days))
        first, last = self.dates or (None, None)
        dates = f"{first}" if first == last else f"{first} to {last}"
        hours = " to ".join(f"{clock:%H:%M}" for clock in self.hours or ())
        return ", ".join(part for part in (days, dates if self.dates else "", hours) if part)

    def covers(self, local: datetime) -> bool:
        """Whether a local time is in the window."""
        start, end = self.hours or (time(), time())
        overnight = end <= start
        today, clock = local.date(), local.time()
        if self._begins(today) and clock >= start and (overnight or clock < end):
            return True
        return overnight and clock < end and self._begins(today - timedelta(days=1))

    def _begins(self, day: date) -> bool:
        if self.days and day.weekday() not in self.days:
            return False
        return self.dates is None or self.dates[0] <= day <= self.dates[1]


class Exemption(Struct, frozen=True):
    """A rule that is set aside for the jobs that `job` matches, for what is published until a local day (included)."""

    job: str
    rule: str
    until: date
    reason: str
    by: str | None = None

    @property
    def said(self) -> str:
        who = f" by {self.by}" if self.by else ""
        return f"allowed{who} until {self.until}: {self.reason}"


class Policy(Struct, frozen=True):
    """The rules; one that is not given forbids nothing. `max_per_day`, `spacing` and `max_gap` are by platform; days
    and windows are local to `zone`. `horizon` is how far ahead gaps are looked for."""

    allowed_platforms: tuple[str, ...] | None = None
    require_staging: bool = False
    require_proven_schedule: bool = False
    min_lead: timedelta | None = None
    max_per_day: Mapping[str, int] = field(default_factory=dict)
    blackouts: tuple[Blackout, ...] = ()
    publish_windows: tuple[Blackout, ...] = ()
    spacing: Mapping[str, timedelta] = field(default_factory=dict)
    max_gap: Mapping[str, timedelta] = field(default_factory=dict)
    budget: Budget | None = None
    exceptions: tuple[Exemption, ...] = ()
    zone: tzinfo = UTC
    horizon: timedelta = timedelta(days=14)


NO_POLICY = Policy()
