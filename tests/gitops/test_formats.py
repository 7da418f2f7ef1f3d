"""Every output against its schema; no format changes the exit code, what is done, or what else is written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, get_args

import jsonschema
import pytest
from msgspec.structs import replace

from afsync.commands.progress import ProgressPace
from afsync.core.addresses import Kind
from afsync.core.outcomes import Applied
from afsync.core.plan.actions import Action, Reason, Retire, Step
from afsync.core.plan.changes import Change
from afsync.core.recovery.resolution import Resolution
from afsync.engine.events import ChangeDone, ChangeStarted, Event, Uploading
from afsync.errors import Problem, Severity
from tests.builders import NOW, a_job, a_recorded_job, planned
from tests.gitops.conftest import PROJECT
from tests.gitops.github import ROOT
from tests.harness import Done, Sandbox
from tests.scenarios.world import valid

BROKEN = PROJECT + "  bad: {url: nonsense}\n"
REFUSED = PROJECT + "limits: {max_credits: 1}\n"
HELD_BACK = PROJECT + "policy: {allowed_platforms: [tiktok]}\n"

# Just enough of SARIF 2.1.0, from the published schema, to notice a mistake.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"type": "object", "required": ["driver"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["ruleId", "message", "locations"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
                "locations": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "additionalProperties": False,
        },
        "location": {
            "type": "object",
            "required": ["physicalLocation"],
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation", "region"],
                    "properties": {
                        "artifactLocation": {"type": "object", "properties": {"uri": {"type": "string"}}},
                        "region": {
                            "type": "object",
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                            "additionalProperties": False,
                        },
                    },
                }
            },
        },
    },
}
CODECLIMATE: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {"lines": {"type": "object", "required": ["begin"]}},
            },
        },
    },
}


# --- documents ---


def stages(sandbox: Sandbox) -> Iterator[str]:
    """A project on its way: new, applied, edited, gone wrong, unresolved, refused, held back."""
    yield "new"
    sandbox.applied()
    yield "applied"
    sandbox.write(PROJECT.replace("tone: hype", "tone: calm").replace("Best CS2", "Worst CS2"))
    yield "edited"
    sandbox.control.advance("complete", job_ids=[sandbox.ids()["job.best"]])
    yield "produced"
    sandbox.control.fault("POST /jobs#1: committed-then-close")
    sandbox.write(PROJECT + "  third: {url: https://clips.twitch.tv/three, topic: Third}\n")
    sandbox.applied(code=3)
    yield "unresolved"
    sandbox.write(REFUSED + "vars: {unused: 1}\n")
    yield "limited"
    sandbox.write(PROJECT.split("jobs:")[0])
    yield "emptied"


def test_every_document_is_what_its_schema_says(sandbox: Sandbox) -> None:
    for stage in stages(sandbox):
        file = sandbox.root / "plan.json"
        document = sandbox.does("plan", "--json", "--out", str(file)).json
        valid("plan", document)
        valid("plan", sandbox.does("show", "--json", str(file)).json)
        valid("plan", sandbox.does("plan", "--json", "--offline").json)
        valid("validate", sandbox.does("plan", "--refresh-only", "--json").json)
        valid("validate", sandbox.does("validate", "--json").json)
        valid("state", sandbox.does("show", "--json").json)
        valid("account", sandbox.does("account", "--json").json)
        valid("status", sandbox.does("status", "--json").json)
        done = sandbox.call("apply", "--auto-approve", "--json", "--expect", "0" * 12)
        assert done.code in (3, 4, 6), stage
        stream(done)


def test_the_lists_that_are_closed_are_complete() -> None:
    """Programs branch on these words."""
    plan = json.loads((ROOT / "schemas/plan.schema.json").read_text("utf-8"))
    change = plan["$defs"]["change"]["properties"]
    assert change["reason"]["enum"] == [r.value for r in Reason]
    assert change["action"]["enum"] == [a.value for a in Action]
    assert change["kind"]["enum"] == [k.value for k in Kind]
    assert change["retire"]["enum"] == [*(r.value for r in Retire), None]
    assert plan["$defs"]["problem"]["properties"]["severity"]["enum"] == [s.value for s in Severity]
    decisions = plan["properties"]["intents"]["items"]["properties"]["decision"]["enum"]
    assert decisions == [c.__name__.lower() for c in get_args(Resolution)]


def stream(done: Done) -> list[dict[str, Any]]:
    """The events, each as its schema says; they end in one summary."""
    for event in done.events:
        valid("apply", event)
    assert [e["type"] for e in done.events].count("summary") == 1
    assert done.events[-1]["type"] == "summary"
    return done.events


def test_the_events_of_an_apply(sandbox: Sandbox) -> None:
    sandbox.control.fault("POST /jobs#1: received-then-status(422)")
    events = stream(sandbox.applied("--json", code=1))
    assert [e["type"] for e in events if e["type"] != "progress" or e["unit"] == "changes"] == [
        "plan",
        "warning",  # what a job costs here was not seen yet
        "change_start",
        "progress",
        "change_done",
        "change_start",
        "change_start",
        "change_done",
        "change_done",
        "progress",
        "seen",
        "summary",
    ]
    told = [(e["done"], e["total"]) for e in events if e["type"] == "progress" and e["unit"] == "changes"]
    assert told == [(0, 3), (3, 3)]
    assert {k: events[-1][k] for k in ("added", "failed", "credits")} == {"added": 2, "failed": 1, "credits": 1}


ENDINGS: dict[str, tuple[str, list[str], int, str]] = {
    "problems in the files": (BROKEN, [], 1, "bad_url"),
    "another plan": (PROJECT, ["--expect", "0" * 12], 6, "plan_stale"),
    "a limit": (REFUSED, [], 4, "max_credits"),
    "another lineage": ("", [], 7, "state_error"),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_whatever_ends_it_is_told_and_summed_up(sandbox: Sandbox, case: str) -> None:
    text, flags, code, told = ENDINGS[case]
    sandbox.write(text or PROJECT)
    if not text:
        (sandbox.root / ".afsync/state.json").unlink()
    done = sandbox.applied("--json", *flags, code=code)
    events = stream(done)
    assert [e["code"] for e in events if e["type"] == "error"] == [told]
    assert events[-1]["added"] == 0
    assert sandbox.applied("--json", "--json-into", str(sandbox.root / "e.jsonl"), *flags, code=code).out != ""
    copy = [json.loads(line)["type"] for line in (sandbox.root / "e.jsonl").read_text().splitlines()]
    assert copy == [e["type"] for e in events]


@pytest.mark.parametrize("case", ["problems in the files", "another lineage"])
@pytest.mark.parametrize("more", [(), ("--refresh-only",)], ids=["plan", "drift"])
def test_what_ends_a_plan_is_in_every_report_of_it(sandbox: Sandbox, case: str, more: tuple[str, ...]) -> None:
    files = {form: sandbox.root / f"a.{form}" for form in ("json", "markdown", *(() if more else ("gitlab",)))}
    reports = [flag for form, file in files.items() for flag in ("--report", f"{form}={file}")]
    sandbox.does("plan", *more, *reports)
    text, _, code, _ = ENDINGS[case]
    sandbox.write(text or PROJECT)
    if not text:
        (sandbox.root / ".afsync/state.json").unlink()
    printed = sandbox.does("plan", *more, "--json", *reports, code=code)
    valid("validate", printed.json)
    assert [p["code"] for p in printed.json["problems"]] == ["bad_url" if text else "stopped"]
    assert files["json"].read_text() == printed.out
    assert sandbox.does("plan", *more, "--report", "markdown=-", code=code).out == files["markdown"].read_text()
    assert more or files["gitlab"].read_text() == "{}\n"


# --- the pace of progress ---


def pace(*moments: tuple[float, Event], changes: int = 2) -> list[tuple[float, int]]:
    """When it was told, in seconds, and how many were done."""
    counter, told = ProgressPace(changes), []
    for seconds, event in moments:
        line = counter.after(event, NOW + timedelta(seconds=seconds))
        if line is not None:
            document = json.loads(line)
            valid("apply", document)
            told.append((seconds, document["done"]))
    return told


def test_progress_comes_first_last_and_now_and_then() -> None:
    (change,) = planned(a_job()).changes
    start, done = ChangeStarted(change, Step.SUBMIT_JOB), ChangeDone(Applied(change))
    sending = Uploading(change, 1, 2)
    assert pace((0, start), (1, done), (2, start), (3, done)) == [(0, 0), (3, 2)]
    assert pace((0, start), (4, sending), (5, sending), (6, sending), (11, done)) == [(0, 0), (5, 0), (11, 1)]
    assert pace() == []


# --- formats change nothing ---


def plans(sandbox: Sandbox, *flags: str) -> list[Done]:
    """The plan in all formats, into files and not, in GitHub Actions and not."""
    into = [str(sandbox.root / f"out/{n}") for n in ("a.json", "a.md", "gitlab.json", "summary", "output")]
    Path(into[0]).parent.mkdir(exist_ok=True)
    files = ["--json-into", into[0], "--markdown-into", into[1], "--gitlab-report", into[2]]
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": into[3], "GITHUB_OUTPUT": into[4]}
    return [
        sandbox.call("plan", "--format", form, *more, *flags, env=env)
        for form in ("text", "json", "markdown")
        for more in ([], files)
        for env in ({}, github)
    ]


@pytest.mark.parametrize("text", [PROJECT, REFUSED, HELD_BACK, BROKEN], ids=["changes", "limit", "policy", "problems"])
def test_no_format_of_a_plan_changes_its_exit_code_or_sends_anything(sandbox: Sandbox, text: str) -> None:
    sandbox.write(text)
    state = (sandbox.root / ".afsync/state.json").read_bytes()
    now = ["--now", sandbox.at(minutes=1)]
    for flags in ([*now], [*now, "--detailed-exitcode"], [*now, "--offline"]):
        with sandbox.watched() as sent:
            done = plans(sandbox, *flags)
        expected = 1 if text == BROKEN else 2 if "--detailed-exitcode" in flags else 0
        assert {d.code for d in done} == {expected}
        assert sent == []
        assert len({d.out for d in done if d.out}) <= 3, "what is printed depends on the format alone"
    assert (sandbox.root / ".afsync/state.json").read_bytes() == state


@pytest.mark.parametrize("form", ["text", "json", "sarif", "codeclimate", "junit"])
@pytest.mark.parametrize("text", [PROJECT, BROKEN], ids=["valid", "problems"])
def test_no_format_of_validate_changes_its_exit_code(sandbox: Sandbox, form: str, text: str) -> None:
    sandbox.write(text)
    done = sandbox.call("validate", "--format", form, "--json-into", str(sandbox.root / "v.json"))
    assert done.code == (1 if text == BROKEN else 0)
    document = json.loads((sandbox.root / "v.json").read_text())
    valid("validate", document)
    assert [p["code"] for p in document["problems"]] == ["bad_url"] * (text == BROKEN)
    assert (done.out == "") == (form == "text" and text == BROKEN)
    assert done.text.endswith("\n")
    if form == "sarif":
        jsonschema.validate(done.json, SARIF)
    if form == "codeclimate":
        jsonschema.validate(done.json, CODECLIMATE)


@pytest.mark.parametrize("flags", [[], ["--json"], ["--json-into"], ["--json", "--json-into"]], ids=" ".join)
def test_no_format_of_an_apply_changes_what_is_done(sandbox: Sandbox, flags: list[str]) -> None:
    more = [f for flag in flags for f in ([flag, str(sandbox.root / "e.jsonl")] if flag == "--json-into" else [flag])]
    with sandbox.watched() as sent:
        done = sandbox.applied(*more)
    assert [s.line for s in sent] == ["POST /templates", "POST /upload", "POST /upload", "POST /jobs", "POST /jobs"]
    assert sandbox.balance == 48
    if "--json" not in flags:
        assert done.out.endswith("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.\n")
    if "--json-into" in flags:
        lines = (sandbox.root / "e.jsonl").read_text().splitlines()
        assert json.loads(lines[-1])["added"] == 3
        assert (sandbox.root / "e.jsonl").stat().st_mode & 0o077 == 0


def test_a_pipe_is_written_to_and_not_replaced(sandbox: Sandbox) -> None:
    pipe = sandbox.root / "pipe"
    os.mkfifo(pipe)
    with Popen(["cat", str(pipe)], stdout=PIPE, text=True) as reader:
        sandbox.does("plan", "--json-into", str(pipe))
        assert json.loads(reader.communicate(timeout=30)[0])["credits"]["spend"] == 2
    assert pipe.is_fifo()
    done = sandbox.run("plan", "--json", "--markdown-into", "/dev/stderr")
    assert done.err.startswith("<!-- afsync:plan -->") and done.json["credits"]["spend"] == 2
    assert Path("/dev/stderr").is_symlink()


def test_a_file_that_cannot_be_written_stops_it_before_anything_is_done(sandbox: Sandbox) -> None:
    with sandbox.watched() as sent:
        done = sandbox.applied("--json-into", str(sandbox.root / "no/such/folder/e.jsonl"), code=1)
    assert sent == [] and "could not be written" in done.err


def test_a_summary_that_cannot_be_written_is_said_and_changes_nothing(sandbox: Sandbox) -> None:
    nowhere = str(sandbox.root / "no/such/folder/summary")
    done = sandbox.applied(env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": nowhere})
    assert "GITHUB_STEP_SUMMARY could not be written" in done.err


STOPS: dict[str, tuple[str, dict[str, str | None], int, str]] = {
    "problems in the files": (BROKEN, {}, 1, "### afsync{}: 1 problem in the files\n\n```\nError: `nonsense` is not"),
    "no key": (PROJECT, {"AURAFLUX_API_KEY": None}, 1, "### afsync{}: stopped\n\n```\nError: There is no API key."),
    "no state": ("", {}, 7, "### afsync{}: stopped\n\n```\nError: The state "),
}


@pytest.mark.parametrize("case", STOPS)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_stops_a_command_is_told_where_people_look(sandbox: Sandbox, command: str, case: str) -> None:
    """The file that is posted says so, in place of what an earlier run left there; and so does GitHub's summary."""
    text, env, code, told = STOPS[case]
    sandbox.write(text or PROJECT)
    if not text:
        (sandbox.root / ".afsync/state.json").unlink()
    posted, summary = sandbox.root / "posted.md", sandbox.root / "summary.md"
    posted.write_text("an old plan")
    flags = ["--markdown-into", str(posted), *(["--auto-approve"] if command == "apply" else [])]
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = sandbox.does(command, *flags, code=code, env={**env, **github})
    named = " apply" if command == "apply" else ""
    assert posted.read_text().startswith(f"<!-- afsync:{command} -->\n{told.format(named)}")
    assert told.format("") in summary.read_text()
    assert done.out == "" and done.err.count("::error ") == 1
    plain = sandbox.does(command, *flags[:2], "--title", "staging", *flags[2:], code=code, env=env)
    assert "::error" not in plain.err
    assert posted.read_text().startswith(f"<!-- afsync:{command} staging -->\n### afsync staging{named}: ")


def test_validate_says_it_in_markdown_too(sandbox: Sandbox) -> None:
    posted = sandbox.root / "posted.md"
    sandbox.does("validate", "--markdown-into", str(posted))
    assert posted.read_text() == "<!-- afsync:plan -->\n### afsync: the files are valid\n"
    sandbox.write(BROKEN)
    sandbox.does("validate", "--markdown-into", str(posted), code=1)
    assert (
        "### afsync: 1 problem in the files\n\n```\nError: `nonsense` is not an http(s) URL\n  at" in posted.read_text()
    )


def test_markdown_counts_what_the_text_counts_and_both_name_what_a_lost_answer_may_cost(sandbox: Sandbox) -> None:
    sandbox.write("jobs:\n" + "".join(f"  {k}: {{url: 'https://a.b/{k}', topic: {k}}}\n" for k in "abc"))
    sandbox.control.fault("POST /jobs#2: committed-then-close")
    file = sandbox.root / "m.md"
    done = sandbox.applied("--report", f"markdown={file}", code=3, env={"AFSYNC_QUARANTINE": "10m"})
    posted = file.read_text()
    assert "; 1 unresolved, 1 not attempted.\n" in done.out
    assert " apply: 1 added, 0 changed, 0 destroyed, 1 unresolved, 1 not attempted\n" in posted
    for told in (done.out, posted):
        assert "Spent: 1 credit, and 1 credit more if what is unresolved was accepted.\n" in told


def test_what_came_of_an_apply_is_told_in_markdown(sandbox: Sandbox) -> None:
    posted = sandbox.root / "posted.md"
    flags = ["--markdown-into", str(posted), "--title", "staging"]
    sandbox.write(REFUSED)
    sandbox.applied(*flags, code=4)
    head = "<!-- afsync:apply staging -->\n### afsync staging apply"
    assert posted.read_text().startswith(f"{head}: nothing was done\n\n**Not done**\n\n```\nError: the plan spends 2")
    sandbox.write(HELD_BACK)
    sandbox.control.fault("POST /jobs#1: received-then-status(422)")
    sandbox.applied(*flags, code=1)
    shown = posted.read_text()
    assert shown.startswith(
        f"{head}: 1 added, 0 changed, 0 destroyed, 1 failed, 1 held back\n\n0 credits spent.\n\n```\njob.best: failed"
    )
    assert "**Not done**\n\n```\nError: job.intro does not say" in shown
    sandbox.control.fault("POST /jobs#1: received-then-status(401)")
    sandbox.applied(*flags, code=1)
    assert "**Not done**\n\n```\nError: " in posted.read_text()
    sandbox.write(PROJECT)
    sandbox.applied(*flags)
    sandbox.applied(*flags)
    assert posted.read_text() == f"{head}\n\nNo changes. Your account matches the configuration.\n"


def test_an_apply_that_is_done_is_not_undone_by_a_file(sandbox: Sandbox) -> None:
    done = sandbox.applied("--markdown-into", str(sandbox.root / "no/such/folder/a.md"))
    assert "Warning: " in done.err and "could not be written" in done.err


def test_everything_is_printed_before_it_leaves(sandbox: Sandbox) -> None:
    """In a process of its own, with a pipe that is read to its end."""
    sandbox.write(HELD_BACK)
    done = sandbox.run("plan", "--detailed-exitcode", "--json", env={"GITHUB_ACTIONS": "true"})
    assert done.code == 2
    assert done.json["violations"][0]["code"] == "policy_platforms"
    assert done.err.count("::error ") == 1
    done = sandbox.run("apply", "--auto-approve", "--json")
    assert done.code == 4 and stream(done)[-1]["added"] == 2


def test_drift_of_what_is_not_there_is_a_slip(sandbox: Sandbox) -> None:
    sandbox.applied()
    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.best"]])
    look = ("plan", "--refresh-only", "--detailed-exitcode")
    assert "did you mean `job.best`?" in sandbox.does(*look, "--target", "job.bset", code=1).err
    sandbox.does(*look, "--target", "job.intro")
    assert "job.best (" in sandbox.does(*look, "--target", "job.b*", code=2).out


# --- limits and the policy, wherever a plan is shown ---


def test_limits_are_shown_with_the_flag_that_overrides_them(sandbox: Sandbox) -> None:
    sandbox.write(PROJECT + "limits: {max_credits: 20, max_creates: 50}\n")
    line = "Limits: 2 of 20 credits (--max-credits), 3 of 50 additions (--max-creates)."
    assert f"\n{line}\n" in sandbox.does("plan").out
    assert f"\n{line}\n" in sandbox.does("plan", "--format", "markdown").out
    document = sandbox.planned()
    assert [(u["name"], u["used"], u["allowed"], u["flag"]) for u in document["limits"]] == [
        ("max_credits", 2, 20, "--max-credits"),
        ("max_creates", 3, 50, "--max-creates"),
        ("max_deletes", 0, 5, "--max-deletes"),
    ]
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file))
    assert line in sandbox.does("show", str(file)).out
    assert line in sandbox.applied().out


@pytest.mark.parametrize(
    ("limit", "flag"),
    [("max_credits: 1", "--max-credits 2"), ("max_creates: 2", "--max-creates 3")],
)
def test_a_breach_names_its_place_and_the_way_out(sandbox: Sandbox, limit: str, flag: str) -> None:
    sandbox.write(PROJECT + f"limits:\n  {limit}\n")
    for form in ("text", "markdown"):
        shown = sandbox.does("plan", "--format", form).out
        assert "at afsync.yaml:16:3" in shown and flag in shown
    (violation,) = sandbox.planned()["violations"]
    assert (violation["file"], violation["line"]) == ("afsync.yaml", 16) and flag in violation["hint"]
    with sandbox.watched() as sent:
        sandbox.applied(code=4)
    assert sent == []
    assert sandbox.planned(*flag.split())["violations"] == []


def test_a_limit_of_the_command_line_is_not_blamed_on_the_file(sandbox: Sandbox) -> None:
    sandbox.write(PROJECT + "limits:\n  max_credits: 10\n")
    (violation,) = sandbox.planned("--max-credits", "1")["violations"]
    assert (violation["code"], violation["file"], violation["line"]) == ("max_credits", None, None)


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (["schedule: 2020-01-01 09:00Z"], "past_schedule", 9),
        (["staging: true", "approve: job_1"], "approve_not_submitted", 10),
        (["platforms: [youtube]"], "policy_platforms", 9),
        (["topic: x"], "policy_platforms", 7),
    ],
)
def test_what_holds_a_change_back_is_shown_at_its_field(
    sandbox: Sandbox, lines: list[str], code: str, line: int
) -> None:
    fields = "".join(f"    {text}\n" for text in lines)
    sandbox.write(f"policy:\n  allowed_platforms: [tiktok]\njobs:\n  best:\n    url: https://a.b/c\n{fields}")
    places = {v["code"]: v["line"] for v in sandbox.planned()["violations"]}
    assert places[code] == line
    assert "\nHeld back: 1 change.\n" in sandbox.does("plan").out
    assert ", 1 held back\n" in sandbox.does("plan", "--format", "markdown").out


def test_per_cent_of_a_small_set(sandbox: Sandbox) -> None:
    sandbox.applied()
    sandbox.write(
        "templates:\n  weekly: {name: Weekly highlights, platforms: [tiktok], tone: hype}\nlimits: {max_deletes: 30%}\n"
    )
    assert "\nLimits: 2 deletions, limit 1 (--max-deletes).\n" in sandbox.does("plan").out
    (violation,) = sandbox.planned()["violations"]
    assert violation["message"] == "the plan destroys 2 of 3 resources, and the limit is 1"
    assert sandbox.planned("--target", "job.best")["violations"] == []


def test_the_policy_holds_back_what_breaks_it_and_nothing_else(sandbox: Sandbox) -> None:
    sandbox.write(HELD_BACK)
    document = sandbox.planned()
    assert [c["address"] for c in document["changes"]] == ["template.weekly", "job.best"]
    assert [(c["address"], c["reason"]) for c in document["withheld"]] == [("job.intro", "policy")]
    (violation,) = document["violations"]
    assert (violation["code"], violation["file"], violation["line"]) == ("policy_platforms", "afsync.yaml", 11)
    for form in ("text", "markdown"):
        shown = sandbox.does("plan", "--format", form).out
        assert "job.intro does not say where it is published" in shown and "--ignore-policy" in shown
        assert "at afsync.yaml:11:3" in shown
    done = sandbox.applied(code=4)
    assert done.out.endswith("Apply incomplete. Resources: 2 added, 0 changed, 0 destroyed; 1 held back.\n")
    assert sorted(sandbox.ids()) == ["job.best", "template.weekly"]
    sandbox.applied(code=4)
    sandbox.write(
        HELD_BACK.replace("policy:", "  outro: {url: 'https://clips.twitch.tv/three', topic: Outro}\npolicy:")
    )
    done = sandbox.applied("--ignore-policy")
    assert done.out.count("does not say where it is published") == 2
    assert done.out.count("--ignore-policy was given") == 1
    assert "Warning: job.intro does not say where it is published" in done.out
    assert "job.intro" in sandbox.ids()
    sandbox.is_settled()


def test_a_saved_plan_keeps_that_the_policy_was_ignored(sandbox: Sandbox) -> None:
    sandbox.write(HELD_BACK)
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--ignore-policy", "--out", str(file))
    assert "Resources: 3 added" in sandbox.does("apply", str(file)).out


# --- size ---

SIZE = 2_000


def test_a_plan_of_two_thousand_changes() -> None:
    from afsync.output.plan_json import plan_json
    from afsync.output.plan_markdown import plan_markdown
    from afsync.output.plan_text import plan_text

    jobs = [
        a_job(f"clip-{n}", topic=f"The best of week {n} — in two minutes", url=f"https://x/{n}") for n in range(SIZE)
    ]
    plan = planned(*jobs)
    assert len(plan.changes) == SIZE
    shown = {"Markdown": plan_markdown(plan), "text": plan_text(plan), "JSON": plan_json(plan)}
    assert len(shown["Markdown"].encode()) < 60_000
    assert re.findall(r"# job\.(clip-\d+) will", shown["text"]) == [c.address[4:] for c in plan.changes]
    assert [c["address"] for c in json.loads(shown["JSON"])["changes"]] == [c.address for c in plan.changes]
    listed = len(re.findall(r"# job\.clip-\d+ will", shown["Markdown"]))
    assert f"_{SIZE - listed} more entries are not shown here; see the full plan._" in shown["Markdown"]
    assert shown["Markdown"].count("<details>") == shown["Markdown"].count("</details>") == 1


def test_what_cannot_be_undone_comes_before_all_that_can_be_made_up() -> None:
    """Whoever floods a plan with what is held back does not push a deletion out of it."""
    from afsync.output.plan_markdown import plan_markdown

    flood = tuple(Problem("policy_lead", f"problem {n} {'x' * 300}", address=f"job.j{n}") for n in range(500))
    gone = Change("job.gone", Action.DELETE, Reason.REMOVED, before=a_recorded_job(a_job("gone")), id="job_1")
    blocked = (Problem("max_credits", "the plan spends 500 credits, and the limit is 1"),)
    plan = replace(planned(a_job("new")), violations=flood, notices=flood, blocking=blocked)
    plan = replace(plan, changes=(gone, *plan.changes))
    shown = plan_markdown(plan, 5_000)
    titles = re.findall(r"^\*\*(.*)$|<summary>(.*)</summary>", plan_markdown(plan, 1_000_000), re.MULTILINE)
    assert ["".join(t) for t in titles] == [
        "Credits: 1 to spend, 46 available, 45 after.**",
        "Nothing is applied until this is decided** (1)",
        "Destroyed or replaced** (1)",
        "Held back: your decision is needed** (500)",
        "Worth knowing** (500)",
        "1 other change",
    ]
    assert "the plan spends 500 credits" in shown and "\n- job gone (job_1)\n" in shown
    assert "more entries are not shown here" in shown


def test_the_fingerprint_is_there_when_nothing_is_to_be_done(sandbox: Sandbox) -> None:
    sandbox.applied()
    shown = sandbox.does("plan", "--format", "markdown").out
    assert "No changes." in shown and f"\nFingerprint `{sandbox.planned()['fingerprint']}`, as of " in shown


@pytest.mark.parametrize("most", [2_000, 2_500, 5_000, 20_000, 60_000])
def test_markdown_is_cut_between_resources(most: int) -> None:
    from markdown_it import MarkdownIt

    from afsync.output.plan_markdown import plan_markdown

    huge = a_job("a-huge", addOns={f"key {n}": "x" * 500 for n in range(500)})
    plan = planned(huge, *(a_job(f"clip-{n}", topic=f"Topic {n} `````", url=f"https://x/{n}") for n in range(600)))
    shown = plan_markdown(plan, most)
    assert len(shown.encode()) <= most
    fences = [t.content for t in MarkdownIt("commonmark").parse(shown) if t.type == "fence"]
    assert all(re.search(r"topic: |too large to be shown", fence) for fence in fences), "each is whole"
    assert "# job.a-huge will be submitted" in shown and "x" * 500 not in shown
    assert "more entries are not shown here" in shown
