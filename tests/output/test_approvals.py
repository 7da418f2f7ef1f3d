"""What a plan says an approval will do, where a job waits for a review and has a publish time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afsync.core.records import Publish
from afsync.core.resources import Job
from afsync.output.plan_markdown import plan_markdown
from afsync.output.plan_text import plan_text
from tests.builders import AHEAD, PAST, a_job, a_recorded_job, a_remote, a_remote_job, a_template, planned

TIMED = a_job(staging=True, schedule=AHEAD)
AT_ONCE, AT_ITS_TIME = "publishes it at once, whatever its publish time", "publishes it at its publish time"


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        ((TIMED,), AT_ONCE),
        ((a_template(staging=True), a_job(template="weekly", schedule=AHEAD)), AT_ONCE),
        ((replace(TIMED, held=True),), AT_ITS_TIME),
        ((a_job(staging=True),), None),
        ((a_job(schedule=AHEAD),), None),
    ],
)
def test_before_it_is_submitted(declared: tuple[Job, ...], line: str | None) -> None:
    plan = planned(*declared)
    assert [n.code for n in plan.notices].count("approval_and_time") == (line is not None)
    assert line is None or (line in plan_text(plan) and line in plan_markdown(plan))


@pytest.mark.parametrize(
    ("publish", "when", "line"),
    [
        (Publish.SERVICE, AHEAD, "an approval publishes it at once, not at its publish time, "),
        (Publish.HELD, AHEAD, "an approval is recorded, and publishes it at "),
        (Publish.HELD, PAST, "has passed: an approval publishes it at once"),
    ],
)
def test_while_it_waits(publish: Publish, when: object, line: str) -> None:
    job = replace(a_job(staging=True, schedule=when), held=publish is Publish.HELD)  # type: ignore[arg-type]
    record = a_recorded_job(job, status="complete", staged=True)
    remote = a_remote(a_remote_job("job_1", "complete"))
    plan = planned(job, recorded={"job.best": replace(record, publish=publish)}, remote=remote)
    assert line in plan_text(plan) and line in plan_markdown(plan)
