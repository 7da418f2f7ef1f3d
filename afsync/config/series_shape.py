"""The quick check of a series: whether it is certainly valid. Where it is not, the models explain why.

Imported only where a project has a series.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, convert, field
from msgspec.json import Decoder

from afsync.config import series_checks
from afsync.config.checks import IDENTIFIER, check_span, check_unique, check_zone, if_given

NONE: Any = None
Identifier = Annotated[str, Meta(min_length=1, max_length=500, pattern=IDENTIFIER)]
_NOT_OF_ONE = ("schedule", "zone", "repeat", "rows", "except", "horizon", "keep")


class HolidaysShape(Struct, forbid_unknown_fields=True):
    of: str
    then: Literal["skip", "next", "previous"] = NONE

    def __post_init__(self) -> None:
        series_checks.check_place(self.of)


class RepeatShape(Struct, forbid_unknown_fields=True):
    every: str = NONE
    days: Annotated[list[str | int], Meta(min_length=1)] = NONE
    at: str | dict[str, str] = NONE
    zone: str = NONE
    start: str = field(default=NONE, name="from")
    until: str = NONE
    count: Annotated[int, Meta(ge=1, le=10_000)] = NONE
    dates: Annotated[list[str], Meta(min_length=1)] = NONE
    rrule: str = NONE
    holidays: HolidaysShape = NONE
    missing_time: Literal["error", "later", "earlier", "skip"] = NONE
    repeated_time: Literal["error", "first", "second"] = NONE

    def __post_init__(self) -> None:
        if_given(series_checks.check_every, self.every)
        if_given(series_checks.check_times, self.at)
        if_given(series_checks.check_date, self.start)
        if_given(series_checks.check_date, self.until)
        if_given(series_checks.check_rrule, self.rrule)
        if_given(check_zone, self.zone)
        for check, listed in ((series_checks.check_day, self.days), (series_checks.check_dated, self.dates)):
            for item in listed or ():
                check(item)
            if_given(check_unique, listed)


class OwnTime(Struct, forbid_unknown_fields=True):
    on: str = NONE
    at: str = NONE
    imports: Identifier = field(default=NONE, name="import")

    def __post_init__(self) -> None:
        if_given(series_checks.check_date, self.on)
        if_given(series_checks.check_wall_time, self.at)


def check_series(
    repeat: Mapping[str, Any] | None,
    rows: Any,
    exceptions: Mapping[str, Any] | None,
    spans: tuple[Any, ...],
    job: type[Struct],
) -> None:
    """ValueError, or a msgspec error, where something does not fit. `job` is the shape of an exception."""
    if repeat is not None:
        convert(repeat, RepeatShape)
    if_given(series_checks.check_rows, rows)
    for span in spans:
        if_given(check_span, span)
    for key, given in (exceptions or {}).items():
        series_checks.check_instance(key)
        if given == series_checks.SKIP:
            continue
        if not isinstance(given, dict) or any(name in given for name in _NOT_OF_ONE):
            raise ValueError
        convert({k: v for k, v in given.items() if k in _OWN_TIME}, OwnTime)
        convert({k: v for k, v in given.items() if k not in _OWN_TIME}, job)


_BUILT = [Decoder(RepeatShape), Decoder(OwnTime)]
"""As in `config.shape`: before several threads can use them."""
_OWN_TIME = ("on", "at", "import")
