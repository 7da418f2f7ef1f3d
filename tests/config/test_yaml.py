"""YAML 1.2, core schema: what plain text means, and where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from afsync.config.document import Document, parse
from afsync.config.problems import Path
from afsync.config.yaml import compose

VALUES: list[tuple[str, Any]] = [
    ("yes", "yes"),
    ("no", "no"),
    ("on", "on"),
    ("y", "y"),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("tRue", "tRue"),
    ("null", None),
    ("~", None),
    ("", None),
    ("nil", "nil"),
    ("12", 12),
    ("+12", 12),
    ("-0", 0),
    ("012", 12),
    ("0o14", 12),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("12:30", "12:30"),
    ("1.5", 1.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ("1.5E-1", 0.15),
    ("+.5", 0.5),
    (".", "."),
    ("1.2.3", "1.2.3"),
    ("30%", "30%"),
    ("2026-12-01", "2026-12-01"),
    ("2026-12-01 09:00", "2026-12-01 09:00"),
    ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
    ("=", "="),
    ("<<", "<<"),
    ("'12'", "12"),
    ('"true"', "true"),
    ("''", ""),
    ("!!str 12", "12"),
    ("! 12", "12"),
    ("!!float 12", 12.0),
    ("!!int '12'", 12),
    ("!!null ''", None),
    ("!!bool true", True),
    ("!!seq [1]", [1]),
    ("!!map {a: 1}", {"a": 1}),
    ('"\\ud83d\\ude00"', "😀"),
    ("日本語 😀", "日本語 😀"),
    ("${var.x}", "${var.x}"),
    ("|\n  a\n  b\n", "a\nb\n"),
    (">-\n  a\n  b\n", "a b"),
    ("[a, [b, {c: 1}], ]", ["a", ["b", {"c": 1}]]),
    ("{a, b: , 'c': 1}", {"a": None, "b": None, "c": 1}),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_what_a_text_means(text: str, value: Any) -> None:
    document = Document("f.yaml", f"key: {text}\n")
    assert document.marks == ()
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


@pytest.mark.parametrize("text", ["a: 1\nb: [x, y]\n", "{a: 1, b: [x, y]}", "---\n'a': 1\n\"b\":\n- x\n- y\n...\n"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_spelling_does_not_matter(text: str, ends: str, mark: str) -> None:
    document = parse((mark + text.replace("\n", ends)).encode(), "f.yaml")
    assert document.value == {"a": 1, "b": ["x", "y"]}


def test_anchors_stand_for_their_values() -> None:
    document = Document("f.yaml", "a: &x {k: [1]}\nb: *x\nc: [*x, &y 2, *y]\n? *y\n: no\n")
    assert document.value == {"a": {"k": [1]}, "b": {"k": [1]}, "c": [{"k": [1]}, 2, 2]}
    assert [m.code for m in document.marks] == ["non_string_key"]


MERGES: list[tuple[str, dict[str, Any]]] = [
    ("{<<: *a, x: 0}", {"x": 0, "y": 2}),
    ("{x: 0, <<: *a}", {"x": 0, "y": 2}),
    ("{<<: [*a, *b]}", {"x": 1, "y": 2, "z": 4}),
    ("{<<: [*b, *a]}", {"x": 1, "y": 3, "z": 4}),
    ("{<<: {x: 9}, y: 8}", {"x": 9, "y": 8}),
    ("{<<: *c}", {"x": 1, "y": 5}),
    ("{<<: []}", {}),
    ("{'<<': 1}", {"<<": 1}),
]


@pytest.mark.parametrize(("text", "value"), MERGES)
def test_merge_keys(text: str, value: dict[str, Any]) -> None:
    head = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: &c {<<: *a, y: 5}\n"
    document = Document("f.yaml", f"{head}d: {text}\n")
    assert document.marks == ()
    assert document.value["d"] == value


TEXT = """\
version: 1
templates: {t: {name: x}}
jobs:
  base: &base
    topic: a
    platforms: [tiktok,
      youtube]
  next:
    <<: *base
    "tone" : |
      loud
    urls:
      - one
      -
        two
  again: *base
"""
PLACES: list[tuple[Path, bool, str]] = [
    ((), False, "1:1"),
    (("version",), False, "1:10"),
    (("version",), True, "1:1"),
    (("templates", "t", "name"), False, "2:23"),
    (("templates", "t", "name"), True, "2:17"),
    (("jobs",), True, "3:1"),
    (("jobs", "base", "platforms", 1), False, "7:7"),
    (("jobs", "next", "tone"), False, "10:14"),
    (("jobs", "next", "tone"), True, "10:5"),
    (("jobs", "next", "urls", 1), False, "15:9"),
    (("jobs", "next", "topic"), False, "5:12"),
    (("jobs", "again"), False, "16:10"),
    (("jobs", "again"), True, "16:3"),
    (("jobs", "again", "topic"), False, "5:12"),
    (("jobs", "next", "missing"), False, "8:3"),
    (("jobs", "next", "missing", "deeper"), True, "8:3"),
    (("missing",), False, "1:1"),
]


@pytest.mark.parametrize(("path", "at_key", "place"), PLACES)
def test_every_place_is_exact(path: Path, at_key: bool, place: str) -> None:
    location = Document("f.yaml", TEXT).locate(path, at_key=at_key)
    assert str(location) == f"f.yaml:{place}"
    assert location.text == TEXT.split("\n")[int(place.split(":")[0]) - 1]


def test_columns_count_characters() -> None:
    location = Document("f.yaml", '"日本": {"😀": x}\n').locate(("日本", "😀"))
    assert str(location) == "f.yaml:1:13"


def test_a_long_line_is_shown_in_part() -> None:
    location = Document("f.yaml", f"a: {'x' * 5000}\n").locate(("a",))
    assert location.text is not None and len(location.text) == 400


def test_everything_wrong_with_the_yaml_is_found() -> None:
    document = Document("f.yaml", "a: 1\na: 2\nb: .inf\n3: x\nc: !x y\nd: *none\ne: [!!int z]\n")
    assert [(m.line, m.column, m.code) for m in document.marks] == [
        (2, 1, "duplicate_key"),
        (3, 4, "bad_number"),
        (4, 1, "non_string_key"),
        (5, 4, "unknown_tag"),
        (6, 4, "unknown_alias"),
        (7, 5, "wrong_type"),
    ]
    assert document.value["a"] == 1, "what can be read is read"


CONFLICT = "<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> branch\n"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("    topic: ours\n", "    topic: theirs\n"),
        ("", "    topic: theirs\n"),
        ("  b: {url: https://a.b/c}\n", "  c: {url: https://a.b/c}\n"),
        ("    prompt: |\n      a\n", "    prompt: |\n      b\n"),
        ("    topic: a\n||||||| base\n    topic: c\n", "    topic: b\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_merge_that_left_its_markers_is_one_problem(ours: str, theirs: str, newline: str) -> None:
    text = "version: 1\njobs:\n  a:\n    url: https://a.b/c\n" + CONFLICT.format(ours=ours, theirs=theirs)
    (mark,) = compose(text.replace("\n", newline)).marks
    assert (mark.code, mark.line, mark.column) == ("merge_conflict", 5, 1)
    assert "merge conflict" in mark.message and "<<<<<<<" in mark.message


def test_a_marker_inside_a_text_is_none() -> None:
    text = "a: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> b\n"
    assert compose(text).marks == ()
