"""`rerun:` and `--replace`: the only ways to pay a second time for what was made once."""

from __future__ import annotations

import pytest

from afsync.core.plan.actions import Action, Reason
from tests.builders import a_job, a_recorded_job, a_remote, a_remote_job, a_template, planned

EVERY = ["queued", "processing", "complete", "published", "failed", "cancelled"]


def test_the_first_submission_only_records_it() -> None:
    (change,) = planned(a_job(rerun="1")).changes

    assert (change.action, change.reason) == (Action.CREATE, Reason.NEW)
    assert change.after == a_job(rerun="1")


@pytest.mark.parametrize("status", EVERY)
@pytest.mark.parametrize("declared", ["1", None], ids=["kept", "removed"])
def test_what_is_kept_or_removed_changes_nothing(declared: str | None, status: str) -> None:
    record = a_recorded_job(a_job(rerun="1"), status=status)

    assert planned(
        a_job(rerun=declared), recorded={"job.best": record}, remote=a_remote(a_remote_job(status=status))
    ).changes == ()  # fmt: skip


@pytest.mark.parametrize(("recorded", "declared"), [(None, "1"), ("1", "2"), ("2", "1"), ("1.1", "1.10"), ("1", "")])
def test_another_value_submits_again(recorded: str | None, declared: str) -> None:
    record = a_recorded_job(a_job(rerun=recorded), status="published")

    (change,) = planned(a_job(rerun=declared), recorded={"job.best": record}).changes

    assert (change.action, change.reason, change.before) == (Action.CREATE, Reason.RERUN, record)
    assert change.credits.spend == 1


def test_the_edited_body_is_what_is_submitted_again() -> None:
    record = a_recorded_job(status="published", credits=None)

    (change,) = planned(a_job(rerun="1", format="long"), recorded={"job.best": record}).changes

    assert change.after == a_job(rerun="1", format="long")
    assert [f.path for f in change.fields] == ["format"]
    assert (change.credits.spend, change.credits.spent) == (2, 0)


def test_rerun_wins_over_replace_as_the_reason() -> None:
    record = a_recorded_job(status="published")

    (change,) = planned(a_job(rerun="1"), recorded={"job.best": record}, replace=frozenset({"job.best"})).changes

    assert change.reason is Reason.RERUN


@pytest.mark.parametrize("address", ["job.other", "template.weekly", "best"])
def test_replace_means_the_address_it_names(address: str) -> None:
    plan = planned(
        a_job(),
        recorded={"job.best": a_recorded_job()},
        remote=a_remote(a_remote_job()),
        replace=frozenset({address}),
    )

    assert plan.changes == ()


def test_replacing_what_is_new_only_creates_it() -> None:
    (change,) = planned(a_job(), replace=frozenset({"job.best"})).changes

    assert (change.action, change.reason) == (Action.CREATE, Reason.NEW)


def test_paid_work_that_went_missing_is_explained() -> None:
    record = a_recorded_job(status="running")

    plan = planned(a_job(), recorded={"job.best": record}, remote=a_remote(missing=["job_1"]))

    (notice,) = plan.notices
    assert plan.changes == ()
    assert "was running when last seen" in notice.message
    assert "--replace job.best" in (notice.hint or "")


def test_a_job_is_not_touched_when_its_template_changes() -> None:
    job = a_job(template="weekly")

    plan = planned(
        job, a_template(tone="calm"), recorded={"job.best": a_recorded_job(job)}, remote=a_remote(a_remote_job())
    )

    assert [c.address for c in plan.changes] == ["template.weekly"]


def test_what_is_in_production_cannot_be_replaced_and_that_is_no_edit() -> None:
    record = a_recorded_job(a_job(), status="processing")
    remote = a_remote(a_remote_job("job_1", "processing"))
    plan = planned(a_job(), recorded={"job.best": record}, remote=remote, replace=frozenset({"job.best"}))
    assert [n.message for n in plan.notices] == ["job.best is being worked on; it cannot be replaced now"]
