"""Renamed keys: what is a move, what is not, and what only a person can tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.moved_records import moved, moved_manually
from afsync.core.moves import Moves, find_moves
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.records import Deposed, RecordedJob
from afsync.core.resources import Job
from afsync.errors import Severity, UsageError
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
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
    desired,
    planned,
)
from tests.core.worlds import PATIENT, STATUSES


def jobs(**times: datetime | None) -> list[Job]:
    """Jobs that ask for the same thing, with these publish times."""
    return [a_job(key, schedule=when) for key, when in times.items()]


def records(**times: datetime | None) -> dict[str, RecordedJob]:
    return {f"job.{key}": a_recorded_job(a_job(key, schedule=w), id=f"job_{key}") for key, w in times.items()}


def moves(declared: list[Job], recorded: dict[str, RecordedJob]) -> Moves:
    return find_moves(desired(*declared), a_recorded(recorded))[0]


def test_a_move_sends_nothing() -> None:
    record = a_recorded_job(a_job("old"), prevent_destroy=True)

    plan = planned(a_job("new"), recorded={"job.old": record}, remote=a_remote(a_remote_job()))

    assert plan.changes == (
        Change(
            "job.new",
            Action.MOVE,
            Reason.RENAMED,
            before=record,
            after=a_job("new"),
            id="job_1",
            credits=Credits(0, 0),
            moved_from="job.old",
        ),
    )
    assert (plan.withheld, plan.notices, plan.requests, plan.spend) == ((), (), 0, 0)


@pytest.mark.parametrize(
    "status", ["queued", "processing", "complete", "published", "failed", "cancelled", "weird", "missing"]
)
def test_a_move_whatever_the_status(status: str) -> None:
    record = a_recorded_job(a_job("old"), status=status)
    remote = a_remote(missing=["job_1"]) if status == "missing" else a_remote(a_remote_job(status=status))

    assert [c.action for c in planned(a_job("new"), recorded={"job.old": record}, remote=remote).changes] == [
        Action.MOVE
    ]


MOVED = {
    "one to one": ({"new": AHEAD}, {"old": AHEAD}, {"new": "old"}),
    "with another time": ({"new": LATER}, {"old": AHEAD}, {"new": "old"}),
    "two, told apart by their times": (
        {"c": LATER, "d": AHEAD},
        {"a": AHEAD, "b": LATER},
        {"c": "b", "d": "a"},
    ),
    "two, one told by its time and the other by what is left": (
        {"c": LATER, "d": None},
        {"a": AHEAD, "b": LATER},
        {"c": "b", "d": "a"},
    ),
    "two that are interchangeable": ({"c": AHEAD, "d": AHEAD}, {"a": AHEAD, "b": AHEAD}, {"c": "a", "d": "b"}),
    "one of two that are interchangeable": ({"c": AHEAD}, {"a": AHEAD, "b": AHEAD}, {"c": "a"}),
    "one, and another that is new": ({"c": AHEAD, "d": AHEAD}, {"a": AHEAD}, {"c": "a"}),
    "none where the old one is still declared": ({"a": AHEAD, "b": AHEAD}, {"a": AHEAD}, {}),
    "none where the new one is recorded": ({"b": AHEAD}, {"a": AHEAD, "b": AHEAD}, {}),
    "none where nothing went": ({"a": AHEAD}, {}, {}),
    "none where nothing came": ({}, {"a": AHEAD}, {}),
}


@pytest.mark.parametrize(("declared", "recorded", "expected"), MOVED.values(), ids=MOVED)
def test_moved(
    declared: dict[str, datetime | None], recorded: dict[str, datetime | None], expected: dict[str, str]
) -> None:
    assert moves(jobs(**declared), records(**recorded)) == Moves(
        {f"job.{new}": f"job.{old}" for new, old in expected.items()}
    )


AMBIGUOUS = {
    "one came, two went": ({"c": None}, {"a": AHEAD, "b": LATER}, {"c": "ab"}),
    "two came, one went": ({"b": AHEAD, "c": LATER}, {"a": None}, {"b": "a", "c": "a"}),
    "two came, two went": ({"c": None, "d": None}, {"a": AHEAD, "b": LATER}, {"c": "ab", "d": "ab"}),
}


@pytest.mark.parametrize(("declared", "recorded", "expected"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous(
    declared: dict[str, datetime | None], recorded: dict[str, datetime | None], expected: dict[str, str]
) -> None:
    found = moves(jobs(**declared), records(**recorded))

    assert found == Moves({}, {f"job.{new}": tuple(f"job.{old}" for old in olds) for new, olds in expected.items()})


@pytest.mark.parametrize(("declared", "recorded", "expected"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_is_ambiguous_is_neither_submitted_nor_taken_out(
    declared: dict[str, datetime | None], recorded: dict[str, datetime | None], expected: dict[str, str]
) -> None:
    state = records(**recorded)
    plan = planned(*jobs(**declared), recorded=state, remote=a_remote(*(a_remote_job(r.id) for r in state.values())))

    assert plan.changes == ()
    assert {c.address: c.reason for c in plan.withheld} == dict.fromkeys(
        [*state, *(f"job.{new}" for new in expected)], Reason.AMBIGUOUS
    )
    assert {v.code for v in plan.violations} == {"ambiguous"}


def test_what_is_ambiguous_and_over_is_not_forgotten_either() -> None:
    state = {a: replace(r, status="published") for a, r in records(a=AHEAD, b=LATER).items()}

    plan = planned(*jobs(c=None), recorded=state)

    assert plan.changes == ()
    assert [(c.address, c.action) for c in plan.withheld] == [
        ("job.c", Action.CREATE),
        ("job.a", Action.FORGET),
        ("job.b", Action.FORGET),
    ]
    assert [v.message for v in plan.violations] == [
        "job.a is no longer declared, but it may have been renamed to job.c",
        "job.b is no longer declared, but it may have been renamed to job.c",
        "job.c is new and asks for what job.a, job.b was submitted for, which is no longer declared: "
        "it may be the same job under another name",
    ]


def test_templates_of_the_same_content_are_interchangeable() -> None:
    state = {"template.a": a_recorded_template(), "template.b": a_recorded_template(id="tpl_2")}
    remote = a_remote(a_remote_template(), a_remote_template("tpl_2"))
    found = find_moves(desired(a_template("c")), a_recorded(state))[0]

    assert found == Moves({"template.c": "template.a"})
    assert [(c.address, c.action) for c in planned(a_template("c"), recorded=state, remote=remote).changes] == [
        ("template.c", Action.MOVE),
        ("template.b", Action.DELETE),
    ]


def test_reruns_tell_interchangeable_ones_apart() -> None:
    """Paired the wrong way round, both would be submitted again."""
    state = {
        "job.a": a_recorded_job(a_job("a", rerun="1"), id="job_a"),
        "job.b": a_recorded_job(a_job("b", rerun="2"), id="job_b"),
    }
    remote = a_remote(a_remote_job("job_a"), a_remote_job("job_b"))

    plan = planned(a_job("c", rerun="2"), a_job("d", rerun="1"), recorded=state, remote=remote)

    assert {c.address: c.moved_from for c in plan.changes} == {"job.c": "job.b", "job.d": "job.a"}
    assert plan.spend == 0


def test_renamed_and_rescheduled() -> None:
    record = a_recorded_job(a_job("old", schedule=AHEAD))
    job = a_job("new", schedule=LATER)

    plan = planned(job, recorded={"job.old": record}, remote=a_remote(a_remote_job()))

    assert [(c.address, c.action, c.before, c.id) for c in plan.changes] == [
        ("job.new", Action.MOVE, record, "job_1"),
        ("job.new", Action.RESCHEDULE, record, "job_1"),
    ]


def test_renamed_and_submitted_again() -> None:
    record = a_recorded_job(a_job("old"), status="published")

    plan = planned(a_job("new", rerun="2"), recorded={"job.old": record})

    assert [(c.address, c.action, c.reason) for c in plan.changes] == [
        ("job.new", Action.MOVE, Reason.RENAMED),
        ("job.new", Action.CREATE, Reason.RERUN),
    ]


@pytest.mark.parametrize("status", ["published", "complete", "purged"])
def test_a_finished_one_that_is_renamed_and_has_a_time_ahead_is_said_aloud(status: str) -> None:
    record = a_recorded_job(a_job("old", schedule=PAST), status="published" if status == "purged" else status)
    remote = a_remote(missing=["job_1"]) if status == "purged" else a_remote(a_remote_job(status=status))
    job = a_job("new", schedule=AHEAD)

    plan = planned(job, recorded={"job.old": record}, remote=remote)

    assert [(c.address, c.action) for c in plan.changes] == [("job.new", Action.MOVE)]
    (notice,) = plan.notices
    assert (notice.code, notice.severity, notice.address) == ("moved_finished", Severity.WARNING, "job.new")
    assert "job.old" in notice.message and "job_1" in notice.message and "nothing is submitted" in notice.message
    assert notice.hint is not None and "`rerun: 1`" in notice.hint


def test_a_produced_one_without_a_time_gets_it_in_the_plan_that_renames_it() -> None:
    record = a_recorded_job(a_job("old"), status="complete")

    plan = planned(
        a_job("new", schedule=AHEAD), recorded={"job.old": record}, remote=a_remote(a_remote_job(status="complete"))
    )

    assert [(c.address, c.action) for c in plan.changes] == [("job.new", Action.MOVE), ("job.new", Action.RESCHEDULE)]


def test_a_value_of_rerun_that_is_taken_is_not_proposed() -> None:
    record = a_recorded_job(a_job("old", schedule=PAST, rerun="1"), status="published")

    plan = planned(a_job("new", schedule=AHEAD, rerun="1"), recorded={"job.old": record})

    assert [(n.code, n.hint and "another `rerun:` than `1`" in n.hint) for n in plan.notices] == [
        ("moved_finished", True)
    ]


@pytest.mark.parametrize(
    "job",
    [
        a_job("new", schedule=PAST),
        a_job("new", schedule=AHEAD, rerun="1"),
        a_job("old", schedule=AHEAD),
    ],
    ids=["the same time", "rerun", "the same key"],
)
def test_no_such_warning_where_nothing_could_be_missed(job: Job) -> None:
    record = a_recorded_job(a_job("old", schedule=PAST), status="published")

    assert "moved_finished" not in [n.code for n in planned(job, recorded={"job.old": record}).notices]


def test_a_time_that_is_ignored_is_said_aloud_all_the_same() -> None:
    record = a_recorded_job(a_job("old", schedule=PAST), status="published")
    job = a_job("new", schedule=AHEAD, ignore_changes=("schedule",))

    assert [n.code for n in planned(job, recorded={"job.old": record}).notices] == ["moved_finished"]


def test_renamed_and_edited_is_not_recognised() -> None:
    plan = planned(
        a_job("new", tone="calm"),
        recorded={"job.old": a_recorded_job(a_job("old"))},
        remote=a_remote(a_remote_job()),
    )

    assert [(c.address, c.action) for c in plan.changes] == [
        ("job.old", Action.DELETE),
        ("job.new", Action.CREATE),
    ]


@pytest.mark.parametrize("address", ["job.old", "job.new"])
def test_an_open_intent_neither_moves_nor_is_moved_to(address: str) -> None:
    intent = replace(an_intent(), address=address)
    found, _ = find_moves(
        desired(a_job("new")), a_recorded({"job.old": a_recorded_job(a_job("old"))}, intents=(intent,))
    )

    assert found == Moves({}, {"job.new": ("job.old",)} if address == "job.old" else {})


def test_a_key_that_was_renamed_while_its_submission_is_unresolved_is_not_paid_for_again() -> None:
    lost = a_recorded(intents=(an_intent(a_job("old"), when=ago(minutes=1)),))

    withheld = planned(a_job("new"), recorded=lost)
    meant = planned(a_job("new", allow_duplicate=True), recorded=lost)
    another = planned(a_job("old"), a_job("new"), recorded=lost)

    assert withheld.changes == ()
    assert [(c.address, c.reason) for c in withheld.withheld] == [("job.new", Reason.AMBIGUOUS)]
    assert [c.address for c in meant.changes] == ["job.new"]
    assert [c.address for c in another.changes] == ["job.new"]


# --- templates ---


def test_renaming_a_template_rewrites_the_jobs_made_from_it() -> None:
    old_job, new_job = a_job(template="old"), a_job(template="weekly")
    template, record = a_recorded_template(), a_recorded_job(old_job)
    plan = planned(
        a_template(),
        new_job,
        recorded={"template.old": template, "job.best": record},
        remote=a_remote(a_remote_template(), a_remote_job()),
    )

    rewritten = replace(record, declared=new_job.values, fingerprint=fingerprint(Kind.JOB, new_job.values))
    assert plan.changes == (
        Change(
            "template.weekly",
            Action.MOVE,
            Reason.RENAMED,
            before=template,
            after=a_template(),
            id="tpl_1",
            moved_from="template.old",
        ),
    )
    assert plan.refreshed == {}, "the move writes both"
    state = a_recorded({"template.old": template, "job.best": record})
    assert moved(state, plan.changes).resources == {"template.weekly": template, "job.best": rewritten}


def test_renaming_a_template_and_a_job_made_from_it_at_once() -> None:
    plan = planned(
        a_template(),
        a_job("new", template="weekly"),
        recorded={
            "template.old": a_recorded_template(),
            "job.old": a_recorded_job(a_job("old", template="old")),
        },
        remote=a_remote(a_remote_template(), a_remote_job()),
    )

    assert [(c.address, c.action, c.moved_from) for c in plan.changes] == [
        ("job.new", Action.MOVE, "job.old"),
        ("template.weekly", Action.MOVE, "template.old"),
    ]
    assert plan.changes[0].before == a_recorded_job(a_job("new", template="weekly"))


def test_other_jobs_are_left_alone_when_a_template_is_renamed() -> None:
    other = a_job("other", template="else")
    _, settled = find_moves(
        desired(a_template(), a_template("else", name="E"), other),
        a_recorded(
            {
                "template.old": a_recorded_template(),
                "template.else": a_recorded_template(a_template("else", name="E"), id="tpl_2"),
                "job.other": a_recorded_job(other),
            }
        ),
    )

    assert settled.resources["job.other"] == a_recorded_job(other)
    assert set(settled.resources) == {"template.weekly", "template.else", "job.other"}


def test_templates_and_jobs_are_not_mixed_up() -> None:
    assert fingerprint(Kind.TEMPLATE, {"topic": "x"}) != fingerprint(Kind.JOB, {"topic": "x"})


def test_a_move_after_the_account_was_read_keeps_the_record_as_it_was() -> None:
    """What was seen of a job under its old name is saved once it has its new one, by the next apply."""
    record = a_recorded_job(a_job("old"), status="queued")
    plan = planned(a_job("new"), recorded={"job.old": record}, remote=a_remote(a_remote_job(status="running")))

    assert plan.refreshed == {}
    assert plan.changes[0].before == record


# --- by hand ---


def test_moved_by_hand() -> None:
    record = a_recorded_job()

    assert moved_manually(a_recorded({"job.old": record}), "job.old", "job.new") == a_recorded({"job.new": record})


def test_a_template_moved_by_hand_takes_its_jobs_and_its_predecessors_along() -> None:
    other = a_recorded_job(a_job("other", template="else"))
    state = a_recorded(
        {"template.old": a_recorded_template(), "job.best": a_recorded_job(a_job(template="old")), "job.other": other},
        deposed=(Deposed("tpl_0", "template.old"), Deposed("tpl_00", "template.else")),
    )

    assert moved_manually(state, "template.old", "template.weekly") == a_recorded(
        {
            "template.weekly": a_recorded_template(),
            "job.best": a_recorded_job(a_job(template="weekly")),
            "job.other": other,
        },
        deposed=(Deposed("tpl_0", "template.weekly"), Deposed("tpl_00", "template.else")),
    )


def test_a_job_moved_by_hand_leaves_a_template_of_that_key_alone() -> None:
    state = a_recorded({"job.old": a_recorded_job(), "job.best": a_recorded_job(a_job(template="old"), id="job_2")})

    assert moved_manually(state, "job.old", "job.new").resources["job.best"] == state.resources["job.best"]


REFUSED = {
    "no address": ("job.new!", "job.new! is not an address of a job"),
    "of another kind": ("template.new", "template.new is not an address of a job"),
    "taken": ("job.taken", "job.taken already records job_2"),
    "unresolved": ("job.lost", "the outcome of a submission of job.old is not known"),
}


@pytest.mark.parametrize(("new", "why"), REFUSED.values(), ids=REFUSED)
def test_not_moved_by_hand(new: str, why: str) -> None:
    state = a_recorded(
        {"job.old": a_recorded_job(), "job.taken": a_recorded_job(id="job_2")}, intents=(an_intent(a_job("lost")),)
    )

    with pytest.raises(UsageError) as refused:
        moved_manually(state, "job.old", new)

    assert refused.value.message == why


def test_what_is_unresolved_itself_is_not_moved_by_hand() -> None:
    state = a_recorded({"job.best": a_recorded_job()}, intents=(an_intent(),))

    with pytest.raises(UsageError, match=r"the outcome of a submission of job\.best is not known"):
        moved_manually(state, "job.best", "job.new")


# --- a key renamed while its old name is given away ---


def exchanged(*declared: Job, statuses: Mapping[str, str] | None = None, **records: Job) -> Plan:
    """The plan for what is declared, where `records` were submitted as `job_KEY`."""
    told = statuses or {}
    state = {f"job.{k}": a_recorded_job(j, id=f"job_{k}", status=told.get(k, "queued")) for k, j in records.items()}
    rows = [a_remote_job(r.id, r.status) for r in state.values() if r.status != "published"]
    return planned(*declared, recorded=state, remote=a_remote(*rows))


def told(plan: Plan) -> list[tuple[str, str, str | None]]:
    return [(c.address, c.action.value, c.moved_from or c.id) for c in plan.changes]


ONE, OTHER, THIRD = (a_job(topic=topic) for topic in ("One", "Other", "Third"))


def key(key: str, job: Job) -> Job:
    return replace(job, key=key)


def test_a_renamed_key_whose_old_name_is_used_again_is_paid_for_once() -> None:
    plan = exchanged(key("a", OTHER), key("b", ONE), a=ONE)

    assert told(plan) == [("job.b", "move", "job.a"), ("job.a", "create", None)]
    assert plan.spend == 1


@pytest.mark.parametrize("status", ["complete", "processing", "published", "failed"])
def test_a_new_job_with_the_body_of_one_that_no_edit_reaches_is_no_rename(status: str) -> None:
    """The edit of the finished one may be an old one, which was never to be paid for."""
    plan = exchanged(key("a", OTHER), key("b", ONE), a=ONE, statuses={"a": status})

    assert told(plan) == [("job.b", "create", None)]
    assert "same_source" in {n.code for n in plan.notices} or status == "failed"


@pytest.mark.parametrize("status", ["queued", "processing", "complete", "published", "failed", "cancelled"])
def test_bodies_that_are_exchanged_move_for_free(status: str) -> None:
    plan = exchanged(key("a", OTHER), key("b", ONE), a=ONE, b=OTHER, statuses={"a": status})

    assert told(plan) == [("job.a", "move", "job.b"), ("job.b", "move", "job.a")]
    assert (plan.spend, plan.requests, plan.withheld) == (0, 0, ())
    assert {n.code for n in plan.notices} <= {"failed", "cancelled"}


def test_a_key_renamed_to_one_that_was_there_takes_its_place() -> None:
    """What was there belongs to nothing that is declared, and is cancelled where the other one was."""
    plan = exchanged(key("b", ONE), a=ONE, b=OTHER)

    assert told(plan) == [
        ("job.a", "move", "job.b"),
        ("job.b", "move", "job.a"),
        ("job.a", "delete", "job_b"),
    ]
    assert (plan.spend, plan.notices) == (0, ())


def test_a_finished_one_renamed_to_a_key_that_was_there_is_said_aloud() -> None:
    plan = exchanged(key("b", ONE), a=ONE, b=OTHER, statuses={"a": "published"})

    assert told(plan)[-1] == ("job.a", "delete", "job_b")
    (said,) = plan.notices
    assert (said.code, said.address, said.severity, plan.spend) == ("moved_finished", "job.b", Severity.WARNING, 0)
    assert "another name for job.a (job_a), which is finished: nothing is submitted for it" in said.message
    assert said.hint is not None and "rerun" in said.hint


def test_what_is_new_at_the_address_that_was_left_is_paid_for_once() -> None:
    plan = exchanged(key("a", THIRD), key("b", ONE), a=ONE, b=OTHER)

    assert told(plan) == [
        ("job.a", "move", "job.b"),
        ("job.b", "move", "job.a"),
        ("job.a", "replace", "job_b"),
    ]
    assert plan.spend == 1


@pytest.mark.parametrize("status", ["complete", "processing", "published", "failed"])
def test_what_cannot_be_replaced_where_it_would_go_is_left_to_a_person(status: str) -> None:
    plan = exchanged(key("a", THIRD), key("b", ONE), a=ONE, b=OTHER, statuses={"b": status})

    assert (plan.changes, [(c.address, c.reason) for c in plan.withheld]) == ((), [("job.a", Reason.AMBIGUOUS)])
    assert plan.violations[0].hint == (
        "say which was renamed with `afsync state mv job.b job.a-before`, then `afsync state mv job.a job.b`, or make "
        "one of the two edits in a step of its own"
    )


def test_a_chain_shifts_in_one_go() -> None:
    plan = exchanged(key("b", ONE), key("c", OTHER), key("d", THIRD), a=ONE, b=OTHER, c=THIRD)

    assert told(plan) == [("job.b", "move", "job.a"), ("job.c", "move", "job.b"), ("job.d", "move", "job.c")]


def test_times_that_stay_with_their_keys_are_set_again() -> None:
    one, other = a_job("a", topic="One", schedule=AHEAD), a_job("b", topic="Other", schedule=LATER)
    plan = exchanged(replace(one, values=other.values), replace(other, values=one.values), a=one, b=other)

    assert [(c.address, c.action.value, c.id) for c in plan.changes] == [
        ("job.a", "move", "job_b"),
        ("job.b", "move", "job_a"),
        ("job.a", "reschedule", "job_b"),
        ("job.b", "reschedule", "job_a"),
    ]


def test_a_rerun_that_stays_with_its_key_asks_for_nothing() -> None:
    one, other = a_job("a", topic="One", rerun="1"), a_job("b", topic="Other", rerun="2")
    stays = exchanged(replace(one, values=other.values), replace(other, values=one.values), a=one, b=other)
    goes = exchanged(key("a", other), key("b", one), a=one, b=other)
    new = exchanged(replace(one, values=other.values, rerun="3"), key("b", one), a=one, b=other)

    assert (stays.spend, goes.spend, new.spend) == (0, 0, 1)
    assert [c.before.rerun for c in stays.changes if isinstance(c.before, RecordedJob)] == ["1", "2"]


def test_ignored_fields_are_no_exchange() -> None:
    one, other = (a_job(k, tone=tone, ignore_changes=("tone",)) for k, tone in (("a", "calm"), ("b", "hype")))

    assert exchanged(key("a", other), key("b", one), a=one, b=other).changes == ()


def test_an_id_that_import_gives_wins() -> None:
    """`a` is said to be job_a, whatever its body is now."""
    jobs = desired(key("a", OTHER), key("b", ONE))
    state = a_recorded({"job.a": a_recorded_job(ONE, id="job_a"), "job.b": a_recorded_job(OTHER, id="job_b")})

    stays = find_moves(replace(jobs, imports={"job.a": "job_a", "job.b": "job_b"}), state)[0]
    moves = find_moves(replace(jobs, imports={"job.a": "job_b", "job.b": "job_a"}), state)[0]

    assert (stays, moves.moved) == (Moves(), {"job.a": "job.b", "job.b": "job.a"})


def test_an_exchange_with_one_that_has_an_open_intent_waits() -> None:
    state = a_recorded(
        {"job.a": a_recorded_job(ONE, id="job_a"), "job.b": a_recorded_job(OTHER, id="job_b")},
        intents=(replace(an_intent(THIRD, when=ago(minutes=1)), address="job.a"),),
    )
    plan = planned(
        key("a", OTHER), key("b", ONE), recorded=state, remote=a_remote(a_remote_job("job_a"), a_remote_job("job_b"))
    )

    assert plan.changes == ()
    assert [(c.address, c.reason) for c in plan.withheld] == [("job.b", Reason.AMBIGUOUS)]


def test_an_exchange_that_cannot_be_told_is_neither_made_nor_paid_for() -> None:
    one, twin = a_job("a", topic="One", schedule=AHEAD), a_job("b", topic="One", schedule=LATER)
    plan = exchanged(key("a", OTHER), key("b", THIRD), a_job("c", topic="One"), key("d", THIRD), a=one, b=twin, c=OTHER)

    assert plan.spend == 1 and told(plan) == [("job.d", "create", None)]
    assert {(c.address, c.reason) for c in plan.withheld} == {(f"job.{k}", Reason.AMBIGUOUS) for k in "abc"}
    hints = {v.address: v.hint or "" for v in plan.violations}
    assert "`afsync state mv job.c job.a-before`, then `afsync state mv job.a job.c`" in hints["job.a"]


@pytest.mark.parametrize("part", [{"target": ("job.a",)}, {"target": ("job.c",)}, {"exclude": ("job.b",)}])
def test_those_that_change_places_do_so_together_or_not_at_all(part: dict[str, Any]) -> None:
    jobs = (key("a", THIRD), key("b", ONE), key("c", OTHER), a_job("x", topic="New"))
    state = {f"job.{k}": a_recorded_job(j, id=f"job_{k}") for k, j in (("a", ONE), ("b", OTHER), ("c", THIRD))}
    remote = a_remote(*(a_remote_job(r.id) for r in state.values()))

    plan = make_plan(desired(*jobs), a_recorded(state), remote, NOW, Options(**part))

    moving = {c.address for c in plan.changes if c.action is Action.MOVE}
    assert moving == (set() if "exclude" in part else set(state))


@PATIENT
@given(st.data())
def test_no_permutation_of_bodies_is_ever_paid_for(data: st.DataObject) -> None:
    """Whatever became of the jobs, and whether keys come and go with it."""
    bodies = [a_job(topic=f"Topic {n}") for n in range(data.draw(st.integers(2, 7)))]
    keys = data.draw(st.permutations([f"k{n}" for n in range(len(bodies) + 2)]))
    places = data.draw(st.permutations(keys))
    records = {k: key(k, b) for k, b in zip(keys, bodies, strict=False)}
    statuses = {k: data.draw(st.sampled_from(STATUSES)) for k in records}

    plan = exchanged(*(key(k, b) for k, b in zip(places, bodies, strict=False)), statuses=statuses, **records)

    assert (plan.spend, plan.requests, plan.withheld) == (0, 0, ())
    assert {c.action for c in plan.changes} <= {Action.MOVE}
    ids = {c.address: c.id for c in plan.changes}
    for old, new in zip(keys, places, strict=False):
        if old in records and old != new:
            assert ids[f"job.{new}"] == f"job_{old}"


def test_and_moving_the_record_first_pays_once() -> None:
    state = moved_manually(a_recorded({"job.a": a_recorded_job(a_job("a"))}), "job.a", "job.b")

    plan = planned(
        a_job("a", topic="Another"), a_job("b"), recorded=dict(state.resources), remote=a_remote(a_remote_job())
    )

    assert [(c.address, c.action) for c in plan.changes] == [("job.a", Action.CREATE)]
    assert [n.code for n in plan.notices] == ["same_source"]
