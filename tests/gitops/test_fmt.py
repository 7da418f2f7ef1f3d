"""`afsync fmt`: one layout, the same meaning, nothing of the author's lost."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afsync.config.formatter import arrange, tidied
from afsync.config.loader import load
from afsync.config.yaml import compose
from tests.config.support import write
from tests.config.test_properties import JOBS, TEMPLATES, Spelling
from tests.gitops.conftest import SEEDS
from tests.harness import LINEAGE, Sandbox

MESSY = f"""\


# a project
#yaml-language-server:   $schema = .afsync/afsync.schema.json
version:   1   # the format
lineage: "{LINEAGE}"


vars: {{ a: 1,b : [ 1,2 ] , "c":3, d: , }}
jobs:
    a:   # first
        url:
            https://a.example/1
        # inside of a
        topic: >-
              folded
                more
              end


        urls:
        - https://a.example/2
        # between two
        -   https://a.example/3
        # after the list

    # before b
    b: &anchor
      url: https://b.example
      topic: |
         keep

           this
      tone: "multi
   line   \\
         text"
      platforms: [
        tiktok,
        youtube, # why not
        # instagram
      ]
    c: {{<<: *anchor , rerun: 1.10}}
    d:
      url: https://d.example
      effects:
      - - 1
        - 2
      -
        e: 0x1F
      - |+
       keep me


      prompt: plain
        goes on
# the end


"""

TIDY = f"""\
# yaml-language-server: $schema=.afsync/afsync.schema.json
# a project
version: 1   # the format
lineage: "{LINEAGE}"

vars: {{a: 1, b: [1, 2], "c": 3, d: ,}}
jobs:
  a:   # first
    url:
      https://a.example/1
    # inside of a
    topic: >-
      folded
        more
      end

    urls:
      - https://a.example/2
      # between two
      - https://a.example/3
      # after the list

  # before b
  b: &anchor
    url: https://b.example
    topic: |
      keep

        this
    tone: "multi
      line   \\
      text"
    platforms: [
        tiktok,
        youtube, # why not
        # instagram
      ]
  c: {{<<: *anchor, rerun: 1.10}}
  d:
    url: https://d.example
    effects:
      - - 1
        - 2
      -
        e: 0x1F
      - |+
        keep me


    prompt: plain
      goes on
# the end
"""


def tidy(text: str) -> str:
    """The text as `fmt` leaves it."""
    result = tidied(text)
    return text if result is None else result


def test_all_of_it_at_once() -> None:
    assert tidy(MESSY) == TIDY
    assert tidy(TIDY) == TIDY


def test_the_examples_are_laid_out_so() -> None:
    for file in Path(__file__).parents[2].glob("examples/**/*.yaml"):
        assert tidy(file.read_text("utf-8")) == file.read_text("utf-8"), file


SMALL: dict[str, tuple[str, str]] = {
    "line ends": ("a:\r\n    b: 1\r\n", "a:\r\n  b: 1\r\n"),
    "a byte order mark": ("\ufeffa:  1", "\ufeffa: 1\n"),
    "no end of line": ("a: 1", "a: 1\n"),
    "a document mark": ("---\na:  1\n...\n", "---\na: 1\n...\n"),
    "a flow mapping": ("{a: 1,\nb:   [x\n,y]\n}\n", "{a: 1,\n  b: [x\n    , y]\n}\n"),
    "an alias as a key": ("a: &x b\n*x :  1\n", "a: &x b\n*x : 1\n"),
    "an indicator": ("a:\n    b: |2\n          two\n", "a:\n  b: |2\n        two\n"),
    "spaces that count": ("a: |\n   b  \n     \n   c\n", "a: |\n  b  \n    \n  c\n"),
    "trailing spaces that count": ("a: |\n   b\n     \n\n", "a: |\n  b\n    \n"),
    "a comment below a text": (
        "a:\n    b: |2\n      two\n     # c\nd: >\n  x\n # e\n",
        "a:\n  b: |2\n    two\n  # c\nd: >\n  x\n# e\n",
    ),
    "a text that is open at the end": ("a:\n    b: |+\n     x\n\n\n", "a:\n  b: |+\n    x\n\n\n"),
    "a text without an end of line": ("a:\n    b: >\n     x", "a:\n  b: >\n    x"),
    "spaces that do not break": ("a:\n    b: x\u00a0\n    #\u00a0c\u00a0\n", "a:\n  b: x\u00a0\n  #\u00a0c\u00a0\n"),
    "comments in a flow": ("a: [ # x\n# y\n b]\n", "a: [ # x\n    # y\n    b]\n"),
    "a comment and nothing else below a key": ("a:\n    # none yet\nb: 1\n", "a:\n  # none yet\nb: 1\n"),
    "a comment at the end": ("a:\n    b: 1\n    # below b\n# below a\n", "a:\n  b: 1\n  # below b\n# below a\n"),
    "tags": ("a:   !!str   1\n", "a: !!str 1\n"),
    "an anchor before its mapping": ("a:   &x\n     b: 1\n", "a: &x\n  b: 1\n"),
    "a list of lists": ("a:\n- - - 1\n  -   2\n", "a:\n  - - - 1\n    - 2\n"),
    "a mapping in a list": ("a:\n-   b: 1\n    c:\n    - 2\n", "a:\n  - b: 1\n    c:\n      - 2\n"),
}


@pytest.mark.parametrize("case", SMALL)
def test_one_thing_at_a_time(case: str) -> None:
    before, after = SMALL[case]
    assert tidy(before) == after
    assert tidy(after) == after


@pytest.mark.parametrize(
    "text",
    ["? a\n:   b\n", "a: [\n", "- a\n-   b\n", "", "# only a comment  \n", "a:  1\na: 2\n", "%YAML 1.2\n---\na:  1\n"],
)
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    assert tidy(text) == text


class Block(Spelling):
    """Spells values in block style, badly: any indentation, blank lines, comments anywhere."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__(data)
        self.comments = 0

    def noise(self, column: int) -> str:
        match self.choose(*"0000bcd"):
            case "b":
                return "\n" * int(self.choose(1, 2, 3))
            case "c":
                self.comments += 1
                return f"{' ' * self.choose(0, column, column + 1)}# comment {self.comments}\n"
            case _:
                return ""

    def end(self) -> str:
        if self.choose(True, False, False):
            self.comments += 1
            return f"{' ' * self.choose(1, 3)}#comment {self.comments} \n"
        return f"{self.choose('', '', ' ')}\n"

    def text(self, value: Any, column: int) -> str:
        """A value behind its key, with everything up to the next line."""
        gap = " " * int(self.choose(1, 1, 3))
        step = int(self.choose(1, 2, 4))
        match value:
            case dict() if value and self.choose(True, True, False):
                return self.end() + self.mapping(value, column + step)
            case list() if value and self.choose(True, True, False):
                # Dashes may stand right below their key.
                return self.end() + self.sequence(value, column + int(self.choose(0, step)))
            case dict() | list():
                return gap + self.flow(value) + self.end()
            case _:
                return gap + self.scalar(value) + self.end()

    def mapping(self, value: dict[str, Any], column: int) -> str:
        rows = [
            f"{self.noise(column)}{' ' * column}{self.scalar(k)}{self.choose('', '', ' ')}:{self.text(v, column)}"
            for k, v in self.shuffle(list(value.items()))
        ]
        return "".join(rows)

    def sequence(self, value: list[Any], column: int) -> str:
        rows = [f"{self.noise(column)}{' ' * column}-{self.text(v, column)}" for v in value]
        return "".join(rows)

    def project(self, templates: dict[str, Any], jobs: dict[str, Any]) -> str:
        return self.mapping({"version": 1, "templates": templates, "jobs": jobs}, 0) + self.noise(0)


def comments(text: str) -> list[str]:
    return re.findall(r"# ?comment \d+", text)


@settings(max_examples=max(1, SEEDS // 5), deadline=None)
@given(data=st.data(), templates=TEMPLATES, jobs=JOBS)
def test_the_meaning_stays_and_so_does_every_comment(data: st.DataObject, templates: Any, jobs: Any) -> None:
    text = Block(data).project(templates, jobs)
    result = arrange(text)
    assert tidy(text) == result, "and it is never held back"
    assert arrange(result) == result
    assert comments(result) == comments(text)
    assert "".join(result.split()) == "".join(text.split())
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        before = load(write(Path(one), {"afsync.yaml": text}), environ={})
        after = load(write(Path(other), {"afsync.yaml": result}), environ={})
    assert before.desired == after.desired
    assert "\n\n\n" not in result and not re.search(r"[ \t]+$", result, re.MULTILINE)


@settings(max_examples=SEEDS, deadline=None)
@given(st.text(st.sampled_from("ab:-#[]{},|>&*!?'\"% \n\n  "), max_size=40))
@example("a: |\n\n  \n")
@example("a: >+\n\n\n")
def test_any_text(text: str) -> None:
    result = tidy(text)
    assert tidy(result) == result
    before, after = compose(text), compose(result)
    if not before.marks and before.root is not None:
        assert after.root is not None and repr(after.root.value) == repr(before.root.value)


# --- the command ---


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    sandbox = Sandbox(tmp_path)
    sandbox.write(f"version:   1\nlineage: {LINEAGE}\ninclude: [more/*.yaml]\n", head=False)
    sandbox.write("jobs:\n    a: {url:  https://a.example} # why\n", "more/jobs.yaml")
    sandbox.write("jobs:\n  b: {url: https://b.example}\n", "more/tidy.yaml")
    return sandbox


def test_it_names_what_it_changes(project: Sandbox) -> None:
    done = project.does("fmt")
    assert (done.out, done.err) == ("afsync.yaml\nmore/jobs.yaml\n", "")
    assert (project.root / "more/jobs.yaml").read_text() == "jobs:\n  a: {url: https://a.example} # why\n"
    assert project.does("fmt").out == ""
    assert project.does("fmt", "--check").out == ""


def test_check_and_diff_write_nothing(project: Sandbox) -> None:
    before = project.files()
    assert project.does("fmt", "--check", code=1).out == "afsync.yaml\nmore/jobs.yaml\n"
    done = project.does("fmt", "--diff")
    assert "--- a/more/jobs.yaml\n+++ b/more/jobs.yaml\n" in done.out
    assert "-    a: {url:  https://a.example} # why\n+  a: {url: https://a.example} # why\n" in done.out
    assert project.does("fmt", "--check", "--diff", code=1).out == done.out
    assert project.files() == before


def test_a_file_that_cannot_be_read_leaves_all_of_them_alone(project: Sandbox) -> None:
    project.write("jobs: [\n", "more/tidy.yaml")
    before = project.files()
    assert "more/tidy.yaml:1:7" in project.does("fmt", code=1).err
    assert project.files() == before


def test_what_is_wrong_in_meaning_only_is_laid_out_all_the_same(project: Sandbox) -> None:
    project.write("jobs:\n    a: {no_such_key:  1}\n", "more/jobs.yaml")
    project.does("fmt")
    assert (project.root / "more/jobs.yaml").read_text() == "jobs:\n  a: {no_such_key: 1}\n"


def test_a_file_that_is_left_alone_is_named(project: Sandbox) -> None:
    project.write("jobs:\n  ? a\n  : {url:  https://a.example}\n", "more/jobs.yaml")
    done = project.does("fmt")
    assert done.out == "afsync.yaml\n"
    assert done.err == (
        "more/jobs.yaml is left as it is: explicit keys (`? key`), directives (`%YAML`) and unusual line ends "
        "are not laid out.\n"
    )
    assert project.does("fmt", "--check").err == done.err


def test_permissions_stay(project: Sandbox) -> None:
    file = project.root / "afsync.yaml"
    file.chmod(0o640)
    project.does("fmt")
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_diff_gives_no_orders_to_a_runner(project: Sandbox) -> None:
    project.write("jobs:\n    # x\n    ::add-mask::a:   {url: x}\n", "more/jobs.yaml")
    done = project.call("fmt", "--diff")
    assert not [line for line in done.out.splitlines() if line[1:].lstrip().startswith("::")]
