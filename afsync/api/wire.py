"""The form of answers, whatever the dialect: objects, ids, numbers, time stamps, errors; texts made safe to show.

What is not of the promised form raises BadAnswer; it never reads as "nothing there". Fields that are not named here are
ignored.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from afsync.core.clocks import FIRST, LAST
from afsync.core.links import text_without_signed
from afsync.errors import BadAnswer

Row = Mapping[str, Any]

_ID = re.compile(r"(?=.*[A-Za-z0-9])[^/\\?\s](?:[^/\\]{0,198}[^/\\\s])?")


MOST_VALUES = 1_000_000
"""In one answer. A full page of jobs has a few thousand, and ten thousand templates less than a third of this."""


class ErrorForm(Struct, frozen=True):
    """An error as the API writes it. `code` is None where it wrote a sentence; `detail` is fit to be shown."""

    code: str | None
    detail: str
    retry_after_ms: float | None = None


def decode(body: bytes) -> Any:
    """`body` as JSON; ValueError when it is none, or holds more values than memory should be given to."""
    if too_many(body):
        raise ValueError("too many values")
    try:
        return json.loads(body)
    except RecursionError:
        pass
    try:
        return json.loads(shallow(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def object_in(body: bytes) -> dict[str, Any] | None:
    """The JSON object in `body`; None where it is anything else."""
    try:
        value = decode(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def too_many(body: bytes) -> bool:
    """Whether `body` may hold more than MOST_VALUES; counted before parsing, as lists take a hundredfold."""
    return body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES


def error_form(body: bytes) -> ErrorForm | None:
    """The error in `body`, or None when this is not how the API writes errors (so something else wrote it)."""
    row = object_in(body)
    if row is None:
        return None
    error = row.get("label") if row.get("ok") is False and "label" in row else row.get("error")
    if not isinstance(error, str) or not error.strip():
        return None
    message = row.get("message")
    code = error if re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", error) else None
    detail = message if isinstance(message, str) and message.strip() else error
    after = row.get("retryAfterMs")
    return ErrorForm(code, printable(detail) + _fields(row), after if type(after) in (int, float) else None)


def _fields(row: Row) -> str:
    """What `errors` says of single fields, where it is there."""
    errors = row.get("errors")
    told = [_field(e) for e in errors[:10]] if isinstance(errors, list) else []
    return f" ({'; '.join(filter(None, told))})" if any(told) else ""


def _field(error: object) -> str:
    if not isinstance(error, dict):
        return printable(error, 100) if isinstance(error, str) else ""
    parts = (error.get("field"), error.get("message"))
    return ": ".join(printable(p, 100) for p in parts if isinstance(p, str) and p.strip())


def usable_id(value: object) -> bool:
    """Whether `value` can be an id. It may hold whatever an account's name may (`|`, `@`, `+`, a space), so it is
    encoded in a path and quoted in a shell. Dots alone are none: they would mean another path."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and _ID.fullmatch(value) is not None


ODD = "?"
"""Begins the made-up id of a row that has none."""


def made_up_id(row: object) -> str:
    """For a row that has no usable id: the same on another page, since it is neither a resource nor nothing."""
    text = json.dumps(valid_unicode_in(row), sort_keys=True, default=str)
    return ODD + hashlib.sha256(text.encode()).hexdigest()[:12]


def quoted(value: object, limit: int = 60) -> str:
    """A value that could not be read, as it came, for a message."""
    return printable(text_without_signed(json.dumps(valid_unicode_in(value), default=str)), limit)


def bad(what: str, expected: str, got: object) -> BadAnswer:
    """The error for an answer that is not what the API promises."""
    shown = excerpt(got) if isinstance(got, bytes) else quoted(got, 120)
    return BadAnswer(
        f"The service's answer to {what} is not what the API promises: expected {expected}, got {shown}.",
        "if this goes on, something between here and the service may be changing answers",
    )


def an_object(value: object, what: str) -> dict[str, Any]:
    """`value`, which has to be a JSON object."""
    if not isinstance(value, dict):
        raise bad(what, "an object", value)
    return value


def list_of(value: object, field: str, what: str) -> list[Any]:
    """The list under `field`, whatever is in it."""
    rows = an_object(value, what).get(field)
    if not isinstance(rows, list):
        raise bad(what, f"a list of objects in `{field}`", value if rows is None else rows)
    return rows


def id_of(row: Row, what: str, *names: str) -> str:
    """The first of the fields `names` that is there, which has to be a usable id."""
    value = first(row, *names)
    if not isinstance(value, str) or not usable_id(value):
        raise bad(what, f"a usable `{names[0]}`", value)
    return value


def first(row: Row, *names: str) -> Any:
    """The value of the first of the fields `names` that is there and not null."""
    for name in names:
        value = row.get(name)
        if value is not None:
            return value
    return None


def text_of(row: Row, what: str, *names: str) -> str:
    """A required text. BadAnswer where it is missing."""
    value = first(row, *names)
    if not isinstance(value, str) or not value:
        raise bad(what, f"a text in `{names[0]}`", value)
    return valid_unicode(value)


def optional_text(row: Row, *names: str) -> str | None:
    """A text that may be missing; whatever else stands there counts as missing."""
    value = first(row, *names)
    return valid_unicode(value) if isinstance(value, str) and value else None


def number_of(row: Row, what: str, *names: str) -> int | None:
    """An integer, rounded down, or None where the service does not report it."""
    value = first(row, *names)
    if value is None:
        return None
    if type(value) not in (int, float) or value != value or abs(value) > 1e12:
        raise bad(what, f"a number in `{names[0]}`", value)
    return math.floor(float(value))


def moment_of(row: Row, what: str, *names: str) -> datetime | None:
    """A time stamp, or None where the service does not report it."""
    value = first(row, *names)
    if value is None:
        return None
    found = moment(value)
    if found is None:
        raise bad(what, f"a time stamp in `{names[0]}`", value)
    return found


def moment(value: object) -> datetime | None:
    """A time stamp in any of the service's forms, as a UTC datetime; None when it is none of them.

    ISO 8601 with Z or an offset (without either: UTC), or milliseconds since 1970 as a number or as digits. None at the
    ends of the calendar too: in some time zones they are beyond it.
    """
    found = None
    try:
        if isinstance(value, str):
            if not (value.isascii() and value.isdigit()):
                found = datetime.fromisoformat(value)
                if found.tzinfo is not UTC:
                    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            else:
                value = int(value)
        if type(value) in (int, float):
            found = datetime.fromtimestamp(value / 1000, UTC)  # type: ignore[operator]
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and FIRST <= found <= LAST else None


def iso(at: datetime) -> str:
    """An instant as the API wants it: ISO 8601 in UTC with Z, in seconds where that says it all."""
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


MAX_CHARACTERS = 300
"""Enough for a sentence, and no more than a few lines of a terminal."""


DEEPEST = 50
"""How many levels of a value from the service are read. What is nested deeper is replaced by `TOO_DEEP`, so that
comparing or showing a value cannot exceed the recursion limit."""

TOO_DEEP = "(nested too deeply)"

_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def shallow(body: bytes) -> bytes:
    """JSON without what stands deeper than a page of rows needs, so that one odd row costs no other row anything."""
    pieces, last, depth, begun, deepest = [], 0, 0, 0, DEEPEST + 10
    for found in _MARKS.finditer(body):
        mark = found[0]
        if mark in b"[{":
            depth += 1
            begun = found.start() if depth == deepest else begun
        elif mark in b"]}":
            depth -= 1
            if depth == deepest - 1:
                pieces += [body[last:begun], b'"' + TOO_DEEP.encode() + b'"']
                last = found.end()
    return b"".join([*pieces, body[last:]])


def printable(text: str, limit: int = MAX_CHARACTERS) -> str:
    """`text` on one line, without anything that could steer a terminal, at most `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    line = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[: 4 * limit])
    line = " ".join(line.split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1] + "…"


def excerpt(body: bytes) -> str:
    """The beginning of an answer, for a message."""
    return printable(text_without_signed(body[:1000].decode("utf-8", "replace")), 120) or "nothing"


def printable_in(value: Any) -> Any:
    """Texts in `value`, which is JSON and only ever shown, made printable."""
    return _texts(value, printable)


def valid_unicode(text: str) -> str:
    """`text` as it is, except for halves of characters (a topic cut in the middle), which no file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def valid_unicode_in(value: Any) -> Any:
    """All texts in `value`, which is JSON, as `valid_unicode` leaves them."""
    return _texts(value, valid_unicode)


def _texts(value: Any, change: Callable[[str], str], left: int = DEEPEST) -> Any:
    match value:
        case str():
            return change(value)
        case dict() | list() if left == 0:
            return TOO_DEEP
        case dict():
            return {change(k): _texts(v, change, left - 1) for k, v in value.items()}
        case list():
            return [_texts(v, change, left - 1) for v in value]
        case _:
            return value
