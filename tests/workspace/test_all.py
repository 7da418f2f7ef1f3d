"""Commands over all accounts: each on its own, none stops another, one report at the end."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from afsync.commands import apply_all, apply_screen
from afsync.commands.report_flags import OLDER
from afsync.core.account_results import FROM_WORST, over_limit, worst
from afsync.errors import Exit
from tests.cli.commands import every_command, options
from tests.harness import NO_CHANGES, locked
from tests.workspace.conftest import Agency, job

ROOT = Path(__file__).parents[2]
NAMES = ("anna", "bert", "cleo")


def test_plan_apply_and_nothing_more(agency: Agency) -> None:
    planned = agency.does("plan", "--all")
    assert agency.blocks(planned) == ["anna", "bert", "cleo"] and "3 accounts: none failed." in planned.out
    assert re.search(r"^all +6 +0 +0 +3$", planned.out, re.MULTILINE)
    applied = agency.does("apply", "--all", "--auto-approve")
    assert applied.out.count("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.") == 3
    again = agency.does("plan", "--all", "--detailed-exitcode")
    assert again.out.count(NO_CHANGES) == 3
    with agency.watched() as sent:
        agency.does("apply", "--all", "--auto-approve")
    assert sent == []
    for command in ("status", "calendar", "account", "validate"):
        assert agency.blocks(agency.does(command, "--all")) == ["anna", "bert", "cleo"], command


def test_a_project_alone_takes_the_same_key_templates_and_state(agency: Agency) -> None:
    agency.workspace("shared: [shared/*.yaml]\nstate: .afsync/${account}.json\n")
    for name in NAMES:
        folder = agency.root / "clients" / name / ".afsync"
        (folder / "state.json").rename(folder / f"{name}.json")
    alone = agency.does("-C", str(agency.root / "clients/anna"), "apply", "--auto-approve")
    assert "Apply complete! Resources: 2 added" in alone.out
    assert (agency.root / "clients/anna/.afsync/anna.json").exists()
    assert agency.balance_of("anna") == 49
    assert agency.codes("plan", "--detailed-exitcode", code=2) == {"anna": 0, "bert": 2, "cleo": 2}


def test_a_key_reaches_its_own_account_and_nothing_else(agency: Agency) -> None:
    """Every request, every report, every file and everything that is printed."""
    keys = agency.keys
    agency.control.clear_requests()
    reports = [
        f"{form}={agency.root / f'report.{form}'}" for form in ("json", "markdown", "sarif", "junit", "codeclimate")
    ]
    flags = [flag for report in reports for flag in ("--report", report)]
    told = [agency.does("plan", "--all", *flags), agency.does("apply", "--all", "--auto-approve", *flags)]
    told.append(agency.does("status", "--all", *flags))
    requests = agency.control.requests()
    owners = {a["key_id"]: a for a in map(agency.control.account, keys.values())}
    assert len(owners) == 3 and len(requests) > 20
    for request in requests:
        text = json.dumps(request)
        named = {name for name in ("anna", "bert", "cleo") if f"clip-{name}" in text}
        key_id = request["authorization"]["key_id"]
        owner = next(
            name
            for name in ("anna", "bert", "cleo")
            if owners[key_id] == agency.control.account(f"af_live_{name}_secret")
        )
        assert named <= {owner}
        assert not any(key in text for key in keys.values())
    everything = [d.text for d in told]
    everything += [p.read_text("utf-8", "replace") for p in agency.root.rglob("*") if p.is_file()]
    assert [key for key in keys.values() if any(key in text for text in everything)] == []


def test_the_environment_of_one_account_holds_no_key_of_another(agency: Agency) -> None:
    done = agency.does("plan", "--all", code=1, env={"AURAFLUX_KEY_BERT": None, "AURAFLUX_API_KEY": "af_live_other"})
    assert "There is no API key: AURAFLUX_KEY_BERT is not set." in done.out
    assert {r["authorization"]["key_id"] for r in agency.control.requests()} == {
        agency.control.account(f"af_live_{name}_secret")["key_id"] for name in ("anna", "bert", "cleo")
    }  # of bert, that of `init`
    assert "af_live_other" not in done.text


def broken(agency: Agency, name: str) -> dict[str, str | None]:
    """Break one account in some way; what is to be in the environment for that."""
    env: dict[str, str | None] = {}
    match name:
        case "a bad key":
            env = {"AURAFLUX_KEY_BERT": "no key"}
        case "broken YAML":
            agency.client("bert", "  x: [\n")
        case "a problem in the files":
            agency.client("bert", job("x", ", tpoic: y"))
        case "no state":
            (agency.root / "clients/bert/.afsync/state.json").unlink()
        case "refused by its own limit":
            agency.client("bert", job("x"), "limits: {max_credits: 0}\n")
    return env


FAULTS = {
    "a bad key": Exit.ERROR,
    "broken YAML": Exit.ERROR,
    "a problem in the files": Exit.ERROR,
    "no state": Exit.STATE,
    "refused by its own limit": Exit.REFUSED,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_that_fails_stops_no_other(fault: str, agency: Agency) -> None:
    env = broken(agency, fault)
    report = agency.report("apply", "--auto-approve", code=FAULTS[fault], env=env)
    bert = next(a for a in report["accounts"] if a["account"] == "bert")
    assert bert["exit_code"] == FAULTS[fault] and bert["problems"]
    assert {a["account"]: a["add"] for a in report["accounts"] if a["exit_code"] == 0} == {"anna": 2, "cleo": 2}
    assert report["exit_code"] == FAULTS[fault]
    assert (agency.balance_of("anna"), agency.balance_of("cleo")) == (49, 49)


def test_a_locked_one(agency: Agency) -> None:
    with locked(agency.root / "clients/bert"):
        assert agency.codes("apply", "--auto-approve", code=5) == {"anna": 0, "bert": 5, "cleo": 0}


def test_four_that_fail_among_fifty(agency: Agency) -> None:
    """A bad key, broken YAML, a lock, an open submission: the 46 others are done, and the worst code is that of all."""
    for number in range(46):
        agency.client(f"n{number:02}", job(f"n{number:02}"))
    agency.client("dora", job("clip-dora"))
    agency.does("init", "--all", "--account", "[dn]*")
    agency.control.fault("POST /jobs#1: committed-then-close")
    env: dict[str, str | None] = {"AFSYNC_QUARANTINE": "10m"}
    agency.does("apply", "--all", "--auto-approve", "--account", "anna", code=3, env=env)
    agency.client("bert", "  x: [\n")
    with locked(agency.root / "clients/cleo"):
        codes = agency.codes("apply", "--auto-approve", code=3, env={**env, "AURAFLUX_KEY_DORA": "no key"})
    failed = {name: code for name, code in codes.items() if code}
    assert failed == {"anna": 3, "bert": 1, "cleo": 5, "dora": 1} and len(codes) == 50
    assert {agency.balance_of(name) for name in codes.keys() - failed.keys()} == {49}


def test_an_unresolved_one(agency: Agency) -> None:
    agency.does("apply", "--all", "--auto-approve", "--account", "[ac]*")
    agency.control.fault("POST /jobs#1: committed-then-close")
    env = {"AFSYNC_QUARANTINE": "10m"}
    codes = agency.codes("apply", "--auto-approve", code=3, env=env)
    assert codes == {"anna": 0, "bert": 3, "cleo": 0}
    assert agency.codes("plan", env=env) == {"anna": 0, "bert": 0, "cleo": 0}


def test_fail_fast_lists_what_was_not_begun(agency: Agency) -> None:
    done = agency.does("plan", "--all", "--jobs", "1", "--fail-fast", code=1, env={"AURAFLUX_KEY_ANNA": "no key"})
    assert agency.blocks(done) == ["anna"]
    assert "3 accounts: 1 failed, 2 not begun.\nNot begun: bert, cleo." in done.out


def test_ctrl_c_saves_what_was_begun_and_lists_what_was_not(agency: Agency) -> None:
    agency.control.fault("POST /jobs#1: committed-then-hold")
    run = agency.start("apply", "--all", "--auto-approve", "--jobs", "1")
    assert agency.control.held()
    run.send_signal(signal.SIGINT)
    assert run.stderr is not None and "Interrupted: finishing 1 account" in run.stderr.readline()
    agency.control.release()
    out, _ = run.communicate(timeout=60)
    assert run.returncode == Exit.INTERRUPTED
    assert "Not begun: bert, cleo." in out and "job.clip-anna: submitted" in out
    assert [agency.balance_of(n) for n in NAMES] == [49, 50, 50]
    codes = agency.codes("apply", "--auto-approve")
    assert codes == dict.fromkeys(NAMES, 0) and [agency.balance_of(n) for n in NAMES] == [49, 49, 49]


def test_a_signal_while_it_plans_ends_it(agency: Agency) -> None:
    agency.workspace("shared: [shared/*.yaml]\nlimits: {max_credits: 9}\n")
    agency.control.fault("GET /account#1: received-then-hold")
    run = agency.start("apply", "--all", "--auto-approve", "--jobs", "1")
    assert agency.control.held()
    run.send_signal(signal.SIGTERM)
    assert run.stderr is not None and "Interrupted" in run.stderr.readline()
    agency.control.release()
    out, _ = run.communicate(timeout=60)
    assert run.returncode == Exit.TERMINATED
    assert "Not begun: anna, bert, cleo." in out and [agency.balance_of(n) for n in NAMES] == [50, 50, 50]


def test_the_limit_over_all_is_judged_before_the_first_is_applied(agency: Agency) -> None:
    agency.workspace("shared: [shared/*.yaml]\nlimits: {max_credits: 2}\n")
    with agency.watched() as sent:
        done = agency.does("apply", "--all", "--auto-approve", code=4)
    assert sent == []
    assert "the plans of all accounts together spend 3 credits, and the limit of the workspace is 2" in done.out
    assert "afsync.workspace.yaml:5:23" in done.out and agency.blocks(done) == ["anna", "bert", "cleo"]
    agency.does("apply", "--all", "--auto-approve", "--account", "[ab]*")
    assert (agency.balance_of("anna"), agency.balance_of("cleo")) == (49, 50)


@pytest.mark.parametrize(("answer", "left"), [("yes\n", 49), ("no\n", 50)])
def test_on_a_terminal_it_shows_all_plans_and_asks_once(
    answer: str, left: int, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_all, "interactive", lambda: True)
    monkeypatch.setattr(apply_screen, "_until_answered", lambda stop: None)
    report = agency.root / "r.json"
    done = agency.does("apply", "--all", "--report", f"json={report}", stdin=answer, code=0 if left == 49 else 1)
    assert [a["account"] for a in json.loads(report.read_text("utf-8"))["accounts"]] == list(NAMES)
    assert done.err.count("Do you want to perform these actions in 3 accounts?") == 1
    assert [agency.balance_of(n) for n in NAMES] == [left] * 3


def test_a_plan_that_is_another_one_by_its_turn_is_refused(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged, or shown, is what is applied."""
    agency.workspace("shared: [shared/*.yaml]\nlimits: {max_credits: 5}\n")

    def and_edit(*args: Any) -> Any:
        agency.client("bert", job("one") + job("two"))
        return over_limit(*args)

    monkeypatch.setattr(apply_all, "over_limit", and_edit)
    assert agency.codes("apply", "--auto-approve", code=6) == {"anna": 0, "bert": 6, "cleo": 0}
    assert [agency.balance_of(n) for n in NAMES] == [49, 50, 49]


def test_an_account_spends_no_more_than_the_plan_that_was_judged(agency: Agency) -> None:
    """Where jobs cost more than estimated, too: the sum of the plans is what the limit was held against."""
    agency.workspace("shared: [shared/*.yaml]\nlimits: {max_credits: 6}\n")
    for name in NAMES:
        agency.client(name, job("one") + job("two"))
    agency.control.options(surcharge=1)
    done = agency.does("apply", "--all", "--auto-approve", code=4)
    assert "Stopped: " in done.out
    assert [agency.balance_of(n) for n in NAMES] == [48, 48, 48]


def test_what_could_not_be_planned_was_not_judged_and_is_not_applied(agency: Agency) -> None:
    agency.workspace("shared: [shared/*.yaml]\nlimits: {max_credits: 3}\n")
    codes = agency.codes("apply", "--auto-approve", code=1, env={"AURAFLUX_KEY_BERT": "no key"})
    assert codes == {"anna": 0, "bert": 1, "cleo": 0}


def test_auto_approve_within_its_bounds(agency: Agency) -> None:
    """Unattended and without the flag: what is within goes ahead, the others exit 4 with their plan."""
    agency.does("apply", "--all", code=1)
    agency.workspace("shared: [shared/*.yaml]\nauto_approve: {max_credits: 1}\n")
    agency.client("bert", job("one") + job("two"))
    agency.client("cleo", job("one") + job("two"), "auto_approve: {max_credits: 2}\n")
    done = agency.does("apply", "--all", code=4)
    assert "the plan spends 2 credits, and `auto_approve` allows 1" in done.out
    assert [agency.balance_of(n) for n in ("anna", "bert", "cleo")] == [49, 50, 48]
    agency.client("anna")
    (agency.root / "shared/templates.yaml").write_text("templates: {}\n")
    assert agency.codes("apply", "--account", "anna", code=4) == {"anna": 4}  # it would destroy


def test_equal_lineages_are_refused_before_anything(agency: Agency) -> None:
    text = (agency.root / "clients/anna/afsync.yaml").read_text()
    agency.write(text, "clients/dora/afsync.yaml")
    with agency.watched(reads=True) as sent:
        done = agency.does("plan", "--all", code=1)
    assert sent == []
    assert "`dora` has the lineage of `anna`" in done.err and "clients/dora/afsync.yaml:2" in done.err


def test_globs_over_accounts_and_over_addresses(agency: Agency) -> None:
    assert list(agency.codes("plan", "--account", "a*", "--account", "cleo")) == ["anna", "cleo"]
    assert "--account d*: no account has this name" in agency.does("plan", "--all", "--account", "d*", code=1).err
    report = agency.report("plan", "--target", "job.clip-anna")
    assert {a["account"]: a["credits"] for a in report["accounts"]} == {"anna": 1, "bert": 0, "cleo": 0}
    done = agency.does("plan", "--all", "--target", "job.nothing", code=1)
    assert "--target job.nothing: nothing has this address in any account" in done.out


def test_shards_cut_and_merge(agency: Agency) -> None:
    for name in ("dora", "emil", "fritz"):
        agency.client(name, job(f"clip-{name}"))
    agency.does("init", "--all")
    whole = agency.report("plan")
    files = []
    for number in (1, 2, 3):
        files.append(str(agency.root / f"part{number}.json"))
        agency.does("plan", "--all", "--shard", f"{number}/3", "--report", f"json={files[-1]}")
    parts = [json.loads(Path(f).read_text()) for f in files]
    assert sum(len(p["accounts"]) for p in parts) == 6 and all(len(p["accounts"]) < 6 for p in parts)
    merged = json.loads(agency.does("report", "merge", *files, "--report", "json=-").out)
    assert merged == whole
    done = agency.does("report", "merge", files[0], files[2], code=1)
    assert "there is no report of shard 2/3" in done.out and "none of these failed." in done.out
    assert "several reports of shard 1/3" in agency.does("report", "merge", *files, files[0], code=1).out
    agency.does("report", "merge", str(agency.root / "afsync.workspace.yaml"), code=1)
    agency.does("plan", "--all", "--shard", "4/3", code=1)


def test_the_report_is_as_its_schema_says(agency: Agency) -> None:
    schema = json.loads((ROOT / "schemas/report.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    check.validate(agency.report("plan"))
    check.validate(agency.report("apply", "--auto-approve", code=1, env={"AURAFLUX_KEY_BERT": None}))


def test_the_comment_shows_the_table_and_folds_the_rest(agency: Agency) -> None:
    text = agency.does("plan", "--all", "--report", "markdown=-", "--title", "agency").out
    assert text.startswith("<!-- afsync:plan agency -->\n### afsync agency plan of 3 accounts\n")
    assert "| anna | 2 | 0 | 0 | 1 | 50 |  | 0 |" in text
    assert text.count("<details>\n<summary>") == 3 and text.count("<!--") == 1


def test_github_gets_one_summary_and_sums(agency: Agency) -> None:
    summary, outputs = agency.root / "summary", agency.root / "outputs"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    agency.does("plan", "--all", env=env)
    assert summary.read_text().count("### afsync plan of 3 accounts") == 1
    assert "credits=3\n" in outputs.read_text() and outputs.read_text().count("add=") == 1


WRONG_FLAGS = [
    (("plan", "--shard", "1/2"), "--shard is for many accounts"),
    (("plan", "--account", "a"), "--account is for many accounts"),
    (("apply", "--account", "a", "--account", "b"), "--account names one account"),
    (("plan", "--all", "--out", "x"), "--out does not go with --all"),
    (("plan", "--all", "--json"), "--json does not go with --all"),
    (("apply", "--all", "--destroy"), "--destroy does not go with --all"),
    (("apply", "--all", "plan.file"), "a saved plan is of one account"),
    (("status", "--all", "--watch"), "--watch does not go with --all"),
    (("calendar", "--all", "--ics", "x"), "--ics does not go with --all"),
    (("validate", "--all", "--format", "sarif"), "--format does not go with --all"),
    (("account", "--all", "--json"), "--json does not go with --all"),
    (("plan", "--all", "--report", "xml=x"), "is not a report"),
    (("plan", "--all", "--report", "gitlab=x"), "--report gitlab does not go with --all"),
    (("plan", "--report", "sarif=x"), "--report sarif is for many accounts"),
    (("init", "--report", "json=x"), "--report is for many accounts"),
]


@pytest.mark.parametrize(("args", "expected"), WRONG_FLAGS)
def test_no_flag_is_ignored(args: tuple[str, ...], expected: str, agency: Agency) -> None:
    assert expected in agency.does(*args, code=1).err


OVER_ALL = {
    words[0]: c for words, c in every_command().items() if "--changed-since" in {o.opts[-1] for o in options(c)}
}
PAGE = (ROOT / "docs/accounts.md").read_text(encoding="utf-8")
REFUSED = {
    name: sorted({*re.findall(r"`(--[a-z-]+)`", cell), *OLDER.get(name, ())} - {"--all"})
    for name, cell in re.findall(r"^\| `afsync (\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    if name in OVER_ALL
}
"""What the page says that is refused with --all."""
APPLIES = {
    *("-C", "--all", "--changed-since", "--shard", "--jobs", "--report", "--account", "--fail-fast"),
    *("--target", "--exclude", "--target-file", "--exclude-file", "--allow-empty", "--ignore-policy"),
    *("--accept-unstaged", "--ignore-horizon", "--max-credits", "--max-creates", "--max-deletes"),
    *("--destroy", "--refresh-only", "--offline", "--detailed-exitcode", "--notify", "--now", "--max-bytes", "--title"),
    *("--due", "--auto-approve", "--lock-timeout", "--with-links", "--timeout", "--interval"),
    *("--from", "--weeks", "--month", "--platform", "--only", "--zone", "--live", "--agenda"),
}
"""The flags that apply to each account."""


@pytest.mark.parametrize(("name", "flag"), [(name, flag) for name, flags in REFUSED.items() for flag in flags])
def test_what_the_page_says_is_refused(name: str, flag: str, agency: Agency) -> None:
    option = next(o for o in options(OVER_ALL[name]) if flag in o.opts)
    values = option.type.choices if isinstance(option.type, click.Choice) else ["job.x"]
    given = [flag] if option.is_flag else [flag, str(values[-1])]
    assert "does not go with --all" in agency.does(name, "--all", *given, code=1).err


@pytest.mark.parametrize("name", OVER_ALL)
def test_every_flag_applies_to_each_account_or_is_refused(name: str) -> None:
    flags = {option.opts[-1] for option in options(OVER_ALL[name])}
    undecided = flags - APPLIES - set(REFUSED[name])
    assert undecided == set(), "refuse it (`check_together`) and say so in docs/accounts.md, or name it in APPLIES"


def test_a_report_of_the_calendar_does_not_take_the_place_of_the_plan_and_counts_nothing(agency: Agency) -> None:
    printed = agency.does("calendar", "--all", "--report", "markdown=-").out
    assert printed.startswith("<!-- afsync:calendar -->\n### afsync calendar of 3 accounts")
    assert "| account | problems | exit |\n|---|--:|--:|\n| anna |  | 0 |\n" in printed
    assert agency.does("plan", "--all", "--report", "markdown=-").out.startswith("<!-- afsync:plan -->\n")
    refused = agency.does("calendar", "--all", "--html", "x.html", code=1).err
    assert "run it for each account: `afsync calendar -C DIR`, with this flag" in refused


def test_without_a_workspace(tmp_path: Path) -> None:
    done = Agency(tmp_path)
    (tmp_path / "clients").mkdir()
    assert "there is no afsync.workspace.yaml here or above" in done.does("plan", "--all", code=1).err


def test_the_worst_code_wins() -> None:
    for number, code in enumerate(FROM_WORST):
        assert worst(FROM_WORST[number:]) == code
    assert worst([]) == Exit.OK and worst([Exit.CHANGES, 99, Exit.STALE]) == Exit.ERROR
    assert set(FROM_WORST) == set(Exit)
