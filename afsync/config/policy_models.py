"""The format of `policy`: what a team allows. People read the descriptions, in editors and in the docs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours
from afsync.config.enums import Per, Platform, PolicyRule, Weekday
from afsync.config.fields import Part, Text, Unique, Zone
from afsync.config.problems import Code, InvalidValue
from afsync.config.resource_models import Platforms


def _check_lead(value: Any) -> Any:
    if isinstance(value, str | int | float):
        lead_time(str(value))
    return value


def _check_number(value: int) -> int:
    if value < 0:
        raise InvalidValue(Code.OUT_OF_RANGE, "it must be at least 0", "use 0 to allow none")
    return value


def _check_dates(value: str) -> str:
    parse_dates(value)
    return value


def _check_day(value: str) -> str:
    parse_day(value)
    return value


def _check_hours(value: str) -> str:
    parse_hours(value)
    return value


Lead = Annotated[str, BeforeValidator(_check_lead), Field(json_schema_extra={"pattern": "^[0-9]+(m|h|d)$"})]
Dates = Annotated[
    str,
    AfterValidator(_check_dates),
    Field(json_schema_extra={"pattern": r"^\d{4}-\d\d-\d\d( to \d{4}-\d\d-\d\d)?$"}),
]
Hours = Annotated[str, AfterValidator(_check_hours), Field(json_schema_extra={"pattern": r"^\d\d:\d\d to \d\d:\d\d$"})]
OneDay = Annotated[str, AfterValidator(_check_day), Field(json_schema_extra={"pattern": r"^\d{4}-\d\d-\d\d$"})]
Number = Annotated[int, AfterValidator(_check_number), Field(json_schema_extra={"minimum": 0})]
Days = Annotated[list[Weekday], Field(min_length=1), Unique]


class BlackoutPart(Part):
    """A window in which nothing is published, in the project's `timezone`. What is given must all hold."""

    days: Days | None = Field(
        None, description="The weekdays on which the window begins.", examples=[["sat", "sun"], ["fri"]]
    )
    dates: Dates | None = Field(
        None,
        description="The day, or the first and the last day, on which the window begins.",
        examples=["2026-12-24 to 2026-12-26", "2026-12-31"],
    )
    hours: Hours | None = Field(
        None,
        description="From when (included) until when (excluded); past midnight where the second is no later. Without "
        "it, whole days.",
        examples=["22:00 to 06:00", "18:00 to 24:00"],
    )
    reason: Text | None = Field(None, description="Why; shown with every breach.", examples=["Christmas"])

    @model_validator(mode="after")
    def _says_when(self) -> BlackoutPart:
        if not (self.days or self.dates or self.hours):
            raise InvalidValue(Code.MISSING, "a blackout says when it is", "add `days`, `dates` or `hours`")
        return self


class WindowPart(BlackoutPart):
    """A window in which something may be published, in the project's `timezone`. What is given must all hold."""

    reason: Text | None = Field(None, description="Why.", examples=["When our viewers are awake"])

    @model_validator(mode="after")
    def _says_when(self) -> WindowPart:
        if not (self.days or self.dates or self.hours):
            raise InvalidValue(Code.MISSING, "a publish window says when it is", "add `days`, `dates` or `hours`")
        return self


class BudgetPart(Part):
    """What may be spent in a day, a week or a month."""

    credits: Number = Field(description="So many credits.", examples=[60])
    per: Per = Field("month", description="For every day, week (from Monday) or month.", examples=["week"])
    zone: Zone | None = Field(
        None, description="The IANA time zone of its days; else the project's `timezone`.", examples=["Europe/Berlin"]
    )
    then: Literal["withhold", "warn"] = Field(
        "withhold",
        description="What becomes of submissions that it is not enough for: held back, or warned of only.",
        examples=["warn"],
    )


class ExceptionPart(Part):
    """A rule that is set aside for some jobs for a while. The plan says where it was needed, and when it has ended."""

    job: Text = Field(
        description="The key of a job or a series, or a glob over addresses.", examples=["new-year", "job.special-*"]
    )
    rule: PolicyRule = Field(description="The rule that is set aside.", examples=["spacing"])
    until: OneDay = Field(
        description="The last day on which something may be published in breach of the rule, in the project's "
        "`timezone`.",
        examples=["2026-12-24"],
    )
    reason: Text = Field(description="Why; shown wherever it is used.", examples=["Both shows want the final"])
    by: Text | None = Field(None, description="Who allowed it.", examples=["Anna"])


class PolicyPart(Part):
    """What a team allows. `plan` shows a breach, `apply` holds that change back and exits with 4."""

    allowed_platforms: Platforms | None = Field(
        None, description="The platforms on which jobs may be published.", examples=[["tiktok", "youtube"]]
    )
    require_staging: bool = Field(
        False, description="True wants `staging: true` for every job, so that a person approves what is published."
    )
    require_proven_schedule: bool = Field(
        False,
        description="True submits nothing that relies on the service to keep its publish time before this account was "
        "seen to keep one, nor after it lost one.",
    )
    min_lead: Lead | None = Field(
        None,
        description="How long before its publication a job is submitted or moved at the latest: a number with `m`, "
        "`h` or `d`.",
        examples=["2h", "30m", "1d"],
    )
    max_per_day: dict[Platform, Number] | None = Field(
        None,
        description="How many jobs may be published on one day, by platform.",
        examples=[{"tiktok": 3, "youtube": 1}],
    )
    blackouts: list[BlackoutPart] | None = Field(
        None,
        description="Windows in which nothing is published.",
        examples=[[{"days": ["sat", "sun"]}]],
    )
    publish_windows: Annotated[list[WindowPart], Field(min_length=1)] | None = Field(
        None,
        description="Windows outside of which nothing is published.",
        examples=[[{"days": ["mon", "tue", "wed"], "hours": "09:00 to 21:00"}]],
    )
    spacing: dict[Platform, Lead] | None = Field(
        None,
        description="How far apart what is published on one platform is at least: a number with `m`, `h` or `d`.",
        examples=[{"tiktok": "2h"}],
    )
    max_gap: dict[Platform, Lead] | None = Field(
        None,
        description="How long a platform may be without anything published, within the horizon: a number with `m`, `h` "
        "or `d`. More is warned of.",
        examples=[{"youtube": "7d"}],
    )
    budget: BudgetPart | None = Field(
        None,
        description="What may be spent in a month. Counted is what was submitted in it, as far as that is known.",
        examples=[{"credits": 60, "per": "month"}],
    )
    exceptions: list[ExceptionPart] | None = Field(
        None,
        description="Rules that are set aside for some jobs for a while.",
        examples=[[{"job": "new-year", "rule": "spacing", "until": "2027-01-01", "reason": "Both shows count down"}]],
    )
