"""What is said of the rows of a sheet that are no mistakes: a time that has passed, or none where others have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from msgspec import Struct

from afsync.core.series.occurrence_notices import RowDate
from afsync.core.state.recorded import Considered
from afsync.errors import Location, Problem, Severity

_SHOWN = 3
_RECENT = timedelta(days=31)
Place = tuple[int, str]
"""The line of a row, and its key."""


class PassedRow(Struct, frozen=True):
    """A row that is not recorded, and whose time had passed when it was first considered. `old`: before the series
    was applied at all, so that it was probably published without it."""

    line: int
    date: RowDate
    old: bool


def is_old(at: datetime, known: Considered | None, now: datetime) -> bool:
    """Whether a time lies before the series began; of one that was never applied, a month before now."""
    return at.date() < (date.fromisoformat(known.since) if known is not None else (now - _RECENT).date())


def passed(file: str, rows: Sequence[PassedRow]) -> Iterator[Problem]:
    """One warning of the rows of a sheet that are not submitted since their time has passed, and one note of old ones.

    The latest come first, in which a mistake is most likely.
    """
    ordered = sorted(rows, key=lambda r: r.date.utc, reverse=True)
    for old, group in groupby(sorted(ordered, key=lambda r: r.old), key=lambda r: r.old):
        found = [(r.line, r.date.instance) for r in group]
        text = f"{_rows(found, 'has', 'have')} a time that has passed, and {_are(found)} not submitted now"
        hint = "give it a later time to submit it; write `enabled: no` where it is not wanted any more"
        severity = Severity.NOTE if old else Severity.WARNING
        yield Problem("row_passed", f"{text}: {_few(file, found)}", hint, severity, None, _at(file, found))


def untimed(file: str, found: Sequence[Place]) -> Iterator[Problem]:
    """A warning of the rows without a time in a sheet whose other rows have one."""
    if not found:
        return
    one = len(found) == 1
    text = f"{_rows(found, 'has', 'have')} no `schedule`, and other rows have one: without a time "
    text += f"{'it is' if one else 'they are'} published as soon as {'it is' if one else 'they are'} produced"
    hint = "fill in the time; while there is none yet write `enabled: no`, or `publishMode: immediate` if that is meant"
    yield Problem("row_untimed", f"{text}: {_few(file, found)}", hint, Severity.WARNING, None, _at(file, found))


def _rows(found: Sequence[Place], one: str, more: str) -> str:
    return f"1 row {one}" if len(found) == 1 else f"{len(found)} rows {more}"


def _are(found: Sequence[Place]) -> str:
    return "is" if len(found) == 1 else "are"


def _few(file: str, found: Sequence[Place]) -> str:
    few = ", ".join(f"{key} ({file}:{line})" for line, key in found[:_SHOWN])
    return few + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")


def _at(file: str, found: Sequence[Place]) -> Location:
    return Location(file, found[0][0])
