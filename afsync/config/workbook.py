"""Workbooks (.xlsx, .ods) as records of text. The only module that imports python-calamine, an extra."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any, Final

from afsync.config.problems import Code, InvalidValue
from afsync.core.text import did_you_mean

_MOST_UNPACKED: Final = 256 * 1024 * 1024
_MOST_CELLS: Final = 5_000_000
_HALF_A_SECOND: Final = timedelta(milliseconds=500)
_SUSPECT: Final = re.compile(
    r"<(?:\w+:)?c\b((?=[^>]*\bt=\"e\")[^>]*|[^>]*(?<!/)(?=>\s*<(?:\w+:)?f\b))>(.*?)</(?:\w+:)?c>", re.DOTALL
)
"""A cell with an error, or with a formula."""


def records(data: bytes, name: str | None, not_computed: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet with their numbers, from the first on; dates as ISO 8601, and `not_computed` for a formula
    without its value. Raises InvalidValue."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        hint = "install it with `pip install 'afsync[sheets]'`, or save the sheet as `CSV UTF-8`"
        raise InvalidValue(Code.FILE_TYPE, "a workbook needs python-calamine, which is not installed", hint) from None
    _check_size(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = workbook.sheet_names
        if name is not None and name not in names:
            hint = did_you_mean(name, names) or f"its sheets are {', '.join(names[:20])}"
            raise InvalidValue(Code.MISSING, f"there is no sheet `{name[:60]}`", hint)
        sheet = workbook.get_sheet_by_name(name if name is not None else names[0])
        if sheet.height * sheet.width > _MOST_CELLS:
            raise InvalidValue(
                Code.TOO_LARGE, "the sheet has too many cells", "delete the empty rows and columns behind it"
            )
        rows = sheet.to_python(skip_empty_area=False)
    except InvalidValue:
        raise
    except Exception as error:  # the library has its own for each kind of damage, and may meet others
        hint = "open it in the spreadsheet and save it again, without a password"
        raise InvalidValue(Code.BAD_FORM, f"the workbook cannot be read: {str(error)[:100]}", hint) from None
    if not any(any(cell != "" for cell in row) for row in rows):
        raise InvalidValue(Code.EMPTY_FILE, "the sheet is empty", "give it a row with the names of its columns", 1)
    texts = [[_text(cell) for cell in row] for row in rows]
    for row, column, said in _failed(data, name if name is not None else names[0], not_computed):
        if row < len(texts) and column < len(texts[row]):
            texts[row][column] = said
    return iter(enumerate(texts, 1))


def _failed(data: bytes, name: str, not_computed: str) -> Iterator[tuple[int, int, str]]:
    """Where a formula failed, or was not computed, counted from 0, and what it gave: python-calamine takes such a cell
    for an empty one, which would mean `not set`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        try:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        except KeyError:
            return  # an .ods file, where the text of the cell says it
        sheets = (_attributes(tag) for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book))
        wanted = next((s.get("r:id", "") for s in sheets if unescape(s.get("name", "")) == name), "")
        targets = (_attributes(tag) for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links))
        target = next((t.get("Target", "") for t in targets if t.get("Id") == wanted), "")
        path = target.removeprefix("/") if target.startswith("/xl/") else f"xl/{target}"
        cells = archive.read(path).decode("utf-8", "replace") if path in archive.namelist() else ""
    for found in _SUSPECT.finditer(cells):
        attributes, value = _attributes(found[1]), re.search(r"<(?:\w+:)?v(?: [^>]*)?>([^<]*)<", found[2])
        place, kind = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", attributes.get("r", "")), attributes.get("t")
        computed = kind == "str" or (value is not None and value[1])  # a text may be empty
        if place is not None and (kind == "e" or not computed):
            column = 0
            for letter in place[1]:
                column = column * 26 + ord(letter) - 64
            said = not_computed if kind != "e" else value[1] if value else "#VALUE!"
            yield int(place[2]) - 1, column - 1, said


def _attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r"([\w:]+)=\"([^\"]*)\"", tag))


def _check_size(data: bytes) -> None:
    """Raises InvalidValue for what is no archive, or would fill the memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        hint = "save it as .xlsx or .ods; a renamed file stays what it was"
        raise InvalidValue(Code.BAD_FORM, "this is not a workbook", hint) from None
    if size > _MOST_UNPACKED:
        raise InvalidValue(
            Code.TOO_LARGE, "the workbook unpacks to more than 256 MiB", "delete its empty rows and its pictures"
        )


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            shown = (cell + _HALF_A_SECOND).replace(microsecond=0)  # 09:59:59.999 is shown as 10:00
            return shown.isoformat(" ", "seconds" if shown.second else "minutes")
        case date():
            return cell.isoformat()
        case time():
            shown = datetime.combine(date.min, cell) + _HALF_A_SECOND
            return shown.time().isoformat("seconds" if shown.second else "minutes")
        case _:
            return str(cell)
