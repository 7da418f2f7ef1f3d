"""Whether a file is plainly right. `config.models` is the authority: what does not fit here is explained there.

Most files are right, and to find that out takes neither pydantic, whose import and models take longer than reading
ten thousand jobs, nor a word of the descriptions. `tests/config/test_shape.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, ValidationError, convert, field

from afsync.config import checks
from afsync.config.windows import lead_time, parse_dates, parse_hours
from afsync.config.words import (
    BodyField,
    Entry,
    Format,
    Platform,
    Profile,
    PublishMode,
    UnscheduledMode,
    Weekday,
)

LEFT_OUT: Any = None
"""The default of what may be left out. Defaults are not checked, so a key without a value is not right."""

Text = Annotated[str, Meta(min_length=1)]
Identifier = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\A\S+\Z")]
Number = Annotated[int, Meta(ge=0)]
Scalar = str | int | float | bool
Json = str | int | float | bool | list[Any] | dict[str, Any]


class _Part(Struct, forbid_unknown_fields=True):
    """What is checked beyond types is checked in `__post_init__`, by what the models check it with."""


class Lifecycle(_Part):
    prevent_destroy: bool = LEFT_OUT
    ignore_changes: list[BodyField] = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.ignore_changes)


class Body(_Part):
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
        _unique(self.platforms)


class Template(Body):
    name: Text = field(default_factory=lambda: _missing())
    description: Text = LEFT_OUT
    lifecycle: Lifecycle = LEFT_OUT


class Job(Body):
    entry: Entry = LEFT_OUT
    template: Text = LEFT_OUT
    fromTemplateId: Identifier = LEFT_OUT
    url: str = LEFT_OUT
    urls: Annotated[list[str], Meta(min_length=1)] = LEFT_OUT
    file: Text = LEFT_OUT
    fileId: Identifier = LEFT_OUT
    schedule: Text = LEFT_OUT
    rerun: Scalar = LEFT_OUT
    approve: Identifier = LEFT_OUT
    allow_duplicate: bool = LEFT_OUT
    lifecycle: Lifecycle = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.platforms)
        if self.url is not None:
            checks.check_url(self.url)
        for url in self.urls or ():
            checks.check_url(url)


class JobDefaults(Body):
    entry: Entry = LEFT_OUT
    publishMode: UnscheduledMode = LEFT_OUT


class Defaults(_Part):
    job: JobDefaults | None = None


class Api(_Part):
    base_url: str = LEFT_OUT
    exclusive: bool = LEFT_OUT
    quarantine: str = LEFT_OUT

    def __post_init__(self) -> None:
        _each(checks.check_base_url, self.base_url)
        _each(checks.quarantine_seconds, self.quarantine)


class Limits(_Part):
    max_credits: Number = LEFT_OUT
    max_creates: Number = LEFT_OUT
    max_deletes: Number | str = LEFT_OUT

    def __post_init__(self) -> None:
        _each(checks.check_deletes, self.max_deletes)


class Blackout(_Part):
    days: Annotated[list[Weekday], Meta(min_length=1)] = LEFT_OUT
    dates: str = LEFT_OUT
    hours: str = LEFT_OUT
    reason: Text = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.days)
        _each(parse_dates, self.dates)
        _each(parse_hours, self.hours)
        if self.days is None and self.dates is None and self.hours is None:
            _missing()


class Policy(_Part):
    allowed_platforms: Annotated[list[Platform], Meta(min_length=1)] = LEFT_OUT
    require_staging: bool = LEFT_OUT
    min_lead: str = LEFT_OUT
    max_per_day: dict[Platform, Number] = LEFT_OUT
    blackouts: list[Blackout] = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.allowed_platforms)
        _each(lead_time, self.min_lead)


class Included(_Part):
    version: Literal[1] = LEFT_OUT
    templates: dict[str, Template] | None = None
    jobs: dict[str, Job] | None = None
    imports: dict[str, Identifier] | None = field(default=None, name="import")

    def __post_init__(self) -> None:
        for key in (*(self.templates or ()), *(self.jobs or ())):
            checks.check_key(key)
        for address in self.imports or ():
            checks.check_address(address)


class Project(Included):
    lineage: str = LEFT_OUT
    api: Api | None = None
    state: Text = LEFT_OUT
    timezone: str = LEFT_OUT
    limits: Limits | None = None
    policy: Policy | None = None
    include: list[Text] | None = None
    vars: dict[str, Any] | None = None
    defaults: Defaults | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.version is None:
            _missing()
        _each(checks.check_lineage, self.lineage)
        _each(checks.check_state_path, self.state)
        _each(checks.check_zone, self.timezone)
        for name, value in (self.vars or {}).items():
            checks.check_var_name(name)
            checks.check_variable(value)


def fits(value: Mapping[str, Any], shape: type[Project | Included]) -> bool:
    """Whether everything in `value` has a known key and a right value. False says no more than that it may not.

    `value` is as the readers of YAML give it: keys are text, and what is broken was reported already.
    """
    try:
        convert(value, shape)
    except (ValidationError, ValueError):
        return False
    return True


def _unique(items: list[Any] | None) -> None:
    if items is not None and len(set(items)) != len(items):
        raise ValueError


def _each(check: Any, value: object) -> None:
    if value is not None:
        check(value)


def _missing() -> Any:
    raise ValueError
