"""What can be wrong with the files: the closed list of codes, and a problem before its line is known."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final

from msgspec import Struct

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top, such as ("jobs", "intro", "tone")."""


class Code(StrEnum):
    """Every code a problem of the files can have. Scripts read them: add new ones, never rename."""

    # the file itself
    NO_PROJECT = "no_project"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    EMPTY_FILE = "empty_file"
    MORE_PROBLEMS = "more_problems"
    # YAML
    SYNTAX = "syntax"
    BAD_CHARACTER = "bad_character"
    MERGE_CONFLICT = "merge_conflict"
    DUPLICATE_KEY = "duplicate_key"
    NON_STRING_KEY = "non_string_key"
    UNKNOWN_TAG = "unknown_tag"
    UNKNOWN_ALIAS = "unknown_alias"
    CUT_TEXT = "cut_text"
    ALIAS_LOOP = "alias_loop"
    ALIAS_BOMB = "alias_bomb"
    TOO_DEEP = "too_deep"
    SEVERAL_DOCUMENTS = "several_documents"
    YAML_VERSION = "yaml_version"
    BAD_NUMBER = "bad_number"
    BAD_MERGE = "bad_merge"
    # one value
    WRONG_TYPE = "wrong_type"
    NO_VALUE = "no_value"
    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"
    NOT_ALLOWED_HERE = "not_allowed_here"
    UNKNOWN_VALUE = "unknown_value"
    OUT_OF_RANGE = "out_of_range"
    DUPLICATE_ITEM = "duplicate_item"
    BAD_KEY = "bad_key"
    BAD_URL = "bad_url"
    BAD_FORM = "bad_form"
    UNKNOWN_TIMEZONE = "unknown_timezone"
    UNKNOWN_VERSION = "unknown_version"
    # interpolation
    BAD_INTERPOLATION = "bad_interpolation"
    UNKNOWN_VAR = "unknown_var"
    UNKNOWN_ENV = "unknown_env"
    FORBIDDEN_ENV = "forbidden_env"
    # times
    BAD_TIME = "bad_time"
    NO_TIMEZONE = "no_timezone"
    DST_GAP = "dst_gap"
    DST_OVERLAP = "dst_overlap"
    # what belongs together
    DECLARED_TWICE = "declared_twice"
    UNKNOWN_TEMPLATE = "unknown_template"
    UNKNOWN_IMPORT = "unknown_import"
    CONFLICT = "conflict"
    MISSING_SCHEDULE = "missing_schedule"
    MISSING_SOURCE = "missing_source"
    WRONG_ENTRY = "wrong_entry"
    # other files
    OUTSIDE_PROJECT = "outside_project"
    NOTHING_INCLUDED = "nothing_included"
    LEFT_OUT = "left_out"
    FILE_TYPE = "file_type"
    LFS_POINTER = "lfs_pointer"


class Diagnostic(Struct, frozen=True):
    """A problem at a path of one document. `at_key` points at the key rather than at its value."""

    code: Code
    path: Path
    message: str
    hint: str | None = None
    at_key: bool = False


MAX_PROBLEMS: Final = 500
"""How many problems of one file are shown. A large file could hold a million."""


class Diagnostics(list[Diagnostic]):
    """The faults of one file as they are found. What is beyond those that are shown is left out, but for one."""

    def append(self, fault: Diagnostic) -> None:
        if len(self) <= MAX_PROBLEMS:
            super().append(fault)


class TextDiagnostic(Struct, frozen=True):
    """A problem at a line and column of one document, both from 1."""

    code: Code
    line: int
    column: int
    message: str
    hint: str | None = None


class InvalidValue(ValueError):
    """One value is wrong; whoever knows its path makes a `Diagnostic` of it. A ValueError, for validators to raise.

    `line` is where, in a file that is no text and so has no paths.
    """

    def __init__(self, code: Code, message: str, hint: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.line = line

    def at(self, path: Path) -> Diagnostic:
        return Diagnostic(self.code, path, self.message, self.hint)


class _Sign(Enum):
    """Values that no file can hold."""

    BROKEN = "broken"
    NO_VALUE = "no value"


BROKEN: Final = _Sign.BROKEN
"""Stands for a value whose problem was reported already, so that nothing else is said about it."""

NO_VALUE: Final = _Sign.NO_VALUE
"""Stands for the value of a key that has none."""
