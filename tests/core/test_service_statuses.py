"""Every status with a group has a meaning, and `explain` says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from afsync.commands.explain import command
from afsync.core.calendar import EntryState
from afsync.core.job_status import JobPhase
from afsync.core.service_statuses import _GROUPS, AFSYNC_STATUSES, MEANINGS, Group, group_of

PAGE = (Path(__file__).parents[2] / "docs/service.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("status", MEANINGS)
def test_every_status_is_on_the_page_about_the_service(status: str) -> None:
    start = PAGE.index("\nStatuses: ")
    assert f"`{status}`" in PAGE[start : PAGE.index("\n\n", start + 1)]


@pytest.mark.parametrize(
    "status", ["passed", "sendback", "intervention", "hard_stop", "operator_review", "ready_to_publish"]
)
def test_on_the_way_nothing_is_sent_to_it(status: str) -> None:
    assert group_of(status) is Group.BUSY


def test_pending_can_be_cancelled() -> None:
    assert group_of("pending") is Group.OPEN


def test_every_known_status_has_a_meaning() -> None:
    assert {*_GROUPS, "complete"} == {*MEANINGS}


@pytest.mark.parametrize("phase", sorted({*JobPhase, *EntryState}))
def test_every_word_of_status_and_of_the_calendar_has_a_meaning(phase: str) -> None:
    shown = CliRunner().invoke(command, [f"status.{phase}"], standalone_mode=False).output
    assert " ".join({**MEANINGS, **AFSYNC_STATUSES}[phase].split()) in " ".join(shown.split())


def test_explain_says_it() -> None:
    assert MEANINGS["sendback"] in CliRunner().invoke(command, ["status.sendback"], standalone_mode=False).output
