"""What `policy` declares, for the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, get_args

from afsync.config.declarations import Declared
from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours, parse_span
from afsync.config.keys.policy import BlackoutPart, BudgetPart, ExceptionPart
from afsync.config.keys.project import ProjectFile
from afsync.config.keys.values import Weekday
from afsync.config.problems import Code, Diagnostic
from afsync.config.times import parse_zone
from afsync.core.policy.rules import NO_POLICY, Budget, Exemption, Policy, TimeWindow
from afsync.errors import Location

_NUMBER = {name: number for number, name in enumerate(get_args(Weekday))}


class DeclaredPolicy(Declared, frozen=True):
    """Locates problems of the policy in its file: at a rule, or at an entry below one (`exceptions/0`)."""

    def locate(self, field: str | None) -> Location:
        steps = [int(step) if step.isdigit() else step for step in (field or "").split("/") if step]
        return self.document.locate(("policy", *steps), at_key=not any(isinstance(step, int) for step in steps))


def policy_faults(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What is wrong with rules that are right in their form: days and hours are those of some place."""
    part = file.get("policy")
    if part is None or file.get("timezone") is not None:
        return
    for key in ("blackouts", "max_per_day", "publish_windows", "exceptions"):
        if part.get(key):
            message = f"`{key}` is in local time, and no `timezone` is declared"
            hint = "declare it in afsync.yaml, such as `timezone: Europe/Berlin`"
            yield Diagnostic(Code.NO_TIMEZONE, ("policy", key), message, hint, at_key=True)
    if part.get("budget") and "zone" not in part["budget"]:
        message = "`budget` is for local days, and no `timezone` is declared"
        hint = "declare it in afsync.yaml, such as `timezone: Europe/Berlin`, or write `zone:` in it"
        yield Diagnostic(Code.NO_TIMEZONE, ("policy", "budget"), message, hint, at_key=True)


def policy_of(file: ProjectFile) -> Policy:
    part = file.policy
    if part is None:
        return NO_POLICY
    return Policy(
        allowed_platforms=None if part.allowed_platforms is None else tuple(part.allowed_platforms),
        require_staging=part.require_staging,
        require_proven_schedule=part.require_proven_schedule,
        min_lead=None if part.min_lead is None else lead_time(part.min_lead),
        max_per_day=dict((part.max_per_day or {}).items()),
        blackouts=tuple(map(_time_window, part.blackouts or ())),
        publish_windows=tuple(map(_time_window, part.publish_windows or ())),
        spacing={platform: lead_time(least) for platform, least in (part.spacing or {}).items()},
        max_gap={platform: lead_time(most) for platform, most in (part.max_gap or {}).items()},
        budget=None if part.budget is None else _budget(part.budget, file.timezone),
        exceptions=tuple(map(_exemption, part.exceptions or ())),
        zone=parse_zone(file.timezone) if file.timezone else UTC,
        horizon=parse_span(file.horizon),
    )


def _budget(part: BudgetPart, zone: str | None) -> Budget:
    own = part.zone or zone
    return Budget(part.credits, part.per, parse_zone(own) if own else UTC, warn=part.then == "warn")


def _exemption(part: ExceptionPart) -> Exemption:
    return Exemption(part.job, part.rule, parse_day(part.until), part.reason, part.by)


def _time_window(part: BlackoutPart) -> TimeWindow:
    return TimeWindow(
        days=frozenset(_NUMBER[day] for day in part.days or ()),
        dates=None if part.dates is None else parse_dates(part.dates),
        hours=None if part.hours is None else parse_hours(part.hours),
        reason=part.reason,
    )
