"""What the fields of a job may hold (docs/service.md#submitting-a-job); the same table for templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from afsync.emulator.errors import invalid

Check = Callable[[object], bool]


def _text(limit: int = 10_000) -> tuple[Check, str]:
    return lambda value: isinstance(value, str) and len(value) <= limit, f"a string of at most {limit} characters"


def _choice(*values: str) -> tuple[Check, str]:
    return lambda value: isinstance(value, str) and value in values, f"one of {', '.join(values)}"


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) <= 10_000


def _is_minutes(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 120


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


FIELDS: dict[str, tuple[Check, str]] = {
    "entry": _choice("fetch", "upload", "compose", "generate"),
    "url": (_is_url, "an http or https URL"),
    "urls": (_list_of(_is_url), "a list of http or https URLs"),
    "fileId": _text(1000),
    "topic": _text(500),
    "tone": _text(),
    "format": _choice("short", "long"),
    "durationMins": (_is_minutes, "a number from 1 to 120"),
    "platforms": (
        _list_of(lambda value: value in ("tiktok", "youtube", "instagram")),
        "a list of tiktok, youtube, instagram",
    ),
    "publishMode": _choice("immediate", "scheduled", "manual"),
    "staging": (lambda value: isinstance(value, bool), "true or false"),
    "fromTemplateId": _text(200),
    "addOns": (lambda value: isinstance(value, dict), "an object"),
    "contentType": _text(100),
    "productionProfile": _choice("broadcast_desk", "vertical_reel", "live_event"),
    "prompt": _text(),
    "clipSpec": (lambda value: isinstance(value, dict), "an object"),
    "effects": (lambda value: isinstance(value, dict | list), "an object or a list"),
    "streamer": _text(),
}


def checked_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the service knows, checked; what it does not know it ignores."""
    for name, (fits, wanted) in FIELDS.items():
        if name in body and not fits(body[name]):
            raise invalid(f"{name} must be {wanted}")
    return {name: value for name, value in body.items() if name in FIELDS}


def check_source(spec: Mapping[str, Any]) -> None:
    """A job needs something to be made from, once its template is under it."""
    entry = spec.get("entry", "fetch")
    if entry == "fetch" and not (spec.get("url") or spec.get("urls")):
        raise invalid("url is required when entry is fetch")
    if entry == "upload" and not spec.get("fileId"):
        raise invalid("fileId is required when entry is upload")
