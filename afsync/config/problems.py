"""What can be wrong with the files: the closed list of codes, what each means, a problem before its line is known."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final

from msgspec import Struct

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top, such as ("jobs", "intro", "tone")."""


class Code(StrEnum):
    """Every code a problem of the files can have, with what it means. Scripts read them: add new ones, never rename."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Code:
        self = str.__new__(cls, code)
        self._value_, self.meaning = code, meaning
        return self

    # the file itself
    NO_PROJECT = "no_project", "There is no afsync.yaml in this directory."
    NOT_FOUND = "not_found", "A file that is named does not exist."
    UNREADABLE = (
        "unreadable",
        "A file or directory cannot be read. Nothing is planned, since what it declares is not known.",
    )
    NOT_A_FILE = "not_a_file", "What is named is a directory or a device, not a file."
    TOO_LARGE = "too_large", "A file, or what its references become, is larger than the documented limit."
    NOT_UTF8 = "not_utf8", "The text is not UTF-8. Save the file as UTF-8."
    EMPTY_FILE = (
        "empty_file",
        "An included file holds nothing, so what it declared would be removed; write `jobs: {}` if so.",
    )
    MORE_PROBLEMS = "more_problems", "There are more problems than are shown. Fix the first ones."
    # YAML
    SYNTAX = "syntax", "The text is not valid YAML at this place."
    BAD_CHARACTER = "bad_character", "The text holds a character that YAML does not allow."
    MERGE_CONFLICT = "merge_conflict", "The file holds the markers of an unfinished git merge."
    DUPLICATE_KEY = "duplicate_key", "A key is written twice in one mapping."
    NON_STRING_KEY = "non_string_key", "A key is a number, a date, or true or false. Put it in quotes."
    UNKNOWN_TAG = "unknown_tag", "A value has a YAML tag that is not known here."
    UNKNOWN_ALIAS = "unknown_alias", "An alias names an anchor that is not defined before it."
    CUT_TEXT = "cut_text", "A text is shorter than it looks: ` #` begins a comment, `!` a tag, `&` an anchor. Quote it."
    ALIAS_LOOP = "alias_loop", "An alias stands within its own anchor."
    ALIAS_BOMB = "alias_bomb", "The aliases of the file expand to more values than are read."
    TOO_DEEP = "too_deep", "Values are nested deeper than is read."
    SEVERAL_DOCUMENTS = "several_documents", "A file holds several YAML documents. One is read."
    YAML_VERSION = "yaml_version", "The file says that it is another version of YAML than 1.2."
    BAD_NUMBER = "bad_number", "A number cannot be read, or is out of the range that can be sent."
    BAD_MERGE = "bad_merge", "A merge key (`<<`) does not refer to a mapping."
    # one value
    WRONG_TYPE = "wrong_type", "A value is of another type than the key takes; types are strict."
    NO_VALUE = "no_value", "A key has no value."
    MISSING = (
        "missing",
        "A key that is needed is missing. In a plan: a job was active, and is not in the account any more.",
    )
    UNKNOWN_KEY = "unknown_key", "A key is not known; the message names a similar one if there is one."
    NOT_ALLOWED_HERE = "not_allowed_here", "A key is known, but not at this place."
    UNKNOWN_VALUE = "unknown_value", "A value is none of those that the key takes."
    OUT_OF_RANGE = "out_of_range", "A number, a length or a count is outside of what the key takes."
    DUPLICATE_ITEM = "duplicate_item", "A list holds the same value twice."
    BAD_KEY = "bad_key", "The name of a template, a job or a variable has a form that is not allowed."
    BAD_URL = "bad_url", "A URL cannot be used: no http(s), no host, or credentials in it."
    BAD_FORM = "bad_form", "A text does not have the form that the key takes."
    UNKNOWN_TIMEZONE = "unknown_timezone", "A time zone has no IANA name such as Europe/Berlin."
    UNKNOWN_VERSION = "unknown_version", "`version` is not 1."
    # interpolation
    BAD_INTERPOLATION = "bad_interpolation", "A reference `${…}` is not closed, or has a form that is not known."
    UNKNOWN_VAR = "unknown_var", "`${var.…}` names a variable that is not declared under `vars`."
    UNKNOWN_ENV = "unknown_env", "`${env.…}` names an environment variable that is not set and has no default."
    FORBIDDEN_ENV = (
        "forbidden_env",
        "`${env.…}` names a variable that files may not read; the message says how it is allowed.",
    )
    # times
    BAD_TIME = "bad_time", "A time cannot be read, or there is no such day or hour."
    NO_TIMEZONE = "no_timezone", "A time has no offset, and no `timezone` is declared."
    DST_GAP = "dst_gap", "The clock skips this local time when summer time begins."
    DST_OVERLAP = "dst_overlap", "This local time comes twice when summer time ends. Write an offset."
    # what belongs together
    DECLARED_TWICE = "declared_twice", "A template or a job is declared in two places."
    UNKNOWN_TEMPLATE = "unknown_template", "A job names a template that is not declared."
    UNKNOWN_IMPORT = "unknown_import", "`import` names an address that is not declared."
    CONFLICT = "conflict", "Two values contradict each other."
    MISSING_SCHEDULE = "missing_schedule", "`publishMode: scheduled`, or `publish: held`, needs a `schedule`."
    MISSING_SOURCE = "missing_source", "A job needs what it is made from: a `url`, `urls` or a file."
    WRONG_ENTRY = "wrong_entry", "A source does not fit the `entry` of the job."
    # other files
    OUTSIDE_PROJECT = "outside_project", "A path leads outside of the directory of the project."
    NOTHING_INCLUDED = "nothing_included", "A line of `include` matches no file."
    LEFT_OUT = "left_out", "A file beside the included ones looks as if it was meant to be included, and is not."
    FILE_TYPE = "file_type", "A file is of a type that is not read here."
    LFS_POINTER = "lfs_pointer", "The file is a pointer of git LFS, not the video: run `git lfs pull`."


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
