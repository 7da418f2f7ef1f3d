"""The types of single values in the files, closed lists of words among them, and what each accepts beyond a type of
Python. What a word means is said where a key takes it."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from afsync.config import value_checks
from afsync.config.durations import quarantine_seconds, watch_seconds
from afsync.config.keys.part import Check
from afsync.core.remote_account import EMULATOR

Platform = Literal["tiktok", "youtube", "instagram"]

Format = Literal["short", "long"]

PublishMode = Literal["immediate", "scheduled", "manual"]

UnscheduledMode = Literal["immediate", "manual"]

Publisher = Literal["service", "held"]

Profile = Literal["broadcast_desk", "vertical_reel", "live_event"]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

PolicyRule = Literal[
    "allowed_platforms",
    "require_staging",
    "require_proven_schedule",
    "min_lead",
    "max_per_day",
    "blackouts",
    "publish_windows",
    "spacing",
    "max_gap",
    "budget",
]

Per = Literal["day", "week", "month"]

NotifyEvent = Literal["plan", "applied", "failed", "waits", "not_kept", "published"]

NotifyForm = Literal["slack", "webhook"]

Entry = Literal["fetch", "upload", "compose", "generate"]

Json = str | int | float | bool | list[Any] | dict[str, Any]
"""Any value; passed on as it is."""

Text = Annotated[str, Meta(min_length=1)]

Count = Annotated[int, Meta(ge=0)]

Identifier = Annotated[str, Meta(min_length=1, max_length=500), Check(value_checks.check_identifier)]

Url = Annotated[str, Check(value_checks.check_url, schema={"pattern": "^https?://"})]

BaseUrl = Annotated[str, Check(value_checks.check_base_url, schema={"pattern": f"^(https?://.+|{EMULATOR})$"})]

Quarantine = Annotated[
    str, Check(value_checks.as_text(quarantine_seconds), first=True, schema={"pattern": "^[0-9]+(s|m|h)$"})
]

Watch = Annotated[str, Check(value_checks.as_text(watch_seconds), first=True, schema={"pattern": "^[0-9]+(s|m|h|d)$"})]

Zone = Annotated[str, Check(value_checks.check_zone)]

Lineage = Annotated[str, Check(value_checks.check_lineage, schema={"format": "uuid"})]

StatePath = Annotated[str, Meta(min_length=1), Check(value_checks.check_state_path)]

ResourceKey = Annotated[str, Check(value_checks.check_key)]

Address = Annotated[str, Check(value_checks.check_address)]

ChannelName = Annotated[str, Check(value_checks.check_channel)]

VariableName = Annotated[str, Check(value_checks.check_var_name)]

Deletes = Annotated[
    int | str,
    Check(
        value_checks.check_deletes,
        first=True,
        schema={"type": ["integer", "string"], "minimum": 0, "pattern": r"^[0-9]{1,3}(\.[0-9]+)?%$"},
    ),
]

_SCALARS = ["string", "number", "boolean"]

Scalar = Annotated[str | int | float | bool, Check(value_checks.check_scalar, first=True, schema={"type": _SCALARS})]

Variable = Annotated[
    Any,
    Check(
        value_checks.check_variable,
        first=True,
        schema={"type": [*_SCALARS, "array"], "items": {"type": _SCALARS}, "maxItems": value_checks.MOST_ITEMS},
    ),
]

Span = Annotated[str, Check(value_checks.check_span, first=True, schema={"type": "string", "pattern": "^[0-9]+(h|d)$"})]

Unique = Check(value_checks.check_unique)

Platforms = Annotated[list[Platform], Meta(min_length=1), Unique]
