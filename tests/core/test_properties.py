"""What holds of every plan, whatever the files, the state and the account say."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.decisions.jobs import settled_jobs
from afsync.core.plan.actions import STEPS_OF, Action, Reason, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts, Options
from afsync.core.plan.limits import check_plan
from afsync.core.plan.lookups import lookups
from afsync.core.plan.plan import Plan
from afsync.core.records import Finding, Publish, RecordedJob
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.resources import EMPTY, Limits
from afsync.core.service_statuses import Group, group_of
from tests.builders import AHEAD, LATER, NOW, a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, at, desired
from tests.core.worlds import PATIENT, World, applied, strange_worlds, worlds


@PATIENT
@given(worlds())
def test_after_an_apply_there_is_nothing_left_to_do(world: World) -> None:
    before, after = world.plan, applied(world).plan

    assert after.changes == ()
    assert {c.address for c in after.withheld} <= {c.address for c in (*before.withheld, *before.changes)}


@PATIENT
@given(strange_worlds())
def test_nothing_makes_planning_fail(world: World) -> None:
    plan = world.plan

    check_plan(plan, Limits(0, 0, 0), recorded=len(world.recorded.resources))
    lookups(world.desired, world.recorded, NOW)
    assert plan == world.plan
    assert plan.fingerprint == world.plan.fingerprint
    assert plan.requests >= 0
    assert all((c.kind, c.action) in STEPS_OF for c in plan.changes)
    _holds(world, plan)


@PATIENT
@given(worlds())
def test_what_holds_of_every_plan(world: World) -> None:
    _holds(world, world.plan)


EDITS: list[dict[str, Any]] = [
    *({}, {"approve": "job_1"}, {"approve": "job_2"}, {"ignore_changes": ("schedule",)}, {"rerun": "2"}),
    *({"schedule": None}, {"schedule": at(AHEAD)}, {"schedule": at(LATER)}, {"prevent_destroy": True}),
    *({"schedule": at(AHEAD, "in other words")}, {"held": True, "publish_declared": True}, {"values": EMPTY}),
]
RECORDS: list[dict[str, Any]] = [
    *({}, {"publish": Publish.HELD}, {"publish": Publish.UNKNOWN}, {"status": "complete"}, {"status": "failed"}),
    *({"approved_at": NOW, "approved": True}, {"publish_finding": Finding.LOST}, {"schedule": None}),
]


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_passing_over_what_is_settled_decides_nothing_otherwise(edit: dict[str, Any]) -> None:
    job = a_job("show", schedule=at(AHEAD), topic="a")
    declared = desired(replace(job, **edit))
    for change in RECORDS:
        record = replace(a_recorded_job(job, id="job_1", status="published"), **change)
        for seen in ((), (a_remote_job("job_1", "complete"),), (a_remote_job("job_1", "published"),)):
            for options in (Options(), Options(replace=frozenset({job.address}))):
                world = World(declared, a_recorded({job.address: record}), a_remote(*seen), options)
                with mock.patch("afsync.core.plan.planner.settled_jobs", return_value=frozenset()):
                    looked_at = world.plan
                assert world.plan == looked_at, (change, seen, options)


def test_a_published_job_as_it_was_submitted_is_settled() -> None:
    job = a_job("show", schedule=at(AHEAD), topic="a")
    record = a_recorded_job(job, id="job_1", status="published")
    facts = Facts(desired(job), a_recorded({job.address: record}), a_remote(), NOW)
    assert settled_jobs(facts) == {job.address}


def test_open_values_are_the_recorded_ones_only_where_they_are_written_alike() -> None:
    """`true` and `1` are equal in Python, and different requests."""
    job = a_job("show", addOns={"shoppable": {"active": True}})
    record = a_recorded_job(job, id="job_1", status="published")
    recorded = a_recorded({job.address: record})
    assert recorded.unedited(desired(job).jobs) == {job.address}
    edited = replace(job, values={**job.values, "addOns": {"shoppable": {"active": 1}}})
    assert recorded.unedited(desired(edited).jobs) == frozenset(), "what is kept is of the jobs that were asked about"
    assert recorded.unedited(desired(job).jobs) == {job.address}


def _holds(world: World, plan: Plan) -> None:
    a_busy_job_never_gets_anything_sent(world, plan)
    nothing_is_done_where_an_intent_is_open(world, plan)
    recorded_work_is_only_paid_for_again_when_somebody_asked(world, plan)
    money_is_spent_where_jobs_are_submitted_and_nowhere_else(plan)
    an_address_is_submitted_once_and_only_if_declared(world, plan)
    every_withheld_change_has_a_violation_that_explains_it(plan)
    nothing_declared_is_deleted_or_forgotten(world, plan)
    nothing_protected_is_destroyed(world, plan)


def a_busy_job_never_gets_anything_sent(world: World, plan: Plan) -> None:
    for record in apply_resolutions(world.recorded, plan.resolutions).jobs.values():
        group = group_of(_status(record, world))
        if group is Group.BUSY and record.id not in world.remote.missing:
            assert {c.action for c in plan.changes if _touches(c, record)} <= {Action.MOVE}


def nothing_is_done_where_an_intent_is_open(world: World, plan: Plan) -> None:
    still_open = {i.address for i in apply_resolutions(world.recorded, plan.resolutions).intents}

    assert still_open.isdisjoint({c.address for c in (*plan.changes, *plan.withheld)})
    assert still_open.isdisjoint({c.moved_from for c in plan.changes})
    assert still_open == {v.address for v in plan.violations if v.code == Reason.UNRESOLVED}


def recorded_work_is_only_paid_for_again_when_somebody_asked(world: World, plan: Plan) -> None:
    for change in plan.changes:
        if change.credits.spend == 0:
            continue
        assert change.kind is Kind.JOB
        if change.before is None:
            assert change.reason is Reason.NEW
            continue
        assert change.reason in (Reason.BODY_CHANGED, Reason.RERUN, Reason.REQUESTED)
        assert isinstance(change.before, RecordedJob)
        if change.reason is Reason.BODY_CHANGED:
            status = _status(change.before, world)
            assert group_of(status) is Group.OPEN


def money_is_spent_where_jobs_are_submitted_and_nowhere_else(plan: Plan) -> None:
    for change in plan.changes:
        assert (change.credits.spend > 0) is (Step.SUBMIT_JOB in change.steps)


def an_address_is_submitted_once_and_only_if_declared(world: World, plan: Plan) -> None:
    submitted = [c.address for c in plan.changes if Step.SUBMIT_JOB in c.steps]

    assert len(set(submitted)) == len(submitted)
    assert set(submitted) <= set(world.desired.jobs)


def every_withheld_change_has_a_violation_that_explains_it(plan: Plan) -> None:
    assert {(c.address, c.reason.value) for c in plan.withheld} == {
        (v.address, v.code) for v in plan.violations if v.code != Reason.UNRESOLVED
    }
    assert all(v.hint for v in plan.violations)


def nothing_declared_is_deleted_or_forgotten(world: World, plan: Plan) -> None:
    for change in plan.changes:
        if change.action in (Action.DELETE, Action.FORGET) and change.before is not None:
            assert world.options.destroy or world.desired.get(change.address) is None


def nothing_protected_is_destroyed(world: World, plan: Plan) -> None:
    for change in plan.changes:
        if change.action in (Action.DELETE, Action.REPLACE) and change.before is not None:
            declared = None if world.options.destroy else world.desired.get(change.address)
            said = declared.prevent_destroy if declared else None
            assert said is False or not (said or change.before.prevent_destroy)


def _status(record: RecordedJob, world: World) -> str:
    seen = world.remote.jobs.get(record.id)
    return seen.status if seen else record.status


def _touches(change: Change, record: RecordedJob) -> bool:
    return change.id == record.id or (change.before is not None and change.before.id == record.id)
