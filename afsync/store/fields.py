"""Typed access to parsed JSON, strict: a state file is input like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

Object = dict[str, Any]
"""A JSON object as `json.loads` gives it."""

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Wrong(Exception):
    """What is wrong with a value, in words that can follow the name of the place."""


def obj(value: Any, keys: frozenset[str]) -> Object:
    """`value` as an object with exactly these keys."""
    if type(value) is not dict:
        raise Wrong(f"should be an object, not {shown(value)}")
    if value.keys() != keys:
        missing = ", ".join(sorted(keys - value.keys()))
        unknown = ", ".join(sorted(k[:40] for k in value.keys() - keys))
        parts = [f"lacks {missing}"] if missing else []
        raise Wrong(" and ".join([*parts, *([f"has {unknown}, which this afsync does not know"] if unknown else [])]))
    return value


def text(o: Object, key: str) -> str:
    value = o[key]
    if type(value) is not str or not value:
        raise _wrong(key, "text", value)
    return value


def text_or_none(o: Object, key: str) -> str | None:
    value = o[key]
    if value is not None and type(value) is not str:
        raise _wrong(key, "text or null", value)
    return value


def whole(o: Object, key: str) -> int:
    value = o[key]
    if type(value) is not int or value < 0:
        raise _wrong(key, "a whole number that is not negative", value)
    return value


def number_or_none(o: Object, key: str) -> int | None:
    value = o[key]
    if value is not None and type(value) is not int:
        raise _wrong(key, "a whole number or null", value)
    return value


def flag(o: Object, key: str) -> bool:
    value = o[key]
    if type(value) is not bool:
        raise _wrong(key, "true or false", value)
    return value


def member(o: Object, key: str, of: type[E]) -> E:
    try:
        return of(o[key])
    except ValueError:
        raise _wrong(key, " or ".join(of), o[key]) from None


def instant(o: Object, key: str) -> datetime:
    value = instant_or_none(o, key)
    if value is None:
        raise _wrong(key, "a UTC time", value)
    return value


def instant_or_none(o: Object, key: str) -> datetime | None:
    """A UTC instant such as 2026-12-01T08:00:00Z, with at most microseconds."""
    value = o[key]
    if value is None:
        return None
    try:
        if type(value) is str:
            return utc(value)
    except ValueError:
        pass
    raise _wrong(key, "a UTC time such as 2026-12-01T08:00:00Z", value)


def utc(text: str) -> datetime:
    """The instant that such a text means; ValueError for any other."""
    if text[-1:] != "Z" or text[10:11] != "T":
        raise ValueError(text)
    return datetime.fromisoformat(text)


def values(o: Object, key: str) -> Object:
    """Any JSON object."""
    value = o[key]
    if type(value) is not dict:
        raise _wrong(key, "an object", value)
    return value


def items(o: Object, key: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    """A JSON array, each element as `read` gives it."""
    value = o[key]
    if type(value) is not list:
        raise _wrong(key, "an array", value)
    return tuple(within(f"{key}[{i}]", read, v) for i, v in enumerate(value))


def string(value: Any) -> str:
    if type(value) is not str:
        raise Wrong(f"should be text, not {shown(value)}")
    return value


def within(place: str, read: Callable[[Any], T], value: Any) -> T:
    """`read(value)`, with `place` put before what it complains of."""
    try:
        return read(value)
    except Wrong as error:
        raise Wrong(f"{place}: {error}") from None


def shown(value: Any) -> str:
    """A value in a message: short, whatever it is."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case dict():
            return "an object"
        case list():
            return "an array"
        case int():
            return "a number" if abs(value) > 10**15 else str(value)
        case _:
            return repr(value)[:60]


def instant_text(at: datetime) -> str:
    """A UTC instant as text; the zone it came in does not matter."""
    return at.astimezone(UTC).isoformat()[:-6] + "Z"


def _wrong(key: str, wanted: str, value: Any) -> Wrong:
    return Wrong(f"{key} should be {wanted}, not {shown(value)}")
