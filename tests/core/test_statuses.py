"""Every status with a group has a meaning, and `explain` says it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from afsync.commands.explain import command
from afsync.core import remote
from afsync.core.remote import Group, group_of
from afsync.core.statuses import MEANINGS
from tests.builders import NOW


@pytest.mark.parametrize(
    "status", ["passed", "sendback", "intervention", "hard_stop", "operator_review", "ready_to_publish"]
)
def test_on_the_way_nothing_is_sent_to_it(status: str) -> None:
    assert group_of(status, publish_at=None, staged=False, now=NOW) is Group.BUSY


def test_pending_can_be_cancelled() -> None:
    assert group_of("pending", publish_at=None, staged=False, now=NOW) is Group.OPEN


def test_every_known_status_has_a_meaning() -> None:
    assert {*remote._GROUPS, "complete"} == {*MEANINGS}


def test_explain_says_it() -> None:
    assert MEANINGS["sendback"] in CliRunner().invoke(command, ["status.sendback"], standalone_mode=False).output
