"""A team's rules and budget as they are declared, and the exemptions from the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.addresses import matches
from afsync.core.text import MONTHS
from afsync.errors import Problem, Severity

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class TimeWindow(Struct, frozen=True):
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
        """The window in words: `sat and sun, 22:00 to 06:00`."""
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
    blackouts: tuple[TimeWindow, ...] = ()
    publish_windows: tuple[TimeWindow, ...] = ()
    spacing: Mapping[str, timedelta] = field(default_factory=dict)
    max_gap: Mapping[str, timedelta] = field(default_factory=dict)
    budget: Budget | None = None
    exceptions: tuple[Exemption, ...] = ()
    zone: tzinfo = UTC
    horizon: timedelta = timedelta(days=14)


NO_POLICY = Policy()

Per = Literal["day", "week", "month"]


class Budget(Struct, frozen=True):
    """Credits for every day, week or month of `zone`. `warn`: more is only warned of, and not held back."""

    credits: int
    per: Per = "month"
    zone: tzinfo = UTC
    warn: bool = False

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """When the one begins that `now` is in, and when the next one does (UTC)."""
        today = now.astimezone(self.zone).date()
        first = {"day": today, "week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}[self.per]
        days = {"day": 1, "week": 7, "month": 31}[self.per]
        following = first + timedelta(days=days)
        return self._midnight(first), self._midnight(following.replace(day=1) if self.per == "month" else following)

    def name(self, now: datetime) -> str:
        """The period at `now` in words: `December 2026`, `the week from 2026-12-07`, `2026-12-07`."""
        first = self.period(now)[0].astimezone(self.zone)
        match self.per:
            case "month":
                return f"{MONTHS[first.month - 1]} {first.year}"
            case "week":
                return f"the week from {first:%Y-%m-%d}"
            case "day":
                return f"{first:%Y-%m-%d}"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


RULE_OF = {
    "policy_platforms": "allowed_platforms",
    "policy_staging": "require_staging",
    "policy_proven_schedule": "require_proven_schedule",
    "policy_lead": "min_lead",
    "policy_per_day": "max_per_day",
    "policy_blackout": "blackouts",
    "policy_window": "publish_windows",
    "policy_spacing": "spacing",
    "policy_gap": "max_gap",
    "policy_budget": "budget",
}
"""The rule, by the code of its breach."""


def exemption_for(policy: Policy, rule: str, addresses: Iterable[str], moment: datetime) -> Exemption | None:
    """The exception that allows a breach of `rule` by one of these jobs at `moment`, if there is any."""
    if not policy.exceptions:
        return None
    day = moment.astimezone(policy.zone).date()
    named = [*addresses]
    return next(
        (
            e
            for e in policy.exceptions
            if e.rule == rule and day <= e.until and any(matches(a, _globs(e.job)) for a in named)
        ),
        None,
    )


def allowed_breach(problem: Problem, exception: Exemption) -> Problem:
    """The note about a breach that an exemption allows."""
    text = f"{problem.message}; {exception.said}"
    return replace(problem, code="policy_exception", message=text, hint=None, severity=Severity.NOTE)


def ended_exemptions(policy: Policy, now: datetime) -> Iterator[Problem]:
    """A note for each exemption that allows nothing any more."""
    today = now.astimezone(policy.zone).date()
    for place, exception in enumerate(policy.exceptions):
        if exception.until < today:
            text = f"the exception from `{exception.rule}` for `{exception.job}` ended on {exception.until}"
            hint = "remove it, or give it a later `until`"
            code = "policy_exception_ended"
            yield Problem(code, text, hint, Severity.NOTE, field=f"exceptions/{place}")


def _globs(job: str) -> tuple[str, ...]:
    """`special-*` stands for the jobs of these keys, and for the occurrences of series with such a key."""
    name = job if job.startswith("job.") else f"job.{job}"
    return (name,) if name.endswith("]") else (name, f"{name}[*]")
