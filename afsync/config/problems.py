"""What can be wrong with the files: the closed list of codes, and a problem before its line is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sized
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


class Effort:
    """How much may still be spent on comparing misspelt words with those that are known, in about 50 ns each."""

    def __init__(self, left: int = 5_000_000) -> None:
        self._left = left

    def left_for(self, count: int) -> bool:
        """Whether a word may still be compared with so many: else there is no need to collect them."""
        return self._left >= 100 * count

    def allows(self, word: str, known: Collection[str]) -> bool:
        """Whether `word` may be compared with all of these, which is then counted."""
        if len(word) > _LONGEST_WORD or not self.left_for(len(known)):
            return False
        self._left -= sum(100 + len(word) * min(len(k), _LONGEST_WORD) for k in known)
        return self._left >= 0


_LONGEST_WORD: Final = 200


def did_you_mean(word: object, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """`did you mean ...?` for the closest known word; None when none is close."""
    found = closest(word, known, effort)
    return f"did you mean `{found}`?" if found else None


def closest(word: object, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """The known word that is spelt most alike, or is the beginning of `word`; None where that would take too long."""
    import difflib

    if effort is not None and isinstance(known, Sized) and not effort.left_for(len(known)):
        return None
    lower, known = str(word).lower(), [k for k in known if len(k) <= _LONGEST_WORD]
    if not (effort or Effort()).allows(lower, known):
        return None
    by_lower = {k.lower(): k for k in sorted(known)}
    found = difflib.get_close_matches(lower, by_lower, n=1, cutoff=0.6)
    found = found or [k for k in by_lower if len(k) >= 3 and lower.startswith(k)][:1]
    return by_lower[found[0]] if found else None


def close_address(wrong: str, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """`did you mean ...?` for an address whose key is close, of the same kind if there is one.

    The kind itself is not compared: it would make any two short addresses alike.
    """
    import difflib

    def parts(address: str) -> tuple[str, str]:
        kind, dot, key = address.partition(".")
        return (kind, key.lower()) if dot and kind in ("job", "template") else ("", address.lower())

    known = list(known)
    if not (effort or Effort()).allows(wrong, known):
        return None
    kind, key = parts(wrong)
    by_key: dict[str, str] = {}
    for address in sorted(known, key=lambda a: (parts(a)[0] != kind, a)):
        by_key.setdefault(parts(address)[1], address)
    found = difflib.get_close_matches(key, by_key, n=1, cutoff=0.7)
    return f"did you mean `{by_key[found[0]]}`?" if found else None


def one_of(words: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{w}`" for w in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
