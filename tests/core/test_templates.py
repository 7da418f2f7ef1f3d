"""The second table of "What plan decides": every situation of a template, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, FieldChange
from afsync.core.records import Deposed, RecordedTemplate
from afsync.core.remote_account import RemoteTemplate
from afsync.core.resources import Template
from afsync.core.state import Recorded
from afsync.errors import Problem
from tests.builders import (
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    an_intent,
    planned,
)

WEEKLY = a_template()
RECORD = a_recorded_template()
ECHO: dict[str, Any] = {"tone": "hype", "platforms": ["tiktok"]}
EXISTS = a_remote_template()


def change(action: Action, reason: Reason, **more: Any) -> Change:
    return Change("template.weekly", action, reason, **more)


CREATE = change(Action.CREATE, Reason.NEW, after=WEEKLY)
EDITED = a_template(tone="calm", addOns={"shoppable": {"active": True}})


class Row(Struct, frozen=True):
    """One row: what is declared, recorded and in the account, and the one change that comes of it, if any."""

    declared: Template | None = None
    recorded: RecordedTemplate | None = None
    remote: tuple[RemoteTemplate, ...] = ()
    change: Change | None = None
    withheld: Change | None = None
    requested: bool = False


ROWS = {
    "declared, not recorded, none of that name: create": Row(
        WEEKLY, None, (a_remote_template("tpl_9", "Another"),), CREATE
    ),
    "declared, not recorded, one of that name that echoes nothing more: adopt": Row(
        WEEKLY, None, (EXISTS,), change(Action.ADOPT, Reason.SAME_NAME, after=WEEKLY, id="tpl_1")
    ),
    "declared, not recorded, one of that name, equal in all it echoes: adopt": Row(
        WEEKLY,
        None,
        (a_remote_template(**ECHO),),
        change(Action.ADOPT, Reason.SAME_NAME, after=WEEKLY, id="tpl_1"),
    ),
    "declared, not recorded, one of that name, but different: problem": Row(
        WEEKLY,
        None,
        (a_remote_template(**{**ECHO, "tone": "calm"}),),
        withheld=change(Action.CREATE, Reason.SAME_NAME, after=WEEKLY),
    ),
    "declared, not recorded, one of that name that holds more: problem": Row(
        WEEKLY,
        None,
        (a_remote_template(**ECHO, format="long"),),
        withheld=change(Action.CREATE, Reason.SAME_NAME, after=WEEKLY),
    ),
    "declared, not recorded, several of that name: problem": Row(
        WEEKLY,
        None,
        (EXISTS, a_remote_template("tpl_2", **ECHO)),
        withheld=change(Action.CREATE, Reason.SAME_NAME, after=WEEKLY),
    ),
    "declared, recorded the same, exists: nothing": Row(WEEKLY, RECORD, (EXISTS,)),
    "declared, recorded the same, exists and echoes something else: nothing": Row(
        WEEKLY, RECORD, (a_remote_template(tone="calm"),)
    ),
    "declared, recorded with other content, exists: replace": Row(
        EDITED,
        RECORD,
        (EXISTS,),
        change(
            Action.REPLACE,
            Reason.TEMPLATE_CHANGED,
            before=RECORD,
            after=EDITED,
            id="tpl_1",
            fields=(
                FieldChange("addOns", None, {"shoppable": {"active": True}}),
                FieldChange("tone", "hype", "calm"),
            ),
        ),
    ),
    "declared, recorded the same, exists, --replace: replace": Row(
        WEEKLY,
        RECORD,
        (EXISTS,),
        change(Action.REPLACE, Reason.REQUESTED, before=RECORD, after=WEEKLY, id="tpl_1"),
        requested=True,
    ),
    "declared, recorded the same, missing: create": Row(
        WEEKLY, RECORD, (), change(Action.CREATE, Reason.MISSING, before=RECORD, after=WEEKLY)
    ),
    "declared, recorded with other content, missing: create": Row(
        EDITED, RECORD, (), change(Action.CREATE, Reason.MISSING, before=RECORD, after=EDITED)
    ),
    "declared, recorded, missing, another one of that name: create": Row(
        WEEKLY,
        RECORD,
        (a_remote_template("tpl_9"),),
        change(Action.CREATE, Reason.MISSING, before=RECORD, after=WEEKLY),
    ),
    "not declared, recorded, exists: delete": Row(
        None, RECORD, (EXISTS,), change(Action.DELETE, Reason.REMOVED, before=RECORD, id="tpl_1")
    ),
    "not declared, recorded, missing: forget": Row(
        None, RECORD, (), change(Action.FORGET, Reason.MISSING, before=RECORD, id="tpl_1")
    ),
    "not declared, not recorded, exists: nobody's business": Row(None, None, (EXISTS,)),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_row(row: Row) -> None:
    plan = planned(
        *([row.declared] if row.declared else []),
        recorded={"template.weekly": row.recorded} if row.recorded else {},
        remote=a_remote(*row.remote),
        replace=frozenset({"template.weekly"} if row.requested else ()),
    )

    assert plan.changes == ((row.change,) if row.change else ())
    assert plan.withheld == ((row.withheld,) if row.withheld else ())
    assert [v.address for v in plan.violations] == [c.address for c in plan.withheld]
    assert plan.notices == ()
    assert plan.spend == 0


def test_a_different_one_of_that_name_is_told_with_what_differs() -> None:
    plan = planned(WEEKLY, remote=a_remote(a_remote_template(tone="calm", platforms=["tiktok"], format="long")))

    assert plan.violations == (
        Problem(
            "same_name",
            "the account already has a template named 'Weekly highlights' (tpl_1), and it differs in format, tone",
            "import it with `afsync import template.weekly ID`, or give this one another name",
            address="template.weekly",
        ),
    )


def test_equal_is_judged_in_normal_form() -> None:
    plan = planned(
        a_template(platforms=["youtube", "tiktok"], durationMins=2.0),
        remote=a_remote(a_remote_template(tone="hype", platforms=["tiktok", "youtube"], durationMins=2, addOns={})),
    )

    assert [c.action for c in plan.changes] == [Action.ADOPT]


def test_the_order_of_platforms_is_no_other_content() -> None:
    recorded = a_recorded_template(a_template(platforms=["a", "b"]))
    plan = planned(a_template(platforms=["b", "a"]), recorded={"template.weekly": recorded}, remote=a_remote(EXISTS))

    assert plan.changes == ()


def test_two_that_could_take_over_the_same_one() -> None:
    plan = planned(WEEKLY, a_template("other"), remote=a_remote(EXISTS))

    assert plan.changes == ()
    assert [(c.address, c.reason) for c in plan.withheld] == [
        ("template.other", Reason.SAME_NAME),
        ("template.weekly", Reason.SAME_NAME),
    ]


@pytest.mark.parametrize(
    "recorded",
    [
        a_recorded({"template.old": a_recorded_template(a_template(tone="calm"))}),
        a_recorded(deposed=(Deposed("tpl_1", "template.weekly"),)),
        a_recorded(foreign=("tpl_1",)),
    ],
    ids=["recorded elsewhere", "deposed", "marked as somebody else's"],
)
def test_what_is_spoken_for_is_not_taken_over(recorded: Recorded) -> None:
    plan = planned(WEEKLY, recorded=recorded, remote=a_remote(EXISTS))

    assert change(Action.CREATE, Reason.NEW, after=WEEKLY) in plan.changes


def test_a_job_is_priced_by_what_its_template_says() -> None:
    plan = planned(a_template(format="long"), a_job(template="weekly"), a_job("own", template="weekly", format="short"))

    assert {c.address: c.credits.spend for c in plan.changes} == {"job.best": 2, "job.own": 1, "template.weekly": 0}


# --- what a template that waits means for jobs ---


def test_a_withheld_template_holds_the_jobs_that_would_be_made_from_it() -> None:
    plan = planned(
        WEEKLY,
        a_job(template="weekly"),
        a_job("other"),
        remote=a_remote(EXISTS, a_remote_template("tpl_2")),
    )

    assert [c.address for c in plan.changes] == ["job.other"]
    assert [(c.address, c.reason) for c in plan.withheld] == [
        ("template.weekly", Reason.SAME_NAME),
        ("job.best", Reason.BLOCKED_TEMPLATE),
    ]
    assert plan.violations[0] == Problem(
        "blocked_template",
        "job.best is made from template.weekly, which waits for a person to decide",
        "settle template.weekly first",
        address="job.best",
    )


def test_a_protected_template_holds_jobs_that_want_its_new_content() -> None:
    plan = planned(
        a_template(tone="calm"),
        a_job(template="weekly"),
        recorded={"template.weekly": a_recorded_template(prevent_destroy=True)},
        remote=a_remote(EXISTS),
    )

    assert plan.changes == ()
    assert [c.reason for c in plan.withheld] == [Reason.PREVENT_DESTROY, Reason.BLOCKED_TEMPLATE]


def test_an_unresolved_template_holds_jobs_too() -> None:
    intent = an_intent(WEEKLY)
    plan = planned(
        WEEKLY,
        a_job(template="weekly"),
        recorded=a_recorded(intents=(intent,)),
        remote=a_remote(a_remote_template(created_at=intent.at), a_remote_template("tpl_2", created_at=intent.at)),
    )

    assert plan.changes == ()
    assert [(c.address, c.reason) for c in plan.withheld] == [("job.best", Reason.BLOCKED_TEMPLATE)]
    assert [(v.code, v.address) for v in plan.violations] == [
        ("blocked_template", "job.best"),
        ("unresolved", "template.weekly"),
    ]


def test_a_raw_template_has_to_exist() -> None:
    job = a_job(fromTemplateId="tpl_gone")

    assert [c.reason for c in planned(job).withheld] == [Reason.BLOCKED_TEMPLATE]
    assert [c.reason for c in planned(job, remote=a_remote(a_remote_template("tpl_gone"))).changes] == [Reason.NEW]


def test_a_raw_template_that_went_away_does_not_matter_to_what_was_submitted() -> None:
    job = a_job(fromTemplateId="tpl_gone")
    plan = planned(job, recorded={"job.best": a_recorded_job(job)}, remote=a_remote(a_remote_job()))

    assert (plan.changes, plan.withheld) == ((), ())


# --- deposed: replaced, and still to be deleted ---


def test_a_deposed_one_is_deleted_and_a_missing_one_forgotten() -> None:
    deposed = (Deposed("tpl_0", "template.weekly"), Deposed("tpl_00", "template.gone"))
    plan = planned(
        WEEKLY,
        recorded=a_recorded({"template.weekly": RECORD}, deposed=deposed),
        remote=a_remote(EXISTS, a_remote_template("tpl_0")),
    )

    assert plan.changes == (
        Change("template.weekly", Action.DELETE, Reason.TEMPLATE_CHANGED, id="tpl_0"),
        Change("template.gone", Action.FORGET, Reason.TEMPLATE_CHANGED, id="tpl_00"),
    )


def test_a_deposed_one_stays_while_its_address_is_unresolved() -> None:
    plan = planned(
        WEEKLY,
        recorded=a_recorded(
            {"template.weekly": RECORD}, deposed=(Deposed("tpl_0", "template.weekly"),), intents=(an_intent(EDITED),)
        ),
        remote=a_remote(
            EXISTS,
            a_remote_template("tpl_0"),
            a_remote_template("tpl_8", created_at=an_intent().at),
            a_remote_template("tpl_9", created_at=an_intent().at),
        ),
    )

    assert plan.changes == ()
