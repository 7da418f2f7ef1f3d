"""The types of single values in the files: what each accepts, and how it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from afsync.config.checks import (
    check_address,
    check_base_url,
    check_channel,
    check_deletes,
    check_identifier,
    check_key,
    check_lineage,
    check_quarantine,
    check_scalar,
    check_span,
    check_state_path,
    check_unique,
    check_url,
    check_var_name,
    check_variable,
    check_watch,
    check_zone,
)
from afsync.config.problems import NO_VALUE
from afsync.config.series_checks import check_date, check_instance, check_rows, check_wall_time
from afsync.core.remote_account import EMULATOR


def _json(schema_type: str | list[str], check: Callable[[Any], Any], **more: Any) -> tuple[Any, Any]:
    return BeforeValidator(check), WithJsonSchema({"type": schema_type, **more})


_SCALARS = ["string", "number", "boolean"]

Text = Annotated[str, StringConstraints(min_length=1)]

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(check_identifier)]

Url = Annotated[str, AfterValidator(check_url), Field(json_schema_extra={"pattern": "^https?://"})]

BaseUrl = Annotated[
    str, AfterValidator(check_base_url), Field(json_schema_extra={"pattern": f"^(https?://.+|{EMULATOR})$"})
]

Quarantine = Annotated[str, BeforeValidator(check_quarantine), Field(json_schema_extra={"pattern": "^[0-9]+(s|m|h)$"})]

Watch = Annotated[str, BeforeValidator(check_watch), Field(json_schema_extra={"pattern": "^[0-9]+(s|m|h|d)$"})]

Zone = Annotated[str, AfterValidator(check_zone)]

Lineage = Annotated[str, AfterValidator(check_lineage), Field(json_schema_extra={"format": "uuid"})]

StatePath = Annotated[str, StringConstraints(min_length=1), AfterValidator(check_state_path)]

ResourceKey = Annotated[str, AfterValidator(check_key)]

Address = Annotated[str, AfterValidator(check_address)]

ChannelName = Annotated[str, AfterValidator(check_channel)]

VariableName = Annotated[str, AfterValidator(check_var_name)]

Deletes = Annotated[Any, *_json(["integer", "string"], check_deletes, minimum=0, pattern=r"^[0-9]{1,3}(\.[0-9]+)?%$")]

Scalar = Annotated[Any, *_json(_SCALARS, check_scalar)]

Variable = Annotated[
    Any,
    *_json([*_SCALARS, "array"], check_variable, items={"type": _SCALARS}, maxItems=100),
]

Unique = AfterValidator(check_unique)

Day = Annotated[Any, *_json("string", check_date, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

WallTime = Annotated[Any, *_json("string", check_wall_time, pattern="^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$")]

Span = Annotated[Any, *_json("string", check_span, pattern="^[0-9]+(h|d)$")]

RowsOf = Annotated[
    Any,
    *_json(
        ["string", "object"],
        check_rows,
        properties={**{name: {"type": "string"} for name in ("file", "key", "sheet")}, "where": {"type": "object"}},
        additionalProperties=False,
    ),
]

InstanceKey = Annotated[str, AfterValidator(check_instance)]


class Part(BaseModel):
    """What all parts of the format share: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    may_be_empty: ClassVar[frozenset[str]] = frozenset()
    """Keys that may stand without a value, as a section does whose entries are all commented out."""

    @model_validator(mode="before")
    @classmethod
    def _empty_keys(cls, part: object) -> object:
        """None means that a key stands there without a value, which fields that may be left out would accept."""
        if not isinstance(part, dict) or None not in part.values():
            return part
        return {k: NO_VALUE if v is None and k not in cls.may_be_empty else v for k, v in part.items()}
