"""The rows of a sheet: CSV, TSV, JSON, YAML or a workbook, with the line of each."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

from msgspec import Struct

from afsync.config.document import Document
from afsync.config.files import inside, open_regular
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.syntax import conflict, conflict_in_row
from afsync.errors import Location, Problem

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ROWS: Final = 100_000
NOT_COMPUTED: Final = "=?"
"""The cell of a formula that some program wrote into a workbook without its value."""
_SEPARATORS: Final = ",;\t"
_NAMED_SEPARATOR: Final = re.compile(r'"?sep=([,;\t])"?[,;\t]*', re.IGNORECASE)
_BEFORE_ITEM: Final = re.compile(r"[\s,]*")
_SHOWN: Final = 60
_TEXTS: Final = (".csv", ".tsv", ".json", ".yaml", ".yml")
_WORKBOOKS: Final = (".xlsx", ".ods")


class Row(Struct, frozen=True):
    """One row: the line on which it begins, and its cells by column. Cells of JSON and YAML have types; an empty cell
    is not there."""

    line: int
    cells: Mapping[str, Any]


class Sheet(Struct, frozen=True):
    """A file of rows. `columns` are in the order of the file. As a document, its paths are a line and a column."""

    file: str
    sha256: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    wrong: tuple[tuple[int, str, InvalidValue], ...] = ()

    def problem(self, fault: Diagnostic) -> Problem:
        """`fault`, whose path is a line, the column and the cell, with its place."""
        line, column, cell = (*fault.path, "", "")[:3]
        said = f"column `{column}`: {fault.message}" if column else fault.message
        text = (f"{column}: {cell}" if column else str(cell))[:_SHOWN] if cell else None
        return Problem(fault.code, said, fault.hint, location=Location(self.file, int(line) or None, None, text))


def read_sheet(root: FilePath, written: str, name: str | None = None) -> Sheet:
    """The sheet at a path of the project; of a workbook the one of that name, or the first. Raises InvalidValue for
    one that cannot be read at all."""
    suffix = FilePath(written).suffix.lower()
    if suffix not in (*_TEXTS, *_WORKBOOKS):
        hint = "save it as .csv, .tsv, .xlsx, .ods, .json or .yaml"
        raise InvalidValue(Code.FILE_TYPE, f"`{written[:80]}` is no kind of sheet that is known", hint)
    with open_regular(inside(root, written), written) as (source, size):
        data = source.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    if size > MAX_BYTES or len(data) > MAX_BYTES:
        raise InvalidValue(Code.TOO_LARGE, "the sheet is larger than 16 MiB", "split it")
    sha256 = hashlib.sha256(data).hexdigest()
    if suffix in _WORKBOOKS:
        # Imported here: the library is an extra, and most projects have no workbook.
        from afsync.config.workbook import records

        return _table(written, sha256, records(data, name, NOT_COMPUTED))
    if name is not None:
        raise InvalidValue(Code.CONFLICT, f"`sheet: {name[:40]}` is for .xlsx and .ods files", "remove it")
    text = _decoded(data)
    if unmerged := conflict(text):
        raise unmerged
    if suffix in (".csv", ".tsv"):
        return _delimited(written, sha256, text)
    return _listed(written, sha256, text, suffix)


def parse_delimited(file: str, text: str) -> Sheet:
    """The sheet in a text of CSV. Raises InvalidValue where it is none."""
    return _delimited(file, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), text)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise InvalidValue(
            Code.NOT_UTF8, "the sheet is not UTF-8 text", "save it as `CSV UTF-8`, not as Unicode text or xlsx"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidValue(
            Code.NOT_UTF8, "this line is not UTF-8 text", "save the sheet as `CSV UTF-8`", line
        ) from None


def _delimited(file: str, sha256: str, text: str) -> Sheet:
    """The rows of CSV, whose separator is the one that its first line has most of, or that a line above, as Excel
    reads it (`sep=;`), names."""
    head = text.split("\n", 1)[0]
    named = _NAMED_SEPARATOR.fullmatch(head.rstrip("\r"))
    if not text.strip():
        raise InvalidValue(Code.EMPTY_FILE, "the sheet is empty", "give it a line with the names of its columns", 1)
    separator = named[1] if named else max(_SEPARATORS, key=re.sub('"[^"]*"', "", head).count)
    lines = _lines(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    if named:
        next(lines)
    return _table(file, sha256, lines)


def _table(file: str, sha256: str, lines: Iterator[tuple[int, list[str]]]) -> Sheet:
    """Records with their lines as rows; the first one names the columns."""
    _, header = next(lines, (1, []))
    columns = tuple(_clean(name) for name in header)
    wrong = [*_header(columns)]
    rows = []
    for line, cells in lines:
        cells = [_clean(cell) for cell in cells]
        if not any(cells):
            continue
        if unmerged := conflict_in_row(cells[0], line):
            raise unmerged
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            text_ = f"the row has {len(cells)} cells, and there are {len(columns)} columns"
            hint = "put a cell that holds the separator in quotes, and name every column in the first line"
            wrong.append((line, "", InvalidValue(Code.BAD_FORM, text_, hint)))
            continue
        pairs = zip(columns, cells, strict=False)
        rows.append(Row(line, {name: cell for name, cell in pairs if name and cell}))
        if len(rows) > MAX_ROWS:
            raise InvalidValue(Code.TOO_LARGE, f"the sheet has more than {MAX_ROWS:,} rows", "split it")
    return Sheet(file, sha256, columns, tuple(rows), tuple(wrong))


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The records, each with the line on which it begins."""
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            hint = "close every quote, and double those inside of a quoted cell"
            raise InvalidValue(Code.SYNTAX, f"the row cannot be read: {error}", hint, line) from None
        if record is None:
            return
        yield line, record


def _header(columns: tuple[str, ...]) -> Iterator[tuple[int, str, InvalidValue]]:
    seen: set[str] = set()
    for name in columns:
        if name and name in seen:
            yield 1, name, InvalidValue(Code.DUPLICATE_KEY, "two columns have this name", "rename one of them")
        seen.add(name)


def _clean(cell: str) -> str:
    """Without the white space around it, which a spreadsheet does not show."""
    return cell.strip(" \t\r\n\u00a0\ufeff\u200b")


def _listed(file: str, sha256: str, text: str, suffix: str) -> Sheet:
    document = Document(file, text, sha256)
    lines: list[int] = []
    wrong: list[tuple[int, str, InvalidValue]] = []
    if suffix == ".json":
        try:
            value = json.loads(text)
            lines = [*_lines_of(value, text, wrong)]
        except json.JSONDecodeError as error:
            raise InvalidValue(Code.SYNTAX, f"this is not JSON: {error.msg}", "check the line", error.lineno) from None
        except (ValueError, RecursionError):
            raise InvalidValue(Code.SYNTAX, "this is not JSON that can be read", "write a list of objects") from None
    else:
        value = document.value
        if marks := document.marks:
            raise InvalidValue(marks[0].code, marks[0].message, marks[0].hint, marks[0].line)
    if not isinstance(value, list):
        raise InvalidValue(Code.WRONG_TYPE, "the sheet must be a list of rows", "write `- key: …` for each", 1)
    if len(value) > MAX_ROWS:
        raise InvalidValue(Code.TOO_LARGE, f"the sheet has more than {MAX_ROWS:,} rows", "split it")
    rows, columns = [], dict[str, None]()
    for place, cells in enumerate(value):
        line = lines[place] if lines else document.locate((place,)).line or 1
        if not isinstance(cells, dict):
            message = f"row {place + 1} is no mapping of columns to cells"
            wrong.append((line, "", InvalidValue(Code.WRONG_TYPE, message, "write `column: cell` pairs")))
            continue
        columns.update(dict.fromkeys(map(str, cells)))
        rows.append(Row(line, {str(k): v for k, v in cells.items() if v not in (None, "")}))
    return Sheet(file, sha256, tuple(columns), tuple(rows), tuple(wrong))


def _lines_of(value: Any, text: str, wrong: list[tuple[int, str, InvalidValue]]) -> Iterator[int]:
    """The line on which each item of a list in JSON begins. Columns that stand twice in a row are put into `wrong`."""
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in found]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)

    decoder, hint = json.JSONDecoder(object_pairs_hook=pairs), "keep one of them"
    line, end = 1, 0
    begin = text.find("[") + 1
    for _ in value if isinstance(value, list) else ():
        before = _BEFORE_ITEM.match(text, begin)
        assert before is not None  # it may match nothing
        line += text.count("\n", end, before.end())
        end = before.end()
        begin = decoder.raw_decode(text, end)[1]
        wrong += [(line, name, InvalidValue(Code.DUPLICATE_KEY, "the row has it twice", hint)) for name in twice]
        twice.clear()
        yield line
