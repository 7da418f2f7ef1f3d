"""`--target` and `--exclude`: a part of a plan, with the templates it needs, and never without saying so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.addresses import Kind, matches
from afsync.core.decisions.notices import everything_matches
from afsync.core.plan.actions import Action, Step
from afsync.core.plan.plan import Plan
from afsync.core.resources import Job, Template
from afsync.errors import Severity
from afsync.output.plan_text import NOTHING_SEEN, nothing_line
from tests.builders import (
    LATER,
    TOPIC,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    ago,
    an_intent,
    planned,
)
from tests.core.worlds import PATIENT, World, worlds

GLOBS = {
    ("job.best", "job.best"): True,
    ("job.best", "job.*"): True,
    ("job.best", "*"): True,
    ("job.best", "*.best"): True,
    ("job.best", "job.b?st"): True,
    ("job.best", "best"): False,
    ("job.best", "job.BEST"): False,
    ("job.best", "job"): False,
    ("job.best-2", "job.best"): False,
    ('job.show["2026-12-07"]', 'job.show["2026-12-07"]'): True,
    ('job.show["2026-12-07"]', 'job.show["*"]'): True,
    ('job.show["2026-12-07"]', "job.show*"): True,
    ('job.show["2026-12-07"]', "job.show"): False,
    ("job.a", "job.[ab]"): False,
}


@pytest.mark.parametrize(("pair", "expected"), GLOBS.items(), ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_glob(pair: tuple[str, str], expected: bool) -> None:
    address, glob = pair
    assert matches(address, ("nothing", glob)) is expected


def test_no_globs_match_nothing() -> None:
    assert not matches("job.best", ())


DECLARED: tuple[Template | Job, ...] = (
    a_template("plain", name="Plain"),
    a_template("weekly"),
    a_job("a", template="weekly", topic="a", url="https://clips.twitch.tv/a"),
    a_job("b", topic="b", url="https://clips.twitch.tv/b"),
    a_job("c", topic="c", schedule=LATER),
)
RECORDED = {"job.c": a_recorded_job(a_job(topic="c", schedule=LATER + timedelta(days=1)))}


def chosen(*, target: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Plan:
    return planned(*DECLARED, recorded=RECORDED, remote=a_remote(a_remote_job()), target=target, exclude=exclude)


ALL = ["template.plain", "template.weekly", "job.a", "job.b", "job.c"]
SELECTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[str]]] = {
    "nothing selected is everything": ((), (), ALL),
    "one": (("job.b",), (), ["job.b"]),
    "one, with the template it is made from": (("job.a",), (), ["template.weekly", "job.a"]),
    "several": (("job.b", "job.c"), (), ["job.b", "job.c"]),
    "jobs, with their templates": (("job.*",), (), ["template.weekly", "job.a", "job.b", "job.c"]),
    "a template brings no job": (("template.*",), (), ["template.plain", "template.weekly"]),
    "all but one": ((), ("job.b",), ["template.plain", "template.weekly", "job.a", "job.c"]),
    "exclude wins": (("job.*",), ("job.a",), ["job.b", "job.c"]),
    "nothing left": (("job.b",), ("job.b",), []),
    "no match": (("job.zzz",), (), []),
}


@pytest.mark.parametrize(("target", "exclude", "addresses"), SELECTIONS.values(), ids=SELECTIONS)
def test_selected(target: tuple[str, ...], exclude: tuple[str, ...], addresses: list[str]) -> None:
    assert [c.address for c in chosen(target=target, exclude=exclude).changes] == addresses


def test_a_part_says_that_it_is_one() -> None:
    plan = chosen(target=("job.a",))

    assert [(n.severity, n.code, n.address) for n in plan.notices] == [
        (Severity.WARNING, "partial", None),
        (Severity.NOTE, "dependency", "template.weekly"),
    ]
    assert plan.notices[0].message == "this plan is partial: 3 other changes left out by the selection"
    assert plan.notices[1].message == "template.weekly comes along: a selected job is made from it"
    assert chosen().notices == ()


def test_a_part_says_how_much_is_left_out() -> None:
    assert chosen(exclude=("job.a",)).notices[0].message == (
        "this plan is partial: 1 other change left out by the selection"
    )


def test_a_part_that_is_all_there_is_needs_no_word() -> None:
    assert chosen(target=("*",)).notices == ()


def test_what_is_excluded_and_needed_comes_along_with_a_word_about_it() -> None:
    plan = chosen(exclude=("template.weekly",))

    assert "template.weekly" in [c.address for c in plan.changes]
    (note,) = (n for n in plan.notices if n.code == "dependency")
    assert note.message == "template.weekly comes along, although it is excluded: a selected job is made from it"
    assert note.hint == "exclude the job as well, if the template is to stay as it is"


def test_what_is_declared_is_counted_whole() -> None:
    """A part with nothing in it is not the same as nothing declared."""
    assert chosen(target=("job.zzz",)).declared == len(DECLARED)


@pytest.mark.parametrize("action", [Action.CREATE, Action.REPLACE, Action.ADOPT, Action.MOVE])
def test_whatever_a_submission_needs_done_to_its_template_comes_along(action: Action) -> None:
    recorded, remote = {
        Action.CREATE: (a_recorded(), a_remote()),
        Action.REPLACE: (
            a_recorded({"template.weekly": a_recorded_template(a_template(tone="calm"))}),
            a_remote(a_remote_template()),
        ),
        Action.ADOPT: (a_recorded(), a_remote(a_remote_template())),
        Action.MOVE: (a_recorded({"template.old": a_recorded_template()}), a_remote(a_remote_template())),
    }[action]

    plan = planned(a_template(), a_job(template="weekly"), recorded=recorded, remote=remote, target=("job.best",))

    assert [(c.address, c.action) for c in plan.changes] == [("template.weekly", action), ("job.best", Action.CREATE)]


def test_what_needs_no_submission_needs_no_template() -> None:
    job = a_job(template="weekly", schedule=LATER)
    plan = planned(
        a_template(tone="calm"),
        job,
        recorded={
            "template.weekly": a_recorded_template(),
            "job.best": a_recorded_job(a_job(template="weekly")),
        },
        remote=a_remote(a_remote_template(), a_remote_job()),
        target=("job.best",),
    )

    assert [c.action for c in plan.changes] == [Action.RESCHEDULE]


# --- moves have two names ---

MOVES: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "by its new address": (("job.new",), (), True),
    "by its old address": (("job.old",), (), True),
    "not by another": (("job.other",), (), False),
    "left out by its new address": ((), ("job.new",), False),
    "left out by its old address": ((), ("job.old",), False),
    "one name chosen, the other left out": (("job.old",), ("job.new",), False),
}


@pytest.mark.parametrize(("target", "exclude", "included"), MOVES.values(), ids=MOVES)
def test_a_move_and_what_follows_it_stay_together(
    target: tuple[str, ...], exclude: tuple[str, ...], included: bool
) -> None:
    plan = planned(
        a_job("new", schedule=LATER),
        recorded={"job.old": a_recorded_job(a_job("old"))},
        remote=a_remote(a_remote_job()),
        target=target,
        exclude=exclude,
    )

    assert [c.action for c in plan.changes] == ([Action.MOVE, Action.RESCHEDULE] if included else [])


# --- any selection of any plan ---

SOME = st.lists(st.sampled_from(["job.*", "template.*", "job.j1", "job.j2", "template.t1", "*"]), max_size=2).map(tuple)


@PATIENT
@given(worlds(), SOME, SOME)
def test_a_part_is_a_part_of_the_whole(world: World, target: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    whole = world.plan
    part = replace(world, options=replace(world.options, target=target, exclude=exclude)).plan

    assert [c for c in whole.changes if c in part.changes] == list(part.changes)
    assert [c for c in whole.withheld if c in part.withheld] == list(part.withheld)
    made = {c.address for c in whole.changes if c.kind is Kind.TEMPLATE and Step.CREATE_TEMPLATE in c.steps}
    needed = {c.after.template for c in part.changes if isinstance(c.after, Job) and Step.SUBMIT_JOB in c.steps}
    assert made & needed <= {c.address for c in part.changes}


# --- what else a plan says ---


def test_only_what_is_selected_is_withheld_warned_of_or_violated() -> None:
    declared = (
        a_job("twin"),
        a_job("failed", topic="f"),
        a_job("past", topic="p", schedule=ago(days=1)),
        a_job("lost"),
    )
    recorded = a_recorded(
        {"job.failed": a_recorded_job(a_job(topic="f"), status="failed")},
        intents=(an_intent(a_job("lost", topic="lost"), when=ago(minutes=1)),),
    )
    remote = a_remote(a_remote_job("job_9", topic=TOPIC))

    def said(plan: Plan) -> tuple[list[str], list[str | None], list[str | None]]:
        return (
            [c.address for c in plan.withheld],
            [v.address for v in plan.violations],
            [n.address for n in plan.notices if n.code != "partial"],
        )

    def plan(*target: str) -> Plan:
        return planned(*declared, recorded=recorded, remote=remote, target=target)

    assert said(plan()) == (["job.past", "job.twin"], ["job.lost", "job.past", "job.twin"], ["job.failed"])
    assert said(plan("job.twin")) == (["job.twin"], ["job.twin"], [])
    assert said(plan("job.failed")) == ([], [], ["job.failed"])
    assert said(plan("job.lost")) == ([], ["job.lost"], [])
    assert [r.intent.address for r in plan("job.twin").resolutions] == ["job.lost"]


def test_a_part_without_a_change_does_not_say_that_the_account_matches() -> None:
    done = a_recorded_job(a_job("done"), id="job_1", status="published")
    failed = a_recorded_job(a_job("failed", topic="failed"), id="job_2", status="failed")
    recorded, remote = a_recorded({"job.done": done, "job.failed": failed}), a_remote()

    def plan(*jobs: Job) -> Plan:
        return planned(a_job("done"), *jobs, recorded=recorded, remote=remote, target=("job.done",))

    left_out = plan(a_job("failed", topic="failed"), a_job("new", topic="new"))
    assert not left_out.changes and not everything_matches(left_out)
    assert nothing_line(left_out) == NOTHING_SEEN, "what was looked at does match"
    unwell = plan(a_job("failed", topic="failed"))
    assert [n.message for n in unwell.notices] == ["this plan is partial: 1 other notice left out by the selection"]
    assert not everything_matches(unwell)
