"""The YAML parser's own words about broken syntax, in plain English; and the markers of an unfinished merge."""

from __future__ import annotations

import re

from msgspec import Struct

from afsync.config.problems import Code, InvalidValue


class Explanation(Struct, frozen=True):
    """What was wrong and what to do. `at_context`: the construct's beginning is the better place to show.

    `at_opening`: so is that of the list or mapping that is still open, which the parser does not tell.
    """

    message: str
    hint: str
    at_context: bool = False
    at_opening: bool = False


_CUT_OFF = "expected the node content, but found '<stream end>'"
"""After a comma at the end of the file, say."""

_TABLE: tuple[tuple[str, str, str, str, bool], ...] = (
    # pattern of the problem, pattern of the context, message, hint, at_context
    (
        r"'\\t' that cannot start",
        "",
        "a tab stands where only spaces can",
        "use spaces, not tabs, to indent and before a comment",
        False,
    ),
    (
        r"character '(.)' that cannot start",
        "",
        "a value cannot begin with `{0}`",
        "put the text in quotes",
        False,
    ),
    (
        "mapping values are not allowed here",
        "",
        "a `:` stands where no key can be",
        "put text that contains `: ` in quotes, and check that the indentation fits the lines above",
        False,
    ),
    (
        "sequence entries are not allowed here",
        "",
        "a list item stands where none can be",
        "begin the list on a line of its own, or write it as [a, b]",
        False,
    ),
    ("unexpected end of stream", "quoted scalar", "a quote is opened here and never closed", "close the quote", True),
    ("unexpected document separator", "", "a quote is opened here and never closed", "close the quote", True),
    ("expected ',' or '\\]'", "", "the list that opens here with `[` is not closed", "close it with `]`", True),
    ("expected ',' or '}'", "", "the mapping that opens here with `{{` is not closed", "close it with `}}`", True),
    (
        "unknown escape character '(.*)'",
        "",
        "`\\{0}` means nothing inside double quotes",
        "double the backslash, or use single quotes",
        False,
    ),
    ("could not find expected ':'", "", "a key without its `:`", "write `key: value`, and check the indentation", True),
    (
        "expected <block end>, but found '<(scalar|anchor|tag|alias)>'",
        "",
        "something follows a value that was already complete",
        "put the whole text in single quotes, and double each single quote inside of it",
        False,
    ),
    (
        "expected <block end>, but found",
        "",
        "the indentation does not fit the lines above",
        "line the keys of one mapping up with each other",
        False,
    ),
    (
        "expected '<document start>'",
        "",
        "the indentation does not fit the lines above",
        "begin the top keys in the first column",
        False,
    ),
    (
        "expected alphabetic or numeric character",
        "anchor",
        "`&` begins an anchor here, and it has no name",
        "put text that begins with `&` in quotes",
        False,
    ),
    (
        "expected alphabetic or numeric character",
        "alias",
        "`*` begins a reference to an anchor here, and it names none",
        "put text that begins with `*` in quotes",
        False,
    ),
    (
        "expected (chomping or indentation indicators|a comment or a line break)",
        "block scalar",
        "`|` and `>` begin a text on the lines below, and something else follows here",
        "put text that begins with `|` or `>` in quotes, or begin it on the next line",
        False,
    ),
    (
        "mapping keys are not allowed here",
        "",
        "`?` begins a key here",
        "put text that begins with `?` in quotes",
        False,
    ),
    ("undefined tag handle", "", "a tag that was never defined", "put text that begins with `!` in quotes", False),
    (
        "expected the node content",
        "",
        "a value is missing here",
        "write one, and close every `[` and `{{` above",
        False,
    ),
    ("duplicate anchor", "", "the same anchor is given twice", "rename one of them", False),
)


_SWALLOWED = re.compile(r"(?<=[ \t])#")
_CUT_KEY = re.compile(r"[ ]*(?:- )?[^\s:#\"'\[{][^:#\n]*?[ \t](#)[^\n]*:")


def swallowed(text: str, problem: str, start: int, end: int) -> int | None:
    """Where the comment begins that took what is missed, as the bracket that closes, or the end of a key: between the
    construct's beginning and the place where the parser gave up."""
    if problem.startswith("expected ',' or"):
        found = _SWALLOWED.search(text, start, end)
        return found.start() if found else None
    above = text.rfind("\n", 0, max(0, text.rfind("\n", 0, end))) + 1
    cut = _CUT_KEY.match(text, above)
    return cut.start(1) if cut and problem.startswith(("expected <block end>", "could not find expected ':'")) else None


_UNSPACED = re.compile(r"[ ]*(?:- )?([A-Za-z_][\w-]*):(?!//)[^\s:]", re.ASCII)


def unspaced(text: str, problem: str, start: int, end: int) -> tuple[int, str] | None:
    """Where a colon without its space made text of a line that was to be a key and its value, and that key. It is the
    line above the place where the parser gave up, or that of the construct's beginning."""
    if problem.startswith("mapping values are not allowed"):
        start = text.rfind("\n", 0, max(0, text.rfind("\n", 0, end)))
    elif not problem.startswith("could not find expected ':'"):
        return None
    found = _UNSPACED.match(text, text.rfind("\n", 0, start + 1) + 1)
    return (found.start(1), found[1]) if found else None


def explain(problem: str, context: str) -> Explanation:
    """The first row that fits, else the parser's own words."""
    if problem == _CUT_OFF:
        return Explanation("what opens here is not closed", "close it with `]` or `}`", at_opening=True)
    for wanted, around, message, hint, at_context in _TABLE:
        found = re.search(wanted, problem)
        if found and around in context:
            groups = found.groups()
            return Explanation(message.format(*groups), hint.format(*groups), at_context)
    return Explanation(f"this is not valid YAML: {problem}", "check the punctuation and the indentation here")


_SIDE = re.compile(r"^(<{7}|>{7}|\|{7})(?=[ ,;\t]|\r?$)", re.MULTILINE)
_MIDDLE = re.compile(r"={7}")
_HINT = "keep the lines of one side, or of both, and remove the markers, here and below"


def conflict(text: str) -> InvalidValue | None:
    """What is wrong with a text in which a merge conflict is left, with its line."""
    found = _SIDE.search(text)
    return _marker(found[1], len(re.findall(r"\r\n|\r|\n", text[: found.start()])) + 1) if found else None


def conflict_in_row(first_cell: str, line: int) -> InvalidValue | None:
    """The same for a row whose first cell is the line between the sides, of which the others were removed. Elsewhere
    in a cell it may underline a title."""
    return _marker(first_cell[:7], line) if _MIDDLE.fullmatch(first_cell) else None


def _marker(marker: str, line: int) -> InvalidValue:
    text = f"a merge conflict is left here: `{marker}`, `=======` and such lines mark the two sides of it"
    return InvalidValue(Code.MERGE_CONFLICT, text, _HINT, line)
