"""Whether templates and jobs are certainly valid: the part of `config.shape` that describes them."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

from msgspec import Meta, Struct, field

from afsync.config import checks
from afsync.config.checks import if_given
from afsync.config.enums import (
    BodyField,
    Entry,
    Format,
    Platform,
    Profile,
    Publisher,
    PublishMode,
    UnscheduledMode,
)

LEFT_OUT: Any = None
"""The default of a key that may be left out. msgspec does not check defaults, so a key with an empty value does not
fit."""

Text = Annotated[str, Meta(min_length=1)]

Identifier = Annotated[str, Meta(min_length=1, max_length=500, pattern=checks.IDENTIFIER)]

Number = Annotated[int, Meta(ge=0)]

Scalar = str | int | float | bool

Json = str | int | float | bool | list[Any] | dict[str, Any]


def refuse() -> NoReturn:
    """For what does not fit. The models explain why."""
    raise ValueError


class StrictMapping(Struct, forbid_unknown_fields=True):
    """A mapping without unknown keys. `__post_init__` checks more than types, with the functions that the models
    use."""


class LifecycleShape(StrictMapping):
    prevent_destroy: bool = LEFT_OUT
    ignore_changes: list[BodyField] = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_unique, self.ignore_changes)


class BodyShape(StrictMapping):
    topic: Annotated[str, Meta(min_length=1, max_length=500)] = LEFT_OUT
    tone: Text = LEFT_OUT
    format: Format = LEFT_OUT
    durationMins: Annotated[float, Meta(ge=1, le=120)] = LEFT_OUT
    platforms: Annotated[list[Platform], Meta(min_length=1)] = LEFT_OUT
    publishMode: PublishMode = LEFT_OUT
    staging: bool = LEFT_OUT
    contentType: Text = LEFT_OUT
    productionProfile: Profile = LEFT_OUT
    prompt: Text = LEFT_OUT
    clipSpec: dict[str, Any] = LEFT_OUT
    effects: Json = LEFT_OUT
    streamer: Text = LEFT_OUT
    addOns: dict[str, Any] = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_unique, self.platforms)


class TemplateShape(BodyShape):
    name: Text = field(default_factory=refuse)
    description: Text = LEFT_OUT
    lifecycle: LifecycleShape = LEFT_OUT


class JobShape(BodyShape):
    entry: Entry = LEFT_OUT
    template: Text = LEFT_OUT
    fromTemplateId: Identifier = LEFT_OUT
    url: str = LEFT_OUT
    urls: Annotated[list[str], Meta(min_length=1)] = LEFT_OUT
    file: Text = LEFT_OUT
    fileId: Identifier = LEFT_OUT
    schedule: Text = LEFT_OUT
    publish: Publisher = LEFT_OUT
    rerun: Scalar = LEFT_OUT
    approve: Identifier = LEFT_OUT
    allow_duplicate: bool = LEFT_OUT
    lifecycle: LifecycleShape = LEFT_OUT
    zone: str = LEFT_OUT
    repeat: dict[str, Any] = LEFT_OUT
    rows: str | dict[str, Any] = LEFT_OUT
    exceptions: dict[str, Any] = field(default=LEFT_OUT, name="except")
    horizon: str = LEFT_OUT
    keep: str = LEFT_OUT

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.url is not None:
            checks.check_url(self.url)
        for url in self.urls or ():
            checks.check_url(url)
        if_given(checks.check_zone, self.zone)
        if (self.repeat, self.rows, self.exceptions, self.horizon, self.keep) != _NO_SERIES:
            # Imported here: most projects have no series, and it takes a while to load.
            from afsync.config.series_shape import check_series

            check_series(self.repeat, self.rows, self.exceptions, (self.horizon, self.keep), JobShape)


_NO_SERIES = (LEFT_OUT,) * 5


class JobDefaultsShape(BodyShape):
    entry: Entry = LEFT_OUT
    publishMode: UnscheduledMode = LEFT_OUT
    publish: Publisher = LEFT_OUT
    zone: str = LEFT_OUT

    def __post_init__(self) -> None:
        super().__post_init__()
        if_given(checks.check_zone, self.zone)
