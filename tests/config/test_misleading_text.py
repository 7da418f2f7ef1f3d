"""A `#` that cuts a text is warned of, alike by both readers; what only looks like a space or a colon is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.config.document import parse
from afsync.config.fast_reader import NOT_READ, read_fast
from afsync.config.formatter import tidied
from afsync.config.misleading_text import in_common_form
from afsync.config.yaml import compose
from tests.config.support import a_job, loaded, problems
from tests.scale import seeds

URL = "url: https://a.b/c"
ANCHOR = "vars: {x: &x 1, y: *x}\n"
"""Sends a file to the authority."""

CUT: list[tuple[tuple[str, ...], str, str]] = [
    # lines of a job, the place, what is left
    (("topic: Best plays #cs2",), "5:23", "`topic` is only `Best plays`"),
    (("topic: CS2 Monday #1: theme",), "5:23", "`topic` is only `CS2 Monday`"),
    (("topic: Best plays # for Monday",), "5:23", "`topic` is only `Best plays`"),
    (("topic: Best plays #",), "5:23", "`topic` is only `Best plays`"),
    (("topic: Best plays   ## for Monday",), "5:25", "`topic` is only `Best plays`"),
    (("topic: Größe 😀 #größe",), "5:20", "`topic` is only `Größe 😀`"),
    (("prompt: Say it # x",), "5:20", "`prompt` is only `Say it`"),
    (("tone: hype #2",), "5:16", "`tone` is only `hype`"),
    (("tone: hype #😀",), "5:16", "`tone` is only `hype`"),
    (("platforms:", "  - tiktok #now"), "6:16", "the value is only `tiktok`"),
    (("platforms: [tiktok, youtube #now", "  ]"), "5:33", "the value is only `youtube`"),
    (("lifecycle: {ignore_changes: [tone], # x", "  prevent_destroy: true #x", " }"), "6:29", "is only `true`"),
    (("topic: Some text", "  on two lines #1 here"), "6:20", "`topic` is only `Some text on two lines`"),
    (("'topic': Best plays #cs2",), "5:25", "`topic` is only `Best plays`"),
    (("topic: a#b c:d #e",), "5:20", "`topic` is only `a#b c:d`"),
    (("topic: ! wow",), "5:12", "`!` is a tag and no part of the text: `topic` is only `wow`"),
    (("topic: &hot clip",), "5:12", "`&hot` is an anchor and no part of the text: `topic` is only `clip`"),
]
WHOLE: list[tuple[str, ...]] = [
    ('topic: "Best plays #cs2"  # quoted',),
    ("topic: 'Best plays'  #quoted",),
    ("topic: '${var.x} plays' #cs2",),
    ("topic: ${var.x} plays #cs2",),
    ("topic: Best plays#cs2",),
    ("tone: hype  # a comment",),
    ("tone: hype  #------",),
    ("tone: hype  ## x",),
    ("platforms: [tiktok]  #now",),
    ("prompt: |", "  Best plays #cs2", "  # a line"),
    ("prompt: >-  #folded", "  Best plays #cs2"),
    ("#topic: Best plays #cs2",),
    ("lifecycle:  #x", "  prevent_destroy: true"),
]


@pytest.mark.parametrize("head", ["", ANCHOR], ids=["fast", "authority"])
@pytest.mark.parametrize(("lines", "place", "said"), CUT, ids=lambda x: str(x)[:40])
def test_a_text_that_is_cut_is_warned_of_at_its_place(
    lines: tuple[str, ...], place: str, said: str, head: str, tmp_path: Path
) -> None:
    text = a_job(URL, *lines, head=head)
    (warning,) = loaded(tmp_path, text).warnings
    line, column = map(int, place.split(":"))
    assert f"{warning.location}" == f"afsync.yaml:{line + head.count(chr(10))}:{column}"
    assert (str(warning.code), warning.severity.value) == ("cut_text", "warning")
    assert said in warning.message
    assert warning.hint is not None and "in quotes" in warning.hint


VARS = [("vars:\n  show: Best plays # theme\n", "3:20"), ("vars: {show: Best plays # theme\n  }\n", "2:25")]


@pytest.mark.parametrize("more", ["", "  y: &y 1\n  z: *y\n"], ids=["fast", "authority"])
@pytest.mark.parametrize(("head", "place"), VARS)
def test_a_variable_of_several_words_is_a_text(head: str, place: str, more: str, tmp_path: Path) -> None:
    """It is put into topics. `season: 3  # the current one` is a comment, and so is one behind a job's tone."""
    head = head.replace("  show", f"{more}  show") if "{" not in head else head
    line, column = map(int, place.split(":"))
    rest = "limits:\n  max_credits: 5  # a week or so\n" if "{" in head else "  season: 3  # the current one\n"
    text = a_job(URL, "topic: ${var.show} 1", "tone: hype  # so so", head=head + rest)
    (warning,) = loaded(tmp_path, text).warnings
    assert f"{warning.location}" == f"afsync.yaml:{line + (more.count(chr(10)) if '{' not in head else 0)}:{column}"
    assert "`show` is only `Best plays`" in warning.message


@pytest.mark.parametrize("head", ["vars: {x: y}\n", "vars: {x: &x y, z: *x}\n"], ids=["fast", "authority"])
@pytest.mark.parametrize("lines", WHOLE, ids=lambda lines: str(lines[0]))
def test_what_is_whole_is_not(lines: tuple[str, ...], head: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, a_job(URL, *lines, head=head)).warnings == ()


def test_an_anchor_that_something_refers_to_is_meant_as_one(tmp_path: Path) -> None:
    more = "  b:\n    url: https://a.b/d\n    topic: *hot\n"
    assert loaded(tmp_path, a_job(URL, "topic: &hot clip") + more).warnings == ()


def test_included_files_are_looked_at_and_of_a_large_one_the_first_are_said(tmp_path: Path) -> None:
    jobs = "".join(f"  j{n}:\n    url: https://a.b/{n}\n    topic: x #{n}\n" for n in range(600))
    project = loaded(tmp_path, "version: 1\ninclude: [a.yaml]\n", a=f"jobs:\n{jobs}")
    assert len(project.warnings) == 501
    assert "500" in project.warnings[0].message and str(project.warnings[1].location) == "a.yaml:4:14"


def test_the_layout_of_fmt_changes_none_of_them() -> None:
    text = a_job(URL, "topic:   Best   plays    #cs2", "tone: hype #x", "platforms: [ tiktok ] #y")
    result = tidied(text)
    assert result is not None and result != text
    before, after = ([m.message for m in parse(t.encode(), "a").cuts] for t in (text, result))
    assert before == after and len(after) == 2


PIECES = st.sampled_from(["a", "1", "-", ":", ": ", " ", "#", " #", " # ", "'", '"', "[", "]", ", ", "|", "ä", "\t"])
ENDS = st.sampled_from(["", "", " #1", "  #ä", " # x", " #", " ##", "#b", " #- c", "\t#d"])
VALUES = st.sampled_from(
    [
        "Best plays",
        "a#b",
        "5",
        "true",
        "'it''s #1'",
        '"a #b"',
        "[a, 'b #c']",
        "{a: b}",
        "|\n  lit #1\n\n  x",
        "",
        "a\n  b",
        "! c",
    ]
)
LINES = st.tuples(
    st.sampled_from(["topic: ", "'name': ", "a: ", "b-c: ", "- ", "- prompt: ", "  d: ", ""]),
    st.one_of(VALUES, VALUES, st.lists(PIECES, max_size=6).map("".join)),
    ENDS,
)


@settings(max_examples=seeds(300), deadline=None)
@given(st.lists(LINES.map("".join), min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_both_readers_find_the_same(lines: list[str], newline: str, variables: bool) -> None:
    head, indent = ("vars:\n", "  ") if variables else ("", "")
    text = (head + "".join(f"{indent}{line}\n" for line in lines)).replace("\n", newline)
    if read_fast(text) is not NOT_READ:
        assert in_common_form(text) == compose(text).cuts


STRANGE: list[tuple[str, str, str, str]] = [
    ("topic\u00a0: x", "unknown_key", "5:10", "a no-break space (U+00A0)"),
    ("to\u00a0pic: x", "unknown_key", "5:7", "a no-break space (U+00A0)"),
    ("\u3000topic: x", "unknown_key", "5:5", "a full-width space (U+3000)"),
    ("'to\u00a0pic': x", "unknown_key", "5:8", "a no-break space (U+00A0)"),
    ("topic:\u00a0x", "syntax", "5:11", "a no-break space (U+00A0)"),
    ("topic：x", "syntax", "5:10", "a full-width colon (U+FF1A)"),
    ("topic： x", "syntax", "5:10", "a full-width colon (U+FF1A)"),
    ("topic：x\n    tone: hype", "syntax", "5:10", "a full-width colon (U+FF1A)"),
    ("lifecycle: {prevent\u00a0destroy: true}", "unknown_key", "5:24", "a no-break space (U+00A0)"),
    ("lifecycle:\n      prevent_destroy：true", "wrong_type", "6:22", "a full-width colon (U+FF1A)"),
]


@pytest.mark.parametrize(("line", "code", "place", "said"), STRANGE)
def test_what_only_looks_like_a_space_or_a_colon_is_named(
    line: str, code: str, place: str, said: str, tmp_path: Path
) -> None:
    found: list[Any] = [p for p in problems(tmp_path, a_job(URL, line)) if said in p.message]
    assert [(str(p.code), str(p.location)) for p in found] == [(code, f"afsync.yaml:{place}")]


def test_a_full_width_colon_may_be_the_first_thing_in_a_file(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "version： 1\n")
    assert str(problem.location) == "afsync.yaml:1:8" and "full-width colon" in problem.message


def test_such_signs_in_a_value_are_left_alone(tmp_path: Path) -> None:
    lines = (URL, "prompt: |", "  Show：x", "topc: 1")
    (problem,) = problems(tmp_path, a_job(*lines))
    assert problem.message == "unknown key `topc`"


@pytest.mark.parametrize(
    "line", ["topic: #1 clip", "topic: # todo", "platforms:\n      - #1", "prompt: #1\n    tone: x"]
)
def test_a_value_that_is_all_comment_says_so(line: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, a_job(URL, line))
    assert "`#` begins a comment" in problem.message
    assert problem.hint is not None and "in quotes" in problem.hint
