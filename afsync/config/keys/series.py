"""The keys of a series: `repeat`, `except` and `rows`. Loaded for a project that has one."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field
from msgspec.json import Decoder

from afsync.config import series_values
from afsync.config.keys.part import LEFT_OUT, Check, Help, Part
from afsync.config.keys.resources import JobFields
from afsync.config.keys.values import Identifier, Unique, Zone

_TEXT = {"type": "string"}
Every = Annotated[str, Check(series_values.check_every, first=True, schema=_TEXT)]
RuleDay = Annotated[str | int, Check(series_values.check_day, first=True, schema={"type": ["string", "integer"]})]

Times = Annotated[
    str | dict[str, str], Check(series_values.check_times, first=True, schema={"type": ["string", "object"]})
]

Dated = Annotated[str, Check(series_values.check_dated, first=True, schema=_TEXT)]

Place = Annotated[
    str, Check(series_values.check_place, first=True, schema={**_TEXT, "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"})
]

RRule = Annotated[str, Check(series_values.check_rrule, first=True, schema=_TEXT)]

Day = Annotated[
    str, Check(series_values.check_date, first=True, schema={**_TEXT, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
]

WallTime = Annotated[
    str,
    Check(series_values.check_wall_time, first=True, schema={**_TEXT, "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}),
]

_SHEET = {
    "type": ["string", "object"],
    "properties": {**dict.fromkeys(("file", "key", "sheet"), _TEXT), "where": {"type": "object"}},
    "additionalProperties": False,
}

RowsOf = Annotated[str | dict[str, Any], Check(series_values.check_rows, first=True, schema=_SHEET)]
InstanceKey = Annotated[str, Check(series_values.check_instance)]


class HolidaysPart(Part):
    """Public holidays, and what becomes of a date on one. Needs `pip install 'afsync[holidays]'`."""

    of: Annotated[Place, Help("The country, or a part of it, by its code (ISO 3166).", "DE-BE", "US")]
    then: Annotated[
        Literal["skip", "next", "previous"],
        Help(
            "Whether a date on a holiday is left out, or published on the next or the previous day that is none.",
            "next",
        ),
    ] = "skip"


class RepeatPart(Part):
    """A rule: `every` with `days`, or `dates`, or `rrule`; and the times of each day."""

    every: Annotated[Every, Help("`day`, `week` or `month`, or as `2 weeks` or `3 months`.", "week", "2 weeks")] = (
        LEFT_OUT
    )
    days: Annotated[
        list[RuleDay],
        Meta(min_length=1),
        Unique,
        Help(
            "Weekdays; for months also `1` to `31`, `last`, `first mon` to `last fri`. Else that of `from`.",
            ["mon"],
            ["last fri"],
        ),
    ] = LEFT_OUT
    at: Annotated[
        Times,
        Help(
            "The time of day, or several by name; `main` is the one that does not show in addresses.",
            "09:00",
            {"main": "09:00", "late": "18:00"},
        ),
    ] = LEFT_OUT
    zone: Annotated[Zone, Help("The IANA time zone of the rule; else the job's `zone`.", "America/New_York")] = LEFT_OUT
    start: Annotated[
        Day,
        Help("The first day that can be one of it. Left out: the day on which it is first applied.", "2026-12-07"),
    ] = field(default=LEFT_OUT, name="from")
    until: Annotated[Day, Help("The last day that can be one of it.", "2027-06-30")] = LEFT_OUT
    count: Annotated[int, Meta(ge=1, le=10000), Help("How many days it has, skipped ones included.", 12)] = LEFT_OUT
    dates: Annotated[
        list[Dated],
        Meta(min_length=1),
        Unique,
        Help("The days themselves, with a time or without, in place of a rule.", ["2026-12-05 20:15"]),
    ] = LEFT_OUT
    rrule: Annotated[
        RRule, Help("The rule in the words of RFC 5545, on local dates.", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH")
    ] = LEFT_OUT
    holidays: Annotated[
        HolidaysPart,
        Help("What becomes of dates that are public holidays; `on` in `except` wins.", {"of": "DE-BE", "then": "skip"}),
    ] = LEFT_OUT
    missing_time: Annotated[
        Literal["error", "later", "earlier", "skip"],
        Help("What becomes of a time that the clocks leave out when they are put forward.", "later"),
    ] = "error"
    repeated_time: Annotated[
        Literal["error", "first", "second"],
        Help("Which of the two, when the clocks are put back and a time comes twice.", "first"),
    ] = "error"


class ExceptPart(JobFields):
    """What is different about one occurrence of a series: any field of the job, and when it is published."""

    on: Annotated[Day, Help("Another day; it stays the occurrence of its own date.", "2027-01-12")] = LEFT_OUT
    at: Annotated[WallTime, Help("Another time of day.", "11:00")] = LEFT_OUT
    imports: Annotated[
        Identifier, Help("The id of a job of the account that is taken over as this occurrence.", "job_8f31")
    ] = field(default=LEFT_OUT, name="import")


Exceptions = Annotated[dict[InstanceKey, ExceptPart], Check(series_values.without_skips, first=True)]
"""By date; the models see no date that is skipped."""

_BUILT = [Decoder(part) for part in (RepeatPart, ExceptPart)]
"""As in `keys.project`."""
