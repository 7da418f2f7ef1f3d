"""The normal form of a request and its fingerprint: two requests that ask for the same have the same one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from afsync.core.addresses import Kind
from afsync.core.resources import Values
from afsync.core.text import composed


def plain(value: Any) -> Any:
    """`value` as JSON would hold it: mappings as dicts, tuples as lists, integral floats as ints."""
    match value:
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


JOB_DEFAULTS: Values = MappingProxyType(
    {"format": "short", "durationMins": 1, "publishMode": "immediate", "staging": False}
)
"""What the API assumes where a job made without a template says nothing (docs/service.md#submitting-a-job)."""


def normalise(kind: Kind, values: Values) -> dict[str, Any]:
    """`values` in the one form in which equal requests are equal.

    Texts are in NFC; platforms are a set; integers are ints; an empty `addOns` is none; what the API would
    assume anyway is spelled out, but only where no template could say otherwise.
    """
    return _spelt_out(kind, composed(plain(values)))


def _spelt_out(kind: Kind, values: dict[str, Any]) -> dict[str, Any]:
    result = {k: v for k, v in values.items() if v not in (None, {}, [])}
    platforms = result.get("platforms")
    if isinstance(platforms, list) and all(isinstance(p, str) for p in platforms):
        result["platforms"] = sorted(set(platforms))
    if kind is Kind.JOB:
        result.setdefault("entry", "fetch")
        if "template" not in result and "fromTemplateId" not in result:
            result = {**JOB_DEFAULTS, **result}
    return result


def fingerprint(kind: Kind, values: Values) -> str:
    """A hash of the normalised body: 32 hex digits. Two requests that mean the same have the same one."""
    return _hash(kind, normalise(kind, values))


def recorded_fingerprint(kind: Kind, known: Values, known_fingerprint: str) -> str:
    """The fingerprint that `known` would have today: earlier versions did not normalise texts to NFC before hashing."""
    if repr(known).isascii():
        return known_fingerprint
    now = fingerprint(kind, known)
    if now == known_fingerprint or _hash(kind, _spelt_out(kind, plain(known))) != known_fingerprint:
        return known_fingerprint
    return now


def _hash(kind: Kind, normalised: Values) -> str:
    text = json.dumps([kind.value, normalised], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_OPEN_FIELDS = frozenset({"addOns", "clipSpec", "effects"})
"""Fields of any JSON, in which Python takes `true` and `1` for equal and the service need not."""


def same_body(values: Values, known: Values, known_fingerprint: str) -> bool:
    """Whether a job's `values` ask for what `known` asked for, whose fingerprint is given. Equal values need no hash,
    and most values of a plan are equal."""
    return plainly_same(values, known) or same_request(Kind.JOB, values, known, known_fingerprint)


def plainly_same(values: Values, known: Values) -> bool:
    """Whether two bodies are the same for certain, whatever they mean."""
    if values != known:
        return False
    # Texts of the same values differ only where the order of keys does, which the fingerprints then decide.
    return _OPEN_FIELDS.isdisjoint(values) or all(repr(values.get(f)) == repr(known.get(f)) for f in _OPEN_FIELDS)


def same_request(kind: Kind, values: Values, known: Values, known_fingerprint: str) -> bool:
    """Whether `values` ask for what `known` asked for, whose fingerprint was recorded."""
    wanted = fingerprint(kind, values)
    return wanted == known_fingerprint or wanted == recorded_fingerprint(kind, known, known_fingerprint)


DEEPEST = 200
"""Levels. A value in a file has 64 at most, so nothing that afsync writes comes near."""


def too_deep(value: Any) -> bool:
    """Whether a JSON value has more levels than DEEPEST; counted without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [x for v in level if isinstance(v, dict | list) for x in (v.values() if isinstance(v, dict) else v)]
        if not level:
            return False
    return True
