"""A budget as it is declared, and the days, weeks or months that it is for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from msgspec import Struct

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
        """`December 2026`, `the week from 2026-12-07`, `2026-12-07`: the one that `now` is in."""
        first = self.period(now)[0].astimezone(self.zone)
        match self.per:
            case "month":
                return f"{_MONTHS[first.month - 1]} {first.year}"
            case "week":
                return f"the week from {first:%Y-%m-%d}"
            case "day":
                return f"{first:%Y-%m-%d}"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
