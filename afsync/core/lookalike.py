"""Whether a job in the account could be a submission of a declared body, judged by what the service echoes."""

from __future__ import annotations

from typing import Any

from afsync.core.resources import Values, plain
from afsync.core.text import composed, same_text

ECHOED = ("addOns", "contentType", "entry", "format", "platforms", "productionProfile", "tone", "topic")
"""The submitted fields that some dialect echoes (API.md, GET /jobs)."""

ASSUMED = {"entry": "fetch", "format": "short"}
"""What the service would echo for a field nobody set."""


def echo_of(values: Values) -> dict[str, Any]:
    """The echoable part of an effective body, for the intent."""
    return {k: plain(values[k]) for k in ECHOED if values.get(k) not in (None, "", [], {})}


def fits(body: Values, echo: Values) -> bool:
    """Nothing the service echoes contradicts `body`. A field that `body` leaves open contradicts nothing: the
    service, or a template we cannot read, may have filled it in."""
    return not contradictions(body, echo)


def contradictions(body: Values, echo: Values) -> tuple[str, ...]:
    """The fields in which the service echoes something else than `body` says."""
    told = (field for field in ECHOED if _contradictable(body, echo, field))
    return tuple(field for field in told if not _same(field, _said(body, field), echo[field]))


def agrees(body: Values, echo: Values) -> bool:
    """Evidence enough to call it ours: a non-empty topic is echoed, and every echoed field is what we sent."""
    if not body.get("topic") or not same_text(body["topic"], echo.get("topic")):
        return False
    return all(_same(field, _said(body, field), echo[field]) for field in ECHOED if _has(echo, field))


def looks_like(body: Values, echo: Values) -> bool:
    """Enough to withhold a paid submission: the same non-empty topic, and no contradiction."""
    return bool(body.get("topic")) and same_text(body["topic"], echo.get("topic")) and fits(body, echo)


def _contradictable(body: Values, echo: Values, field: str) -> bool:
    return _has(echo, field) and (_has(body, field) or field == "entry")


def _has(values: Values, field: str) -> bool:
    return values.get(field) not in (None, "", [], {})


def _said(body: Values, field: str) -> Any:
    value = body.get(field)
    return ASSUMED.get(field) if value in (None, "", [], {}) else value


def _same(field: str, ours: Any, theirs: Any) -> bool:
    if field == "platforms" and isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return sorted(map(str, ours)) == sorted(map(str, theirs))
    return same_text(composed(plain(ours)), composed(plain(theirs)))
