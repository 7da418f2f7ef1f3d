"""`import ADDR ID`, `import:` in the files, `state mv`, `state rm`, and help that teaches."""

from __future__ import annotations

import json

import pytest

from afsync.config.reference import below, explain
from tests.harness import KEY, NO_CHANGES, Sandbox

JOB = "jobs:\n  best: {url: 'https://a.b/c', topic: Best plays, tone: hype}\n"


def seeded(sandbox: Sandbox, **fields: str) -> str:
    return str(sandbox.control.seed(key=KEY, status="queued", fields={"url": "https://a.b/c", **fields})[0])


def test_a_job_is_taken_over(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Best plays", tone="hype")
    sandbox.write(JOB)
    sandbox.does("init")
    with sandbox.watched() as sent:
        sandbox.does("import", "job.best", made)
    assert not sent
    assert NO_CHANGES in sandbox.does("plan").out
    assert "already" in sandbox.does("import", "job.best", made).out
    assert json.loads(sandbox.does("state", "show", "job.best", "--json").out)["id"] == made


@pytest.mark.parametrize(
    ("address", "says"),
    [("job.worst", "not declared"), ("job.best", "has no job job_nope")],
)
def test_what_cannot_be_taken_over(sandbox: Sandbox, address: str, says: str) -> None:
    sandbox.write(JOB)
    sandbox.does("init")
    done = sandbox.call("import", address, "job_nope")
    assert done.code == 1 and says in done.err


def test_an_id_of_the_other_kind(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Best plays", tone="hype")
    sandbox.write("templates:\n  t: {name: T}\n  u: {name: U}\n" + JOB)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "template.t")
    template = sandbox.ids()["template.t"]
    done = sandbox.call("import", "job.best", template)
    assert done.code == 1 and f"job.best cannot be {template}: {template} is a template" in done.err
    assert "`afsync state mv" not in done.err
    done = sandbox.call("import", "template.u", made)
    assert done.code == 1 and f"{made} is a job\n  template.u takes the id of a template" in done.err
    done = sandbox.call("import", "job.bset", made)
    assert done.code == 1 and "did you mean `job.best`?" in done.err


@pytest.mark.parametrize("dialect", ["deployed"])
def test_contradictions_are_named(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Worst plays", tone="calm")
    sandbox.write(JOB)
    sandbox.does("init")
    done = sandbox.call("import", "job.best", made)
    assert done.code == 1 and "tone, topic differ" in done.err
    sandbox.does("import", "job.best", made, "--force")
    change = sandbox.does("plan", "--json").json["changes"][0]
    assert [f["path"] for f in change["fields"]] == ["tone", "topic"]


def test_one_id_has_one_address(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Best plays", tone="hype")
    sandbox.write(JOB + "  again: {url: 'https://a.b/c', topic: Best plays, tone: hype}\n")
    sandbox.does("init")
    sandbox.does("import", "job.best", made)
    done = sandbox.call("import", "job.again", made)
    assert done.code == 1 and f"{made} belongs to job.best" in done.err


def test_import_in_the_files_is_reviewed_and_applied(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Best plays", tone="hype")
    sandbox.write(f"{JOB}import:\n  job.best: {made}\n")
    sandbox.does("init")
    plan = sandbox.does("plan").out
    assert f"< job best ({made})" in plan and "Plan: 0 to add, 0 to change, 0 to destroy." in plan
    with sandbox.watched() as sent:
        sandbox.does("apply", "--auto-approve")
    assert not sent and NO_CHANGES in sandbox.does("plan").out


def test_a_job_without_its_source_is_never_submitted(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="Best plays")
    sandbox.write(f"jobs:\n  best: {{topic: Best plays}}\nimport:\n  job.best: {made}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    sandbox.write(f"jobs:\n  best: {{topic: Best plays, url: 'https://a.b/c'}}\nimport:\n  job.best: {made}\n")
    assert NO_CHANGES in sandbox.does("plan").out
    sandbox.write(f"jobs:\n  best: {{topic: Best plays, rerun: 2}}\nimport:\n  job.best: {made}\n")
    codes = [v["code"] for v in sandbox.does("plan", "--json").json["violations"]]
    assert codes == ["unknown_source"]


def test_wrong_imports_are_problems(sandbox: Sandbox) -> None:
    sandbox.write(JOB + "import:\n  job.bset: job_1\n  jobs.best: job_2\n")
    codes = [p["code"] for p in sandbox.call("validate", "--json").json["problems"]]
    assert sorted(codes) == ["bad_key", "unknown_import", "unknown_import"]
    sandbox.write("jobs:\n  best: {topic: Best plays}\n")
    assert "missing_source" in sandbox.call("validate", "--json").out


def test_mv_and_rm(sandbox: Sandbox) -> None:
    sandbox.write("templates:\n  t: {name: T}\njobs:\n  best: {template: t, url: 'https://a.b/c'}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    made = sandbox.ids()["job.best"]
    sandbox.does("state", "mv", "template.t", "template.u")
    sandbox.does("state", "mv", "job.best", "job.top")
    sandbox.write("templates:\n  u: {name: T}\njobs:\n  top: {template: u, url: 'https://a.b/c'}\n")
    assert NO_CHANGES in sandbox.does("plan").out
    assert sandbox.call("state", "mv", "job.top", "template.x").code == 1
    assert sandbox.call("state", "mv", "job.gone", "job.x").code == 1
    same = sandbox.call("state", "mv", "job.top", "job.top")
    assert same.code == 1 and "has that address already" in same.err and "state rm" not in same.err
    assert sandbox.does("state", "show", "--json").json["resources"].keys() == {"template.u", "job.top"}
    assert sandbox.does("state", "show").out == sandbox.does("show").out
    said = sandbox.does("state", "rm", "job.top").out
    assert made in said and "goes on" in said and "for credits" in said
    assert "job.top" not in sandbox.ids()


def test_selection_from_a_file(sandbox: Sandbox) -> None:
    sandbox.write(JOB + "  other: {url: 'https://a.b/d'}\n")
    sandbox.does("init")
    globs = sandbox.write("# what we want\njob.b*   # best\n", "wanted.txt")
    plan = sandbox.does("plan", "--json", "--target-file", str(globs))
    assert [c["address"] for c in plan.json["changes"]] == ["job.best"]
    plan = sandbox.does("plan", "--json", "--exclude-file", str(globs))
    assert [c["address"] for c in plan.json["changes"]] == ["job.other"]


@pytest.mark.parametrize("dialect", ["deployed"])
def test_init_from_account(sandbox: Sandbox) -> None:
    seeded(sandbox, topic="By hand")
    said = sandbox.does("init", "--from-account").out
    assert said.endswith("\nNothing was sent. Now run `afsync plan`: it has nothing to do until you edit the files.\n")
    assert "by-hand:" in (sandbox.root / "afsync.yaml").read_text()
    assert NO_CHANGES in sandbox.does("plan").out


@pytest.mark.parametrize("dialect", ["deployed"])
def test_a_key_that_was_renamed_without_its_line_in_import(sandbox: Sandbox) -> None:
    made = seeded(sandbox, topic="By hand")
    sandbox.does("init", "--from-account")
    file = sandbox.root / "afsync.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  by-hand:", "  mine:"), "utf-8")
    done = sandbox.call("plan")
    assert done.code == 1 and "its line `job.mine: ID` in `import:`" in done.err
    file.write_text(text.replace("  by-hand:", "  mine:").replace("job.by-hand:", "job.mine:"), "utf-8")
    (change,) = sandbox.does("plan", "--json").json["changes"]
    assert (change["action"], change["address"], change["id"]) == ("move", "job.mine", made)


@pytest.mark.parametrize("dialect", ["deployed"])
@pytest.mark.parametrize("name", ["quickstart", "content-calendar", "season"])
def test_init_with_an_example(sandbox: Sandbox, name: str) -> None:
    sandbox.does("init", "--example", name)
    sandbox.does("validate")
    assert sandbox.call("init", "--example", "quickstrat").code == 1


@pytest.mark.parametrize("path", [key.path for key in below()])
def test_every_key_is_explained(path: str) -> None:
    key = explain(path)
    assert key.meaning and key.type


def test_all_keys_are_listed_with_what_they_mean(sandbox: Sandbox) -> None:
    listed = sandbox.does("explain").out.splitlines()
    assert [line.split()[0] for line in listed] == [key.path for key in below()]
    assert (
        "job.rerun                           Another value than before submits a finished job again, for new credits"
        in listed
    )


@pytest.mark.parametrize("name", ["days", "dates", "hours", "reason"])
def test_what_a_list_holds_is_explained(sandbox: Sandbox, name: str) -> None:
    path = f"policy.blackouts.{name}"
    assert sandbox.does("explain", path).out.startswith(f"{path}\n")
    assert f"\n    {path} " in sandbox.does("explain", "policy.blackouts").out


def test_a_key_is_found_without_its_section(sandbox: Sandbox) -> None:
    assert sandbox.does("explain", "schedule").out == sandbox.does("explain", "job.schedule").out
    assert sandbox.does("explain", "api").out.startswith("api\n")
    done = sandbox.call("explain", "lifecycle.ignore_changes")
    assert done.code == 1
    assert "did you mean `template.lifecycle.ignore_changes` or `job.lifecycle.ignore_changes`?" in done.err


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("300", 100)])
def test_explanations_fit_the_terminal(
    sandbox: Sandbox, columns: str, widest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for path in ("job.publishMode", "policy", "limits.max_deletes"):
        lines = sandbox.does("explain", path).out.splitlines()
        assert max(map(len, lines)) <= widest
    assert max(map(len, lines)) > widest - 20, "what is long is wrapped no earlier"
