"""`export` into files that people wrote keeps every byte of them."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from afsync.config.document import Document
from afsync.config.insertion import Entry, Section, insert, insert_include
from tests.harness import HEAD, KEY, NO_CHANGES, Sandbox

CORPUS = {
    "comments everywhere": (
        "# top\njobs: # after the key\n  # before\n  a: # here\n    url: https://a.b/c # there\n  # last\n\n# end\n"
    ),
    "a section behind it": (
        "jobs:\n  a:\n    url: https://a.b/c\n\n\n# about templates\ntemplates:\n  t:\n    name: T\n"
    ),
    "long and folded": (
        "jobs:\n"
        "  a:\n"
        "    url: https://a.b/c\n"
        "    topic: >-\n"
        "      one\n"
        "      two\n"
        "\n"
        "      three\n"
        "    prompt: |+\n"
        "      # no comment\n"
        "\n"
        "\n"
    ),
    "anchors": (
        "templates:\n"
        "  t: &t\n"
        "    name: T\n"
        "    tone: 'hype'\n"
        "  u:\n"
        "    <<: *t\n"
        '    name: "U"\n'
        "jobs:\n"
        "    a: {url: https://a.b/c, topic: 'it''s'}\n"
    ),
    "flow": "jobs: {a: {url: https://a.b/c}} # on one line\n",
    "empty sections": "templates: # none yet\njobs: {}\n",
    "no last newline": "jobs:\n  a:\n    url: https://a.b/c",
    "nothing": "",
    "defaults": "defaults: {job: {tone: calm}}\njobs:\n  a: {url: https://a.b/c}\n",
    "windows": "jobs:\r\n  a:\r\n    url: https://a.b/c\r\n",
}


def only_added(before: str, after: str) -> bool:
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return all(kind in ("equal", "insert") for kind, *_ in blocks)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_insertion_keeps_what_a_person_wrote(text: str) -> None:
    before = HEAD + text
    after = before
    for section in ("templates", "jobs", "import"):
        value = "job_1" if section == "import" else {"name": "x: y"}
        after = insert(after, Section(section, (Entry("new", value, "said"),)), "afsync.yaml")
    # `{}` is the one thing that has to give way.
    assert only_added(before.replace(" {}", "").rstrip("\n"), after)
    value = Document("afsync.yaml", after).value
    assert value["jobs"]["new"] == {"name": "x: y"} and value["version"] == 1


@pytest.mark.parametrize("dialect", ["deployed"])
@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_export_into_it(sandbox: Sandbox, text: str) -> None:
    sandbox.control.seed(key=KEY, status="queued", count=3, fields={"url": "https://a.b/c", "topic": "Mine: ${n} {n}"})
    (sandbox.root / "afsync.yaml").write_bytes((HEAD + text).encode())
    sandbox.does("init")
    sandbox.does("export")
    assert only_added((HEAD + text).replace(" {}", ""), (sandbox.root / "afsync.yaml").read_bytes().decode())
    changes = sandbox.does("plan", "--json").json["changes"]
    assert not [c for c in changes if c["address"].startswith("job.mine")]
    if "a" not in text.replace("templates", ""):
        assert NO_CHANGES in sandbox.does("plan").out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1\n", "version: 1\ninclude: [x/*.yaml]\n"),
        ("version: 1\ninclude: [a.yaml] # why\n", "version: 1\ninclude: [x/*.yaml, a.yaml] # why\n"),
        ("version: 1\ninclude:\n  - a.yaml # why\n", "version: 1\ninclude:\n  - x/*.yaml\n  - a.yaml # why\n"),
        ("version: 1\ninclude: []\n", "version: 1\ninclude: [x/*.yaml]\n"),
        ("version: 1\ninclude: [x/*.yaml]\n", "version: 1\ninclude: [x/*.yaml]\n"),
    ],
)
def test_include(before: str, after: str) -> None:
    assert insert_include(before, "x/*.yaml", "afsync.yaml") == after
