"""What `policy` declares, for the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, get_args

from afsync.config.declarations import Declared
from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours, parse_span
from afsync.config.enums import Weekday
from afsync.config.problems import Code, Diagnostic
from afsync.config.settings import HORIZON
from afsync.config.times import parse_zone
from afsync.core.policy.rules import NO_POLICY, Blackout, Budget, Exemption, Policy
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


def policy_of(file: Mapping[str, Any]) -> Policy:
    """The policy that a valid afsync.yaml declares."""
    part, zone = file.get("policy"), file.get("timezone")
    if part is None:
        return NO_POLICY
    return Policy(
        allowed_platforms=tuple(part["allowed_platforms"]) if "allowed_platforms" in part else None,
        require_staging=part.get("require_staging", False),
        require_proven_schedule=part.get("require_proven_schedule", False),
        min_lead=lead_time(part["min_lead"]) if "min_lead" in part else None,
        max_per_day=part.get("max_per_day", {}),
        blackouts=tuple(map(_blackout, part.get("blackouts", ()))),
        publish_windows=tuple(map(_blackout, part.get("publish_windows", ()))),
        spacing={platform: lead_time(least) for platform, least in part.get("spacing", {}).items()},
        max_gap={platform: lead_time(most) for platform, most in part.get("max_gap", {}).items()},
        budget=_budget(part["budget"], zone) if "budget" in part else None,
        exceptions=tuple(map(_exemption, part.get("exceptions", ()))),
        zone=parse_zone(zone) if zone else UTC,
        horizon=parse_span(file.get("horizon", HORIZON)),
    )


def _budget(part: Mapping[str, Any], zone: str | None) -> Budget:
    own = part.get("zone", zone)
    warn = part.get("then") == "warn"
    return Budget(part["credits"], part.get("per", "month"), parse_zone(own) if own else UTC, warn=warn)


def _exemption(part: Mapping[str, Any]) -> Exemption:
    return Exemption(part["job"], part["rule"], parse_day(part["until"]), part["reason"], part.get("by"))


def _blackout(part: Mapping[str, Any]) -> Blackout:
    return Blackout(
        days=frozenset(_NUMBER[day] for day in part.get("days", ())),
        dates=parse_dates(part["dates"]) if "dates" in part else None,
        hours=parse_hours(part["hours"]) if "hours" in part else None,
        reason=part.get("reason"),
    )
