"""What a plan is as a whole: what it was made of, what it says, and what it leaves to a person."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits
from afsync.core.plan.facts import Options
from afsync.core.plan.limits import check_plan
from afsync.core.plan.plan import Plan, Summary
from afsync.core.plan.planner import make_plan
from afsync.core.records import Record, RecordedJob, Upload
from afsync.core.recovery.resolution import Wait
from afsync.core.resources import Job, Limits
from afsync.core.state import Account, Scan
from afsync.errors import Problem, Severity
from tests.builders import (
    AHEAD,
    BASE_URL,
    LATER,
    LINEAGE,
    NOW,
    PROVEN,
    URL,
    a_file,
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
    at,
    desired,
    echoes,
    planned,
)


def test_a_plan_says_what_it_was_made_of() -> None:
    plan = planned(
        a_job(),
        a_template(),
        recorded=a_recorded(serial=9),
        remote=a_remote(per_minute=120),
        quarantine=60,
    )

    assert replace(plan, changes=()) == Plan(
        lineage=LINEAGE,
        serial=9,
        as_of=NOW,
        account=Account("user_1", BASE_URL),
        balance=46,
        per_minute=120,
        declared=2,
        quarantine=60,
        trust=PROVEN,
    )


def test_nothing_to_do() -> None:
    plan = planned(
        a_job(),
        a_template(),
        recorded={"job.best": a_recorded_job(), "template.weekly": a_recorded_template()},
        remote=a_remote(a_remote_job(), a_remote_template()),
    )

    assert (plan.changes, plan.withheld, plan.notices, plan.violations, plan.refreshed) == ((), (), (), (), {})
    assert (plan.spend, plan.requests, plan.summary) == (0, 0, Summary())


def test_the_summary_counts_a_replacement_twice_and_nothing_that_is_not_sent() -> None:
    changes = [
        (Action.CREATE, 3),
        (Action.REPLACE, 2),
        (Action.DELETE, 4),
        (Action.RESCHEDULE, 5),
        (Action.ADOPT, 6),
        (Action.MOVE, 7),
        (Action.FORGET, 8),
        (Action.APPROVE, 9),
    ]
    plan = replace(
        planned(), changes=tuple(Change(f"job.j{n}", a, Reason.NEW) for a, count in changes for n in range(count))
    )

    assert plan.summary == Summary(add=5, change=5, destroy=6, adopt=6, move=7, forget=8, approve=9)


def test_only_what_is_made_is_a_template_a_job_can_be_made_from() -> None:
    plan = planned(
        a_template(tone="calm"),
        a_template("new", name="New"),
        recorded={"template.weekly": a_recorded_template(), "template.gone": a_recorded_template(id="tpl_2")},
        remote=a_remote(a_remote_template(), a_remote_template("tpl_2")),
    )

    assert plan.makes_template("template.weekly") == a_template(tone="calm")
    assert plan.makes_template("template.new") == a_template("new", name="New")
    assert plan.makes_template("template.gone") is None
    assert plan.makes_template("template.zzz") is None


# --- fingerprints of plans ---


def test_the_same_plan_has_the_same_fingerprint_whenever_it_is_made() -> None:
    job = a_job(schedule=LATER)

    assert planned(job).fingerprint == planned(job, now=ago(days=-1)).fingerprint
    assert planned(job).fingerprint == planned(job, recorded=a_recorded(serial=1)).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        planned(),
        planned(a_job(tone="calm")),
        planned(a_job(schedule=AHEAD)),
        planned(a_job("other")),
        planned(a_job(rerun="1")),
        planned(a_job(), a_template()),
    ],
)
def test_another_plan_has_another_fingerprint(other: Plan) -> None:
    assert other.fingerprint != planned(a_job()).fingerprint


# --- two that ask for the same thing ---


def test_two_new_jobs_that_ask_for_the_same_thing_are_both_paid_for_and_told() -> None:
    plan = planned(a_job(), a_job("twin"))

    assert [c.address for c in plan.changes] == ["job.best", "job.twin"]
    assert plan.notices == (
        Problem(
            "identical",
            "job.best and job.twin ask for the same thing at the same time; both will be paid for",
            "remove one, if that is not meant",
            Severity.WARNING,
            "job.twin",
        ),
    )


IDENTICAL: dict[str, tuple[Job, Job, bool]] = {
    "the same moment, written otherwise": (
        a_job(schedule=at(AHEAD, "a")),
        a_job("twin", schedule=at(AHEAD, "b")),
        True,
    ),
    "platforms in another order": (a_job(platforms=["a", "b"]), a_job("twin", platforms=["b", "a"]), True),
    "what is assumed anyway": (a_job(format="short"), a_job("twin"), True),
    "another moment": (
        a_job(schedule=AHEAD),
        a_job("twin", schedule=LATER, allow_duplicate=True),
        False,
    ),
    "another body": (a_job(), a_job("twin", url="https://other"), False),
}


@pytest.mark.parametrize(("one", "other", "same"), IDENTICAL.values(), ids=IDENTICAL)
def test_the_same_thing(one: Job, other: Job, same: bool) -> None:
    assert [n.code for n in planned(one, other).notices] == (["identical"] if same else [])


def test_one_that_is_left_out_is_not_paid_for_twice() -> None:
    assert [n.code for n in planned(a_job(), a_job("twin"), target=("job.twin",)).notices] == ["partial"]


def test_a_source_that_is_used_again_with_something_else_is_told() -> None:
    plan = planned(a_job(schedule=AHEAD), a_job("next", schedule=LATER, topic="Another"))

    assert plan.notices == (
        Problem(
            "same_source",
            f"job.next is made from {URL}, as job.best is: a video of it is paid for a second time",
            "remove one of them, if that is not meant, or set `allow_duplicate: true` on this one",
            Severity.WARNING,
            "job.next",
        ),
    )


OTHER = "https://clips.twitch.tv/two"
AGAIN: dict[str, tuple[tuple[Job, ...], dict[str, Record], str | None]] = {
    "a recorded job, of another body": ((a_job(), a_job("x", tone="calm")), {"job.best": a_recorded_job()}, "job.x"),
    "a recorded job, of the same body": ((a_job(), a_job("x")), {"job.best": a_recorded_job()}, "job.x"),
    "a finished job": ((a_job("x", topic="n"),), {"job.best": a_recorded_job(status="published")}, "job.x"),
    "one that failed": ((a_job(), a_job("x", tone="calm")), {"job.best": a_recorded_job(status="failed")}, None),
    "one that is cancelled by the same plan": ((a_job("x", tone="calm"),), {"job.best": a_recorded_job()}, None),
    "the same job, replaced": ((a_job(tone="calm"),), {"job.best": a_recorded_job()}, None),
    "a job that changes its source": (
        (a_job("a"), a_job("b")),
        {"job.a": a_recorded_job(a_job("a")), "job.b": a_recorded_job(a_job("b", url=OTHER), id="job_2")},
        "job.b",
    ),
    "one of several": ((a_job("a"), a_job("b", url=None, urls=[OTHER, URL])), {}, "job.b"),
    "a file": ((a_job("a", file=a_file()), a_job("b", file=a_file("copy.mp4"), topic="n")), {}, "job.b"),
    "the id of a file": (
        tuple(a_job(key, url=None, fileId="f1", entry="upload", topic=key) for key in "ab"),
        {},
        "job.b",
    ),
    "what may be duplicated": ((a_job("a"), a_job("b", tone="calm", allow_duplicate=True)), {}, None),
    "what may be duplicated, and comes first": ((a_job("a", allow_duplicate=True), a_job("b", tone="x")), {}, "job.b"),
    "written otherwise": (
        (a_job("a"), a_job("b", url=URL.replace("https://clips", "HTTP://Clips") + "/#t=1", topic="n")),
        {},
        "job.b",
    ),
    "another query": ((a_job("a"), a_job("b", url=URL + "?x=1", topic="n")), {}, None),
    "another source": ((a_job("a"), a_job("b", url=OTHER)), {}, None),
    "no source": ((a_job("a", url=None, entry="compose"), a_job("b", url=None, entry="compose", topic="n")), {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("declared", "records", "told"), AGAIN.values(), ids=AGAIN)
def test_a_source_used_again(declared: tuple[Job, ...], records: dict[str, Record], told: str | None) -> None:
    listed = [a_remote_job(r.id, r.status) for r in records.values() if isinstance(r, RecordedJob)]
    plan = planned(*declared, recorded=records, remote=a_remote(*listed))

    assert [n.address for n in plan.notices if n.code == "same_source"] == ([told] if told else [])


@pytest.mark.parametrize(
    ("shared", "keys", "told"),
    [
        ({"show": frozenset({URL})}, ("2026-12-07", "2026-12-14"), []),
        ({"show": frozenset({OTHER})}, ("ep-1", "ep-2"), ['job.show["ep-2"]']),
        ({}, ("ep-1", "ep-2"), ['job.show["ep-2"]']),
    ],
)
@pytest.mark.parametrize("applied", [False, True])
def test_the_channel_of_a_series_is_no_second_use(
    shared: dict[str, frozenset[str]], keys: tuple[str, str], told: list[str], applied: bool
) -> None:
    jobs = [a_job(f'show["{key}"]', topic=key) for key in keys]
    records: dict[str, Record] = {jobs[0].address: a_recorded_job(jobs[0], status="published")} if applied else {}
    remote = a_remote(a_remote_job(status="published")) if applied else a_remote()
    wanted = replace(desired(*jobs), shared=shared)
    plan = make_plan(wanted, a_recorded(records), remote, NOW, Options())
    assert [n.address for n in plan.notices if n.code == "same_source"] == told

    single = replace(desired(*jobs, a_job("zebra", topic="z")), shared=shared)
    plan = make_plan(single, a_recorded(records), remote, NOW, Options())
    assert "job.zebra" in [n.address for n in plan.notices if n.code == "same_source"]


def test_a_third_use_is_told_once_and_names_the_first() -> None:
    notices = planned(a_job("a"), a_job("b", topic="B"), a_job("c", topic="C")).notices

    assert [(n.address, "as job.a is" in n.message) for n in notices] == [("job.b", True), ("job.c", True)]


# --- what was seen, for apply to save ---


def test_what_was_seen_is_saved() -> None:
    record = a_recorded_job(created_at=None)
    plan = planned(
        a_job(), recorded={"job.best": record}, remote=a_remote(a_remote_job(status="published", created_at=NOW))
    )

    assert plan.refreshed == {"job.best": replace(record, status="published", created_at=NOW)}


def test_what_went_missing_stays_as_it_was() -> None:
    plan = planned(a_job(), recorded={"job.best": a_recorded_job()}, remote=a_remote(missing=["job_1"]))

    assert plan.refreshed == {}


@pytest.mark.parametrize(
    ("status", "approved"),
    [("publishing", True), ("published", True), ("processing", False), ("failed", False), ("weird", False)],
)
def test_what_is_on_its_way_was_approved_by_somebody(status: str, approved: bool) -> None:
    record = a_recorded_job(status="complete", staged=True)

    plan = planned(a_job(), recorded={"job.best": record}, remote=a_remote(a_remote_job(status=status)))

    assert plan.refreshed == {"job.best": replace(record, status=status, approved=approved)}


def test_a_job_that_does_not_wait_is_not_approved_by_being_published() -> None:
    plan = planned(a_job(), recorded={"job.best": a_recorded_job()}, remote=a_remote(a_remote_job(status="published")))

    assert plan.refreshed == {"job.best": a_recorded_job(status="published")}


# --- uploads ---


def test_a_file_is_uploaded_once() -> None:
    file = a_file()
    job = a_job(file=file)

    assert [c.uploads for c in planned(job).changes] == [True]
    assert [
        c.uploads for c in planned(job, recorded=a_recorded(uploads={file.sha256: Upload("file_1", 1)})).changes
    ] == [False]


# --- destroy ---

EVERYTHING: dict[str, Record] = {
    "job.best": a_recorded_job(),
    "job.done": a_recorded_job(id="job_2", status="published"),
    "job.busy": a_recorded_job(id="job_3", status="processing"),
    "job.held": a_recorded_job(id="job_4", prevent_destroy=True),
    "template.weekly": a_recorded_template(),
}
ACCOUNT = a_remote(
    a_remote_job(), a_remote_job("job_3", "processing"), a_remote_job("job_4"), a_remote_template(), balance=0
)


def test_destroy_removes_all_that_can_be() -> None:
    declared = (a_job(), a_job("done"), a_job("busy"), a_job("held", prevent_destroy=False), a_template(), a_job("new"))
    plan = planned(*declared, recorded=EVERYTHING, remote=ACCOUNT, destroy=True)

    assert [(c.address, c.action, c.reason) for c in plan.changes] == [
        ("job.best", Action.DELETE, Reason.REQUESTED),
        ("template.weekly", Action.DELETE, Reason.REQUESTED),
        ("job.done", Action.FORGET, Reason.FINISHED),
    ]
    assert [(c.address, c.reason) for c in plan.withheld] == [("job.held", Reason.PREVENT_DESTROY)]
    assert [(n.address, n.code) for n in plan.notices] == [("job.busy", "busy")]
    assert plan.declared == 0
    assert check_plan(plan, Limits(max_deletes=0), recorded=5, destroy=True).blocking == ()


def test_destroying_a_part() -> None:
    plan = planned(a_job(), recorded=EVERYTHING, remote=ACCOUNT, destroy=True, target=("job.*",))

    assert [c.address for c in plan.changes] == ["job.best", "job.done"]


# --- open intents ---


@pytest.mark.parametrize(
    "declared",
    [(), (a_job(),), (a_job(tone="calm"),), (a_job(rerun="2"),), (a_job(schedule=AHEAD),)],
    ids=["removed", "same", "body", "rerun", "schedule"],
)
@pytest.mark.parametrize("recorded", [None, a_recorded_job()], ids=["new", "recorded"])
def test_an_open_intent_blocks_its_address(declared: tuple[Job, ...], recorded: RecordedJob | None) -> None:
    intent = an_intent(a_job(), when=ago(minutes=1))
    state = a_recorded({"job.best": recorded} if recorded else {}, intents=(intent,))

    plan = planned(*declared, recorded=state, remote=a_remote(a_remote_job()), replace=frozenset({"job.best"}))

    assert (plan.changes, plan.withheld) == ((), ())
    assert [type(r) for r in plan.resolutions] == [Wait]
    assert [(v.code, v.address, v.severity) for v in plan.violations] == [("unresolved", "job.best", Severity.ERROR)]
    assert plan.violations[0].message == (
        "job.best: a submission whose outcome is not known; nothing else is done to it"
    )
    assert "afsync resolve job.best --absent" in (plan.violations[0].hint or "")


def test_an_open_intent_blocks_nothing_else() -> None:
    intent = an_intent(a_job("lost"), when=ago(minutes=1))

    plan = planned(a_job("lost"), a_job(tone="calm"), recorded=a_recorded(intents=(intent,)))

    assert [c.address for c in plan.changes] == ["job.best"]


def test_a_found_submission_is_planned_on_as_if_it_were_recorded_already() -> None:
    job = a_job(schedule=AHEAD)
    intent = an_intent(job, cost=1)
    remote = a_remote(a_remote_job("job_9", "running", created_at=intent.at, **echoes(job)), balance=45)

    plan = planned(job, recorded=a_recorded(intents=(intent,), serial=3), remote=remote)

    assert [(c.address, c.action, c.id) for c in plan.changes] == [("job.best", Action.RESCHEDULE, "job_9")]
    assert (plan.serial, plan.spend, plan.withheld, plan.violations) == (3, 0, (), ())


def test_a_found_submission_that_is_no_longer_wanted_is_cancelled() -> None:
    intent = an_intent()
    remote = a_remote(a_remote_job("job_9", created_at=intent.at, **echoes(a_job())))

    plan = planned(a_template(), recorded=a_recorded(intents=(intent,)), remote=remote)

    assert [(c.address, c.action, c.id) for c in plan.changes] == [
        ("template.weekly", Action.CREATE, None),
        ("job.best", Action.DELETE, "job_9"),
    ]


def test_a_submission_that_was_not_made_is_planned_again() -> None:
    intent = an_intent(scans=(Scan(ago(minutes=5)),))

    plan = planned(a_job(), recorded=a_recorded(intents=(intent,)), remote=a_remote(a_remote_job("job_known")))

    assert [(c.address, c.action) for c in plan.changes] == [("job.best", Action.CREATE)]
    assert plan.violations == ()


def test_a_job_that_a_lost_submission_may_have_made_is_no_free_twin() -> None:
    """Its address is blocked, and a second declaration of the same must not be paid for either."""
    intent = an_intent(a_job("lost"), when=ago(minutes=1))
    remote = a_remote(a_remote_job("job_9", created_at=intent.at, **echoes(a_job())))

    plan = planned(a_job("lost"), a_job("second"), recorded=a_recorded(intents=(intent,)), remote=remote)

    assert plan.changes == ()
    assert [(c.address, c.reason) for c in plan.withheld] == [("job.second", Reason.BLOCKED_LOOKALIKE)]


def test_what_was_spent_is_shown_where_it_is_known() -> None:
    record = a_recorded_job(credits=3)
    unknown = a_recorded_job(credits=None)

    def credits(recorded: RecordedJob) -> list[Credits]:
        plan = planned(a_job(tone="calm"), recorded={"job.best": recorded}, remote=a_remote(a_remote_job()))
        return [c.credits for c in plan.changes]

    assert credits(record) == [Credits(1, 3)]
    assert credits(unknown) == [Credits(1, 0)]


def test_two_templates_of_one_name_are_told_apart_by_nobody() -> None:
    (told,) = planned(a_template("a"), a_template("b"), a_template("c", name="Another")).notices
    assert (told.code, told.severity, told.address) == ("same_name", Severity.WARNING, "template.b")
    assert told.message.startswith("template.a and template.b are both named 'Weekly highlights'")


def test_the_new_one_is_told_and_only_when_it_is_new() -> None:
    old, new = a_template("b"), a_template("a")
    recorded = {"template.b": a_recorded_template(old)}
    (told,) = planned(old, new, recorded=recorded, remote=a_remote(a_remote_template())).notices
    assert told.address == "template.a"
    both = {**recorded, "template.a": a_recorded_template(new, id="tpl_2")}
    remote = a_remote(a_remote_template(), a_remote_template("tpl_2"))
    assert planned(old, new, recorded=both, remote=remote).notices == ()
