"""The markers that an unfinished merge leaves in a file."""

from __future__ import annotations

import re

from afsync.config.problems import Code, Wrong

_SIDE = re.compile(r"^(<{7}|>{7}|\|{7})(?=[ ,;\t]|\r?$)", re.MULTILINE)
_MIDDLE = re.compile(r"={7}")
_HINT = "keep the lines of one side, or of both, and remove the markers, here and below"


def conflict(text: str) -> Wrong | None:
    """What is wrong with a text in which a merge conflict is left, with its line."""
    found = _SIDE.search(text)
    return _marker(found[1], len(re.findall(r"\r\n|\r|\n", text[: found.start()])) + 1) if found else None


def conflict_in_row(first_cell: str, line: int) -> Wrong | None:
    """The same for a row whose first cell is the line between the sides, of which the others were removed. Elsewhere
    in a cell it may underline a title."""
    return _marker(first_cell[:7], line) if _MIDDLE.fullmatch(first_cell) else None


def _marker(marker: str, line: int) -> Wrong:
    text = f"a merge conflict is left here: `{marker}`, `=======` and such lines mark the two sides of it"
    return Wrong(Code.MERGE_CONFLICT, text, _HINT, line)
