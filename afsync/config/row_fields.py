"""The rows of a sheet as occurrences of a job: their keys, and their cells as fields of the job."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.occurrence_fields import explained
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.series_values import parse_date, parse_wall_time
from afsync.config.sheets import NOT_COMPUTED, Row, Sheet
from afsync.config.times import days_meant, parse_schedule
from afsync.core.body_fields import BODY_ORDER
from afsync.core.text import Effort, closest, did_you_mean

_PREFIX = "row."
_NO_CELL = frozenset({"clipSpec", "effects", "addOns", "name", "description"})
FIELDS: Final = frozenset({*BODY_ORDER, "publish", "rerun", "approve", "allow_duplicate", "import"} - _NO_CELL)
"""Columns of these names fill the field."""

ENABLED: Final = "enabled"
SCHEDULE: Final = "schedule"
ZONE: Final = "zone"
_KEY = re.compile(r'[^\x00-\x1f\x7f-\x9f"\'\\\[\]\u2028\u2029]{1,100}')
_YES, _NO = ("yes", "true", "1", "x", "y"), ("no", "false", "0", "n")
_BROKEN = re.compile(r"#(REF|N/A|VALUE|NAME|DIV/0|NULL|NUM|SPILL|CALC)[!?]?|Err:\d{3}", re.IGNORECASE)
_TURNED = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?:\D.*)?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?", re.ASCII)
_DAY_OR_TIME = re.compile(rf"{_TURNED.pattern}|\d?\d:\d\d(:\d\d)?", re.ASCII)
_WHEN = ("on", "at")
_LISTS = {"platforms": re.compile("[,;]"), "urls": re.compile(r"[,;\s]")}


class Rows(Struct, frozen=True):
    """What a sheet comes to: for each key the row, and the fields that it fills. `disabled` keys are left out.

    `unkeyed` are rows whose keys are wrong: they are never jobs, and their cells are checked with the others."""

    sheet: Sheet
    rows: Mapping[str, Row]
    fields: Mapping[str, Mapping[str, Any]]
    disabled: frozenset[str]
    columns: frozenset[str]
    unkeyed: tuple[tuple[Row, Mapping[str, Any]], ...] = ()

    def unused_times(self) -> str | None:
        """A column of days or times that fills no field."""
        for column in (c for c in self.sheet.columns if c and c not in FIELDS):
            cells = [row.cells[column] for row in self.rows.values() if column in row.cells]
            if cells and all(isinstance(cell, str) and _DAY_OR_TIME.fullmatch(cell) for cell in cells):
                return column
        return None

    def without(self, names: Set[str]) -> Rows:
        """The same, with these fields left to the job, which says itself how it uses the row in them."""

        def left(own: Mapping[str, Any]) -> dict[str, Any]:
            return {f: v for f, v in own.items() if f not in names}

        fields = {k: left(own) for k, own in self.fields.items()}
        return replace(self, fields=fields, unkeyed=tuple((row, left(own)) for row, own in self.unkeyed))

    def emptied(self, recorded: int) -> list[Diagnostic]:
        """What is wrong where it has no rows, and the state has occurrences of some."""
        if self.rows or not recorded or self.sheet.wrong:
            return []
        text = f"there are no rows, and the state has {recorded} of them"
        return [Diagnostic(Code.EMPTY_FILE, (1,), text, "restore its rows; to remove them for good, remove the job")]


def rows_of(sheet: Sheet, key: str, where: Mapping[str, Any], *, dated: bool) -> tuple[Rows, list[Diagnostic]]:
    """The rows of a sheet by key, as far as they agree with `where`, and everything that is wrong with them.

    `dated`: the keys are dates of a rule.
    """
    faults = [Diagnostic(w.code, (line, column), w.message, w.hint) for line, column, w in sheet.wrong]
    faults += _columns(sheet, key, where)
    rows: dict[str, Row] = {}
    fields: dict[str, Mapping[str, Any]] = {}
    disabled: set[str] = set()
    unkeyed: list[tuple[Row, Mapping[str, Any]]] = []
    for row in sheet.rows:
        if not all(_is(row.cells.get(column, ""), wanted) for column, wanted in where.items()):
            continue
        filled, found = _fields(row, dated=dated)
        faults += found
        enabled = _enabled(row, faults)
        name, wrong = _key(row, key, dated=dated)
        if wrong is None and name in rows:
            first = rows[name].line
            wrong = InvalidValue(
                Code.DUPLICATE_KEY, f"`{name}` is the key of line {first} too", "give each row its own"
            )
        if wrong is not None:
            faults += [_fault(row, key, wrong)] if key in sheet.columns else []
            unkeyed += [(row, filled)] if enabled else []
            continue
        rows[name] = row
        fields[name] = filled
        if not enabled:
            disabled.add(name)
    columns = frozenset(sheet.columns)
    return Rows(sheet, rows, fields, frozenset(disabled), columns, tuple(unkeyed)), faults


def wrong_cells(rows: Rows, zone: str | None) -> Iterator[Diagnostic]:
    """The cells that are no publish times, or whose form is wrong, of rows that are not left out."""
    keyed = ((row, rows.fields[key]) for key, row in rows.rows.items() if key not in rows.disabled)
    for row, fields in (*keyed, *rows.unkeyed):
        cell = fields.get(SCHEDULE)
        if isinstance(cell, str):
            try:
                parse_schedule(cell, fields.get(ZONE, zone))
            except InvalidValue as wrong:
                yield _fault(row, SCHEDULE, wrong)
        for fault in explained({name: value for name, value in fields.items() if name not in _WHEN}):
            field = str(fault.path[0]) if fault.path else ""
            if field in row.cells:
                yield _fault(row, field, InvalidValue(fault.code, fault.message, fault.hint))


def _is(cell: Any, wanted: Any) -> bool:
    """Whether a cell is what `where` wants: `true` and `false` are found in all the words of `enabled`."""
    text = unicodedata.normalize("NFC", cell_text(cell))
    if isinstance(wanted, bool):
        return text.lower() in (_YES if wanted else _NO)
    return text == unicodedata.normalize("NFC", str(wanted))


def cell_text(value: Any) -> str:
    """A cell as it stands in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def names_of_row(rows: Rows, row: Row) -> Callable[[str], str | None]:
    """What `${row.COLUMN}` stands for; None for other names. Raises InvalidValue for a column that the
    sheet does not have."""

    def named(name: str) -> str | None:
        if not name.startswith(_PREFIX):
            return None
        column = name.removeprefix(_PREFIX)
        if column not in rows.columns:
            hint = did_you_mean(column, rows.columns) or f"its columns are {', '.join(sorted(rows.columns)[:20])}"
            raise InvalidValue(Code.BAD_INTERPOLATION, f"{rows.sheet.file} has no column `{column[:60]}`", hint)
        return cell_text(row.cells.get(column, ""))

    return named


def _columns(sheet: Sheet, key: str, where: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for name in (name for name in (key, *where) if name not in sheet.columns):
        known = [column for column in sheet.columns if column]
        hint = "the first line of the sheet has to name its columns"
        hint = did_you_mean(name, known) or (f"its columns are {', '.join(known[:20])}" if known else hint)
        if name == key and known and name not in where:
            hint += f"; say which one holds the key of each row, as in `rows: {{file: {sheet.file}, key: {known[0]}}}`"
        yield Diagnostic(Code.MISSING, (1,), f"there is no column `{name}`", hint)
    fields = {*FIELDS, ENABLED, *_WHEN, ZONE}
    effort = Effort()
    for name in (c for c in sheet.columns if c and c not in fields and c != key):
        near = closest(name, fields, effort)
        if near is not None and near not in sheet.columns and _alike(name, near):
            yield Diagnostic(Code.UNKNOWN_KEY, (1, name), "this looks like a field", f"did you mean `{near}`?")
    unnamed = [place for place, name in enumerate(sheet.columns, 1) if not name]
    if unnamed and unnamed[0] < len(sheet.columns) and any(sheet.columns[unnamed[0] :]):
        yield Diagnostic(Code.NO_VALUE, (1,), f"column {unnamed[0]} has no name", "name it, or split merged cells")


def _alike(name: str, field: str) -> bool:
    """Whether it is that field in other letters, or with one or two of them wrong: not merely a word that begins so."""
    import difflib

    plain = re.sub("[^a-z]", "", name.lower())
    return difflib.SequenceMatcher(None, plain, field.lower()).ratio() > 0.85


def _key(row: Row, column: str, *, dated: bool) -> tuple[str, InvalidValue | None]:
    value = row.cells.get(column)
    if value is None:
        return "", InvalidValue(Code.NO_VALUE, "the cell is empty, and the row has others", "give every row a key")
    name = unicodedata.normalize("NFC", cell_text(value))
    if isinstance(value, list | dict) or not _KEY.fullmatch(name):
        hint = "at most 100 characters, without quotes, brackets and control characters"
        return name, InvalidValue(Code.BAD_KEY, f"`{name[:60]}` cannot be the key of a row", hint)
    if wrong := _unreadable(name):
        return name, wrong
    if dated and not _ISO.fullmatch(name.partition("/")[0]):
        return name, _date(name)
    return name, None


def _date(text: str) -> InvalidValue:
    days = days_meant(text)
    if len(days) > 1:
        message = f"`{text[:40]}` can be two days: its day and its month may be the other way round"
    else:
        message = f"`{text[:40]}` is not a date"
    example = " or as ".join(map(str, days)) or "2026-12-07"
    return InvalidValue(Code.BAD_TIME, message, f"write it as {example}; format the column as text before")


def _unreadable(text: str) -> InvalidValue | None:
    """A formula that failed, or was not computed."""
    if _BROKEN.fullmatch(text):
        return InvalidValue(
            Code.BAD_FORM, f"`{text}` is what a formula gives that failed", "fix the formula in the sheet"
        )
    if text == NOT_COMPUTED:
        hint = "open the workbook in the spreadsheet and save it, so that it holds the values"
        return InvalidValue(Code.BAD_FORM, "a formula has no value here: it was not computed", hint)
    if re.match(r"=[A-Za-z]+\(|=[$A-Z]+\$?\d", text):
        return InvalidValue(
            Code.BAD_FORM, f"`{text[:40]}` is a formula, and not its value", "save the sheet with its values"
        )
    return None


def _fields(row: Row, *, dated: bool) -> tuple[dict[str, Any], list[Diagnostic]]:
    filled: dict[str, Any] = {}
    faults: list[Diagnostic] = []
    for name, cell in row.cells.items():
        if isinstance(cell, str) and (wrong := _unreadable(cell)):
            faults.append(_fault(row, name, wrong))
        elif name in FIELDS or name == ZONE or (dated and name in _WHEN):
            try:
                if dated and name in (SCHEDULE, ZONE):
                    hint = "use the columns `on` and `at`, or leave it out"
                    raise InvalidValue(Code.CONFLICT, "the rule says when it is published", hint)
                filled[name] = _typed(name, cell) if isinstance(cell, str) else cell
            except InvalidValue as wrong:
                faults.append(_fault(row, name, wrong))
    return filled, faults


def _typed(name: str, cell: str) -> Any:
    """A cell of text as a value of the field. Raises InvalidValue."""
    if name in _LISTS:
        return [part.strip() for part in _LISTS[name].split(cell) if part.strip()]
    if name in ("staging", "allow_duplicate"):
        return _yes(cell)
    if name == "durationMins":
        if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", cell):
            raise InvalidValue(Code.WRONG_TYPE, f"`{cell[:40]}` is not a number", "write it as 1 or 12.5, with a point")
        return float(cell) if "." in cell else int(cell)
    if name == "at":
        parse_wall_time(cell)
    if name == "on" and _TURNED.fullmatch(cell) and not _ISO.fullmatch(cell):
        raise _date(cell)
    if name == "on":
        parse_date(cell)
    return cell


def _enabled(row: Row, faults: list[Diagnostic]) -> bool:
    value = row.cells.get(ENABLED, True)
    if isinstance(value, bool) or _unreadable(str(value)):
        return bool(value)
    try:
        return _yes(str(value))
    except InvalidValue as wrong:
        faults.append(_fault(row, ENABLED, wrong))
        return True


def _yes(cell: str) -> bool:
    if cell.lower() in (*_YES, *_NO):
        return cell.lower() in _YES
    raise InvalidValue(Code.UNKNOWN_VALUE, f"`{cell[:40]}` is neither yes nor no", "write yes or no")


def _fault(row: Row, column: str, wrong: InvalidValue) -> Diagnostic:
    return Diagnostic(wrong.code, (row.line, column, cell_text(row.cells.get(column, ""))), wrong.message, wrong.hint)
