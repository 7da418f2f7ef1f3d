"""Text from files and from the service through every output: it means nothing there, and can still be read."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from typing import Any

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from afsync.core.outcomes import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits, FieldChange
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Preview
from afsync.core.resources import File, Job, Template
from afsync.errors import AfsyncError, ConfigError, Location, Problem, Severity
from afsync.output.apply_json import outcome_json
from afsync.output.approvals import preview_markdown
from afsync.output.ci_formats import annotation, gitlab_report, outputs
from afsync.output.drift import drift_markdown, drift_text
from afsync.output.fmt import file_diff
from afsync.output.markdown import error_markdown
from afsync.output.outcomes import outcome_line
from afsync.output.outcomes_markdown import apply_markdown, outcomes_markdown
from afsync.output.plan_json import plan_json
from afsync.output.plan_markdown import plan_markdown
from afsync.output.plan_text import plan_text
from afsync.output.problem_reports import codeclimate, junit, sarif
from afsync.output.problems import problems_json, problems_text
from tests.builders import AHEAD, NOW, a_template, at, planned
from tests.gitops.corpus import CANARY, CORPUS, armed, legible
from tests.harness import HEAD, Sandbox

NAMES = list(CORPUS)
Check = Callable[..., None]


def each(check: Check) -> Check:
    """Run a check for the whole corpus; what fails is told by name."""

    @wraps(check)
    def run(**fixed: Any) -> None:
        failed = {}
        for name in NAMES:
            try:
                check(name=name, **fixed)
            except AssertionError as error:
                failed[name] = str(error)
        assert failed == {}

    run.__signature__ = Signature(  # type: ignore[attr-defined]
        [p for p in signature(check).parameters.values() if p.name != "name"]
    )
    return run


def test_it_is_large_enough() -> None:
    assert len(set(CORPUS.values())) >= 60


def a_problem(text: str, severity: Severity = Severity.ERROR) -> Problem:
    place = Location(f"{text}.yaml", 3, 5, f"  key: {text}")
    return Problem("bad_form", f"it says {text} here", f"write {text} instead", severity, None, place)


def a_plan(text: str) -> Plan:
    """A plan that holds `text` wherever something from outside can stand."""
    values = {"topic": text, "tone": f"a\n{text}", "addOns": {text: [text, {"x": text}]}, "url": f"https://x/{text}"}
    job = Job("best", values, at(AHEAD, text), File(f"{text}.mp4", "ab" * 32, 1000), rerun=text)
    record = RecordedJob(text, "", values, at(AHEAD, text), status=text)
    template = Template("weekly", {"name": text, "tone": text})
    fields = (FieldChange(f"addOns.{text}", text, {text: text}),)
    changes = (
        Change("template.weekly", Action.CREATE, Reason.NEW, after=template),
        Change("job.best", Action.CREATE, Reason.NEW, after=job, credits=Credits(1), uploads=True),
        Change("job.gone", Action.DELETE, Reason.REMOVED, before=record, id=text),
        Change("job.again", Action.REPLACE, Reason.BODY_CHANGED, before=record, after=job, id=text, fields=fields),
        Change("job.moved", Action.MOVE, Reason.RENAMED, before=record, after=job, id=text, moved_from="job.old"),
        Change("job.staged", Action.APPROVE, Reason.REQUESTED, before=record, after=job, id=text),
    )
    problem = a_problem(text)
    return replace(
        planned(a_template()),
        changes=changes,
        notices=(replace(problem, severity=Severity.WARNING), replace(problem, severity=Severity.NOTE)),
        violations=(replace(problem, address="job.x"),),
        blocking=(problem,),
        waiting=(
            Waiting("job.waits", text, Preview(f"https://x/{text}", text, AHEAD)),
            Waiting("job.staged", text, Preview(text, f"https://x/{text}", AHEAD), platforms=(text,)),
        ),
    )


def without_links(plan: Plan) -> Plan:
    return replace(plan, waiting=tuple(replace(w, preview=None) for w in plan.waiting))


def some_outcomes(text: str) -> list[Outcome]:
    one, two, three, four, *_ = a_plan(text).changes
    return [
        Applied(one, text, 1, text),
        Failed(two, text, text),
        Unresolved(three, text, text, (text,)),
        NotAttempted(four, text),
    ]


TEXTS: dict[str, Callable[[str], str]] = {
    "plan": lambda text: plan_text(a_plan(text)),
    "problems": lambda text: problems_text([a_problem(text)]),
    "drift": lambda text: drift_text([a_problem(text)]),
    "outcomes": lambda text: "".join(outcome_line(o) + "\n" for o in some_outcomes(text)),
    "a difference between files": lambda text: file_diff("afsync.yaml", "a\n", f"{text.partition(chr(10))[0]}\n"),
}
MARKDOWNS: dict[str, Callable[[str], str]] = {
    "plan": lambda text: plan_markdown(without_links(a_plan(text))),
    "outcomes": lambda text: outcomes_markdown(some_outcomes(text)),
    "drift": lambda text: drift_markdown([a_problem(text)]),
    "problems": lambda text: error_markdown(ConfigError((a_problem(text),))),
    "stopped": lambda text: error_markdown(AfsyncError(f"it says {text} here", f"write {text} instead")),
    "apply": lambda text: apply_markdown(a_plan(text), some_outcomes(text), AfsyncError(text, text)),
}
JSONS: dict[str, Callable[[str], str]] = {
    "plan": lambda text: plan_json(a_plan(text)),
    "problems": lambda text: problems_json([a_problem(text)]),
    "outcome": lambda text: outcome_json(some_outcomes(text)[1], NOW),
    "sarif": lambda text: sarif([a_problem(text)], "", "afsync.yaml"),
    "codeclimate": lambda text: codeclimate([a_problem(text)], "", "afsync.yaml"),
}


def commands(log: str) -> list[str]:
    """What a runner would take for an order: GitHub's two forms, Azure's, TeamCity's."""
    return [line for line in log.splitlines() if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)]


def is_calm(text: str) -> bool:
    """Nothing but characters that show themselves, and line ends."""
    return all(c in "\n " or unicodedata.category(c)[0] in "LMNPS" or unicodedata.category(c) == "Zs" for c in text)


def is_legible(text: str, shown: str) -> bool:
    """Whether the letters are there, in their order, with no more than escapes between them."""
    loose = r"[\s\S]*?".join(map(re.escape, legible(text)))
    return re.search(loose, shown) is not None


@pytest.mark.parametrize("where", TEXTS)
@each
def test_text(where: str, name: str) -> None:
    shown = TEXTS[where](armed(name))
    assert is_calm(shown)
    assert commands(shown) == []
    assert shown.count("\n") == TEXTS[where](f"{CANARY}x{CANARY}").count("\n"), "it adds no line"
    assert is_legible(armed(name).partition("\n")[0], shown)


def structure(markdown: str) -> list[str]:
    return [t.type for t in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)]


@pytest.mark.parametrize("where", MARKDOWNS)
@each
def test_markdown(where: str, name: str) -> None:
    shown = MARKDOWNS[where](armed(name))
    assert is_calm(shown) and commands(shown) == []
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(shown)
    assert [t.type for t in tokens] == structure(MARKDOWNS[where](f"{CANARY}x{CANARY}")), "it adds no structure"
    outside = [t.content for t in tokens if t.type != "fence" and CANARY in t.content]
    assert outside == [], "it stands in fences only, where nothing is a mention, a link or HTML"
    assert not [t for t in tokens if t.type == "fence" and CANARY in t.info]
    for line in shown.splitlines():
        assert not line.lstrip().startswith(("/", "@", "atlantis")), "bots that read raw lines see no command"
    assert is_legible(armed(name), shown)
    spoofed = ("afsync:plan" in CORPUS[name]) * shown.count(CANARY + "<!--")
    assert shown.count("<!-- afsync") == spoofed + (where not in ("drift", "outcomes"))


@each
def test_a_link_for_a_reviewer_is_one_link_or_none(name: str) -> None:
    shown = preview_markdown(Preview(f"https://x/{armed(name)}", armed(name), AHEAD), NOW)
    tokens = [child for t in MarkdownIt("commonmark").parse(shown) for child in t.children or ()]
    assert {t.type for t in tokens} <= {"text", "link_open", "link_close"} and "\n" not in shown
    assert [t.attrs["href"] for t in tokens if t.type == "link_open"] == re.findall("<(.*?)>", shown)
    assert is_calm(shown) and all(url.startswith("https://x/canary") for url in re.findall("<(.*?)>", shown))


@pytest.mark.parametrize("where", JSONS)
@each
def test_json(where: str, name: str) -> None:
    shown = JSONS[where](armed(name))
    assert is_calm(shown) and commands(shown) == []
    assert CANARY in json.dumps(json.loads(shown))
    assert is_legible(armed(name), shown)


@each
def test_json_for_programs_loses_nothing(name: str) -> None:
    text = armed(name)
    job = next(c for c in json.loads(plan_json(a_plan(text)))["changes"] if c["address"] == "job.best")
    assert job["after"]["topic"] == text and job["after"]["addOns"] == {text: [text, {"x": text}]}


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it: the name, its properties, its text."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)\n", line)
    assert found, line
    properties = dict(p.split("=", 1) for p in found[2].split(","))
    return found[1], {k: undone(v, property=True) for k, v in properties.items()}, undone(found[3])


def undone(text: str, *, property: bool = False) -> str:
    for code, char in [*([("%3A", ":"), ("%2C", ",")] * property), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]:
        text = text.replace(code, char)
    return text


@each
def test_annotations(name: str) -> None:
    line = annotation(a_problem(armed(name)), "videos/")
    assert is_calm(line) and len(commands(line)) == 1
    level, properties, text = parsed(line)
    assert level == "error" and properties.keys() == {"file", "line", "col", "title"}
    assert (properties["line"], properties["col"], properties["title"]) == ("3", "5", "afsync: bad_form")
    assert properties["file"].startswith(f"videos/{CANARY}")
    said, hint = text.split("\n")
    assert said.startswith(f"it says {CANARY}") and hint.endswith("instead")
    assert is_legible(armed(name), said)


@each
def test_sarif_has_no_link_in_a_message(name: str) -> None:
    (result,) = json.loads(sarif([a_problem(armed(name))], "", "afsync.yaml"))["runs"][0]["results"]
    assert not re.search(r"(?<!\\)\[[^]]*(?<!\\)\]\(", result["message"]["text"])
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)


@each
def test_junit(name: str) -> None:
    text = junit([a_problem(armed(name))], [], "", "afsync.yaml")
    assert is_calm(text) and commands(text) == []
    tree = ET.fromstring(text)
    assert [e.tag for e in tree.iter()] == ["testsuites", "testsuite", "testcase", "failure"]
    failure = next(tree.iter("failure"))
    assert CANARY in (failure.text or "") and CANARY in failure.attrib["message"]
    assert is_legible(armed(name), failure.text or "")


@each
def test_outputs_hold_nothing_from_outside(name: str) -> None:
    plan = a_plan(armed(name))
    lines = outputs(plan).splitlines()
    assert [line.split("=")[0] for line in lines] == [
        "has_changes",
        "add",
        "change",
        "destroy",
        "credits",
        "fingerprint",
        "blocked",
    ]
    assert all(re.fullmatch(r"[a-z_]+=[a-z0-9]+", line) for line in lines)
    assert json.loads(gitlab_report(plan)).keys() == {"create", "update", "delete"}


# --- from a file of the project to the log of a runner ---


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project whose YAML holds all of the corpus that YAML can hold."""
    from afsync.emulator import running

    def allowed(text: str) -> bool:
        return not any(unicodedata.category(c) in ("Cc", "Cs", "Cn") and c not in "\n\t" for c in text)

    jobs = {
        f"j{n}": {"url": "https://x.example", "topic": armed(name)}
        for n, name in enumerate(NAMES)
        if allowed(CORPUS[name]) and len(armed(name)) <= 500
    }
    assert len(jobs) > 60
    with running(speed="manual", rpm=100_000, concurrent=100, credits=1000) as emulator:
        sandbox = Sandbox(tmp_path_factory.mktemp("hostile"), emulator)
        sandbox.write(HEAD.replace("Europe/Berlin", "UTC") + f"jobs: {json.dumps(jobs)}\n", head=False)
        sandbox.does("init")
        yield sandbox


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_log_of_a_plan(hostile: Sandbox, form: str) -> None:
    done = hostile.does("plan", "--format", form, env={"GITHUB_ACTIONS": "true"})
    assert is_calm(done.out) and is_calm(done.err)
    assert commands(done.out) == []
    assert done.out.count(CANARY) >= 100


def test_the_log_of_an_apply_and_what_is_recorded(hostile: Sandbox) -> None:
    done = hostile.applied(env={"GITHUB_ACTIONS": "true"})
    for shown in (done.out, hostile.does("show").out, hostile.does("show", "--json").out):
        assert is_calm(shown) and commands(shown) == []
    hostile.is_settled()


def test_an_answer_of_the_service(hostile: Sandbox) -> None:
    hostile.write(HEAD + "jobs:\n  one: {url: https://x.example/1, topic: One}\n", head=False)
    hostile.control.fault("POST /jobs#1-3: committed-then-bad-job-id(\\u001b[31m##[group]::error::)")
    done = hostile.call("apply", "--auto-approve", "--max-deletes", "1000", env={"GITHUB_ACTIONS": "true"})
    assert is_calm(done.out) and is_calm(done.err)
    assert commands(done.out) == []
