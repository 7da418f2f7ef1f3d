"""The state deleted after an apply: the plan explains, `import --match` brings back what the dialect lets it."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.harness import Sandbox

JOBS = 50


def declare(sandbox: Sandbox, *, scheduled: int, template: bool = True) -> None:
    lines = ["templates:", "  weekly: {name: Weekly, tone: hype, platforms: [tiktok]}", "jobs:"]
    for n in range(JOBS):
        made_from = "template: weekly, " if template and n % 2 == 0 else ""
        when = f", schedule: 2031-0{1 + n // 28}-{1 + n % 28:02} 09:00" if n < scheduled else ""
        lines.append(f"  j{n}: {{{made_from}url: 'https://clips.twitch.tv/{n}', topic: Topic {n}{when}}}")
    sandbox.write("\n".join(lines) + "\n")


@pytest.mark.parametrize("scheduled", [50, 30, 0])
def test_a_deleted_state(sandbox: Sandbox, dialect: str, scheduled: int, record_property: Any) -> None:
    declare(sandbox, scheduled=scheduled)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    before, balance = sandbox.ids(), sandbox.balance
    shutil.rmtree(sandbox.root / ".afsync")

    lost = sandbox.call("plan")
    assert lost.code == 7 and "if it is lost: `afsync init`, then `afsync import --match`" in lost.err
    assert "`afsync import --match` first" in sandbox.does("init").out
    plan = sandbox.call("plan")
    assert "import" in plan.out
    refused = sandbox.call("apply", "--auto-approve")
    assert refused.code == 4 and sandbox.balance == balance

    with sandbox.watched() as sent:
        found = sandbox.does("import", "--match", "--auto-approve", "--json").json["matches"]
    assert not sent
    after = sandbox.ids()
    assert all(before[address] == resource_id for address, resource_id in after.items())
    jobs = sum(a.startswith("job.") for a in after)
    assert jobs == (JOBS if dialect == "deployed" else scheduled)
    again = sandbox.call("apply", "--auto-approve")
    assert sandbox.balance == balance, again.text
    doubtful = sum(m["id"] is None for m in found)
    record_property(
        "figure",
        f"lost state of {JOBS} jobs, {scheduled} scheduled ({dialect}): import --match restored {jobs} and the "
        f"template, {doubtful} left to a person, 0 submitted anew",
    )


def test_saying_that_nothing_is_ours(sandbox: Sandbox) -> None:
    declare(sandbox, scheduled=2)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "job.j0")
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")
    assert sandbox.call("apply", "--auto-approve", "--target", "job.j0").code == 4

    sandbox.does("import", "--none")
    sandbox.does("apply", "--auto-approve", "--target", "job.j0")
    assert "job.j0" in sandbox.ids()


def test_nobody_is_there_to_answer(sandbox: Sandbox) -> None:
    """What there is to answer is shown all the same."""
    declare(sandbox, scheduled=2)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "job.j1")
    (made,) = sandbox.ids().values()
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")
    done = sandbox.does("import", "--match", code=1)
    assert f"Certain:\n  < job.j1 is {made}: " in done.out
    assert "Nothing in the account looks like:\n" in done.out
    assert "add --auto-approve" in done.err
    assert sandbox.ids() == {}


def test_nobody_is_asked_where_nothing_is_certain(sandbox: Sandbox) -> None:
    sandbox.write("")
    sandbox.does("init")
    assert sandbox.does("import", "--match").out == "Everything that is declared is recorded.\n"
