"""What every document of the store has in common: what is wrong with one, and values as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

Object = dict[str, Any]
"""A JSON object as `json.loads` gives it."""

T = TypeVar("T")


class Wrong(Exception):
    """What is wrong with a value, in words that can follow the name of the place."""


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
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat()[:-6] + "Z"
