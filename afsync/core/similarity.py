"""Whether a job in the account could be a submission of a declared body, judged by what the service echoes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.core.body_fields import ECHOED
from afsync.core.fingerprints import plain
from afsync.core.resources import Values
from afsync.core.text import composed, same_text

COMPARED = tuple(f for f in ECHOED if f not in ("contentType", "productionProfile"))
"""Those that can contradict: the other two are rewritten by the service."""

MADE_FROM = ("template", "fromTemplateId")
"""The fields that name a template."""


def echo_of(values: Values) -> dict[str, Any]:
    """The echoable part of an effective body, for the intent."""
    return {k: plain(values[k]) for k in ECHOED if _has(values, k)}


def fits(body: Values, echo: Values) -> bool:
    """Nothing the service echoes contradicts `body`. A field that `body` leaves open contradicts nothing: the
    service, or a template we cannot read, may have filled it in."""
    return not contradictions(body, echo)


def contradictions(body: Values, echo: Values) -> tuple[str, ...]:
    """The fields in which the service echoes something else than `body` says."""
    return tuple(field for field in _compared(body) if _differs(body, echo, field))


def looks_like(body: Values, echo: Values) -> bool:
    """Whether the topic is the same and not empty, and `platforms` and `entry` do not contradict: enough to withhold a
    paid submission, and to recognise it where nothing else has that topic."""
    return bool(body.get("topic")) and same_text(body["topic"], echo.get("topic")) and not echo_differs(body, echo)


def echo_differs(body: Values, echo: Values) -> bool:
    """Whether the service echoes a non-empty `platforms` or `entry` other than in `body`."""
    return _differs(body, echo, "platforms") or _differs(body, echo, "entry")


def _compared(body: Values) -> tuple[str, ...]:
    """The fields that say something: what the service makes of a template's format is its own."""
    return tuple(f for f in COMPARED if f != "format" or not any(body.get(t) for t in MADE_FROM))


def _differs(body: Values, echo: Values, field: str) -> bool:
    """Whether both say something of a field, and not the same. Of `entry`, `body` always does: it has a default."""
    ours = body[field] if _has(body, field) else "fetch" if field == "entry" else None
    return ours is not None and _has(echo, field) and not _same(field, ours, echo[field])


def _has(values: Values, field: str) -> bool:
    return values.get(field) not in (None, "", [], {})


def _same(field: str, ours: Any, theirs: Any) -> bool:
    if field == "platforms" and isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return sorted(map(str, ours)) == sorted(map(str, theirs))
    if field == "addOns" and isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return all(_same("", value, theirs.get(name)) for name, value in ours.items())
    return same_text(composed(plain(ours)), composed(plain(theirs)))
