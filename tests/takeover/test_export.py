"""`export`, then `plan`: no changes, and nothing sent that writes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.harness import KEY, NO_CHANGES, Sandbox, lines
from tests.takeover.account import by_hand, make_jobs, make_templates

RecordProperty = Any


@pytest.mark.parametrize("jobs", ["active", "all"])
def test_an_account_of_hand_made_things(
    sandbox: Sandbox, dialect: str, jobs: str, record_property: RecordProperty
) -> None:
    make_templates(sandbox, 60)
    make_jobs(sandbox, 400)
    sandbox.write("")
    sandbox.does("init")
    balance = sandbox.balance

    with sandbox.watched(reads=True) as sent:
        said = sandbox.does("export", "--templates", "--jobs", jobs)
        plan = sandbox.does("plan", "--json")

    assert plan.json["changes"] == [] and plan.json["violations"] == []
    assert NO_CHANGES in sandbox.does("plan").out
    assert not [s for s in sent if s.method != "GET"]
    assert sandbox.balance == balance
    resources = sandbox.state["resources"]
    active = sum(address.startswith("job.") for address in resources)
    assert len(resources) - active == 60 and active > 100
    record_property(
        "figure",
        f"export --jobs {jobs} of 60 templates and 400 jobs ({dialect}): {active} jobs declared, {len(sent)} reads "
        f"with the plan after it, {len(lines([s for s in sent if s.method != 'GET']))} writing requests, 0 changes",
    )
    assert "Wrote 60 templates" in said.out


def test_a_state_lost_after_an_export_comes_back_from_the_files(sandbox: Sandbox) -> None:
    make_templates(sandbox, 5)
    make_jobs(sandbox, 30)
    sandbox.write("")
    sandbox.does("init")
    sandbox.does("export")
    before = sandbox.ids()
    for path in (sandbox.root / ".afsync").rglob("*.json*"):
        path.unlink()
    sandbox.does("init")

    assert {c["action"] for c in sandbox.does("plan", "--json").json["changes"]} == {"adopt"}
    with sandbox.watched() as sent:
        sandbox.does("apply", "--auto-approve")
    assert not sent
    assert sandbox.ids() == before
    assert NO_CHANGES in sandbox.does("plan").out


@pytest.mark.parametrize("split", ["kind", "month"])
def test_split(sandbox: Sandbox, split: str) -> None:
    make_templates(sandbox, 3)
    make_jobs(sandbox, 20)
    sandbox.write("")
    sandbox.does("init")
    sandbox.does("export", "--split", split)

    assert (sandbox.root / "account/templates.yaml").exists()
    assert "include: [account/*.yaml]" in (sandbox.root / "afsync.yaml").read_text()
    assert NO_CHANGES in sandbox.does("plan").out
    assert "Nothing to export" in sandbox.does("export").out


TOPICS: dict[str | None, str] = {
    "Best plays: this week!": "best-plays-this-week",
    "Größe & Maß – naïve": "grosse-mass-naive",
    "日本語の話題": "",
    "\U0001f3ac only pictures \U0001f3ac": "only-pictures",
    "": "",
    None: "",
    "x" * 500: "x" * 60,
    "two\nlines\ttab": "two-lines-tab",
    "${env.HOME} ${var.x} $${y}": "env-home-var-x-y",
    "# no comment": "no-comment",
    "key: value # c": "key-value-c",
    "yes": "yes",
    "1.10": "1-10",
    "- item": "item",
    "'both' \"quotes\" \\": "both-quotes",
    "\u202eevil\u202c \u2066bidi": "evil-bidi",
    "*alias &anchor !tag": "alias-anchor-tag",
    "{a: [1": "a-1",
    "a\u2028b\u0085c": "a-b-c",
    " spaces ": "spaces",
    "::error::boom": "error-boom",
    "bell \x07 \x1b[31m": "bell-31m",
}
"""What people call things, and the key that comes of it; empty where the id has to do."""


def test_whatever_things_are_called(sandbox: Sandbox, dialect: str) -> None:
    ids: dict[str | None, list[str]] = {}
    for topic in TOPICS:
        fields = {"url": "https://a.b/c", **({} if topic is None else {"topic": topic})}
        ids[topic] = [str(i) for i in sandbox.control.seed(key=KEY, status="queued", count=2, fields=fields)]
    sandbox.does("init", "--from-account")

    assert NO_CHANGES in sandbox.does("plan").out
    text = (sandbox.root / "afsync.yaml").read_text("utf-8")
    assert text.isascii() or dialect != "documented"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    keys = {i: address.removeprefix("job.") for address, i in sandbox.ids().items()}
    assert len(keys) == 2 * len(TOPICS)
    for topic, (newer, older) in ((t, sorted(i, key=[*keys].index)) for t, i in ids.items()):
        key = TOPICS[topic] if dialect != "documented" else ""
        expected = {key, f"{key}-2"} if key else {newer.replace("_", "-"), older.replace("_", "-")}
        assert {keys[newer], keys[older]} == expected
    if dialect != "documented":
        told = {r["declared"].get("topic") for r in sandbox.state["resources"].values()}
        assert told == {t or None for t in TOPICS} - {"bell \x07 \x1b[31m"}
        assert "it also holds topic, which cannot be declared" in text


@pytest.mark.parametrize("dialect", ["deployed"])
def test_defaults_stand_above_what_they_are_for(sandbox: Sandbox) -> None:
    make_templates(sandbox, 1)
    fields = {"url": "https://a.b/c", "topic": "T", "tone": "calm", "platforms": ["tiktok"]}
    sandbox.control.seed(key=KEY, status="queued", count=3, fields=fields)
    sandbox.does("init", "--from-account")
    sections = re.findall(r"^(\w+):", (sandbox.root / "afsync.yaml").read_text("utf-8"), re.MULTILINE)
    assert sections == ["version", "lineage", "api", "timezone", "defaults", "templates", "jobs", "import"]
    assert NO_CHANGES in sandbox.does("plan").out


def test_a_template_whose_name_no_file_can_hold_is_left_out(sandbox: Sandbox) -> None:
    make_templates(sandbox, 2)
    made = by_hand(sandbox, {"name": "bell \x07", "jobSpec": {"tone": "calm"}})
    sandbox.write("")
    sandbox.does("init")
    said = sandbox.does("export")
    assert "Wrote 2 templates" in said.out
    assert f"Left out, since no file can hold their names: {made}." in said.err
    assert NO_CHANGES in sandbox.does("plan").out


def test_nothing_to_export_says_so_wherever_it_goes(sandbox: Sandbox) -> None:
    sandbox.write("")
    sandbox.does("init")
    said = "Nothing to export: all of it is recorded, or left out.\n"
    assert sandbox.does("export").out == said
    done = sandbox.does("export", "--into", "-")
    assert (done.out, done.err) == ("", said)
