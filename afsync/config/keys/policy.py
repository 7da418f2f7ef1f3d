"""The keys of `policy`: what a team allows. People read the meanings, in editors and in the docs."""

from typing import Annotated, Literal

from msgspec import Meta

from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours
from afsync.config.keys.part import LEFT_OUT, Check, Help, Part
from afsync.config.keys.values import (
    Per,
    Platform,
    Platforms,
    PolicyRule,
    Text,
    Unique,
    Weekday,
    Zone,
    as_text,
    check_number,
)
from afsync.config.problems import Code, InvalidValue

Lead = Annotated[str, Check(as_text(lead_time), first=True, schema={"pattern": "^[0-9]+(m|h|d)$"})]
Dates = Annotated[str, Check(parse_dates, schema={"pattern": r"^\d{4}-\d\d-\d\d( to \d{4}-\d\d-\d\d)?$"})]
Hours = Annotated[str, Check(parse_hours, schema={"pattern": r"^\d\d:\d\d to \d\d:\d\d$"})]
LastDay = Annotated[str, Check(parse_day, schema={"pattern": r"^\d{4}-\d\d-\d\d$"})]
Number = Annotated[int, Check(check_number, schema={"minimum": 0})]
Days = Annotated[list[Weekday], Meta(min_length=1), Unique]


class BlackoutPart(Part):
    """A window in which nothing is published, in the project's `timezone`. What is given must all hold."""

    days: Annotated[Days, Help("The weekdays on which the window begins.", ["sat", "sun"], ["fri"])] = LEFT_OUT
    dates: Annotated[
        Dates,
        Help(
            "The day, or the first and the last day, on which the window begins.",
            "2026-12-24 to 2026-12-26",
            "2026-12-31",
        ),
    ] = LEFT_OUT
    hours: Annotated[
        Hours,
        Help(
            "From when (included) until when (excluded); past midnight where the second is no later. Without "
            "it, whole days.",
            "22:00 to 06:00",
            "18:00 to 24:00",
        ),
    ] = LEFT_OUT
    reason: Annotated[Text, Help("Why; shown with every breach.", "Christmas")] = LEFT_OUT

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check()

    def check(self) -> None:
        _says_when(self, "a blackout")


def _says_when(window: BlackoutPart, called: str) -> None:
    if not (window.days or window.dates or window.hours):
        raise InvalidValue(Code.MISSING, f"{called} says when it is", "add `days`, `dates` or `hours`")


class WindowPart(BlackoutPart):
    """A window in which something may be published, in the project's `timezone`. What is given must all hold."""

    reason: Annotated[Text, Help("Why.", "When our viewers are awake")] = LEFT_OUT

    def check(self) -> None:
        _says_when(self, "a publish window")


class BudgetPart(Part):
    """What may be spent in a day, a week or a month."""

    credits: Annotated[Number, Help("So many credits.", 60)]
    per: Annotated[Per, Help("For every day, week (from Monday) or month.", "week")] = "month"
    zone: Annotated[Zone, Help("The IANA time zone of its days; else the project's `timezone`.", "Europe/Berlin")] = (
        LEFT_OUT
    )
    then: Annotated[
        Literal["withhold", "warn"],
        Help("What becomes of submissions that it is not enough for: held back, or warned of only.", "warn"),
    ] = "withhold"


class ExceptionPart(Part):
    """A rule that is set aside for some jobs for a while. The plan says where it was needed, and when it has ended."""

    job: Annotated[Text, Help("The key of a job or a series, or a glob over addresses.", "new-year", "job.special-*")]
    rule: Annotated[PolicyRule, Help("The rule that is set aside.", "spacing")]
    until: Annotated[
        LastDay,
        Help(
            "The last day on which something may be published in breach of the rule, in the project's `timezone`.",
            "2026-12-24",
        ),
    ]
    reason: Annotated[Text, Help("Why; shown wherever it is used.", "Both shows want the final")]
    by: Annotated[Text, Help("Who allowed it.", "Anna")] = LEFT_OUT


class PolicyPart(Part):
    """What a team allows. `plan` shows a breach, `apply` holds that change back and exits with 4."""

    allowed_platforms: Annotated[
        Platforms, Help("The platforms on which jobs may be published.", ["tiktok", "youtube"])
    ] = LEFT_OUT
    require_staging: Annotated[
        bool, Help("True wants `staging: true` for every job, so that a person approves what is published.")
    ] = False
    require_proven_schedule: Annotated[
        bool,
        Help(
            "True submits nothing that relies on the service to keep its publish time before this account was"
            " seen to keep one, nor after it lost one."
        ),
    ] = False
    min_lead: Annotated[
        Lead,
        Help(
            "How long before its publication a job is submitted or moved at the latest: a number with `m`, `h` or `d`.",
            "2h",
            "30m",
            "1d",
        ),
    ] = LEFT_OUT
    max_per_day: Annotated[
        dict[Platform, Number],
        Help("How many jobs may be published on one day, by platform.", {"tiktok": 3, "youtube": 1}),
    ] = LEFT_OUT
    blackouts: Annotated[
        list[BlackoutPart], Help("Windows in which nothing is published.", [{"days": ["sat", "sun"]}])
    ] = LEFT_OUT
    publish_windows: Annotated[
        list[WindowPart],
        Meta(min_length=1),
        Help(
            "Windows outside of which nothing is published.",
            [{"days": ["mon", "tue", "wed"], "hours": "09:00 to 21:00"}],
        ),
    ] = LEFT_OUT
    spacing: Annotated[
        dict[Platform, Lead],
        Help(
            "How far apart what is published on one platform is at least: a number with `m`, `h` or `d`.",
            {"tiktok": "2h"},
        ),
    ] = LEFT_OUT
    max_gap: Annotated[
        dict[Platform, Lead],
        Help(
            "How long a platform may be without anything published, within the horizon: a number with `m`, "
            "`h` or `d`. More is warned of.",
            {"youtube": "7d"},
        ),
    ] = LEFT_OUT
    budget: Annotated[
        BudgetPart,
        Help(
            "What may be spent in a month. Counted is what was submitted in it, as far as that is known.",
            {"credits": 60, "per": "month"},
        ),
    ] = LEFT_OUT
    exceptions: Annotated[
        list[ExceptionPart],
        Help(
            "Rules that are set aside for some jobs for a while.",
            [{"job": "new-year", "rule": "spacing", "until": "2027-01-01", "reason": "Both shows count down"}],
        ),
    ] = LEFT_OUT
