"""What is printed on a terminal stays within its columns: messages at words, the table of `status` by other layouts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.resources import Schedule
from afsync.errors import Location, Problem
from afsync.output.problems import problem_block
from afsync.output.status import status_text
from afsync.output.tables import width, wrapped
from afsync.output.values import Paint, no_paint

NOW = datetime(2029, 12, 1, 8, 0, tzinfo=UTC)
LONG = "job.first may have been submitted already, and `afsync import job.first job_123` records that it was: 直播." * 2


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_a_message_is_wrapped_at_words(columns: int) -> None:
    at = Location("afsync.yaml", 3, 142, "x" * 140 + " wrong: " + "y" * 60)
    block = problem_block(Problem("code", LONG, LONG, location=at), Paint(columns=columns))

    assert all(width(line) <= columns for line in block.splitlines())
    assert " ".join(block.split()).count(" ".join(LONG.split())) == 2
    assert "`afsync import job.first job_123`" in block, "what is copied is not broken"
    assert block.splitlines()[1].startswith(" " * len("Error: "))
    marked, caret = (line for line in block.splitlines() if " | " in line)
    assert marked[caret.index("^") :].startswith("wrong")


def test_elsewhere_a_message_is_one_line() -> None:
    assert problem_block(Problem("code", LONG, "a hint"), no_paint) == f"Error: {LONG}\n  a hint"
    assert wrapped("short", 80, 7) == "short"


def a_status(address: str, link: str | None = None) -> JobStatus:
    time = Schedule("2029-12-08 09:00", NOW + timedelta(days=7), "Europe/Berlin")
    return JobStatus(address, JobPhase.ACTIVE, id="job_1", status="queued", schedule=time, credits=1, output_url=link)


@pytest.mark.parametrize(
    ("address", "link", "columns", "lines"),
    [
        ("job.a", None, 80, ["JOB    STATE   PUBLISHES", "job.a  queued  Sat 2029-12-08 09:00 CET (in 7 days)  1"]),
        ("job.a", None, 50, ["JOB    STATE   PUBLISHES", "job.a  queued  Sat 2029-12-08 09:00 CET  1"]),
        (
            "job.a",
            "https://x/" + "y" * 40,
            60,
            ["JOB    STATE   PUBLISHES", "job.a  queued  Sat 2029-12-08 09:00 CET  1", "  https://x/" + "y" * 40],
        ),
        (
            'job.a-long-series-name["2029-12-08"]',
            None,
            60,
            ["JOB", "  STATE   PUB", 'job.a-long-series-name["2029-12-08"]', "  queued  Sat 2029-12-08 09:00 CET  1"],
        ),
    ],
)
def test_the_table_of_status_fits(address: str, link: str | None, columns: int, lines: list[str]) -> None:
    shown = status_text([a_status(address, link)], NOW, Paint(columns=columns)).splitlines()

    assert all(width(line) <= columns for line in shown)
    assert all(line.startswith(start) for line, start in zip(shown, lines, strict=False)), shown
