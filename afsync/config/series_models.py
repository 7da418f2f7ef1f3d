"""The format of `repeat`. People read the descriptions, in editors and in the docs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from afsync.config.fields import Day, Part, Unique, Zone
from afsync.config.series_checks import check_dated, check_day, check_every, check_place, check_rrule, check_times

Every = Annotated[Any, BeforeValidator(check_every), WithJsonSchema({"type": "string"})]
RuleDay = Annotated[Any, BeforeValidator(check_day), WithJsonSchema({"type": ["string", "integer"]})]
Times = Annotated[Any, BeforeValidator(check_times), WithJsonSchema({"type": ["string", "object"]})]
Dated = Annotated[Any, BeforeValidator(check_dated), WithJsonSchema({"type": "string"})]
Place = Annotated[
    Any, BeforeValidator(check_place), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"})
]
RRule = Annotated[Any, BeforeValidator(check_rrule), WithJsonSchema({"type": "string"})]


class HolidaysPart(Part):
    """Public holidays, and what becomes of a date on one. Needs `pip install 'afsync[holidays]'`."""

    of: Place = Field(description="The country, or a part of it, by its code (ISO 3166).", examples=["DE-BE", "US"])
    then: Literal["skip", "next", "previous"] = Field(
        "skip",
        description="Whether a date on a holiday is left out, or published on the next or the previous day that is "
        "none.",
        examples=["next"],
    )


class RepeatPart(Part):
    """A rule: `every` with `days`, or `dates`, or `rrule`; and the times of each day."""

    every: Every | None = Field(
        None, description="`day`, `week` or `month`, or as `2 weeks` or `3 months`.", examples=["week", "2 weeks"]
    )
    days: Annotated[list[RuleDay], Field(min_length=1), Unique] | None = Field(
        None,
        description="Weekdays; for months also `1` to `31`, `last`, `first mon` to `last fri`. Else that of `from`.",
        examples=[["mon"], ["last fri"]],
    )
    at: Times | None = Field(
        None,
        description="The time of day, or several by name; `main` is the one that does not show in addresses.",
        examples=["09:00", {"main": "09:00", "late": "18:00"}],
    )
    zone: Zone | None = Field(
        None, description="The IANA time zone of the rule; else the job's `zone`.", examples=["America/New_York"]
    )
    start: Day | None = Field(
        None,
        alias="from",
        description="The first day that can be one of it. Left out: the day on which it is first applied.",
        examples=["2026-12-07"],
    )
    until: Day | None = Field(None, description="The last day that can be one of it.", examples=["2027-06-30"])
    count: int | None = Field(
        None, ge=1, le=10_000, description="How many days it has, skipped ones included.", examples=[12]
    )
    dates: Annotated[list[Dated], Field(min_length=1), Unique] | None = Field(
        None,
        description="The days themselves, with a time or without, in place of a rule.",
        examples=[["2026-12-05 20:15"]],
    )
    rrule: RRule | None = Field(
        None,
        description="The rule in the words of RFC 5545, on local dates.",
        examples=["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"],
    )
    holidays: HolidaysPart | None = Field(
        None,
        description="What becomes of dates that are public holidays; `on` in `except` wins.",
        examples=[{"of": "DE-BE", "then": "skip"}],
    )
    missing_time: Literal["error", "later", "earlier", "skip"] = Field(
        "error",
        description="What becomes of a time that the clocks leave out when they are put forward.",
        examples=["later"],
    )
    repeated_time: Literal["error", "first", "second"] = Field(
        "error",
        description="Which of the two, when the clocks are put back and a time comes twice.",
        examples=["first"],
    )
