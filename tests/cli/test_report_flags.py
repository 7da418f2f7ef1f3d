"""`--report FORMAT=FILE`: one form for every report, checked before anything is done; older flags mean the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from afsync.commands.options import FileName
from afsync.commands.report_flags import FORMATS, OLDER
from tests.cli.commands import every_command, options
from tests.harness import Sandbox

ROOT = Path(__file__).parents[2]
COMMANDS = {" ".join(words): command for words, command in every_command().items()}


def test_the_formats_of_every_command_are_those_of_the_documentation() -> None:
    text = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `afsync ([a-z ]+)` \| (.*)\| (.*)\|$", text, re.MULTILINE)
    named = {name: (re.findall(r"`(\w+)`", alone), re.findall(r"`(\w+)`", many), many) for name, alone, many in rows}
    for name, (alone, many, same) in named.items():
        assert (tuple(alone), tuple(alone if "the same" in same else many)) == FORMATS[name], name
    assert set(named) == set(FORMATS)


def test_every_command_with_reports_is_in_the_table_and_says_its_formats() -> None:
    with_reports = {n: o for n, c in COMMANDS.items() for o in options(c) if "--report" in o.opts}
    assert set(with_reports) == set(FORMATS)
    for name, option in with_reports.items():
        assert all(form in str(option.help) for forms in FORMATS[name] for form in forms)


@pytest.mark.parametrize("name", OLDER)
def test_older_flags_are_there_and_not_shown(name: str) -> None:
    older = {o.opts[-1]: o.hidden for o in options(COMMANDS[name]) if o.opts[-1] in OLDER[name]}
    assert older == dict.fromkeys(OLDER[name], True)


def test_no_page_recommends_an_older_flag() -> None:
    older = {"--format", "--json-into", "--markdown-into", "--gitlab-report", "--ics", "--html"}
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.*ml")]
    for page in [*pages, ROOT / "action.yml", ROOT / ".gitlab/afsync.gitlab-ci.yml"]:
        text = page.read_text(encoding="utf-8")
        if page.name == "ci.md":
            text = re.sub(r"\nThe flags that `--report` replaces .*?\n\n", "\n", text, flags=re.DOTALL)
        assert set(re.findall(r"(?<![\w-])--[a-z-]+", text)) & older == set(), page


# --- what is written is what is printed, and what the older flags give ---

AT = ("--now", "2026-12-01T09:00:00Z")
SAME = {
    "validate": ((), {"json": "--json-into", "markdown": "--markdown-into"}),
    "plan": (AT, {"json": "--json-into", "markdown": "--markdown-into", "gitlab": "--gitlab-report"}),
    "status": ((), {}),
    "account": ((), {}),
    "calendar": (AT, {"ics": "--ics", "html": "--html"}),
}
PRINTED = {"validate": "--format", "plan": "--format"}


@pytest.mark.parametrize(("name", "form"), [(n, f) for n in SAME for f in FORMATS[n][0]])
def test_a_report_is_the_same_in_a_file_and_printed_and_by_an_older_flag(
    fresh: Sandbox, tmp_path: Path, name: str, form: str
) -> None:
    more, older = SAME[name]
    file, again = tmp_path / "report", tmp_path / "older"
    beside = fresh.does(name, *more, "--report", f"{form}={file}").out
    printed = fresh.does(name, *more, "--report", f"{form}=-").out
    steady = re.compile(r'"as_of": "[^"]*"|"at": "[^"]*"|DTSTAMP:\S+|as of [^<]*|"now": "[^"]*"')
    assert steady.sub("", file.read_bytes().decode()) == steady.sub("", printed) != ""
    assert beside == ("" if name == "calendar" else fresh.does(name, *more).out)
    assert bool(file.stat().st_mode & 0o044) is (form in ("ics", "html"))
    if form in older:
        fresh.does(name, *more, older[form], str(again))
        assert steady.sub("", again.read_bytes().decode()) == steady.sub("", printed)
    if form == "json":
        assert steady.sub("", fresh.does(name, *more, "--json").out) == steady.sub("", printed)
    if name in PRINTED:
        assert fresh.does(name, *more, PRINTED[name], form).out == printed
    if name == "calendar" and form in ("csv", "markdown"):
        assert fresh.does(name, *more, f"--{form}").out == printed


def test_reports_of_an_apply(fresh: Sandbox, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("a.jsonl", "b.jsonl", "a.md")}
    reports = ("--report", f"json={files['a.jsonl']}", "--report", f"markdown={files['a.md']}")
    done = fresh.applied(*reports, "--json-into", str(files["b.jsonl"]))
    assert done.out.endswith("added, 0 changed, 0 destroyed.\n")
    assert files["a.jsonl"].read_text() == files["b.jsonl"].read_text()
    assert json.loads(files["a.jsonl"].read_text().splitlines()[-1])["type"] == "summary"
    assert files["a.md"].read_text().startswith("<!-- afsync:apply -->\n### afsync apply")
    printed = fresh.applied("--report", "markdown=-")
    assert (
        printed.out
        == "<!-- afsync:apply -->\n### afsync apply\n\nNo changes. Your account matches the configuration.\n"
    )
    refused = fresh.does("apply", "--report", "markdown=-", code=1)
    assert refused.out == "" and "there is no terminal to ask at" in refused.err
    destroyed = fresh.does("destroy", "--auto-approve", "--report", f"markdown={files['a.md']}", "--report", "json=-")
    assert [json.loads(line)["type"] for line in destroyed.out.splitlines()][-1] == "summary"
    assert "3 destroyed" in files["a.md"].read_text()


# --- what cannot be had is said before anything is done ---

WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no such format": (
        ("--report", "xml=x"),
        "'xml=x' is not a report: write it as json=FILE; formats are json,",
    ),
    "no file": (("--report", "json="), "is not a report"),
    "no file of an older flag": (("--json-into", ""), "'--json-into': the file name is empty."),
    "the other one": (("--markdown-into", ""), "'--markdown-into': the file name is empty."),
    "no format": (("--report", "x.json"), "is not a report"),
    "a folder that is not there": (("--report", "markdown={0}/no/x.md"), "no/x.md could not be written: No such file"),
    "a folder": (("--report", "json={0}"), "could not be written: Is a directory"),
    "a file twice": (("--report", "json={0}/x", "--report", "markdown={0}/../{1}/x"), "/x is given twice"),
    "with an older flag": (("--report", "json={0}/x", "--markdown-into", "{0}/x"), "/x is given twice"),
    "printed twice": (
        ("--report", "json=-", "--report", "markdown=-"),
        "only one report can be printed to standard output",
    ),
    "printed as JSON, too": (("--json", "--report", "markdown=-"), "--json and --report markdown=- exclude each other"),
    "of all accounts": (("--report", "sarif={0}/x"), "add --all; of one project, formats are json, markdown"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_report_that_cannot_be_had(fresh: Sandbox, tmp_path: Path, case: str) -> None:
    args, said = WRONG[case]
    flags = [arg.format(tmp_path, tmp_path.name) for arg in args]
    before = sorted(tmp_path.rglob("*"))
    with fresh.watched(reads=True) as sent:
        done = fresh.applied(*flags, code=1)
    assert said in done.err and done.out == "" and sent == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_saved_plan_has_a_file_of_its_own(fresh: Sandbox, tmp_path: Path) -> None:
    done = fresh.does("plan", "--out", str(tmp_path / "x"), "--report", f"json={tmp_path / 'x'}", code=1)
    assert "x is given twice" in done.err and not (tmp_path / "x").exists()


def test_two_reports_may_go_into_one_device(fresh: Sandbox) -> None:
    fresh.does("plan", "--report", "json=/dev/null", "--report", "markdown=/dev/null")


def test_the_same_format_goes_into_several_files(fresh: Sandbox, tmp_path: Path) -> None:
    fresh.does("validate", "--report", f"json={tmp_path / 'a'}", "--report", f"json={tmp_path / 'b'}", "--json")
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()


def test_no_path_of_any_command_can_be_empty(fresh: Sandbox) -> None:
    paths = {
        (name, option.opts[0])
        for name, command in COMMANDS.items()
        for option in command.params
        if isinstance(option.type, click.Path)
        if not isinstance(option.type, FileName) and not option.type.exists
    }
    assert paths == set()
    for args in (
        ("plan", "--out", ""),
        ("plan", "--exclude-file", ""),
        ("plan", "--gitlab-report", ""),
        ("calendar", "--ics", ""),
        ("calendar", "--html", ""),
        ("validate", "--json-into", ""),
        ("export", "--csv", ""),
        ("export", "--into", ""),
        ("result", "job.a", "--download", ""),
        ("apply", "--auto-approve", ""),
        ("show", ""),
        ("emulator", "--data", ""),
        ("report", "merge", ""),
    ):
        done = fresh.does(*args, code=1)
        assert re.search("the (file|path) name is empty", done.err) and done.out == "", args


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("calendar", "--agenda", "--json"), "--json and --agenda exclude each other"),
        (("calendar", "--agenda", "--markdown"), "--markdown and --agenda exclude each other"),
        (
            ("calendar", "--ics", "-", "--html", "-"),
            "--ics - and --html - exclude each other\n  only one report can be printed to",
        ),
        (("plan", "--refresh-only", "--gitlab-report", "g"), "leave out --gitlab-report\n"),
        (("plan", "--refresh-only", "--report", "gitlab=g", "--out", "o"), "leave out --out and --report gitlab=g\n"),
        (("plan", "--refresh-only", "--destroy"), "leave out --destroy\n"),
    ],
)
def test_errors_name_the_flags_that_were_given(fresh: Sandbox, args: tuple[str, ...], said: str) -> None:
    assert said in fresh.does(*args, code=1).err


def test_an_older_flag_prints_into_a_minus(fresh: Sandbox) -> None:
    assert "format_version" in json.loads(fresh.does("validate", "--json-into", "-").out)
    assert not Path("-").exists()


def test_an_example_that_is_a_workspace_is_over_all_accounts(tmp_path: Path) -> None:
    sandbox, file = Sandbox(tmp_path / "new"), tmp_path / "x.json"
    sandbox.root.mkdir()
    for example, said in (
        ("quickstart", "leave it out: the example quickstart has one account"),
        ("agencies", "there is no example agencies"),
    ):
        assert said in sandbox.does("init", "--example", example, "--report", f"json={file}", code=1).err
        assert list(sandbox.root.iterdir()) == []
    sandbox.does("init", "--example", "agency", "--report", f"json={file}")
    assert len(json.loads(file.read_text())["accounts"]) == 6
