"""States that are older than the account: an old clone, a restored one, and one that lost its last writes."""

from __future__ import annotations

import shutil

import pytest

from tests.dialects import DIALECTS
from tests.harness import Sandbox

JOB = "  {key}: {{url: 'https://clips.twitch.tv/{key}'}}\n"


pytestmark = pytest.mark.parametrize("dialect", DIALECTS)


def declare(sandbox: Sandbox, *keys: str, head: str = "") -> None:
    sandbox.write(head + "jobs:\n" + "".join(JOB.format(key=key) for key in keys))


def grown_old(sandbox: Sandbox, how: str) -> None:
    """A state that knows job.one, in an account where job.two was submitted as well."""
    declare(sandbox, "one")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    shutil.copytree(sandbox.root / ".afsync", sandbox.root / "old")
    serial = sandbox.state["serial"]
    if how != "last writes lost":
        sandbox.pass_time(minutes=1)
    declare(sandbox, "one", "two")
    sandbox.does("apply", "--auto-approve")
    if how == "restored":
        sandbox.does("state", "restore", str(serial), "--force")
    else:
        shutil.rmtree(sandbox.root / ".afsync")
        shutil.copytree(sandbox.root / "old", sandbox.root / ".afsync")
    assert sandbox.ids().keys() == {"job.one"}


@pytest.mark.parametrize("how", ["old clone", "restored", "last writes lost"])
def test_pays_for_nothing_again(sandbox: Sandbox, how: str) -> None:
    grown_old(sandbox, how)

    with sandbox.watched() as sent:
        refused = sandbox.does("apply", "--auto-approve", code=4)
    assert "this state is older than the account" in refused.text and "afsync import --none" in refused.text
    assert not sent

    sandbox.does("import", "--none")
    sandbox.does("apply", "--auto-approve")
    assert sandbox.ids().keys() == {"job.one", "job.two"}
    declare(sandbox, "one", "two", "three")
    sandbox.does("apply", "--auto-approve")


def test_where_others_submit_too_it_is_a_warning(sandbox: Sandbox) -> None:
    grown_old(sandbox, "old clone")
    declare(sandbox, "one", "other", head="api: {exclusive: false}\n")

    assert "not known" in sandbox.does("apply", "--auto-approve").text
