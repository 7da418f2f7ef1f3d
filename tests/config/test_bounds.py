"""Large files and small ones that stand for a lot: judged at a cost that grows with their size, or refused in words."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from afsync.config import interpolation, yaml
from afsync.config.positions import Composed, Lines, Node, Places
from afsync.config.problems import MAX_PROBLEMS
from afsync.core.text import Effort, closest
from tests.config.support import a_job, loaded, problems

MANY = 2_000
JOB = """  j{n:04}:
    url: https://clips.twitch.tv/clip-{n}
    topic: Best plays {n}
    platforms: [tiktok, youtube]
"""


def jobs(count: int, last: str = "", head: str = "version: 1\n") -> str:
    return head + "jobs:\n" + "".join(JOB.format(n=n) for n in range(count)) + last


# --- many problems ---

MANY_PROBLEMS: dict[str, tuple[str, str]] = {
    "unknown keys": ("version: 1\n" + "".join(f"a{n}: 1\n" for n in range(MANY)), "unknown_key"),
    "the same key": ("version: 1\n" + "a: 1\n" * MANY, "duplicate_key"),
    "keys that are no text": ("version: 1\n" + "".join(f"{n}: 1\n" for n in range(MANY)), "non_string_key"),
    "jobs that are none": ("version: 1\njobs:\n" + "".join(f"  j{n}: 1\n" for n in range(MANY)), "wrong_type"),
    "items that are wrong": (a_job("url: https://a.b/c", f"platforms: [{'tik, ' * MANY}tok]"), "unknown_value"),
    "references where none can be": ("version: 1\ninclude:\n" + "  - ${var.x}\n" * MANY, "bad_interpolation"),
    "unknown imports": (
        "version: 1\nimport:\n" + "".join(f"  job.j{n}: i{n}\n" for n in range(MANY)),
        "unknown_import",
    ),
    "files that are missing": (
        "version: 1\njobs:\n" + "".join(f"  j{n}: {{entry: upload, file: m{n}.mp4}}\n" for n in range(MANY)),
        "not_found",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY_PROBLEMS)
def test_the_first_problems_are_shown_and_that_there_are_more(name: str, tmp_path: Path) -> None:
    text, code = MANY_PROBLEMS[name]
    *shown, last = problems(tmp_path, text)
    assert last.code == "more_problems" and str(MAX_PROBLEMS) in last.message
    assert len(shown) <= MAX_PROBLEMS and code in {p.code for p in shown}


def test_as_many_as_are_shown_are_all(tmp_path: Path) -> None:
    text = "version: 1\n" + "".join(f"a{n}: 1\n" for n in range(MAX_PROBLEMS))
    assert {p.code for p in problems(tmp_path, text)} == {"unknown_key"}


def test_what_is_wrong_far_behind_is_found(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, jobs(1000, "  zz: {url: 'https://a.b/c', platforms: [tiktk]}\n"))
    assert (str(problem.location), problem.code) == ("afsync.yaml:4003:42", "unknown_value")


def test_a_list_that_is_wrong_far_behind_is_not_right(tmp_path: Path) -> None:
    urls = "".join(f"      - https://a.b/{n}\n" for n in range(MANY))
    (problem,) = problems(tmp_path, a_job("urls:") + urls + "      - 1\n")
    assert problem.code == "out_of_range" and "2,001 entries" in problem.message


# --- misspelt words ---


def test_misspelt_words_are_compared_within_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    ratio = difflib.SequenceMatcher.real_quick_ratio

    def counted(self: difflib.SequenceMatcher[str]) -> float:
        nonlocal compared
        compared += 1
        return ratio(self)

    monkeypatch.setattr(difflib.SequenceMatcher, "real_quick_ratio", counted)
    templates = "templates:\n" + "".join(f"  weekly{n}: {{name: a}}\n" for n in range(400))
    wrong = "".join(f"  j{n}: {{url: 'https://a.b/c', template: wekly{n}}}\n" for n in range(400))
    found = problems(tmp_path, f"version: 1\n{templates}jobs:\n{wrong}")
    assert {p.code for p in found} == {"unknown_template"} and "did you mean" in (found[0].hint or "")
    assert 400 < compared < 40_000


def test_a_word_without_end_is_compared_with_none() -> None:
    assert closest("x" * 1_000, ["x" * 999]) is None
    assert closest("tiktk", ["tiktok"], Effort(0)) is None


# --- references ---


def test_no_more_of_them_are_looked_up_than_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = 0
    look_up = interpolation._look_up

    def counted(name: str, scope: interpolation.Scope) -> object:
        nonlocal looked_up
        looked_up += 1
        return look_up(name, scope)

    monkeypatch.setattr(interpolation, "_look_up", counted)
    wrong = "".join(f"  j{n}: {{url: 'https://a.b/c', topic: '${{var.wekly{n}}}'}}\n" for n in range(MANY))
    found = problems(tmp_path, f"version: 1\nvars: {{weekly: a}}\njobs:\n{wrong}")
    assert {p.code for p in found[:MAX_PROBLEMS]} == {"unknown_var"}
    assert looked_up == MAX_PROBLEMS + 1


def test_what_references_stand_for_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpolation, "MAX_EXPANSION", 100_000)
    head = f"vars: {{x: {'y' * 900}}}\n"
    lines = "".join(f"      k{n}: a${{var.x}}\n" for n in range(200))
    (problem,) = problems(tmp_path, a_job("url: https://a.b/c", "clipSpec:", head=head) + lines)
    assert (problem.code, problem.location and problem.location.line) == ("out_of_range", 118)
    assert "100,000 characters" in problem.message


def test_a_list_that_is_too_long_is_refused_once(tmp_path: Path) -> None:
    head = f"vars: {{x: [{'tiktok, ' * 200}tiktok]}}\n"
    (problem,) = problems(tmp_path, a_job("url: https://a.b/c", "platforms: '${var.x}'", head=head))
    assert "at most 100 items" in problem.message


def test_a_text_of_broken_references_is_one_problem(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, a_job("url: https://a.b/c", f"prompt: {'${' * 10_000}"))
    assert problem.code == "bad_interpolation"


# --- files that the slow reader has to read ---


@pytest.mark.parametrize("bound", ["MAX_EVENTS", "MAX_LENGTH"])
def test_what_only_small_files_hold_is_refused_in_large_ones(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = jobs(200, head="version: 1\nvars: {x: &x 1}\n")
    assert len(loaded(tmp_path, text).desired.jobs) == 200
    monkeypatch.setattr(yaml, bound, 1_000)
    if bound == "MAX_EVENTS":
        composed = yaml.compose(text, most=yaml.MAX_EVENTS)
    else:
        composed = yaml.compose(text)
    (mark,) = composed.marks
    assert mark.code == "too_large" and mark.line > 20 and "include" in (mark.hint or "")


def test_an_error_before_the_bound_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_LENGTH", 1_000)
    (mark,) = yaml.compose("a: 1\n\tb: 2\n" + "c: d\n" * 1_000).marks
    assert (mark.code, mark.line) == ("syntax", 2)


# --- positions ---

LARGE = """\
version: 1
include: [a.yaml, b.yaml]
# jobs:
jobs:
  # a comment
  a:
    url: https://a.b/c
    topic: 'it''s: "odd"'
    platforms: [tiktok, youtube]

    clipSpec:
      urls:
        - one
        -  two
      deep: {a: {b: [1, 2]}}
    prompt: |
      b: no key
      # no comment
  "b":
    url: "https://a.b/c"
    urls:
    - one
    - two
    addOns: {}
  c.d: {url: https://a.b/c, topic: x}
templates:
  t:
    name: N
"""


def _paths(node: Node) -> list[tuple[str | int, ...]]:
    return [(), *((step, *below) for step, child in node.children.items() for below in _paths(child))]


def at(node: Node | None) -> tuple[int, int] | None:
    return None if node is None else (node.line, node.column)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_positions_from_excerpts_are_those_of_the_whole(newline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afsync.config.positions._SMALL", 0)
    text = LARGE.replace("\n", newline)
    root = yaml.compose(text).root
    assert root is not None
    places = Places(text, Lines(text), root.value, yaml.compose)
    for path in _paths(root)[1:]:
        node: Node = root
        for step in path:
            node = node.children[step]
        assert at(places.find(path)[0]) == at(node), path
        missing = places.find((*path, "missing"))
        assert missing != (None, None), path


def test_a_large_file_is_not_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afsync.config.document._LARGE", 10_000)
    read: list[int] = []
    compose: Callable[..., Composed] = yaml.compose

    def counted(text: str, most: int = 0) -> Composed:
        read.append(len(text))
        return compose(text, most=most)

    monkeypatch.setattr(yaml, "compose", counted)
    wrong = "".join(f"  z{n}: {{url: 'https://a.b/c', platforms: [tiktk]}}\n" for n in range(20))
    found = problems(tmp_path, jobs(500, wrong))
    assert [p.location and p.location.line for p in found] == list(range(2003, 2023))
    assert sum(read) < 2_000
