"""A template that the service reports in an unknown form stays as it is, and stops nothing else."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from afsync.core.decisions.notices import everything_matches
from afsync.core.drift import find_drift
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.plan import Plan
from afsync.core.records import Deposed, Record
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import Absent, Ask
from afsync.core.remote_account import RemoteTemplate
from afsync.core.resources import Job, Template
from afsync.errors import Severity
from afsync.output.drift import drift_markdown, drift_text
from tests.builders import (
    BEFORE,
    NOW,
    a_job,
    a_recorded,
    a_recorded_template,
    a_remote,
    a_remote_template,
    a_template,
    an_intent,
    planned,
)

ODD = replace(a_remote_template(), unreadable="`job_spec` is 3")
NAMELESS = RemoteTemplate("?abc", "", unreadable="a row of an unknown form: null")
RECORDED: dict[str, Record] = {"template.weekly": a_recorded_template()}


def plan_of(*declared: Template | Job, odd: RemoteTemplate = ODD, recorded: dict[str, Record] | None = None) -> Plan:
    return planned(*declared, recorded=recorded or {}, remote=a_remote(odd))


def test_a_recorded_one_is_neither_replaced_nor_deleted_and_a_job_beside_it_is_submitted() -> None:
    for declared in ((a_template(tone="calm"),), ()):
        plan = plan_of(*declared, a_job(), recorded=RECORDED)
        assert [c.address for c in plan.changes] == ["job.best"]
        assert [(c.address, c.reason) for c in plan.withheld] == [("template.weekly", Reason.NOT_KNOWN)]
        assert [v.code for v in plan.violations] == ["not_known"]


def test_an_unchanged_one_is_only_warned_of() -> None:
    plan = plan_of(a_template(), recorded=RECORDED)
    assert (plan.changes, plan.withheld) == ((), ())
    assert [(n.severity, n.code, n.address) for n in plan.notices] == [
        (Severity.WARNING, "not_known", "template.weekly"),
    ]
    assert not everything_matches(plan), "it was not read"
    (unread,) = find_drift(a_recorded(RECORDED), a_remote(ODD), NOW, UTC)
    assert (unread.severity, unread.message) == (
        Severity.NOTE,
        "template.weekly (tpl_1) could not be read: `job_spec` is 3",
    )
    for told in (drift_text([unread]), drift_markdown([unread])):
        assert "No drift seen, but not everything could be read." in told


def test_one_of_the_same_name_holds_the_declared_one_back_and_a_nameless_one_does_not() -> None:
    assert [(c.action, c.reason) for c in plan_of(a_template()).withheld] == [(Action.CREATE, Reason.NOT_KNOWN)]
    free = plan_of(a_template(), odd=NAMELESS)
    assert [c.action for c in free.changes] == [Action.CREATE]
    assert "?abc" in free.notices[0].message


def test_an_old_one_that_is_still_to_be_deleted_stays() -> None:
    recorded = a_recorded(deposed=(Deposed("tpl_1", "template.weekly"),))
    assert planned(recorded=recorded, remote=a_remote(ODD)).changes == ()


@pytest.mark.parametrize("odd", [replace(ODD, created_at=BEFORE), NAMELESS])
def test_it_keeps_a_lost_creation_from_being_absent(odd: RemoteTemplate) -> None:
    intent = an_intent(a_template(), cost=0, known=())
    state = a_recorded(intents=(intent,))
    for there, kind in (((odd,), Ask), ((), Absent)):
        (found,) = resolve(state, a_remote(*there), NOW + timedelta(hours=1), quarantine=600, exclusive=False)
        assert type(found) is kind
