"""What is shown of status, previews and results: readable, and safe whatever the service put in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from afsync.commands.console import agreed
from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.remote_account import JobResult, Preview
from afsync.core.resources import Schedule
from afsync.output.approvals import preview_json, preview_lines, preview_markdown
from afsync.output.results import result_text
from afsync.output.status import change_line, relative, status_text, summary
from afsync.output.tables import Cell, table, width
from afsync.output.values import ansi_paint
from tests.builders import AHEAD, NOW, PAST

EVIL = "\x1b[31m\u202eevil\r\n::add-mask::x"
LINK = "https://media.example/v.mp4?X-Sig=1&a=b"


def test_a_table_is_as_wide_as_it_needs_to_be() -> None:
    rows = [[Cell("日本"), Cell(""), Cell("x", "red")], [Cell("a"), Cell(""), Cell("")]]
    lines = list(table(("ONE", "TWO", "THREE"), rows, ansi_paint))
    assert lines == ["\x1b[2mONE\x1b[0m   \x1b[2mTHREE\x1b[0m", "日本  \x1b[31mx\x1b[0m", "a"]
    assert width("e\u0301a") == 2


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(days=800), "in 2 years"),
        (timedelta(days=1, hours=5), "in 1 day"),
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(minutes=61), "in 1 hour"),
        (timedelta(minutes=2), "in 2 minutes"),
        (timedelta(seconds=3), "in a moment"),
        (timedelta(seconds=-3), "just now"),
    ],
)
def test_relative(delta: timedelta, text: str) -> None:
    assert relative(NOW + delta, NOW) == text


def test_nothing_in_a_status_steers_the_terminal() -> None:
    job = JobStatus(
        "job.a",
        JobPhase.WAITING_FOR_APPROVAL,
        id=EVIL,
        status=EVIL,
        score=EVIL,
        output_url=EVIL,
        portals={EVIL: EVIL, "b": {"status": EVIL}, "c": 3},
        preview=Preview(EVIL, EVIL, AHEAD),
        produced=True,
    )
    shown = status_text([job], NOW) + change_line(None, job, NOW)
    assert not any(c in shown for c in "\x1b\u202e\r")
    result = JobResult(EVIL, EVIL, True, EVIL, EVIL, {EVIL: EVIL, "tags": [EVIL]}, ({"platform": EVIL, EVIL: EVIL},))
    assert not any(c in result_text({"job.a": (EVIL, result)}) for c in "\x1b\u202e\r")


@pytest.mark.parametrize("phase", JobPhase)
def test_a_publish_time_is_shown_where_it_may_come_true(phase: JobPhase) -> None:
    job = JobStatus("job.a", phase, id="job_1", status="x", schedule=Schedule("2026-12-01 09:00", AHEAD, "UTC"))
    never = phase in (JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING)
    assert ("PUBLISHES" in status_text([job], NOW)) is not never


def test_copy_that_is_told_by_platform_is_shown_as_text() -> None:
    copy = {"youtube": {"title": "Best", "tags": ["a", "b"]}, "tiktok": {"caption": "Wow"}, "hashtags": ["#x"]}
    rows = ({"platform": "tiktok", "status": "published", "more": {"views": 1}},)
    shown = result_text({"job.a": ("job_1", JobResult("job_1", "complete", True, None, None, copy, rows))})
    assert "  youtube title: Best\n  youtube tags: a b\n  tiktok caption: Wow\n  hashtags:    #x\n" in shown
    assert '{"views": 1}' in shown and "{'" not in shown


@pytest.mark.parametrize(
    ("answers", "agrees"),
    [(["yes\n"], True), (["y\n", " yes\n"], True), (["y\n", "y\n"], False), (["no\n"], False), ([""], False)],
)
def test_a_y_is_asked_for_once_more(answers: list[str], agrees: bool, capsys: pytest.CaptureFixture[str]) -> None:
    asked = iter(answers)
    assert agreed("Really?", lambda: next(asked)) is agrees
    assert next(asked, None) is None
    assert ("all of it" in capsys.readouterr().err) is (len(answers) == 2)


def test_no_jobs() -> None:
    assert status_text([], NOW) == "No jobs.\n"


def test_the_summary_counts_by_phase_in_the_order_of_a_life() -> None:
    phases = [JobPhase.UNKNOWN, JobPhase.DONE, JobPhase.ACTIVE, JobPhase.WAITING_FOR_APPROVAL, JobPhase.DONE]
    jobs = [JobStatus(f"job.{n}", phase) for n, phase in enumerate(phases)]
    jobs.append(JobStatus("job.x", JobPhase.ACTIVE, produced=True))
    assert summary(jobs) == "6 jobs: 1 active, 1 produced, 1 waiting for approval, 2 done, 1 not submitted."


@pytest.mark.parametrize(
    ("phase", "more", "shown", "counted"),
    [
        (JobPhase.ACTIVE, {"produced": True}, "produced", "1 produced"),
        (JobPhase.DONE, {"produced": True}, "done", "1 done"),
        (JobPhase.DONE, {"produced": True, "note": "publish time not kept"}, "done, publish time not kept", "1 done"),
        (JobPhase.DONE, {"produced": True, "time_missing": True}, "produced", "1 produced"),
        (JobPhase.WAITING_FOR_APPROVAL, {"produced": True}, "waiting for approval", "1 waiting for approval"),
        (JobPhase.MISSING, {"produced": True}, "missing, was produced", "1 missing"),
        (JobPhase.UNKNOWN, {"note": "its approval is unresolved", "unresolved": True}, "produced, its", "1 unresolved"),
    ],
)
def test_the_table_and_the_summary_use_the_same_words(
    phase: JobPhase, more: dict[str, Any], shown: str, counted: str
) -> None:
    job = JobStatus("job.a", phase, id="job_1", status="complete", **more)
    assert f"  {shown}" in status_text([job], NOW) and f"  {shown}complete" not in status_text([job], NOW)
    assert shown in change_line(None, job, NOW)
    assert summary([job]) == f"1 job: {counted}."


@pytest.mark.parametrize(("expires", "shown"), [(AHEAD, True), (None, True), (PAST, False), (NOW, False)])
def test_links_are_shown_while_they_work(expires: datetime | None, shown: bool) -> None:
    preview = Preview(LINK, None, expires)
    assert bool(list(preview_lines(preview, NOW))) is shown
    assert (preview_json(preview, NOW) is not None) is shown
    assert bool(preview_markdown(preview, NOW)) is shown


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/<script>",
        "https://a.example/a b",
        "https://a.example/`x`",
        "https://a.example/x>y",
        "https://a.example/[x](y)",
        "https://a.example/a\nb",
        "javascript:alert(1)",
        "https://a.example/\\",
        "https://a.example/ü",
    ],
)
def test_a_link_that_could_mean_more_in_markdown_is_left_out(link: str) -> None:
    assert preview_markdown(Preview(link), NOW) == ""
    assert preview_markdown(Preview(LINK, link), NOW) == f"video: <{LINK}>"
