"""The order of a plan: one table, the same whatever order files, keys or lists came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.plan.actions import STEPS_OF, SYMBOLS, Action, Reason, Retire, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.planner import make_plan
from afsync.core.records import Deposed
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired, Job, Template
from afsync.core.state import Recorded
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    a_file,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    an_intent,
    desired,
)
from tests.core.worlds import PATIENT

T, J = Kind.TEMPLATE, Kind.JOB

EXPECTED_ORDER = {
    # templates created → jobs cancelled → uploads → jobs submitted → schedules set → approvals → templates deleted
    (T, Action.MOVE): [Step.MOVE],
    (J, Action.MOVE): [Step.MOVE],
    (T, Action.ADOPT): [Step.CREATE_TEMPLATE],
    (T, Action.CREATE): [Step.CREATE_TEMPLATE],
    (T, Action.REPLACE): [Step.CREATE_TEMPLATE, Step.DELETE_TEMPLATE],
    (J, Action.DELETE): [Step.RETIRE_JOB],
    (J, Action.CREATE): [Step.UPLOAD, Step.SUBMIT_JOB, Step.SET_SCHEDULE],
    (J, Action.REPLACE): [Step.RETIRE_JOB, Step.UPLOAD, Step.SUBMIT_JOB, Step.SET_SCHEDULE],
    (J, Action.ADOPT): [Step.SUBMIT_JOB],
    (J, Action.RESCHEDULE): [Step.SET_SCHEDULE],
    (J, Action.APPROVE): [Step.APPROVE],
    (T, Action.DELETE): [Step.DELETE_TEMPLATE],
    (T, Action.FORGET): [Step.FORGET],
    (J, Action.FORGET): [Step.FORGET],
}


def test_order_is_this_table() -> None:
    assert {k: list(v) for k, v in STEPS_OF.items()} == EXPECTED_ORDER


def test_steps_follow_each_other_as_designed() -> None:
    assert [s.name for s in sorted(Step)] == [
        "MOVE",
        "PUBLISH_DUE",
        "CREATE_TEMPLATE",
        "RETIRE_JOB",
        "UPLOAD",
        "SUBMIT_JOB",
        "SET_SCHEDULE",
        "APPROVE",
        "DELETE_TEMPLATE",
        "FORGET",
    ]


@pytest.mark.parametrize(("key", "steps"), STEPS_OF.items(), ids=lambda v: "-".join(map(str, v)))
def test_steps_of_one_change_never_go_back(key: tuple[Kind, Action], steps: tuple[Step, ...]) -> None:
    assert list(steps) == sorted(steps)


def test_every_action_has_a_symbol() -> None:
    assert set(SYMBOLS) == set(Action)
    assert {a: SYMBOLS[a] for a in Action} == {
        Action.CREATE: "+",
        Action.RESCHEDULE: "~",
        Action.REPLACE: "-/+",
        Action.DELETE: "-",
        Action.ADOPT: "<",
        Action.MOVE: "→",
        Action.FORGET: ".",
        Action.APPROVE: "!",
    }
    assert Change("template.weekly", Action.REPLACE, Reason.TEMPLATE_CHANGED).symbol == "+/-"
    assert Change("job.best", Action.REPLACE, Reason.BODY_CHANGED).symbol == "-/+"


# --- the steps a change really goes through, and the requests that takes ---

FILE = a_file()
STEPS: dict[str, tuple[Change, list[Step], int]] = {
    "create": (
        Change("job.best", Action.CREATE, Reason.NEW, after=a_job()),
        [Step.SUBMIT_JOB],
        1,
    ),
    "create, scheduled": (
        Change("job.best", Action.CREATE, Reason.NEW, after=a_job(schedule=AHEAD)),
        [Step.SUBMIT_JOB, Step.SET_SCHEDULE],
        2,
    ),
    "create with a file": (
        Change("job.best", Action.CREATE, Reason.NEW, after=a_job(file=FILE), uploads=True),
        [Step.UPLOAD, Step.SUBMIT_JOB],
        2,
    ),
    "create with a file that is uploaded already": (
        Change("job.best", Action.CREATE, Reason.NEW, after=a_job(file=FILE)),
        [Step.SUBMIT_JOB],
        1,
    ),
    "replace": (
        Change("job.best", Action.REPLACE, Reason.RERUN, after=a_job(schedule=AHEAD), retire=Retire.CANCEL),
        [Step.RETIRE_JOB, Step.SUBMIT_JOB, Step.SET_SCHEDULE],
        3,
    ),
    "replace what waits for approval": (
        Change("job.best", Action.REPLACE, Reason.RERUN, after=a_job(), retire=Retire.LEAVE),
        [Step.RETIRE_JOB, Step.SUBMIT_JOB],
        1,
    ),
    "unschedule": (
        Change("job.best", Action.RESCHEDULE, Reason.SCHEDULE_CHANGED, after=a_job()),
        [Step.SET_SCHEDULE],
        1,
    ),
    "delete": (
        Change("job.best", Action.DELETE, Reason.REMOVED, retire=Retire.UNSCHEDULE),
        [Step.RETIRE_JOB],
        1,
    ),
    "delete what waits for approval": (
        Change("job.best", Action.DELETE, Reason.REMOVED, retire=Retire.LEAVE),
        [Step.RETIRE_JOB],
        0,
    ),
    "adopt a template": (Change("template.t", Action.ADOPT, Reason.SAME_NAME, id="tpl_1"), [Step.CREATE_TEMPLATE], 0),
    "replace a template": (
        Change("template.t", Action.REPLACE, Reason.TEMPLATE_CHANGED),
        [Step.CREATE_TEMPLATE, Step.DELETE_TEMPLATE],
        2,
    ),
    "move": (Change("job.best", Action.MOVE, Reason.RENAMED, after=a_job()), [Step.MOVE], 0),
    "forget": (Change("job.best", Action.FORGET, Reason.FINISHED), [Step.FORGET], 0),
    "approve": (Change("job.best", Action.APPROVE, Reason.REQUESTED), [Step.APPROVE], 1),
}


@pytest.mark.parametrize(("change", "steps", "requests"), STEPS.values(), ids=STEPS)
def test_steps(change: Change, steps: list[Step], requests: int) -> None:
    plan = replace(make_plan(desired(), a_recorded(), a_remote(), NOW), changes=(change,))

    assert list(change.steps) == steps
    assert plan.requests == requests


# --- one plan with everything in it ---

DECLARED: tuple[Template | Job, ...] = (
    a_template("b-edited", name="Edited", tone="calm"),
    a_template("a-new", name="New"),
    a_template("c-adopted", name="Adopted"),
    a_template("d-renamed", name="Renamed"),
    a_template("e-missing", name="Missing"),
    a_job("b-new", topic="b"),
    a_job("a-new", topic="a", file=a_file()),
    a_job("c-edited", topic="c", tone="calm"),
    a_job("d-rescheduled", topic="d", schedule=LATER),
    a_job("e-renamed", topic="e", schedule=LATER),
    a_job("f-again", topic="f", rerun="2"),
    a_job("g-twin", topic="g"),
    a_job("h-same", topic="h"),
    replace(a_job("l-approved", topic="l", platforms=["tiktok"]), approve="job_l"),
)
RECORDED = a_recorded(
    {
        "template.b-edited": a_recorded_template(a_template("x", name="Edited"), id="tpl_b"),
        "template.e-missing": a_recorded_template(a_template("x", name="Missing"), id="tpl_e"),
        "template.x-old": a_recorded_template(a_template("x", name="Renamed"), id="tpl_d"),
        "template.y-removed": a_recorded_template(a_template("x", name="Removed"), id="tpl_y"),
        "template.z-removed-missing": a_recorded_template(a_template("x", name="Gone"), id="tpl_z"),
        "job.c-edited": a_recorded_job(a_job(topic="c"), id="job_c"),
        "job.d-rescheduled": a_recorded_job(a_job(topic="d", schedule=AHEAD), id="job_d"),
        "job.x-old": a_recorded_job(a_job(topic="e", schedule=AHEAD), id="job_e"),
        "job.f-again": a_recorded_job(a_job(topic="f"), id="job_f", status="published"),
        "job.h-same": a_recorded_job(a_job(topic="h"), id="job_h"),
        "job.l-approved": a_recorded_job(
            a_job(topic="l", platforms=["tiktok"]), id="job_l", status="complete", staged=True
        ),
        "job.a-removed": a_recorded_job(a_job(topic="i"), id="job_i"),
        "job.z-removed": a_recorded_job(a_job(topic="j"), id="job_j"),
        "job.k-finished": a_recorded_job(a_job(topic="k"), id="job_k", status="published"),
    },
    deposed=(
        Deposed("tpl_02", "template.b-edited"),
        Deposed("tpl_01", "template.b-edited"),
        Deposed("tpl_00", "template.y-removed"),
    ),
    intents=(an_intent(a_job("lost", topic="lost")),),
)
REMOTE = a_remote(
    *(a_remote_template(f"tpl_{k}", n) for k, n in {"b": "Edited", "d": "Renamed", "y": "Removed"}.items()),
    a_remote_template("tpl_c", "Adopted"),
    *(a_remote_template(f"tpl_0{n}", "Old") for n in range(3)),
    a_remote_job("job_twin", topic="g"),
    *(a_remote_job(f"job_{k}") for k in "cdehij"),
    a_remote_job("job_l", "complete"),
)

IN_ORDER = [
    ("job.e-renamed", Action.MOVE),
    ("template.d-renamed", Action.MOVE),
    ("template.a-new", Action.CREATE),
    ("template.b-edited", Action.REPLACE),
    ("template.c-adopted", Action.ADOPT),
    ("template.e-missing", Action.CREATE),
    ("job.a-removed", Action.DELETE),
    ("job.z-removed", Action.DELETE),
    ("job.a-new", Action.CREATE),
    ("job.b-new", Action.CREATE),
    ("job.c-edited", Action.REPLACE),
    ("job.f-again", Action.CREATE),
    ("job.d-rescheduled", Action.RESCHEDULE),
    ("job.e-renamed", Action.RESCHEDULE),
    ("job.l-approved", Action.APPROVE),
    ("template.b-edited", Action.DELETE),
    ("template.b-edited", Action.DELETE),
    ("template.y-removed", Action.DELETE),
    ("template.y-removed", Action.DELETE),
    ("job.k-finished", Action.FORGET),
    ("template.z-removed-missing", Action.FORGET),
]


def test_by_step_and_then_by_address() -> None:
    plan = make_plan(desired(*DECLARED), RECORDED, REMOTE, NOW)

    assert [(c.address, c.action) for c in plan.changes] == IN_ORDER
    assert [c.id for c in plan.changes if c.action is Action.DELETE and c.kind is T] == [
        "tpl_01",
        "tpl_02",
        "tpl_00",
        "tpl_y",
    ]


def test_everything_the_planner_can_emit_is_in_that_plan_and_in_order() -> None:
    """Jobs are taken over by `import` and by what becomes of lost answers, never by a plan."""
    emitted = {(c.kind, c.action) for c in make_plan(desired(*DECLARED), RECORDED, REMOTE, NOW).changes}

    assert emitted == set(STEPS_OF) - {(J, Action.ADOPT)}


@pytest.mark.parametrize("step", [Step.SUBMIT_JOB, Step.CREATE_TEMPLATE])
def test_what_is_made_is_made_by_address(step: Step) -> None:
    """Whether a file is uploaded first, or something replaced, makes no difference to when it is paid for."""
    made = [c.address for c in make_plan(desired(*DECLARED), RECORDED, REMOTE, NOW).changes if step in c.steps]

    assert made == sorted(made)


V = TypeVar("V")


class Shuffled(Protocol):
    def __call__(self, things: Mapping[str, V]) -> dict[str, V]: ...


@PATIENT
@given(st.data())
def test_the_plan_is_stable_under_any_reordering(data: st.DataObject) -> None:
    def shuffled(things: Mapping[str, V]) -> dict[str, V]:
        return dict(data.draw(st.permutations(list(things.items()))))

    declared, recorded, remote = desired(*DECLARED), RECORDED, REMOTE
    plan = make_plan(declared, recorded, remote, NOW)

    again = make_plan(*_reordered(declared, recorded, remote, shuffled), NOW)

    assert again == plan
    assert again.fingerprint == plan.fingerprint


def _reordered(
    declared: Desired, recorded: Recorded, remote: Remote, shuffled: Shuffled
) -> tuple[Desired, Recorded, Remote]:
    """The order of jobs in the list is a fact of its own, and stays."""
    deposed = shuffled({d.id: d for d in recorded.deposed})
    return (
        replace(declared, templates=shuffled(declared.templates), jobs=shuffled(declared.jobs)),
        replace(recorded, resources=shuffled(recorded.resources), deposed=tuple(deposed.values())),
        replace(remote, templates=shuffled(remote.templates)),
    )
