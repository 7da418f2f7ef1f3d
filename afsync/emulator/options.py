"""Everything about the emulator that can be chosen at the start and changed while it runs."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import asdict

DialectName = Literal["documented", "deployed", "router"]
Tier = Literal["operate", "guided", "managed", "starter"]
"""`starter` stands for every plan without API access."""


class EmulatorOptions(Struct):
    """See docs/emulator.md. Seconds are of the emulator's clock, `latency_ms` is real time."""

    dialect: DialectName = "documented"
    speed: float | Literal["manual"] = 1.0
    rpm: int | None = None
    concurrent: int | None = None
    tier: Tier = "operate"
    credits: int = 50
    echo: Literal["minimum", "normal", "full"] = "normal"
    timestamps: Literal["iso", "epoch", "digits", "mix"] = "mix"
    job_spec: Literal["object", "text", "mix"] = "mix"
    extra_fields: bool = False
    schedule_endpoint: bool = True
    staging_assets: bool = True
    list_lag: float = 0.0
    latency_ms: float = 0.0
    surcharge: int = 0
    fail_share: float = 0.0
    check_files: bool = True
    max_upload: int = 500 * 1024 * 1024
    media_bytes: int = 0
    approval: Literal["newest", "older"] = "newest"
    publish_profile: bool = True
    publish_fails: str = ""
    ignore_staging: bool = False
    charging: bool = False
    shared_ids: bool = False

    def __post_init__(self) -> None:
        check(asdict(self))

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change some of them; nothing changes when one of them is wrong (ValueError)."""
        check(changes)
        for name, value in changes.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """All of them, as the control API shows them."""
        return asdict(self)


def check(values: Mapping[str, Any]) -> None:
    """ValueError that names the option, for an unknown one or a value of the wrong kind."""
    hints = get_type_hints(EmulatorOptions)
    for name, value in values.items():
        if name not in hints:
            known = ", ".join(EmulatorOptions.__struct_fields__)
            raise ValueError(f"unknown option {name!r}; there are: {known}")
        if not _fits(value, hints[name]) or (name == "speed" and value == 0):
            raise ValueError(f"option {name!r} cannot be {value!r}; it takes {_describe(hints[name])}")


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is types.UnionType or str(hint).startswith("typing.Union"):
        return any(_fits(value, part) for part in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint in (int, float):
        wanted = int if hint is int else (int, float)
        return isinstance(value, wanted) and not isinstance(value, bool) and value >= 0
    return isinstance(value, hint)


def _describe(hint: Any) -> str:
    if hint is bool:
        return "true or false"
    if hint in (int, float):
        return "a number that is not negative"
    if hint is type(None):
        return "null"
    if hint is str:
        return "a string"
    if get_origin(hint) is Literal:
        return " or ".join(get_args(hint))
    return " or ".join(_describe(part) for part in get_args(hint))
