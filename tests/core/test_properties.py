"""What holds of every plan, whatever the files, the state and the account say."""

from __future__ import annotations

from hypothesis import given

from afsync.core.limits import check_plan
from afsync.core.lookups import lookups
from afsync.core.plan import ORDER, Action, Change, Reason, Step
from afsync.core.recorded import RecordedJob
from afsync.core.recovery import settle
from afsync.core.remote import Group, group_of
from afsync.core.resources import Kind, Limits
from tests.builders import NOW
from tests.core.worlds import World, applied, strange_worlds, worlds


@given(worlds())
def test_after_an_apply_there_is_nothing_left_to_do(world: World) -> None:
    assert applied(world).plan.changes == ()


@given(worlds())
def test_what_is_withheld_stays_withheld_until_a_person_decides(world: World) -> None:
    before, after = world.plan, applied(world).plan

    assert {c.address for c in after.withheld} <= {c.address for c in before.withheld} | {
        c.address for c in before.changes
    }


@given(strange_worlds())
def test_nothing_makes_planning_fail(world: World) -> None:
    plan = world.plan

    check_plan(plan, Limits(0, 0, 0), recorded=len(world.recorded.resources))
    lookups(world.desired, world.recorded, NOW)
    assert plan == world.plan
    assert plan.fingerprint == world.plan.fingerprint
    assert plan.requests >= 0
    assert all((c.kind, c.action) in ORDER for c in plan.changes)


def status_of(record: RecordedJob, world: World) -> str:
    seen = world.remote.jobs.get(record.id)
    return seen.status if seen else record.status


def touches(change: Change, record: RecordedJob) -> bool:
    return change.id == record.id or (change.before is not None and change.before.id == record.id)


@given(worlds())
def test_a_busy_job_never_gets_anything_sent(world: World) -> None:
    for record in settle(world.recorded, world.plan.resolutions).jobs.values():
        group = group_of(status_of(record, world), publish_at=None, staged=False, now=NOW)
        if group is Group.BUSY and record.id not in world.remote.missing:
            assert {c.action for c in world.plan.changes if touches(c, record)} <= {Action.MOVE}


@given(worlds())
def test_nothing_is_done_where_an_intent_is_open(world: World) -> None:
    plan = world.plan
    still_open = {i.address for i in settle(world.recorded, plan.resolutions).intents}

    assert still_open.isdisjoint({c.address for c in (*plan.changes, *plan.withheld)})
    assert still_open.isdisjoint({c.moved_from for c in plan.changes})
    assert still_open == {v.address for v in plan.violations if v.code == Reason.UNRESOLVED}


@given(worlds())
def test_recorded_work_is_only_paid_for_again_when_somebody_asked(world: World) -> None:
    for change in world.plan.changes:
        if change.credits.spend == 0:
            continue
        assert change.kind is Kind.JOB
        if change.before is None:
            assert change.reason is Reason.NEW
            continue
        assert change.reason in (Reason.BODY_CHANGED, Reason.RERUN, Reason.REQUESTED)
        assert isinstance(change.before, RecordedJob)
        if change.reason is Reason.BODY_CHANGED:
            status = status_of(change.before, world)
            assert group_of(status, publish_at=None, staged=False, now=NOW) is Group.OPEN


@given(worlds())
def test_money_is_spent_where_jobs_are_submitted_and_nowhere_else(world: World) -> None:
    for change in world.plan.changes:
        assert (change.credits.spend > 0) is (Step.SUBMIT_JOB in change.steps)


@given(worlds())
def test_at_most_one_submission_for_an_address(world: World) -> None:
    submitted = [c.address for c in world.plan.changes if Step.SUBMIT_JOB in c.steps]

    assert len(set(submitted)) == len(submitted)
    assert set(submitted) <= set(world.desired.jobs)


@given(worlds())
def test_every_withheld_change_has_a_violation_that_explains_it(world: World) -> None:
    plan = world.plan

    assert {(c.address, c.reason.value) for c in plan.withheld} == {
        (v.address, v.code) for v in plan.violations if v.code != Reason.UNRESOLVED
    }
    assert all(v.hint for v in plan.violations)


@given(worlds())
def test_nothing_is_deleted_or_forgotten_that_is_declared(world: World) -> None:
    for change in world.plan.changes:
        if change.action in (Action.DELETE, Action.FORGET) and change.before is not None:
            assert change.address in world.recorded.resources or world.recorded.intents
            assert world.options.destroy or world.desired.get(change.address) is None


@given(worlds())
def test_a_protected_resource_is_never_destroyed(world: World) -> None:
    for change in world.plan.changes:
        if change.action in (Action.DELETE, Action.REPLACE) and change.before is not None:
            declared = None if world.options.destroy else world.desired.get(change.address)
            lifted = declared is not None and declared.prevent_destroy is False
            required = declared is not None and declared.prevent_destroy is True
            assert lifted or not (required or change.before.prevent_destroy)
