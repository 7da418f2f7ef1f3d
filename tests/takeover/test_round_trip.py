"""`export` into files that people wrote, and `fmt`, keep all that they wrote."""

from __future__ import annotations

import re

import pytest

from afsync.config.edit import AddedEntry, AddedSection, insert, insert_include
from afsync.config.formatter import tidied
from afsync.errors import ConfigError
from tests.harness import KEY, NO_CHANGES, Sandbox
from tests.scale import EVERYTHING
from tests.takeover.account import make_templates
from tests.takeover.corpus import CORPUS, LEFT_ALONE, comments, ink, meaning

FIELDS = {"url": "https://a.b/by-hand", "topic": "Mine: ${n} {n}"}


def only_added(before: str, after: str) -> bool:
    """Whether every character of `before` is in `after`, in its order."""
    rest = iter(after)
    return all(character in rest for character in before)


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_is_what_it_says(name: str) -> None:
    """Every comment is seen, so that one which is lost would be missed."""
    numbers = [int(c.lstrip("#\u00a0 ").split()[0]) for c in comments(CORPUS[name])]
    assert numbers == list(range(1, len(numbers) + 1))


def without_empty(text: str) -> str:
    """An empty `{}` is the one thing that has to give way."""
    return re.sub(r"(?<=:) \{\}(?= #)", "", text)


@pytest.mark.parametrize("name", CORPUS)
def test_fmt_keeps_it(name: str) -> None:
    text = CORPUS[name]
    result = tidied(text)
    if name in LEFT_ALONE:
        assert result is None
        return
    assert result is not None
    assert meaning(result) == meaning(text)
    assert comments(result) == comments(text)
    assert ink(result) == ink(text)
    assert result.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in result) == ("\r\n" in text)
    assert tidied(result) == result


@pytest.mark.parametrize("name", CORPUS)
def test_insertion_keeps_what_a_person_wrote(name: str) -> None:
    before = after = CORPUS[name]
    for section in ("templates", "jobs", "import"):
        value = "job_1" if section == "import" else {"name": "x: y"}
        after = insert(after, AddedSection(section, (AddedEntry("new", value, "said"),)), "afsync.yaml")
    assert only_added(without_empty(before), after)
    assert comments(after.replace("# said", "")) == comments(before)
    value, old = meaning(after), meaning(before)
    assert value["jobs"].pop("new") == value["templates"].pop("new") == {"name": "x: y"}
    assert value.pop("import")["new"] == "job_1"
    assert {k: v for k, v in value.items() if v} == {k: v for k, v in old.items() if v}


# In CI every third text, with commands and an account; all of them go through the same code above.
@pytest.mark.parametrize("name", [name for i, name in enumerate(CORPUS) if EVERYTHING or i % 3 == 0])
def test_export_into_it_and_fmt_afterwards(sandbox: Sandbox, name: str) -> None:
    file = sandbox.root / "afsync.yaml"
    file.write_bytes(CORPUS[name].encode())
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--allow-empty")
    sandbox.control.seed(key=KEY, status="queued", count=3, fields=FIELDS)
    make_templates(sandbox, 2)
    before = file.read_bytes().decode()

    with sandbox.watched() as sent:
        sandbox.does("export")

    after = file.read_bytes().decode()
    assert only_added(without_empty(before), after)
    assert [c for c in comments(after) if "job_" not in c and "tpl_" not in c] == comments(before)
    assert sent == []
    jobs = [r["declared"] for a, r in sandbox.state["resources"].items() if a.startswith("job.")]
    assert sum("url" not in declared for declared in jobs) == 3
    assert NO_CHANGES in sandbox.does("plan").out

    untidy = sandbox.call("fmt", "--check")
    assert file.read_bytes().decode() == after, "and it only looks"
    assert ("is left as it is" in untidy.err) == (name in LEFT_ALONE)
    assert sandbox.does("fmt").out == untidy.out
    assert (file.read_bytes().decode() != after, untidy.out) == (
        (True, "afsync.yaml\n") if untidy.code else (False, "")
    )
    assert sandbox.does("fmt", "--check").out == ""
    assert comments(file.read_bytes().decode()) == comments(after)
    assert NO_CHANGES in sandbox.does("plan").out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1\n", "version: 1\ninclude: [x/*.yaml]\n"),
        ("version: 1\ninclude: [a.yaml] # why\n", "version: 1\ninclude: [x/*.yaml, a.yaml] # why\n"),
        ("version: 1\ninclude:\n  - a.yaml # why\n", "version: 1\ninclude:\n  - x/*.yaml\n  - a.yaml # why\n"),
        ("version: 1\r\njobs: {}", "version: 1\r\ninclude: [x/*.yaml]\r\njobs: {}\r\n"),
        ("version: 1\rjobs: {}\r", "version: 1\rinclude: [x/*.yaml]\rjobs: {}\r"),
        ("\ufeff---\nversion: 1\n...\n# end", "\ufeff---\nversion: 1\ninclude: [x/*.yaml]\n...\n# end"),
        ("# a\n{version: 1, jobs: {}}\n", "# a\n{include: [x/*.yaml], version: 1, jobs: {}}\n"),
        ("jobs: {}\nversion: |\n  1", "include: [x/*.yaml]\njobs: {}\nversion: |\n  1"),
        ("version: 1\ninclude: # none yet\n", "version: 1\ninclude: [x/*.yaml] # none yet\n"),
        ("version: 1\n'include' : ~ # none\n", "version: 1\n'include' : [x/*.yaml] # none\n"),
        ("version: 1\ninclude: [] # none yet\n", "version: 1\ninclude: [x/*.yaml] # none yet\n"),
        ("version: 1\ninclude: [\n  a.yaml, # why\n]\n", "version: 1\ninclude: [\n  x/*.yaml, a.yaml, # why\n]\n"),
        ("version: 1\ninclude: []\n", "version: 1\ninclude: [x/*.yaml]\n"),
        ("version: 1\ninclude: [x/*.yaml]\n", "version: 1\ninclude: [x/*.yaml]\n"),
    ],
)
def test_include(before: str, after: str) -> None:
    assert insert_include(before, "x/*.yaml", "afsync.yaml") == after


def test_what_cannot_be_added_is_said_with_its_place() -> None:
    with pytest.raises(ConfigError) as error:
        insert_include("vars: {x: &x [a.yaml]}\nversion: 1\ninclude: *x\n", "x/*.yaml", "afsync.yaml")
    assert "add `x/*.yaml` to `include:`" in str(error.value.problems[0].hint)
    with pytest.raises(ConfigError) as error:
        insert("jobs: *x\n", AddedSection("jobs", (AddedEntry("new", {}),)), "afsync.yaml")
    assert error.value.problems[0].location is not None
