"""Plain tables: columns as wide as they need to be, and none that is empty; and text wrapped at words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from afsync.core.regex import regex
from afsync.output.values import Paint, no_paint


class Cell(Struct, frozen=True):
    """A text, and the name of its colour."""

    text: str
    colour: str | None = None


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], paint: Paint = no_paint) -> Iterator[str]:
    """The lines. A column without content in any row is left out; the last one is not padded."""
    used, widths = _used(head, rows)
    yield _line([Cell(head[n], "dim") for n in used], widths, paint)
    for row in rows:
        yield _line([row[n] for n in used], widths, paint)


def table_width(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    """How many columns of a terminal the table takes."""
    _, widths = _used(head, rows)
    return sum(widths) + 2 * (len(widths) - 1)


def _used(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[list[int], list[int]]:
    """The columns that are not empty, and how wide they are."""
    used = [n for n in range(len(head)) if any(row[n].text for row in rows)]
    return used, [max(width(head[n]), *(width(row[n].text) for row in rows)) for n in used]


def _line(cells: Sequence[Cell], widths: Sequence[int], paint: Paint) -> str:
    """One line: cells are padded by their visible width, then coloured; nothing after the last text."""
    last = max((n for n, cell in enumerate(cells) if cell.text), default=0)
    parts = []
    for cell, wide in zip(cells[: last + 1], widths, strict=False):
        space = " " * (wide - width(cell.text))
        parts.append((paint(cell.text, cell.colour) if cell.colour else cell.text) + space)
    return "  ".join(parts).rstrip()


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


_WORD = regex(r"(?:`[^`]*`|\S)+")
_NARROWEST = 40


def wrapped(text: str, columns: int | None, indent: int) -> str:
    """`text` in lines that end within `columns`; the first begins at `indent`, and the others are indented so far. What
    stands between backticks, which may be copied, stays on one line where it can. Without `columns`, one line."""
    room = max(columns or 0, _NARROWEST) - indent
    if columns is None or width(text) <= room:
        return text
    lines, line = [], ""
    for found in _WORD.findall(text):
        for word in found.split() if width(found) > room else (found,):
            if line and width(line) + 1 + width(word) > room:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
    return f"\n{' ' * indent}".join([*lines, line])
