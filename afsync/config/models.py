"""Pydantic models that produce the error messages and the schemas, made from the definitions of the keys
(`config.keys`).

Validation is strict and never changes a value. Only imported where something is wrong, or the format is described.
"""

from __future__ import annotations

from functools import cache
from types import UnionType, new_class
from typing import Annotated, Any, ClassVar, Optional, Union, get_args, get_origin

from msgspec import Meta
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)

from afsync.config.keys.part import Check, Checker, Defined, Lazy, Part, keys_of
from afsync.config.keys.values import Json
from afsync.config.problems import NO_VALUE

_BOUNDS = ("ge", "le", "min_length", "max_length")


class Model(BaseModel):
    """What all parts of the format share: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    part: ClassVar[type[Part]]
    may_be_empty: ClassVar[frozenset[str]]
    """Keys that may stand without a value, as a section does whose entries are all commented out."""

    @model_validator(mode="before")
    @classmethod
    def _empty_keys(cls, value: object) -> object:
        """None means that a key stands there without a value, which fields that may be left out would accept."""
        if not isinstance(value, dict) or None not in value.values():
            return value
        return {k: NO_VALUE if v is None and k not in cls.may_be_empty else v for k, v in value.items()}

    @model_validator(mode="after")
    def _as_a_whole(self) -> Model:
        if check := getattr(self.part, "check", None):
            check(self)
        return self


@cache
def model_of(part: type[Part]) -> type[Model]:
    """The model of a part, and of all that it holds. It has the name of the part, by which the JSON Schema calls it."""
    keys = keys_of(part)
    body: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": part.__doc__,
        "__annotations__": {key.attribute: _field_type(key) for key in keys.values()},
        "part": part,
        "may_be_empty": frozenset(name for name, key in keys.items() if key.may_be_empty),
        **{key.attribute: _field(key) for key in keys.values()},
    }
    return new_class(part.__name__, (Model,), exec_body=lambda namespace: namespace.update(body))


def _field(key: Defined) -> Any:
    return Field(
        ... if key.required else key.default,
        alias=key.key if key.key != key.attribute else None,
        description=key.meaning,
        examples=list(key.examples) or None,
    )


def _field_type(key: Defined) -> Any:
    type_ = _typed(key.type)
    return type_ if key.required or key.default is not None or type_ is JsonValue else Optional[type_]  # noqa: UP045


def _typed(hint: Any) -> Any:
    """The type for pydantic."""
    if hint is Any or hint == Json:
        return JsonValue
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(*inner)
    if origin in (list, dict):
        return origin[tuple(map(_typed, inner))]
    if origin in (Union, UnionType):
        return Union[tuple(map(_typed, inner))]  # noqa: UP007
    return model_of(hint) if isinstance(hint, type) and issubclass(hint, Part) else hint


def _annotated(hint: Any, *marks: Any) -> Any:
    lazy = next((mark for mark in marks if isinstance(mark, Lazy)), None)
    if lazy is not None:
        return _typed(lazy.type())
    schema = {k: v for mark in marks if isinstance(mark, Check) for k, v in mark.schema.items()}
    said = [said for mark in marks for said in _said(mark)]
    if "type" in schema:
        return Annotated[(Any, *said, WithJsonSchema(schema))]
    return Annotated[(_typed(hint), *said, *([Field(json_schema_extra=schema)] if schema else []))]


def _said(mark: Meta | Check) -> list[Any]:
    if isinstance(mark, Meta):
        bounds = {name: bound for name in _BOUNDS if (bound := getattr(mark, name)) is not None}
        return [Field(**bounds)]
    return [BeforeValidator(mark.of) if mark.first else AfterValidator(_kept(mark.of))]


def _kept(check: Checker) -> Checker:
    def checked(value: Any) -> Any:
        check(value)
        return value

    return checked
