"""What `policy` declares, for the core."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import get_args

from afsync.config.models import ProjectFile
from afsync.config.policy_models import BlackoutPart, Weekday
from afsync.config.problems import Code, Fault
from afsync.config.times import parse_zone
from afsync.config.windows import lead_time, parse_dates, parse_hours
from afsync.core.policy import NO_POLICY, Blackout, Policy

_NUMBER = {name: number for number, name in enumerate(get_args(Weekday))}


def policy_faults(file: ProjectFile) -> Iterator[Fault]:
    """What is wrong with the rules besides their form: days and hours are those of some place."""
    part = file.policy
    if part is None or file.timezone is not None:
        return
    for key in ("blackouts", "max_per_day"):
        if getattr(part, key):
            message = f"`{key}` is in local time, and no `timezone` is declared"
            hint = "declare it in afsync.yaml, such as `timezone: Europe/Berlin`"
            yield Fault(Code.NO_TIMEZONE, ("policy", key), message, hint, at_key=True)


def policy_of(file: ProjectFile) -> Policy:
    """The policy that a valid afsync.yaml declares."""
    part = file.policy
    if part is None:
        return NO_POLICY
    return Policy(
        allowed_platforms=tuple(part.allowed_platforms) if part.allowed_platforms else None,
        require_staging=part.require_staging,
        min_lead=lead_time(part.min_lead) if part.min_lead else None,
        max_per_day={str(k): v for k, v in (part.max_per_day or {}).items()},
        blackouts=tuple(map(_blackout, part.blackouts or ())),
        zone=parse_zone(file.timezone) if file.timezone else UTC,
    )


def _blackout(part: BlackoutPart) -> Blackout:
    return Blackout(
        days=frozenset(_NUMBER[day] for day in part.days or ()),
        dates=parse_dates(part.dates) if part.dates else None,
        hours=parse_hours(part.hours) if part.hours else None,
        reason=part.reason,
    )
