"""A fast reader for the common case. `config.yaml` is the authority: whatever might be read differently goes there.

The fast parser is written in Rust (yaml-rs) and a hundred times as fast. It is given a text only if every line has one
of the forms below, which both are known to read alike; everything else, and every text with an error in it, goes to the
authority, which says what is wrong and where. The forms also bound the depth: the parser recurses, and would end the
process. Where no wheel of it exists, everything goes the slow way. `tests/config/test_fast_reader.py` compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, Final

from afsync.config.fast_parser import fast_parser
from afsync.core.regex import regex

NOT_READ: Final = object()
"""What `read_fast` gives when the authority has to read the text."""

_ORDINARY: Final = bytes([0x0A, *range(0x20, 0x7F)])
_JOINER: Final = "\u200d"
"""It joins emoji: the one character that is not printable and yet read alike."""

_WHOLE: Final = 4_000_000
"""Up to so many characters are parsed at once, which is quicker."""
_PIECE: Final = 500_000
"""About as many characters are parsed at a time: the parser takes up to thirty times as many bytes."""

_SMALL: Final = 200_000
"""Up to so many characters, it takes less time to try the simple forms first than to compile all of them."""

_COLLECTION: Final = ("- ", ":\n", "{", "[")
_MOST_COLLECTIONS: Final = 1_500_000
"""More than so many lists and mappings, as what they begin with is counted, would take more memory than a file may."""


def read_fast(text: str) -> Any:
    """The plain value of the document, or NOT_READ."""
    text = text.replace("\r\n", "\n")
    if _has_many_collections(text) or not has_common_form(text):
        return NOT_READ
    loads = fast_parser()
    if loads is None:
        return NOT_READ
    try:
        whole = len(text) <= _WHOLE
        value = (
            loads(text, parse_datetime=False)
            if whole
            else _block(text, 0, len(text), partial(loads, parse_datetime=False))
        )
    except Exception:  # whatever it does not like is the authority's to explain
        return NOT_READ
    return value if isinstance(value, dict) and value else NOT_READ


def _has_many_collections(text: str) -> bool:
    # Single characters are counted at once, and are at least as many.
    return all(sum(map(text.count, signs)) > _MOST_COLLECTIONS for signs in ("\n-{[", _COLLECTION))


def _block(text: str, begin: int, end: int, load: Callable[[str], Any], column: int | None = None) -> Any:
    """The value of a block mapping or list, of which a large one is parsed a piece at a time. `column` is where it
    begins, if that is within a line. ValueError for a key that is there twice; and what `load` raises.

    A piece begins at an entry, so the parser finds every line that is not as deep as it should be.
    """
    lead = " " * (column or 0)
    if end - begin <= 2 * _PIECE:
        return load(lead + text[begin:end])
    if column is None:
        first = _CONTENT.search(text, begin, end)
        if first is None:
            return None
        begin, column = first.start(), first.end() - first.start()
    indent = " " * column
    listed = text.startswith("- ", begin + column - len(lead))
    entry = re.compile(f"^{indent}" + ("- " if listed else r"(?=[^ #\n-])"), re.MULTILINE)
    items: list[Any] = []
    values: dict[str, Any] = {}
    count = 0
    for start, stop in _pieces(text, begin, end, entry):
        piece = _entry(text, start, stop, load, column) if stop - start > 2 * _PIECE else None
        if piece is None:
            piece = load((lead if start == begin else "") + text[start:stop])
        count += len(piece)
        (items.extend if listed else values.update)(piece)
    if not listed and len(values) < count:
        raise ValueError
    return items if listed else values


def _pieces(text: str, begin: int, end: int, entry: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """From where to where whole entries go: about as much as is parsed at a time, or a single one that is larger."""
    while begin < end:
        ahead = entry.search(text, min(begin + _PIECE, end), end)
        until = ahead.start() if ahead else end
        if until - begin > 2 * _PIECE:
            last = begin
            for found in entry.finditer(text, begin + 1, until):
                last = found.start()
            if last > begin:
                yield begin, last
            begin = last
        yield begin, until
        begin = until


def _entry(text: str, begin: int, end: int, load: Callable[[str], Any], column: int) -> Any:
    """A mapping or list of the one large entry that is there; None where it is no mapping or list of its own."""
    opened, opens = _large_entries()
    at = begin + column if text.startswith("\n", begin - 1) or not begin else begin
    if text.startswith("- ", at):
        return [_block(text, at + 2, end, load, column + 2)] if opened.match(text, at + 2, end) else None
    opening = opens.match(text, at, end)
    if opening is None:
        return None
    content = _CONTENT.search(text, opening.end(), end)
    deeper = content is None or content.end() - content.start() >= column + (not text.startswith("- ", content.end()))
    if not deeper:
        raise ValueError
    ((key, _),) = load(opening[0]).items()
    return {key: _block(text, opening.end(), end, load)}


def common_lines(text: str) -> Iterator[re.Match[str]]:
    """A text of the known forms (with `\\n` as its line ends), line by line, literal texts as a whole. The first group
    is None for what holds no value that is complete in its line."""
    return _lines().finditer(text)


def has_common_form(text: str) -> bool:
    """Whether nothing is left of a text (with `\\n` as its line ends) without the lines of the known forms."""
    strange = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY).decode("utf-8", "surrogatepass")
    if not "".join(set(strange) - {_JOINER}).isprintable():
        return False
    small = len(text) <= _SMALL and not _lines(runs=True, simple=True).sub("", text)
    return small or not _lines(runs=True).sub("", text)


@cache
def _lines(*, runs: bool = False, simple: bool = False) -> re.Pattern[str]:
    """One line of a known form, or a literal text as a whole; with `runs`, also several simple lines at once; with
    `simple`, a flow collection holds only words, numbers and lists of words, which takes half as long to compile and is
    enough for most files. Compiled when the first file is read.

    A repetition and what may follow it differ in their first character, and repetitions of groups are bounded:
    matching takes time that grows with the text, and memory that does not.
    """
    end, blank = r"[ ]*+(?:(?<=[ ])#[^\n]*+)?\n", r"[ ]*+(?:#[^\n]*+)?\n"
    item = _WORD_OR_LIST if simple else f"(?:{_scalar(_FLOW)}|{_flow(_scalar(_FLOW))})"
    value = f"(?:{_scalar('')}|{_flow(item)})"
    # What follows a value is not deeper than its key: it would go on with the value, or be wrong.
    no_deeper = rf"(?=(?:{blank}){{0,999}}(?!(?P=indent)(?(dash)[ ]{{3}}|[ ])|[ ]*+[#\n]))"
    complete = rf"(?P<indent>[ ]{{0,24}})(?:(?P<dash>-[ ])?{KEY_FORM}[ ]++|-[ ]){value}{end}{no_deeper}"
    opening = f"[ ]{{0,24}}(?:-[ ])?{KEY_FORM}{end}"
    literal = (
        rf"(?P<above>[ ]{{0,24}}){KEY_FORM}[ ]++\|[-+]?\n(?P=above)(?P<deeper>[ ]+)[^ \n][^\n]*+\n"
        r"(?:(?P=above)(?P=deeper)[^\n]*+\n|\n){0,999}(?![ ]*+\n|(?P=above)[ ])"
    )
    run = f"{_run(blank)}|" if runs else ""
    return re.compile(f"^(?:{run}(?:{blank}){{1,99}}|{complete}|{opening}|{literal})", re.MULTILINE)


def _run(blank: str) -> str:
    """Simple lines of one depth, and the key that they may stand under. The other forms take each of them as well, and
    they are most of a long file."""
    text = r"(?:[A-Za-z]|[0-9]{4}-)[^:#\n]*+(?::(?![ \n])[^:#\n]*+)?"
    pair = rf"(?!true:|false:|null:)[a-z][A-Za-z_]{{0,30}}:[ ](?:{text}|\[[a-z]++(?:, [a-z]++){{0,20}}\])\n"
    several = rf"(?P<depth>[ ]{{0,24}}){pair}(?:(?P=depth){pair}){{0,99}}"
    return rf"(?:[ ]{{0,24}}{KEY_FORM}\n)?{several}(?=(?:{blank}){{0,999}}(?!(?P=depth)[ ]|[ ]*+[#\n]))"


_FLOW: Final = r"\],[{}"
"""What cannot stand in a plain value inside a flow collection."""

_WORD: Final = "[A-Za-z][-A-Za-z0-9_ ./*]*+"
_WORD_OR_LIST: Final = rf"(?:{_WORD}|[1-9][0-9]{{0,14}}|\[{_WORD}(?:, {_WORD}){{0,99}}\])"

KEY_FORM: Final = (
    r"(?!(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Nn]ull|NULL):)(?:(?:[A-Za-z]|[0-9]{1,9}-)[-A-Za-z0-9_.]{0,99}(?:/[A-Za-z][-A-Za-z0-9_.]{0,99})?"
    r"""|"[-A-Za-z0-9_. ]{1,99}"|'[-A-Za-z0-9_. ]{1,99}'):(?=[ \n])"""
)
"""Text for both, and shorter than the 1,024 characters from which the authority takes it for no key."""
_CONTENT: Final = regex(r"^[ ]*+(?=[^ #\n])", re.MULTILINE)


@cache
def _large_entries() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a mapping begins, and a key behind which nothing stands in its line. Compiled for a large file only."""
    return re.compile(KEY_FORM), re.compile(rf"{KEY_FORM}[ ]*+(?:(?<=[ ])#[^\n]*+)?\n")


def _scalar(unsafe: str) -> str:
    """A plain or quoted value; `unsafe` are the characters that a plain one may not hold here.

    Digits are text for both by what follows: a date, a time, a share, a span, a count. What might be a number to one of
    them only is not among these: exponents, bases (`0x`), `_`, signs, zeros in front, a second `.`.
    """
    digits = r"[0-9]{1,9}(?:[-/%]|:[0-9]{2}|[ ](?=[A-Za-z])|(?![bBeEoOxX])[A-Za-z])"
    uuid = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    begins = rf"(?:[^ !-#%-'*-.0-@\[-`{{-~\n]|\.\.?/|{digits}|{uuid})"
    safe = f"[^:#\n{unsafe}]*+"
    plain = rf"{begins}{safe}(?:(?::(?![ \n{unsafe}])|(?<![ ])#){safe}){{0,99}}"
    number = r"-?[1-9][0-9]{0,14}(?:\.[0-9]{1,15})?|-?0\.[0-9]{1,15}|0"
    single = r"'[^'\n]*+(?:''[^'\n]*+){0,99}'"
    double = r'"[^"\\\n]*+(?:\\["\\n][^"\\\n]*+){0,99}"'
    return f"(?:{plain}|{number}|{single}|{double})"


def _flow(item: str) -> str:
    """A list or mapping on one line."""
    more = "[ ]?(?:,[ ]?(?![]}])|(?=[]}]))"
    return rf"(?:\[[ ]?(?:{item}{more}){{0,200}}\]|\{{[ ]?(?:{KEY_FORM}[ ]{item}{more}){{0,200}}\}})"
