"""`export`, then `plan`: no changes, and nothing sent that writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import NO_CHANGES, Sandbox, lines
from tests.takeover.account import make_jobs, make_templates

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
