"""Whether a file is plainly right. `config.models` is the authority: what does not fit here is explained there.

Most files are right, and to find that out takes neither pydantic, whose import and models take longer than reading
ten thousand jobs, nor a word of the descriptions. `tests/config/test_shape.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, ValidationError, convert, field
from msgspec.json import Decoder

from afsync.config import checks
from afsync.config.checks import if_given
from afsync.config.durations import lead_time, parse_dates, parse_day, parse_hours, quarantine_seconds, watch_seconds
from afsync.config.enums import (
    NotifyEvent,
    NotifyForm,
    Per,
    Platform,
    PolicyRule,
    Publisher,
    Weekday,
)
from afsync.config.resource_shapes import (
    LEFT_OUT,
    Identifier,
    JobDefaultsShape,
    JobShape,
    Number,
    StrictMapping,
    TemplateShape,
    Text,
    refuse,
)
from afsync.config.workspace_checks import check_key_source, check_state_template


class DefaultsShape(StrictMapping):
    job: JobDefaultsShape | None = None


class ApiShape(StrictMapping):
    base_url: str = LEFT_OUT
    exclusive: bool = LEFT_OUT
    quarantine: str = LEFT_OUT
    publish: Publisher = LEFT_OUT
    late: str = LEFT_OUT
    settle: str = LEFT_OUT
    watch: str = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_base_url, self.base_url)
        if_given(quarantine_seconds, self.quarantine)
        if_given(quarantine_seconds, self.late)
        if_given(quarantine_seconds, self.settle)
        if_given(watch_seconds, self.watch)


class LimitsShape(StrictMapping):
    max_credits: Number = LEFT_OUT
    max_creates: Number = LEFT_OUT
    max_deletes: Number | str = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_deletes, self.max_deletes)


class AutoApproveShape(StrictMapping):
    max_credits: Number = 0
    max_deletes: Number = 0


class BlackoutShape(StrictMapping):
    days: Annotated[list[Weekday], Meta(min_length=1)] = LEFT_OUT
    dates: str = LEFT_OUT
    hours: str = LEFT_OUT
    reason: Text = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_unique, self.days)
        if_given(parse_dates, self.dates)
        if_given(parse_hours, self.hours)
        if self.days is None and self.dates is None and self.hours is None:
            refuse()


class BudgetShape(StrictMapping):
    credits: Number = field(default_factory=refuse)
    per: Per = LEFT_OUT
    zone: str = LEFT_OUT
    then: Literal["withhold", "warn"] = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_zone, self.zone)


class ExceptionShape(StrictMapping):
    job: Text = field(default_factory=refuse)
    rule: PolicyRule = field(default_factory=refuse)
    until: str = field(default_factory=refuse)
    reason: Text = field(default_factory=refuse)
    by: Text = LEFT_OUT

    def __post_init__(self) -> None:
        parse_day(self.until)


class PolicyShape(StrictMapping):
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
        if_given(checks.check_unique, self.allowed_platforms)
        if_given(lead_time, self.min_lead)
        for length in (*(self.spacing or {}).values(), *(self.max_gap or {}).values()):
            lead_time(length)


class ChannelShape(StrictMapping):
    form: NotifyForm = LEFT_OUT
    events: Annotated[list[NotifyEvent], Meta(min_length=1)] = LEFT_OUT

    def __post_init__(self) -> None:
        if_given(checks.check_unique, self.events)


class IncludedFileShape(StrictMapping):
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
            refuse()
        if_given(checks.check_lineage, self.lineage)
        if_given(checks.check_identifier, self.account)
        if_given(checks.check_state_path, self.state)
        if_given(checks.check_zone, self.timezone)
        if_given(checks.check_span, self.horizon)
        if_given(checks.check_span, self.keep)
        for name in self.notify or ():
            checks.check_channel(name)
        for name, value in (self.vars or {}).items():
            checks.check_var_name(name)
            checks.check_variable(value)


class OverallLimitsShape(StrictMapping):
    max_credits: Number = LEFT_OUT


class WorkspaceFileShape(StrictMapping):
    version: Literal[1] = field(default_factory=refuse)
    accounts: Annotated[list[Text], Meta(min_length=1)] = field(default_factory=refuse)
    key: str = field(default_factory=refuse)
    state: Text = LEFT_OUT
    shared: list[Text] = LEFT_OUT
    limits: OverallLimitsShape | None = None
    auto_approve: AutoApproveShape = LEFT_OUT

    def __post_init__(self) -> None:
        check_key_source(self.key)
        if_given(check_state_template, self.state)


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
