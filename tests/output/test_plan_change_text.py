"""What a plan says of a video whose job is taken out, or loses its publish time."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.records import Publish
from afsync.core.resources import Job
from afsync.output.plan_markdown import plan_markdown
from afsync.output.plan_text import plan_text
from tests.builders import AHEAD, LATER, a_job, a_recorded_job, a_remote, a_remote_job, planned

NO_REFUND = "no refund is promised"
APPROVED_THERE = "video: stays in the account, and is published only if it is approved there"
UNLESS = "it is published at its time unless the service takes that off"
TIMED = a_job(schedule=AHEAD)


@pytest.mark.parametrize(
    ("status", "more", "declared", "line"),
    [
        ("queued", {}, None, "      video: the job is cancelled; if the service produces it anyway"),
        ("complete", {}, None, f"      video: stays in the account; {UNLESS}; {NO_REFUND}"),
        ("complete", {"staged": True}, None, f"      {APPROVED_THERE}; {NO_REFUND}"),
        ("complete", {"staged": True, "credits": 0}, None, f"      {APPROVED_THERE}\n"),
        ("published", {}, None, "      video: stays as it is; one that was published stays published"),
        ("queued", {}, a_job(), "      video: whether it is published then is up to the service"),
        ("queued", {"staged": True}, a_job(), "      video: is published only after an approval"),
        ("queued", {"publish": Publish.HELD}, a_job(), "      video: is published only after an approval"),
        ("queued", {}, a_job(schedule=AHEAD, tone="calm"), "      old video: the job is cancelled; if the service"),
        (
            "complete",
            {},
            a_job(schedule=AHEAD, rerun="2"),
            f"      old video: stays in the account; {UNLESS}",
        ),
    ],
)
def test_what_becomes_of_the_video(status: str, more: dict[str, Any], declared: Job | None, line: str) -> None:
    record = replace(a_recorded_job(TIMED, status=status), **more)
    remote = a_remote(a_remote_job("job_1", status))
    plan = planned(*filter(None, [declared]), recorded={"job.best": record}, remote=remote, allow_empty=True)
    assert line in plan_text(plan)
    assert line.strip() in plan_markdown(plan)


@pytest.mark.parametrize("declared", [TIMED, a_job(schedule=LATER)])
def test_nothing_is_said_where_the_job_stays(declared: Job) -> None:
    remote = a_remote(a_remote_job("job_1", "queued"))
    plan = planned(declared, recorded={"job.best": a_recorded_job(TIMED)}, remote=remote)
    assert "video:" not in plan_text(plan)
