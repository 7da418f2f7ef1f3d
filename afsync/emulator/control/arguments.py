"""The arguments of a control call, checked: a misspelt one must not be ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.emulator.accounts import KEY

NUMBER = (int, float)


class BadCall(ValueError):
    """A control call that makes no sense, and why."""


def read(body: Mapping[str, Any], **kinds: Any) -> dict[str, Any]:
    """The arguments, where `kinds` maps each name to a type, or a tuple of types."""
    for name, value in body.items():
        if name not in kinds:
            raise BadCall(f"unknown argument {name!r}; there are: {', '.join(kinds)}")
        allowed = kinds[name] if isinstance(kinds[name], tuple) else (kinds[name],)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in allowed)
            raise BadCall(f"{name!r} must be {names}")
    key = body.get("key")
    if "key" in kinds and key is not None and not KEY.fullmatch(key):
        raise BadCall("'key' must look like af_live_…")
    return dict(body)
