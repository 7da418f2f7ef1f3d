"""Which lines go to the fast parser, and a search for one that the two readers take for different things."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from afsync.config.fast_reader import NOT_READ, has_common_form, read_fast
from afsync.config.starter_files import starter
from benchmarks.world import write_project
from tests.config.test_fast_reader import agree, authority
from tests.scale import SCALE, scaled

INSTALLED = read_fast("a: b\n") is not NOT_READ
"""Whether there is a fast parser: not on every platform, nor with `-p tests.without_fast_yaml`."""


COMMON = [
    "",
    "  ",
    "# note: any [text & more",
    "    # deeper",
    "a:",
    "a: # note",
    "a: text",
    "a:    text   # note",
    "a: Best plays, part (2) of 3, it's [here] & *now*!",
    "a: https://clips.twitch.tv/x?a=1&b=2#c",
    "a: Best plays#1",
    "a: ${var.show} highlights",
    "a: ./media/intro.mp4",
    "a: é, \U0001f469\u200d\U0001f467",
    "a: 0",
    "a: -12",
    "a: 1.5",
    "a: -0.25",
    "a: true",
    "a: False",
    "a: null",
    "a: yes",
    "a: 25%",
    "a: 2m",
    "a: 09:30",
    "a: 3 best plays",
    "a: 2029-12-01",
    "a: 2029-12-01 09:00",
    "a: 2029-12-02T18:00:00Z",
    "a: 2029-12-02T18:00:00+01:00",
    "a: 0190f1c2-8d20-7f44-b3a6-51c0a9e27d02",
    "a: e190f1c2-8d20-7f44-b3a6-51c0a9e27d02",
    "a: 'it''s # this'",
    'a: "say \\"x\\"\\n"',
    "a: []",
    "a: {}",
    "a: [tiktok, 'b', \"c\", 1, true]",
    "a: [{b: c}, [d, e]] # note",
    "a: {b: [1, 2], c: {d: e}}",
    "2029-12-01-weekly: {template: weekly}",
    "'a b': c",
    '"a": b',
    "a:\n- b\n- c: d\n  e: f\n- https://x.y/z",
    "a:\n  b:\n    - c",
    "a: |\n  long\n\n    text # of it\nb: |-\n  x",
]

UNCOMMON = [
    *(f"a: {value}" for value in ("0b_10", "0B_", "-0b_1", "+0b_1", "0b11", "0o17", "0x1F", "012", "00", "-0", "+1")),
    *(f"a: {value}" for value in ("1_000", "1e3", "1E5", "1.", ".5", "00.5", ".inf", "-.inf", ".nan", "1.2.3", "1x")),
    *(f"a: {value}" for value in ("1234567890123456", "1" * 30, "_1", "~", "-", "- b", "? b", "=", "<<", "|2", ">")),
    *(f"a: {value}" for value in ("&b c", "*b", "!b c", "!!str 1", "@b", "`b", "%b", "b: c", "b:", "'b' c", "[b]c")),
    *(
        f"a: {value}"
        for value in ("[0b_10]", "{b: 0b_10}", "[b: c]", "{b}", "{b:}", "[b,, c]", "[b", "[[[b]]]", "[:b]")
    ),
    *("0b_10: a", "true: a", "null: a", "1: a", "<<: a", "? a", "a : b", "é: a", "a" * 101 + ": b", "a", "---", "..."),
    *("- - a", "-  a", "-", "%YAML 1.2", "\ta: b", "a:\tb", "a: b\t", "a: b\u2028", "\ufeffa: b", " " * 25 + "a: b"),
    *(
        "a: b\n  c",
        "a: b\n  c: d",
        "a: b\n\n  # c\n  d: e",
        "- a: b\n    c: d",
        "- a\n  b: c",
        "a: 'b\n  c'",
        "a: [\n]",
    ),
    *("a: |\n  b\n \nc: d", "a: |\n  b\n c", "a: |\n\n  b", "- a: |\n    b", "a: >\n  b"),
]

HOSTILE = {
    "dashes": "- " * 20_000,
    "dashes below a key": "a:\n  " + "- " * 20_000,
    "questions": "? " * 20_000,
    "lists": "a: " + "[" * 20_000,
    "closed lists": "a: " + "[" * 20_000 + "]" * 20_000,
    "mappings": "a: " + "{" * 20_000,
    "mappings with keys": "a: " + "{a: " * 20_000,
    "both": "a: " + "[{a: " * 20_000,
    "colons": ": " * 20_000,
    "steps": "".join(" " * n + "a:\n" for n in range(300)),
    "steps of dashes": "".join(" " * n + "-\n" for n in range(300)),
    "an anchor": f"a: &{'x' * 20_000} 1\nb: *{'x' * 20_001}",
    "an alias": f"a: *{'x' * 20_000}",
    "a tag": f"a: !{'x' * 20_000} 1",
    "a version": "%YAML 1.999\n---\na: 1",
}  # fmt: skip


@pytest.mark.parametrize("line", COMMON)
def test_these_go_to_the_fast_parser(line: str) -> None:
    text = f"x: 1\n{line}\n"
    assert has_common_form(text)
    agree(text)


@pytest.mark.parametrize("line", UNCOMMON)
def test_these_go_to_the_authority(line: str) -> None:
    assert not has_common_form(f"x:\n{line}\ny: 2\n")
    assert not has_common_form(f"{line}\n")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_end_the_process_never_reaches_the_fast_parser(name: str) -> None:
    assert not has_common_form(HOSTILE[name] + "\n")
    assert not has_common_form("version: 1\n" + HOSTILE[name] + "\n")


def test_the_last_line_needs_its_end() -> None:
    assert not has_common_form("a: b")


@pytest.mark.parametrize("empty", [True, False])
def test_what_init_writes_goes_to_the_fast_parser(empty: bool) -> None:
    written = starter("0190f1c2-8d20-7f44-b3a6-51c0a9e27d02", now=datetime(2029, 1, 1, tzinfo=UTC), empty=empty)
    for name, text in written.items():
        assert has_common_form(text) or not name.endswith(".yaml"), name


def test_the_projects_of_the_benchmarks_go_to_the_fast_parser(tmp_path: Path) -> None:
    write_project(tmp_path, 20, 5)
    assert has_common_form((tmp_path / "afsync.yaml").read_text(encoding="utf-8"))


LONG = 300_000
MANY_TIMES = {
    "quotes": "a: " + "'" * LONG,
    "escapes": 'a: "' + '\\"' * LONG,
    "hashes": "a: b" + " #" * LONG + "\n\t",
    "colons": "a: b" + ":c" * LONG + ": ",
    "items": "a: [" + "b, " * LONG,
    "lists": "a: [" + "[b], " * LONG,
    "wide lists": ("a: [" + ("[" + "b, " * 190 + "b], ") * 5 + "!\n") * 60,
    "spaces": "a: 'b'" + " " * LONG + "c",
    "blank lines": "a: b\n" + "\n" * LONG + "  c",
    "comments": ("a: b\n" + "#\n" * 990 + "  c: d\n") * 150,
    "literal lines": "a: |\n" + "  # |\n" * LONG + " b",
    "a key": "a.-" * LONG + ": b",
}


@pytest.mark.parametrize("name", MANY_TIMES)
def test_looking_takes_linear_time(name: str) -> None:
    """A quadratic pattern would take minutes."""
    start = time.process_time()
    has_common_form(MANY_TIMES[name] + "\n")
    assert time.process_time() - start < 2


KEYS = (
    "a",
    "b",
    "c",
    "a.b",
    "2026-12-01",
    "12-x",
    "2026-12-01/late",
    "a/b",
    "'q'",
    '"r s"',
    '"a"',
    "yes",
    "on",
    "a_b",
    "true",
    "'1'",
    "x1",
)
WORDS = (
    *("a", "true", "FALSE", "null", "Null", "yes", "No", "on", "n", "inf", "NaN", "x y", "a#b", "a:b", "it's", 'a "x"'),
    *("'q'", "'it''s'", '""', '"a\\"b"', '"a\\nb"', '"\\\\"', "http://x.y/z?a=1#c", "${var.x}", "(x)", "./a", "é"),
    *(
        "x\u200dy",
        "a - b",
        "a ? b",
        "a & b",
        "a > b",
        "a|",
        "x ' y",
        'x " y',
        "a  b",
        "x  ",
        "a,b",
        "a]b",
        "a{b",
        "a\\",
    ),
)
NUMBERS = (
    *("0", "1", "-1", "10", "1.5", "-0.5", "0.0", "-0.0", "999999999999999", "123456789.123456789", "0.1", "12:30"),
    *("1:30:00", "190:20:30.15", "2026-12-01", "2026-12-01 09:00", "2001-12-14t21:59:43.10-05:00", "5%", "3 best"),
    *("3D", "1d", "1f", "1/2", "0s", "1-2", "1-e5", "1-0x1", "0190f1c2-8d20-7f44-b3a6-51c0a9e27d02", "3i", "1n"),
)
ODD = (
    *("~", "01", "+1", "1_0", "0b_10", "0B_", "-0b_1", "0o7", "0x1f", "1e3", "1.", ".5", ".inf", ".nan", "a: b", "a:"),
    *("'a' b", "'''", "[", "}", "- a", "? a", "!x", "&a x", "*a", "|", ">", "@a", "<<", "=", "a #b", '"a\\tb"', "-a"),
)
SIGNS = "ab1 0:-#'\"[]{},&*!|>?%@`.\\_~$/e"


def value(r: random.Random) -> str:
    kind = r.random()
    if kind < 0.55:
        return r.choice(WORDS if kind < 0.3 else NUMBERS)
    if kind < 0.65:
        return r.choice(ODD) if kind < 0.6 else "".join(r.choices(SIGNS, k=r.randint(1, 6)))
    return flow(r, 0)


def flow(r: random.Random, depth: int) -> str:
    if depth > 2 or (depth and r.random() < 0.7):
        return r.choice(r.choice((WORDS, NUMBERS, WORDS, NUMBERS, WORDS, ODD)))
    mapping = r.random() < 0.5
    items = [flow(r, depth + 1) for _ in range(r.randint(0, 3))]
    if mapping:
        items = [f"{r.choice(KEYS)}{r.choice((': ',) * 9 + (':', ' : '))}{item}" for item in items]
    space, last = r.choice(("", " ")), r.choice(("",) * 9 + (",",))
    body = space + r.choice((", ", ", ", ",", " , ")).join(items) + last + space
    return f"{{{body}}}" if mapping else f"[{body}]"


def line(r: random.Random, indent: int) -> str:
    note = r.choice(("",) * 9 + (" # c", " #", "  ", " # a: b"))
    start = " " * indent + ("- " if r.random() < 0.25 else "")
    kind = r.random()
    if kind < 0.12:
        return r.choice(("", " ", "    ", f"{' ' * indent}# c: d"))
    if kind < 0.22:
        return f"{start}{value(r)}{note}"
    if kind < 0.45:
        return f"{start}{r.choice(KEYS)}:{note}"
    if kind < 0.52:
        below = (r.choice(("x", "a: b", "- c", "# d", "  y", "")) for _ in range(r.randint(1, 3)))
        head = f"{start}{r.choice(KEYS)}: {r.choice(('|', '|-', '|+'))}"
        return "\n".join([head, *(" " * (indent + r.choice((2, 2, 2, 1, 3))) + one for one in below)])
    return f"{start}{r.choice(KEYS)}:{r.choice((' ', ' ', '  '))}{value(r)}{note}"


def is_mapping(text: str) -> bool:
    """Whether the authority reads it, as a mapping that holds something."""
    read = authority(text)
    return isinstance(read, dict) and bool(read)


def document(r: random.Random) -> str:
    indent, lines = 0, []
    for _ in range(r.randint(1, 6)):
        indent = max(0, indent + r.choice((0, 0, 0, 2, 2, -2, -2, 1, -1, -4)))
        lines.append(line(r, indent))
    return "\n".join(lines) + "\n"


def test_the_readers_never_differ(record_property: Callable[[str, object], None]) -> None:
    """In CI the same texts every time; with AFSYNC_SCALE, more of them, and others each time."""
    seed = random.randrange(2**32) if SCALE > 1 else 20261129
    r, texts, common, read = random.Random(seed), scaled(8_000), 0, 0
    for _ in range(texts):
        text = document(r)
        if has_common_form(text):
            common += 1
            alike = agree(text)
            read += alike
            assert alike or not INSTALLED or not is_mapping(text), text
    record_property("figure", f"two readers: {texts:,} texts, {common:,} of common form, {read:,} read by both alike")
    assert common > texts / 5
