"""The fast reader and the authority agree, or the fast one steps aside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.config import fast_reader
from afsync.config.fast_reader import NOT_READ, common_lines, has_common_form, read_fast
from afsync.config.starter_files import starter
from afsync.config.yaml import compose
from tests.scale import scaled

BROKEN = object()

PROBES = [
    "a: [c:]",
    "a: [b:, c]",
    "a: [b :]",
    "a: {b:, c: d}",
    "a: {b: {c:}}",
    "a: ['q':]",
    "a: ['q':.5]",
    "a: {:x}",
    "a: {a: b, :c}",
    "a: {b: > c}",
    "a: {b: |-}",
    "a: [b: > c]",
    'a: {"b":>c}',
    "a: [! |+]",
    "a: {\n  |=}",
    "a: {b: \n  >-}",
    "a: {=\n: ~.}",
    "a: {e\n- : 1}",
    "a: -0x1",
    "a: [+0o17]",
    "a: -9223372036854775808",
    "a: -9223372036854775807",
    "a:\n  |",
    "a:\n  |+",
    "a: [x,\n    y]",
    "a: {b: [1],\n  c: 2}",
    "a: 0o14",
    "a: 012",
    "a: 0x1F",
    "a: 1_000",
    "a: +1",
    "a: 1.",
    "a: .5",
    "a: 1e3",
    "a: ~",
    "a: Null",
    "a: NULL",
    "a: TRUE",
    "a: yes",
    "a: on",
    "a: 12:30",
    "a: 2026-01-01",
    "a: 2026-01-01 09:00",
    "a: 2026-01-01T09:00:00Z",
    "a: .inf",
    "a: .nan",
    "a: -0",
    "a: 00",
    "a: 1e400",
    "a: 9223372036854775808",
    "a: 99999999999999999999999",
    "a: 'x'",
    'a: "\\u0041\\x41\\n"',
    "a: |\n  x\n  y\n",
    "a: >\n  x\n  y\n\n  z\n",
    "a: |-\n  x\n",
    "a: |+\n  x\n\n",
    "a: >-\n  x\n   y\n  z",
    "a:",
    "a: ''",
    "a: {b: 1, c: [1, 2]}",
    "a: [1,,2]",
    "a: {b}",
    "a: [a: b]",
    "a: 1\na: 2",
    "1: x",
    "true: x",
    "~: x",
    "a: b: c",
    "a: b #c",
    "a: b#c",
    "# only",
    "",
    "a: 'it''s'",
    "a: http://x/y?z=1&b=2",
    "a: x: y",
    "- a\n- b",
    "a:\n- b\n- c",
    "a:\n  - b\n  -\n    c: d",
    'a: "x\n  y"',
    "a: x\n  y",
    "a: x\n\n  y",
    "a: @x",
    "a: `x",
    "a: %x",
    "a: -x",
    "a: - x",
    "a: ?x",
    "? a\n: b",
    "a: {a: 1, a: 2}",
    "'a': 1",
    '"a": 1',
    "a : 1",
    "a: 0.1",
    "a: 1E5",
    "a: -1.5e-3",
    "a: 1e5x",
    "a: 0b11",
    "a: 0o8",
    "a: null",
    "a: 0o",
    "a: +.inf",
    "a: -.inf",
    "a: .NaN",
    "a: 1.0",
    "a: 10.",
    'a: "\\/"',
    "a: [\n1,\n2\n]",
    "a: { b: 1,\n c: 2 }",
    "a: 'x\n\n y'",
    "ä: ö",
    "a: \u2028x",
    "a: x\u0085y",
    "a: \U0001f600",
    "a: {b: , c: d}",
    "a: {b:1}",
    "a: [b:1]",
    'a: {"b":1}',
    "a: [x y, z w]",
    "a: 1 2",
    "a: !x y",
    "a: &x y\nb: *x",
    "a:\tx",
    "\ta: x",
    "a: x\t",
    "a: -",
    "a: --",
    "a: ---",
    "a: ...",
    "---\na: 1",
    "a: 1\n---\nb: 2",
    "a: 1\n...",
    "%YAML 1.2\n---\na: 1",
    'a: "x\\\n  y"',
    "a: |2\n   x\n",
    "a: 0777",
    "a: 1__0",
    "a: 0x",
    "a: =",
    "a: <<",
    "<<: {a: 1}",
    "a: tru",
    "a: True ",
    "a:  'x'  ",
    'a: "\\q"',
    "a: 'x",
    "a: [1",
    "a: ]",
    "a: {",
    "a: 'b' c",
    'a: "\\ud83d\\ude00"',
    "a: \\n",
    "a: b\n c: d",
    "a: b\nc",
    "a\nb: c",
    "a: b\n  - c",
    "a: |\n x\n  y\n z",
    "a: |\nx",
    "a: >\n\n  x",
    "a: # c\n  b",
    "a: [] # c",
    "a: {} \nb: []",
    'a: ""',
    "a: ' '",
    "a: x  # y\n",
    "a: 'x' # y",
    "a: 1 # y",
    "a: # y",
    "a: x\n# c\nb: y",
    "a: |  # c\n  x",
    "a: |\n  # not\n  x",
]


def authority(text: str) -> Any:
    """The value, or BROKEN where something is wrong with the text."""
    composed = compose(text)
    if composed.marks or composed.root is None:
        return BROKEN
    return composed.root.value


def typed(value: Any) -> Any:
    """`value` with its types, since 1 == 1.0 == True."""
    match value:
        case dict():
            return {k: typed(v) for k, v in value.items()}
        case list():
            return [typed(v) for v in value]
        case _:
            return type(value), value


def agree(text: str) -> bool:
    """Whether the fast reader read it; fails when it read something else than the authority, be it piece by piece."""
    read = [read_fast(text), *(_in_pieces(text, size) for size in (1, 9))]
    right = None
    for value in read:
        if value is not NOT_READ:
            right = right or typed(authority(text))
            assert typed(value) == right, text
    lines = text.replace("\r\n", "\n")
    known = "".join(found[0] for found in common_lines(lines)) == lines
    assert not has_common_form(lines) or known, "what is read many lines at a time is read line by line as well"
    return read[0] is not NOT_READ


def _in_pieces(text: str, size: int) -> Any:
    """As a text is read that is that much larger than a piece."""
    with mock.patch.multiple(fast_reader, _WHOLE=0, _PIECE=size):
        return read_fast(text)


@pytest.mark.parametrize("text", PROBES)
def test_probes(text: str) -> None:
    agree(text)
    agree(text + "\n")
    agree((text + "\n").replace("\n", "\r\n"))
    agree("x: 1\n" + text + "\ny: 2\n")
    agree("jobs:\n" + "".join(f"  {line}\n" for line in text.splitlines()))


def test_the_common_case_is_fast() -> None:
    """The examples take the fast way, but for the two that show anchors."""
    texts = {file: file.read_text(encoding="utf-8") for file in Path("examples").rglob("*.yaml")}
    assert len(texts) > 4
    assert {file.name for file, text in texts.items() if not has_common_form(text)} == {"december.yaml", "january.yaml"}
    for text in texts.values():
        agree(text)


@pytest.mark.parametrize("empty", [True, False])
def test_what_init_writes_is_fast(empty: bool) -> None:
    pytest.importorskip("yaml_rs")
    files = starter("0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11", datetime(2026, 12, 1, tzinfo=UTC), empty=empty)
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    assert texts and all(has_common_form(text) and agree(text) for text in texts)


WRITTEN_BY_CONTENT_TEAMS = [
    "a: \U0001f469\u200d\U0001f467 family\n",
    "a: é, ö & co!\nb: what?\n",
    "a: |\n  long\n\n  text\nb: 1\n",
    "a: clip_2024_12\r\nb: [1]\r\n",
    "2029-12-23/late: skip\na/b: 1\n",
]


@pytest.mark.parametrize("text", WRITTEN_BY_CONTENT_TEAMS)
def test_what_content_teams_write_is_fast(text: str) -> None:
    assert has_common_form(text.replace("\r\n", "\n"))
    agree(text)


def test_a_large_text_is_parsed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser takes up to thirty times as many bytes as its text has."""
    yaml_rs = pytest.importorskip("yaml_rs")
    parsed: list[int] = []
    loads = yaml_rs.loads

    def counted(text: str, **how: Any) -> Any:
        parsed.append(len(text))
        return loads(text, **how)

    monkeypatch.setattr(fast_reader, "fast_parser", lambda: counted)
    monkeypatch.setattr(fast_reader, "_WHOLE", 0)
    monkeypatch.setattr(fast_reader, "_PIECE", 100)
    small = "".join(f"k{n}: {{a: 1}}\n" for n in range(100))
    deep = "".join(f"  - x: 1\n    y: [{n}]\n" for n in range(100))
    assert read_fast(f"a:\n  b:\n{_deeper(deep, 2)}  c:\n{_deeper(small, 6)}{small}") is not NOT_READ
    assert len(parsed) > 50 and max(parsed) <= 200


def _deeper(text: str, indent: int) -> str:
    return "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


def test_a_text_of_very_many_collections_is_left_to_the_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("yaml_rs")
    text = "a:\n  - b: [1]\n  - {}\n"
    assert read_fast(text) == {"a": [{"b": [1]}, {}]}
    monkeypatch.setattr(fast_reader, "_MOST_COLLECTIONS", 4)
    assert read_fast(text) is NOT_READ


SCALARS = st.one_of(
    st.from_regex(r"[-+.0-9eExobn_:]{1,8}", fullmatch=True),
    st.sampled_from(["yes", "no", "on", "~", "null", "True", "FALSE", "12:30", "2026-12-01", "2026-12-01 09:00", "0o14",
                     "1_000", "0x1F", "1e3", ".5", "1.", "-", "a b", "a #b", "a: b", "https://x.y/z?a=1&b=2", "=", "@x",
                     "'it''s'", '"a\\tb"', '"\\u0041"', "''", '""', "[a, 1, true]", "{a: 1, b: [2]}", "[]", "{}",
                     "|\n    x\n     y\n",
                     ">\n    x\n    y\n\n    z\n", "|-\n    x\n", "&a x", "*a", "!x y", "!!str 1"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip
KEYS = st.one_of(st.sampled_from(["a", "b", "c", "a.b", "a-b", "'q'", '"r"', "1", "true", "<<", "é"]))


@settings(max_examples=scaled(150), deadline=None)
@given(st.lists(st.tuples(KEYS, SCALARS), max_size=5), st.booleans())
def test_generated(entries: list[tuple[str, str]], nested: bool) -> None:
    lines = [f"{'  ' if nested else ''}{key}: {value}" for key, value in entries]
    text = ("jobs:\n" if nested else "") + "\n".join(lines) + "\n"
    agree(text)
    agree(text.replace("\n", "\r\n"))


PIECES = [
    *("a", "b", "x y", ":", ": ", " ", ",", ", ", "[", "]", "{", "}", "|", ">", "|-", ">+", "-", "- ", "# x", "'", '"'),
    *("'q'", '"r"', "0x1", "-0x1", "+0o7", "0b1", "1_0", "_", "1", ".5", "1e5", "null", "true", "9223372036854775808"),
    *("\n", "\n  ", "\n    ", "\n- ", "?", "? ", "&", "*", "!", "! ", "<<", "@", "`", "%", "~", ".", "=", "\\n", "---"),
    *("http://a.b/c:d", "09:30", "\t", "\u00a0", "é"),
]
BEFORE = ["a: ", "a:\n  ", "a: [", "a: {", "- ", "a:\n  b: ", "a: {b: ", ""]


@settings(max_examples=scaled(300), deadline=None)
@given(
    st.sampled_from(BEFORE),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.sampled_from(["", "]", "}", "]}", "\nz: 1"]),
)
def test_pieces(before: str, text: str, after: str) -> None:
    agree(f"{before}{text}{after}\n")


@settings(max_examples=scaled(200), deadline=None)
@given(st.text(st.sampled_from(list("ab1:-{}[],#'\"&*!|>?%@ \n_.~<=")), max_size=24))
def test_soup(text: str) -> None:
    agree(text + "\n")


LINES = ["a:", "b:", "c: 1", "d: x", "e: [1, {f: 2}]", "'g': y", "- a: 1", "- b:", "- 1", "- x", "h: |", "i: |-", "# c",
         "", "k: x # c", "l: # c", "m: {}", "n: [x, y]", "o: 2031-01-01 09:00", "p: a:b ", "q: z:", "- r: x", "true: x",
         "null:"]  # fmt: skip


@settings(max_examples=scaled(300), deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 0, 1, 2, 2, 3, 4, 4, 6, 8]), st.sampled_from(LINES)), max_size=14))
def test_structure(lines: list[tuple[int, str]]) -> None:
    agree("".join(f"{' ' * indent}{line}\n" for indent, line in lines))


@st.composite
def blocks(draw: st.DrawFn, depth: int = 3) -> list[str]:
    """The lines of a mapping or a list as people write them, with what is below deeper by one to four spaces."""
    lines = []
    listed = draw(st.booleans()) and depth < 3
    for n in range(draw(st.integers(1, 4))):
        opening = "- " if listed else f"k{n}:"
        below = draw(blocks(depth - 1)) if depth and draw(st.integers(0, 2)) else None
        if below is None:
            lines.append(f"{opening}{'' if listed else ' '}{draw(st.sampled_from(['1', 'x y', '[a]', '{b: 1}']))}")
        elif not listed:
            same = below[0].startswith("- ") and draw(st.booleans())
            indent = "" if same else " " * draw(st.integers(1, 4))
            lines += [opening, *(indent + line for line in below)]
        elif not below[0].startswith("- "):
            lines += [opening + below[0], *("  " + line for line in below[1:])]
        lines += draw(st.sampled_from([[], [], ["# comment"], [""]]))
    return lines or ["k: 1"]


@settings(max_examples=scaled(120), deadline=None)
@given(blocks())
def test_blocks(lines: list[str]) -> None:
    """What is well-formed is read piece by piece as well."""
    text = "".join(f"{line}\n" for line in lines)
    assert agree(text) == (_in_pieces(text, 1) is not NOT_READ)


@pytest.mark.parametrize("large", [0, 200_000])
def test_the_simple_forms_are_enough_for_a_small_file(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling all the others would be a twentieth of a plan of a few jobs."""
    compiled: list[bool] = []
    lines = fast_reader._lines

    def counted(*, runs: bool = False, simple: bool = False) -> Any:
        compiled.append(simple)
        return lines(runs=runs, simple=simple)

    monkeypatch.setattr(fast_reader, "_lines", counted)
    monkeypatch.setattr(fast_reader, "_SMALL", large)
    assert has_common_form("a: {b: Weekly, c: [x, y z], d: 3} # é\ne: 'f'\ng:\n- h: 09:30\n")
    assert compiled == [bool(large)]
    assert has_common_form("a: {b: {c: 1}}\n") and not has_common_form("a: &b c\n")
