"""Whether a file is plainly right. `config.models` is the authority: what does not fit here is explained there.

Most files are right, and to find that out takes neither pydantic, whose import and models take longer than reading
ten thousand jobs, nor a word of the descriptions. `tests/config/test_shape.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NoReturn

from msgspec import Meta, Struct, ValidationError, convert, field
from msgspec.json import Decoder

from afsync.config import checks
from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours, quarantine_seconds, watch_seconds
from afsync.config.enums import (
    BodyField,
    Entry,
    Format,
    NotifyEvent,
    NotifyForm,
    Per,
    Platform,
    PolicyRule,
    Profile,
    Publisher,
    PublishMode,
    UnscheduledMode,
    Weekday,
)
from afsync.config.workspace_checks import check_key_source, check_state_template

LEFT_OUT: Any = None
"""The default of a key that may be left out. msgspec does not check defaults, so a key with an empty value does not
fit."""

Text = Annotated[str, Meta(min_length=1)]
Identifier = Annotated[str, Meta(min_length=1, max_length=500, pattern=checks.IDENTIFIER)]
Number = Annotated[int, Meta(ge=0)]
Scalar = str | int | float | bool
Json = str | int | float | bool | list[Any] | dict[str, Any]


def _refuse() -> NoReturn:
    """It does not fit; why, the models say."""
    raise ValueError


class _Part(Struct, forbid_unknown_fields=True):
    """A mapping without unknown keys. `__post_init__` checks more than types, with the functions that the models
    use."""


class LifecycleShape(_Part):
    prevent_destroy: bool = LEFT_OUT
    ignore_changes: list[BodyField] = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.ignore_changes)


class BodyShape(_Part):
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


class TemplateShape(BodyShape):
    name: Text = field(default_factory=_refuse)
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
        _if_given(checks.check_zone, self.zone)
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
        _if_given(checks.check_zone, self.zone)


class DefaultsShape(_Part):
    job: JobDefaultsShape | None = None


class ApiShape(_Part):
    base_url: str = LEFT_OUT
    exclusive: bool = LEFT_OUT
    quarantine: str = LEFT_OUT
    publish: Publisher = LEFT_OUT
    late: str = LEFT_OUT
    settle: str = LEFT_OUT
    watch: str = LEFT_OUT

    def __post_init__(self) -> None:
        _if_given(checks.check_base_url, self.base_url)
        _if_given(quarantine_seconds, self.quarantine)
        _if_given(quarantine_seconds, self.late)
        _if_given(quarantine_seconds, self.settle)
        _if_given(watch_seconds, self.watch)


class LimitsShape(_Part):
    max_credits: Number = LEFT_OUT
    max_creates: Number = LEFT_OUT
    max_deletes: Number | str = LEFT_OUT

    def __post_init__(self) -> None:
        _if_given(checks.check_deletes, self.max_deletes)


class AutoApproveShape(_Part):
    max_credits: Number = 0
    max_deletes: Number = 0


class BlackoutShape(_Part):
    days: Annotated[list[Weekday], Meta(min_length=1)] = LEFT_OUT
    dates: str = LEFT_OUT
    hours: str = LEFT_OUT
    reason: Text = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.days)
        _if_given(parse_dates, self.dates)
        _if_given(parse_hours, self.hours)
        if self.days is None and self.dates is None and self.hours is None:
            _refuse()


class BudgetShape(_Part):
    credits: Number = field(default_factory=_refuse)
    per: Per = LEFT_OUT
    zone: str = LEFT_OUT
    then: Literal["withhold", "warn"] = LEFT_OUT

    def __post_init__(self) -> None:
        _if_given(checks.check_zone, self.zone)


class ExceptionShape(_Part):
    job: Text = field(default_factory=_refuse)
    rule: PolicyRule = field(default_factory=_refuse)
    until: str = field(default_factory=_refuse)
    reason: Text = field(default_factory=_refuse)
    by: Text = LEFT_OUT

    def __post_init__(self) -> None:
        parse_day(self.until)


class PolicyShape(_Part):
    allowed_platforms: Annotated[list[Platform], Meta(min_length=1)] = LEFT_OUT
    require_staging: bool = LEFT_OUT
    require_proven_schedule: bool = LEFT_OUT
    min_lead: str = LEFT_OUT
    max_per_day: dict[Platform, Number] = LEFT_OUT
    blackouts: list[BlackoutShape] = LEFT_OUT
    publish_windows: Annotated[list[BlackoutShape], Meta(min_length=1)] = LEFT_OUT
    spacing: dict[Platform, str] = LEFT_OUT
    max_gap: dict[Platform, str] = LEFT_OUT
    budget: BudgetShape = LEFT_OUT
    exceptions: list[ExceptionShape] = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.allowed_platforms)
        _if_given(lead_time, self.min_lead)
        for length in (*(self.spacing or {}).values(), *(self.max_gap or {}).values()):
            lead_time(length)


class ChannelShape(_Part):
    form: NotifyForm = LEFT_OUT
    events: Annotated[list[NotifyEvent], Meta(min_length=1)] = LEFT_OUT

    def __post_init__(self) -> None:
        _unique(self.events)


class IncludedFileShape(_Part):
    version: Literal[1] = LEFT_OUT
    templates: dict[str, TemplateShape] | None = None
    jobs: dict[str, JobShape] | None = None
    imports: dict[str, Identifier] | None = field(default=None, name="import")

    def __post_init__(self) -> None:
        for key in (*(self.templates or ()), *(self.jobs or ())):
            checks.check_key(key)
        for address in self.imports or ():
            checks.check_address(address)


class ProjectFileShape(IncludedFileShape):
    lineage: str = LEFT_OUT
    account: Identifier = LEFT_OUT
    api: ApiShape | None = None
    state: Text = LEFT_OUT
    timezone: str = LEFT_OUT
    horizon: str = LEFT_OUT
    keep: str = LEFT_OUT
    limits: LimitsShape | None = None
    auto_approve: AutoApproveShape = LEFT_OUT
    policy: PolicyShape | None = None
    notify: dict[str, ChannelShape] | None = None
    include: list[Text] | None = None
    vars: dict[str, Any] | None = None
    defaults: DefaultsShape | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.version is None:
            _refuse()
        _if_given(checks.check_lineage, self.lineage)
        _if_given(checks.check_identifier, self.account)
        _if_given(checks.check_state_path, self.state)
        _if_given(checks.check_zone, self.timezone)
        _if_given(checks.check_span, self.horizon)
        _if_given(checks.check_span, self.keep)
        for name in self.notify or ():
            checks.check_channel(name)
        for name, value in (self.vars or {}).items():
            checks.check_var_name(name)
            checks.check_variable(value)


class OverallLimitsShape(_Part):
    max_credits: Number = LEFT_OUT


class WorkspaceFileShape(_Part):
    version: Literal[1] = field(default_factory=_refuse)
    accounts: Annotated[list[Text], Meta(min_length=1)] = field(default_factory=_refuse)
    key: str = field(default_factory=_refuse)
    state: Text = LEFT_OUT
    shared: list[Text] = LEFT_OUT
    limits: OverallLimitsShape | None = None
    auto_approve: AutoApproveShape = LEFT_OUT

    def __post_init__(self) -> None:
        check_key_source(self.key)
        _if_given(check_state_template, self.state)


_BUILT = [Decoder(shape) for shape in (ProjectFileShape, IncludedFileShape, WorkspaceFileShape)]
"""What msgspec knows of a type is found out when that is first used. Where two threads do so at once, it crashes: so it
is done here, while the module is loaded."""


def fits(value: Mapping[str, Any], shape: type[ProjectFileShape | IncludedFileShape | WorkspaceFileShape]) -> bool:
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
        _refuse()


def _if_given(check: Callable[[Any], object], value: object) -> None:
    if value is not None:
        check(value)
