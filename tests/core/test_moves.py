"""Renamed keys: what is a move, what is not, and what only a person can tell."""

from __future__ import annotations

from datetime import datetime

import pytest
from msgspec.structs import replace

from afsync.core.actions import Action, Reason
from afsync.core.moves import Moves, find_moves, moved_by_hand
from afsync.core.plan import Change, Credits
from afsync.core.recorded import Deposed, RecordedJob
from afsync.core.resources import Job, Kind, fingerprint
from afsync.errors import Severity, UsageError
from tests.builders import (
    AHEAD,
    LATER,
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


def jobs(**times: datetime | None) -> list[Job]:
    """Jobs that ask for the same thing, with these publish times."""
    return [a_job(key, schedule=when) for key, when in times.items()]


def records(**times: datetime | None) -> dict[str, RecordedJob]:
    return {f"job.{key}": a_recorded_job(a_job(key, schedule=w), id=f"job_{key}") for key, w in times.items()}


def moves(declared: list[Job], recorded: dict[str, RecordedJob]) -> Moves:
    return find_moves(desired(*declared), a_recorded(recorded), frozenset())[0]


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
    found = find_moves(desired(a_template("c")), a_recorded(state), frozenset())[0]

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
        desired(a_job("new")), a_recorded({"job.old": a_recorded_job(a_job("old"))}), frozenset({intent.address})
    )

    assert found == Moves()


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
    assert plan.refreshed == {"job.best": rewritten}


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
        frozenset(),
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

    assert moved_by_hand(a_recorded({"job.old": record}), "job.old", "job.new") == a_recorded({"job.new": record})


def test_a_template_moved_by_hand_takes_its_jobs_and_its_predecessors_along() -> None:
    other = a_recorded_job(a_job("other", template="else"))
    state = a_recorded(
        {"template.old": a_recorded_template(), "job.best": a_recorded_job(a_job(template="old")), "job.other": other},
        deposed=(Deposed("tpl_0", "template.old"), Deposed("tpl_00", "template.else")),
    )

    assert moved_by_hand(state, "template.old", "template.weekly") == a_recorded(
        {
            "template.weekly": a_recorded_template(),
            "job.best": a_recorded_job(a_job(template="weekly")),
            "job.other": other,
        },
        deposed=(Deposed("tpl_0", "template.weekly"), Deposed("tpl_00", "template.else")),
    )


def test_a_job_moved_by_hand_leaves_a_template_of_that_key_alone() -> None:
    state = a_recorded({"job.old": a_recorded_job(), "job.best": a_recorded_job(a_job(template="old"), id="job_2")})

    assert moved_by_hand(state, "job.old", "job.new").resources["job.best"] == state.resources["job.best"]


REFUSED = {
    "no address": ("job.new!", "job.new! is not an address of a job"),
    "of another kind": ("template.new", "template.new is not an address of a job"),
    "taken": ("job.taken", "job.taken is job_2 already"),
    "unresolved": ("job.lost", "the outcome of a submission of job.old is not known"),
}


@pytest.mark.parametrize(("new", "why"), REFUSED.values(), ids=REFUSED)
def test_not_moved_by_hand(new: str, why: str) -> None:
    state = a_recorded(
        {"job.old": a_recorded_job(), "job.taken": a_recorded_job(id="job_2")}, intents=(an_intent(a_job("lost")),)
    )

    with pytest.raises(UsageError) as refused:
        moved_by_hand(state, "job.old", new)

    assert refused.value.message == why


def test_what_is_unresolved_itself_is_not_moved_by_hand() -> None:
    state = a_recorded({"job.best": a_recorded_job()}, intents=(an_intent(),))

    with pytest.raises(UsageError, match=r"the outcome of a submission of job\.best is not known"):
        moved_by_hand(state, "job.best", "job.new")


# --- a key renamed while its old name is given away ---


def test_a_renamed_key_whose_old_name_is_used_again_is_said_to_be_paid_twice() -> None:
    record = a_recorded_job(a_job("a"))
    swapped = (a_job("a", topic="Another"), a_job("b"))

    plan = planned(*swapped, recorded={"job.a": record}, remote=a_remote(a_remote_job()))

    assert {(c.address, c.action) for c in plan.changes} == {
        ("job.a", Action.REPLACE),
        ("job.b", Action.CREATE),
    }
    (said,) = plan.notices
    assert (said.code, said.address, said.severity) == ("swapped", "job.b", Severity.WARNING)
    assert said.hint == "if job.a was renamed, `afsync state mv job.a job.b` first keeps job_1"


def test_two_keys_exchanged_are_said_to_be_paid_twice() -> None:
    one, other = a_job("a", topic="One"), a_job("b", topic="Other")
    records = {"job.a": a_recorded_job(one, id="job_1"), "job.b": a_recorded_job(other, id="job_2")}

    plan = planned(
        replace(other, key="a"),
        replace(one, key="b"),
        recorded=records,
        remote=a_remote(a_remote_job("job_1"), a_remote_job("job_2")),
    )

    assert {(c.address, c.action) for c in plan.changes} == {("job.a", Action.REPLACE), ("job.b", Action.REPLACE)}
    assert [(n.code, n.address) for n in plan.notices] == [("swapped", "job.a"), ("swapped", "job.b")]
    assert plan.notices[1].hint == (
        "if job.a was renamed, `afsync state mv job.b job.a-before`, then `afsync state mv job.a job.b` keeps job_1"
    )


def test_a_key_renamed_to_one_that_was_there_is_said_to_be_paid_twice() -> None:
    one, other = a_job("a", topic="One"), a_job("b", topic="Other")
    records = {"job.a": a_recorded_job(one, id="job_1"), "job.b": a_recorded_job(other, id="job_2")}

    plan = planned(
        replace(one, key="b"), recorded=records, remote=a_remote(a_remote_job("job_1"), a_remote_job("job_2"))
    )

    assert {(c.address, c.action) for c in plan.changes} == {("job.a", Action.DELETE), ("job.b", Action.REPLACE)}
    (said,) = plan.notices
    assert (said.code, said.address) == ("swapped", "job.b")
    assert "job.a is not declared any more: job_1 is cancelled" in said.message


def test_and_moving_the_record_first_pays_once() -> None:
    state = moved_by_hand(a_recorded({"job.a": a_recorded_job(a_job("a"))}), "job.a", "job.b")

    plan = planned(
        a_job("a", topic="Another"), a_job("b"), recorded=dict(state.resources), remote=a_remote(a_remote_job())
    )

    assert [(c.address, c.action) for c in plan.changes] == [("job.a", Action.CREATE)]
    assert [n.code for n in plan.notices] == ["same_source"]


def test_a_finished_one_renamed_to_a_key_that_was_there_is_said_to_be_paid_twice() -> None:
    records = {
        "job.a": a_recorded_job(a_job("a"), id="job_a", status="published"),
        "job.b": a_recorded_job(a_job("b", topic="Another"), id="job_b"),
    }

    plan = planned(a_job("b"), recorded=records, remote=a_remote(a_remote_job("job_b")))

    (said,) = plan.notices
    assert (said.code, said.address, said.severity) == ("swapped", "job.b", Severity.WARNING)
    assert "job_a is finished, and paid for again as job.b" in said.message
