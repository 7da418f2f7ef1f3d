"""Values as people recognise them from their YAML, safe to show whatever the service or a file put in them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.regex import regex
from afsync.core.resources import Schedule
from afsync.core.text import LIKE_FORMULAS
from afsync.core.text import count as count


class Paint(Struct, frozen=True):
    """How text is shown: with colours or without, and on how many columns; None where it is no terminal."""

    coloured: bool = False
    columns: int | None = None

    def __call__(self, text: str, colour: str) -> str:
        """`text` with the escape codes of a colour, by its name."""
        if not (self.coloured and text):
            return text
        code = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "bold": 1, "dim": 2}[colour]
        return f"\x1b[{code}m{text}\x1b[0m"

    def indented(self, by: int) -> Paint:
        """For what is printed `by` columns further right."""
        return self if self.columns is None else replace(self, columns=self.columns - by)


no_paint = Paint()
"""For a pipe or a file."""

ansi_paint = Paint(coloured=True)

_PLAIN = regex(r"(?:[A-Za-z0-9_./(]|[^\x00-\xa0])[^\x00-\x1f\"'#{}\[\],&*!|>%@`\\]*")
_LOOKS_TYPED = regex(r"(?i)true|false|null|~|[-+]?[0-9][0-9_.]*(e[-+]?[0-9]+)?|0x[0-9a-f]+|0o[0-7]+")
_LOG_COMMAND = regex(r"#(?=#\w*\[)")
_MAX = 600


def escape_control(text: str) -> str:
    """`text` without anything that moves a cursor, hides, reverses, or is an order to a CI system wherever it stands
    in a log (`##[group]`): such characters are shown as escapes."""
    if "##" in text:
        text = _LOG_COMMAND.sub(r"\\x23", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if harmless(c) else c.encode("unicode_escape").decode() for c in text)


def harmless(char: str) -> bool:
    """Whether a character only shows itself: no control, format, surrogate or private character."""
    return char == " " or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def shown(value: Any) -> str:
    """One value in YAML's flow style, on one line."""
    match value:
        case None:
            return "(none)"
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case Mapping():
            return "{" + ", ".join(f"{_string(str(k))}: {shown(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(shown(v) for v in value) + "]"
        case _:
            return json.dumps(value)


def _string(text: str) -> str:
    text = text if len(text) <= _MAX else text[: _MAX - 1] + "…"
    plain = (
        _PLAIN.fullmatch(text)
        and not _LOOKS_TYPED.fullmatch(text)
        and ": " not in text
        and escape_control(text) == text
    )
    if plain and text == text.strip() and not text.endswith(":"):
        return text
    return escape_control(json.dumps(text, ensure_ascii=False))


def shown_schedule(schedule: Schedule | None, *, instant: bool = True) -> str:
    """`Tue 2026-12-01 09:00 CET (2026-12-01T08:00:00Z)`; without the instant when `instant` is false."""
    if schedule is None:
        return "(none)"
    local = _local(schedule)
    seconds = ":%S" if local.second else ""
    text = local.strftime(f"%a %Y-%m-%d %H:%M{seconds} %Z")
    return f"{text} ({iso(schedule.utc)})" if instant and schedule.zone not in (None, "UTC") else text


def _local(schedule: Schedule) -> datetime:
    try:
        return schedule.utc.astimezone(ZoneInfo(schedule.zone) if schedule.zone else UTC)
    except OverflowError:  # at the ends of the calendar
        return schedule.utc


def iso(moment: datetime) -> str:
    """A UTC instant as ISO 8601 with Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_or_none(moment: datetime | None) -> str | None:
    """`iso`, and None for an instant that is not known."""
    return iso(moment) if moment else None


def in_seconds(moment: datetime) -> datetime:
    """The instant in UTC and whole seconds, as documents hold it: msgspec writes it as `iso` does."""
    return moment.astimezone(UTC).replace(microsecond=0)


def spreadsheet_cell(value: str | int | None) -> str:
    """A cell of a CSV file. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if value is None else escape_control(str(value))
    return f"'{text}" if text.startswith(LIKE_FORMULAS) else text


def size(number: int) -> str:
    """Bytes as people say them: `6.8 kB`, `12.3 MB`."""
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.1f} kB"
