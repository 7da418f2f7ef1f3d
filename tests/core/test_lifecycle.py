"""What keeps a change from being made: `ignore_changes` and `prevent_destroy`."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change, Credits, FieldChange
from afsync.core.records import Record, Upload
from afsync.core.resources import Job, Template
from afsync.errors import Problem
from tests.builders import (
    AHEAD,
    LATER,
    a_file,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    planned,
)

# --- ignore_changes ---


@pytest.mark.parametrize(
    "edit",
    [{"tone": "calm"}, {"tone": None}, {"durationMins": 3}, {"schedule": LATER}, {"schedule": None}],
    ids=["changed", "taken out", "added", "rescheduled", "unscheduled"],
)
def test_an_ignored_edit_is_no_difference(edit: dict[str, Any]) -> None:
    job = a_job(**{"schedule": AHEAD, **edit}, ignore_changes=tuple(edit))
    plan = planned(job, recorded={"job.best": a_recorded_job(a_job(schedule=AHEAD))}, remote=a_remote(a_remote_job()))

    assert (plan.changes, plan.notices, plan.withheld) == ((), (), ())


def test_ignoring_the_schedule_ignores_its_drift() -> None:
    job = a_job(schedule=AHEAD, ignore_changes=("schedule",))
    remote = a_remote(a_remote_job(), publish_times={"job_1": LATER})

    assert planned(job, recorded={"job.best": a_recorded_job(job)}, remote=remote).changes == ()


def test_another_edit_still_counts_and_leaves_what_is_ignored_as_it_was() -> None:
    job = a_job(tone="calm", topic="Other", ignore_changes=("tone",))
    record = a_recorded_job()

    (change,) = planned(job, recorded={"job.best": record}, remote=a_remote(a_remote_job())).changes

    assert change.action is Action.REPLACE
    assert change.after == a_job(tone="hype", topic="Other", ignore_changes=("tone",))
    assert [f.path for f in change.fields] == ["topic"]


def test_what_is_ignored_is_sent_the_first_time() -> None:
    job = a_job(ignore_changes=("tone",))

    (change,) = planned(job).changes

    assert change.after == job


def test_rerun_is_not_held_by_what_is_ignored() -> None:
    job = a_job(rerun="2", tone="calm", ignore_changes=("tone",))
    record = a_recorded_job(a_job(), status="published")

    (change,) = planned(job, recorded={"job.best": record}).changes

    assert (change.action, change.reason, change.fields) == (Action.CREATE, Reason.RERUN, ())
    assert change.after == replace(job, values=a_job().values)


def test_an_ignored_file_is_sent_as_it_is_now_since_the_old_one_is_gone() -> None:
    old, new = a_file(sha256="aa" * 32), a_file(sha256="bb" * 32)
    job = a_job(file=new, rerun="2", ignore_changes=("file",))
    recorded = a_recorded(
        {"job.best": a_recorded_job(a_job(file=old), status="published")}, uploads={old.sha256: Upload("file_1", 1000)}
    )

    assert planned(replace(job, rerun=None), recorded=recorded).changes == ()
    (change,) = planned(job, recorded=recorded).changes
    assert change.after == job
    assert change.uploads
    assert change.fields == (FieldChange("file", old.sha256, new.sha256),)


def test_an_ignored_template_that_is_no_longer_declared_holds_the_submission() -> None:
    job = a_job(template="monthly", tone="calm", ignore_changes=("template",))
    recorded = a_recorded_job(a_job(template="weekly"))
    plan = planned(
        job, a_template("monthly", name="M"), recorded={"job.best": recorded}, remote=a_remote(a_remote_job())
    )

    assert [(c.address, c.action) for c in plan.changes] == [("template.monthly", Action.CREATE)]
    assert [(c.address, c.reason) for c in plan.withheld] == [("job.best", Reason.BLOCKED_TEMPLATE)]


def test_an_ignored_edit_of_a_template_is_no_difference() -> None:
    template = a_template(tone="calm", ignore_changes=("tone",))
    plan = planned(template, recorded={"template.weekly": a_recorded_template()}, remote=a_remote(a_remote_template()))

    assert plan.changes == ()


def test_a_replaced_template_keeps_what_is_ignored() -> None:
    template = a_template(tone="calm", name="Other", ignore_changes=("tone",))
    plan = planned(template, recorded={"template.weekly": a_recorded_template()}, remote=a_remote(a_remote_template()))

    assert [c.after for c in plan.changes] == [a_template(name="Other", ignore_changes=("tone",))]


# --- prevent_destroy ---

PROTECTED = {
    # declared, recorded: whether it holds
    "nowhere": (None, False, False),
    "declared": (True, False, True),
    "declared and recorded": (True, True, True),
    "block removed": (None, True, True),
    "explicitly lifted": (False, True, False),
}


@pytest.mark.parametrize(("declared", "recorded", "held"), PROTECTED.values(), ids=PROTECTED)
@pytest.mark.parametrize(
    ("status", "edit", "retire"),
    [
        ("queued", {"tone": "calm"}, Retire.CANCEL),
        ("scheduled", {"rerun": "2"}, Retire.CANCEL),
        ("complete", {"rerun": "2"}, Retire.UNSCHEDULE),
    ],
    ids=["body", "rerun while open", "rerun when produced"],
)
def test_replacing_a_job(
    declared: bool | None, recorded: bool, held: bool, status: str, edit: dict[str, Any], retire: Retire
) -> None:
    job = a_job(schedule=AHEAD, prevent_destroy=declared, **edit)
    record = a_recorded_job(a_job(schedule=AHEAD), status=status, prevent_destroy=recorded)

    plan = planned(job, recorded={"job.best": record}, remote=a_remote(a_remote_job(status=status)))

    replacements = plan.withheld if held else plan.changes
    assert [(c.action, c.retire) for c in replacements] == [(Action.REPLACE, retire)]
    assert [v.code for v in plan.violations] == (["prevent_destroy"] if held else [])
    assert len(plan.changes) + len(plan.withheld) == 1


@pytest.mark.parametrize(("declared", "recorded", "held"), PROTECTED.values(), ids=PROTECTED)
def test_replacing_a_template(declared: bool | None, recorded: bool, held: bool) -> None:
    plan = planned(
        a_template(tone="calm", prevent_destroy=declared),
        recorded={"template.weekly": a_recorded_template(prevent_destroy=recorded)},
        remote=a_remote(a_remote_template()),
    )

    assert [c.action for c in (plan.withheld if held else plan.changes)] == [Action.REPLACE]
    assert len(plan.changes) + len(plan.withheld) == 1


@pytest.mark.parametrize(("status", "retire"), [("queued", Retire.CANCEL), ("complete", Retire.LEAVE)])
def test_removing_the_whole_block_of_a_protected_job_does_not_lift_it(status: str, retire: Retire) -> None:
    record = a_recorded_job(status=status, prevent_destroy=True, staged=True)

    plan = planned(recorded={"job.best": record}, remote=a_remote(a_remote_job(status=status)))

    assert plan.changes == ()
    assert plan.withheld == (
        Change(
            "job.best",
            Action.DELETE,
            Reason.PREVENT_DESTROY,
            before=record,
            id="job_1",
            credits=Credits(0, 1),
            retire=retire,
        ),
    )
    assert plan.violations == (
        Problem(
            "prevent_destroy",
            "job.best would be taken out, and `lifecycle.prevent_destroy` forbids it",
            "set `prevent_destroy: false` on it and apply again, if that is meant",
            address="job.best",
        ),
    )


def test_removing_the_whole_block_of_a_protected_template_does_not_lift_it() -> None:
    record = a_recorded_template(prevent_destroy=True)

    plan = planned(recorded={"template.weekly": record}, remote=a_remote(a_remote_template()))

    assert plan.changes == ()
    assert plan.withheld == (
        Change("template.weekly", Action.DELETE, Reason.PREVENT_DESTROY, before=record, id="tpl_1"),
    )


@pytest.mark.parametrize("status", ["published", "complete", "failed", "cancelled"])
def test_forgetting_destroys_nothing(status: str) -> None:
    record = a_recorded_job(status=status, prevent_destroy=True)

    assert [c.action for c in planned(recorded={"job.best": record}).changes] == [Action.FORGET]


def test_a_reschedule_destroys_nothing() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), prevent_destroy=True)
    job = a_job(schedule=LATER, prevent_destroy=True)

    plan = planned(job, recorded={"job.best": record}, remote=a_remote(a_remote_job()))

    assert [c.action for c in plan.changes] == [Action.RESCHEDULE]


@pytest.mark.parametrize("declared", [a_job(prevent_destroy=True), a_template(prevent_destroy=True)])
def test_protection_that_is_newly_declared_is_recorded(declared: Job | Template) -> None:
    records: dict[str, Record] = {"job.best": a_recorded_job(), "template.weekly": a_recorded_template()}
    remote = a_remote(a_remote_job(), a_remote_template())
    both: dict[str, Job | Template] = {"job.best": a_job(), "template.weekly": a_template()}
    both[declared.address] = declared

    plan = planned(*both.values(), recorded=records, remote=remote)

    assert plan.changes == ()
    assert plan.refreshed == {declared.address: replace(records[declared.address], prevent_destroy=True)}


def test_protection_is_not_part_of_a_fingerprint() -> None:
    assert fingerprint(Kind.JOB, a_job(prevent_destroy=True).values) == fingerprint(Kind.JOB, a_job().values)
