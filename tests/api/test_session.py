"""Trying again: what, how often, and how long to wait before; and which error comes of it in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from afsync.api.reader import ApiReader
from afsync.api.retries import LONGEST_WAIT, RETRY_AFTER_CAP, RETRY_AFTER_DEFAULT, backoff, retry_after
from afsync.api.session import connect
from afsync.api.wire import ErrorForm
from afsync.api.writer import ApiWriter
from afsync.core.answers import Committed, Limited, NotSent, Rejected, Unknown
from afsync.errors import ApiError, AuthError, BadAnswer, Interrupted, Refused, Unreachable, UsageError

from .support import KEY, FakeTime, a_session, an_access, an_answer, answering

JOB = {"jobId": "job_1", "status": "queued", "createdAt": "2026-05-26T09:00:00Z"}
LIMITED = an_answer(429, {"error": "rate_limit_exceeded", "retryAfterMs": 7000})
DOWN = an_answer(503, b"<html>")


def read(*answers: httpx.Response | Exception) -> tuple[Any, int, FakeTime]:
    """What reading a job comes to (an error as a value), the number of requests, and the time it took."""
    handler, got = answering(*answers)
    time = FakeTime()
    try:
        found: Any = ApiReader(a_session(handler, time=time)).job("job_1")
    except ApiError as error:
        found = error
    return found, len(got), time


@pytest.mark.parametrize(
    "answer",
    [
        DOWN,
        an_answer(500, {"error": "internal"}),
        an_answer(502, b""),
        an_answer(504, b"<html>"),
        an_answer(520, b"<html>"),
        an_answer(408, {"error": "timeout"}),
        an_answer(425, b""),
        an_answer(200, b"<html>Log in</html>"),
        an_answer(403, b"<html>Blocked</html>"),
        an_answer(404, b"<html>No such page</html>"),
        an_answer(429, b"<html>Slow down</html>"),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("x"),
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
    ],
    ids=str,
)
def test_what_may_pass_is_tried_again(answer: httpx.Response | Exception) -> None:
    found, requests, time = read(answer, answer, answer, an_answer(200, JOB))
    assert found.id == "job_1"
    assert requests == 4
    assert time.slept == [0.25, 0.5, 1.0]
    found, requests, _ = read(answer)
    assert isinstance(found, Unreachable | BadAnswer)
    assert requests == 4, "and not for ever"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (an_answer(400, {"error": "bad"}), Refused),
        (an_answer(401, {"error": "invalid_api_key"}), AuthError),
        (an_answer(403, {"error": "plan_not_supported", "message": "m"}), AuthError),
        (an_answer(403, {"error": "forbidden"}), AuthError),
        (an_answer(302, b"", {"location": "https://x.example/y"}), BadAnswer),
        (an_answer(200, {"jobs": []}), BadAnswer),
        (an_answer(200, {**JOB, "jobId": "job_2"}), BadAnswer),
        (an_answer(204, b""), BadAnswer),
    ],
    ids=["400", "401", "403", "not ours", "redirect", "another form", "another job", "no content"],
)
def test_what_will_not_pass_is_not_tried_again(answer: httpx.Response, error: type) -> None:
    found, requests, time = read(answer)
    assert isinstance(found, error)
    assert (requests, time.slept) == (1, [])


def test_a_429_is_waited_out_by_everybody_and_does_not_count_as_a_try() -> None:
    found, requests, time = read(LIMITED, LIMITED, DOWN, LIMITED, an_answer(200, JOB))
    assert found.id == "job_1"
    assert requests == 5
    assert time.slept == [7.0, 7.0, 0.25, 7.0]


def test_a_429_without_end_is_an_error_after_five() -> None:
    found, requests, time = read(LIMITED)
    assert isinstance(found, Unreachable)
    assert "429" in found.message
    assert requests == 5
    assert sum(time.slept) < 5 * RETRY_AFTER_CAP


@pytest.mark.parametrize(
    ("header", "milliseconds", "seconds"),
    [
        ("7", None, 7.0),
        (" 7 ", 99_000, 7.0),
        ("0.5", None, 1.0),
        ("0", None, 1.0),
        (None, 12_345, 12.345),
        (None, 1, 1.0),
        (None, None, RETRY_AFTER_DEFAULT),
        ("-5", None, RETRY_AFTER_DEFAULT),
        ("-5", 3000, 3.0),
        ("soon", None, RETRY_AFTER_DEFAULT),
        ("", None, RETRY_AFTER_DEFAULT),
        ("nan", None, RETRY_AFTER_DEFAULT),
        ("inf", None, RETRY_AFTER_DEFAULT),
        ("1e9", None, RETRY_AFTER_DEFAULT),
        ("９", None, RETRY_AFTER_DEFAULT),
        ("9" * 400, None, RETRY_AFTER_DEFAULT),
        ("86400", None, RETRY_AFTER_CAP),
        (None, 1e300, RETRY_AFTER_CAP),
        (None, -1, RETRY_AFTER_DEFAULT),
        (None, float("nan"), RETRY_AFTER_DEFAULT),
        ("Tue, 26 May 2026 09:00:30 GMT", None, 30.0),
        ("Tue, 26 May 2026 08:00:00 GMT", None, RETRY_AFTER_DEFAULT),
        ("Tue, 26 May 2099 09:00:30 GMT", None, RETRY_AFTER_CAP),
        ("Tue, 99 May 2026 09:00:30 GMT", None, RETRY_AFTER_DEFAULT),
    ],
)
def test_retry_after_is_a_wish(header: str | None, milliseconds: float | None, seconds: float) -> None:
    headers = {"date": "Tue, 26 May 2026 09:00:00 GMT"} | ({} if header is None else {"retry-after": header})
    assert retry_after(headers, ErrorForm("r", "r", milliseconds)) == pytest.approx(seconds)


def test_waits_grow_are_drawn_and_end() -> None:
    assert [backoff(n, 0.999) for n in range(3)] == pytest.approx([0.4995, 0.999, 1.998])
    assert backoff(50, 0.999) < LONGEST_WAIT
    assert backoff(3, 0.0) == 0.0


CALLS: dict[str, Callable[[ApiWriter], object]] = {
    "DELETE /jobs/:id": lambda w: w.cancel("job_1"),
    "PATCH /jobs/:id/schedule": lambda w: w.set_schedule("job_1", None),
    "DELETE /templates/:id": lambda w: w.delete_template("tpl_1"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_free_calls_that_may_be_repeated_are(call: Callable[[ApiWriter], object]) -> None:
    handler, got = answering(DOWN, httpx.ReadError("x"), LIMITED, an_answer(200, {"jobId": "job_1"}))
    call(ApiWriter(a_session(handler)))
    assert len(got) == 4


@pytest.mark.parametrize(
    "answer", [DOWN, httpx.ReadError("x"), an_answer(200, b"<html>"), an_answer(408, b"")], ids=str
)
def test_an_approval_is_not_repeated_when_it_may_have_been_done(answer: httpx.Response | Exception) -> None:
    handler, got = answering(answer)
    assert isinstance(ApiWriter(a_session(handler)).approve("job_1"), Unknown)
    assert [request.method for request in got].count("POST") == 1


@pytest.mark.parametrize(("status", "done"), [("publishing", True), ("published", True), ("complete", False)])
@pytest.mark.parametrize(
    "answer", [httpx.ReadError("x"), an_answer(200, b"<html>"), an_answer(409, {"error": "already_published"})], ids=str
)
def test_one_look_decides_when_an_approval_was_not_acknowledged(
    answer: httpx.Response | Exception, status: str, done: bool
) -> None:
    handler, got = answering(answer, an_answer(200, {"jobId": "job_1", "status": status}))
    writer = ApiWriter(a_session(handler))
    found = writer.approve("job_1")
    if done:
        assert found == Committed("job_1", status=status)
    else:
        assert isinstance(found, Unknown | Rejected)
    assert [request.method for request in got] == ["POST", "GET"]


def test_what_an_answer_to_an_approval_says() -> None:
    answers: list[tuple[httpx.Response | Exception, object]] = [
        (an_answer(200, {"jobId": "job_1", "approved": True}), Committed("job_1")),
        (an_answer(202, {"accepted": True, "status": "publishing"}), Committed("job_1", status="publishing")),
        (an_answer(204, b""), Committed("job_1")),
        (an_answer(422, {"error": "no_output"}), Rejected(422, "no_output", "no_output")),
        (httpx.ConnectError("x"), NotSent),
        (LIMITED, Limited),
    ]
    for answer, expected in answers:
        handler, got = answering(answer)
        found = ApiWriter(a_session(handler)).approve("job_1", ("tiktok",))
        assert found == expected or type(found) is expected
        assert got[0].content == b'{"platforms": ["tiktok"]}'
        assert len(got) == 1


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ([an_answer(200, {"jobId": "job_1", "status": "cancelled"})], None),
        ([an_answer(404, {"error": "not_found"})], None),
        ([an_answer(409, {"error": "cannot_cancel"}), an_answer(200, {**JOB, "status": "complete"})], "complete"),
        ([an_answer(409, {"error": "cannot_cancel"}), an_answer(200, {**JOB, "status": "cancelled"})], None),
        ([an_answer(409, {"error": "cannot_cancel"}), an_answer(404, {"error": "not_found"})], None),
    ],
    ids=["cancelled", "gone", "finished before", "cancelled before", "gone since"],
)
def test_cancelling(answers: list[httpx.Response], left: str | None) -> None:
    handler, _ = answering(*answers)
    assert ApiWriter(a_session(handler)).cancel("job_1") == left


def test_a_template_that_is_gone_is_deleted() -> None:
    handler, _ = answering(an_answer(404, {"error": "not_found"}))
    ApiWriter(a_session(handler)).delete_template("tpl_1")
    handler, _ = answering(an_answer(400, {"error": "in_use"}))
    with pytest.raises(Refused, match="DELETE /templates/tpl_1"):
        ApiWriter(a_session(handler)).delete_template("tpl_1")


def test_unscheduling_that_is_refused_says_so_in_the_services_words() -> None:
    handler, _ = answering(an_answer(400, {"error": "scheduledPublishAt is required (ISO 8601)"}))
    with pytest.raises(Refused) as caught:
        ApiWriter(a_session(handler)).set_schedule("job_1", None)
    assert (caught.value.status, caught.value.code) == (400, None)
    assert caught.value.detail == "scheduledPublishAt is required (ISO 8601)"


@pytest.mark.parametrize("wrong", ["", "..", "...", "a/b", "a\\b", " a", "a ", "a\tb", "?a", "é", "a" * 201])
def test_what_is_no_id_goes_into_no_path(wrong: str) -> None:
    handler, got = answering(an_answer(200, {}))
    reader, writer = ApiReader(a_session(handler)), ApiWriter(a_session(handler))
    calls: list[Callable[[str], object]] = [reader.job, reader.result, reader.staging_assets]
    for call in [*calls, writer.cancel, writer.delete_template, writer.approve]:
        with pytest.raises(UsageError):
            call(wrong)
    assert got == []


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        ("a b", "a%20b"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"),
        ("auth0|bob@a.b:7", "auth0%7Cbob%40a.b:7"),
        ("a..b;c&d=e+f", "a..b%3Bc%26d%3De%2Bf"),
    ],
)
def test_an_id_is_one_part_of_a_path_whatever_it_holds(id_: str, path: str) -> None:
    handler, got = answering(an_answer(200, {**JOB, "jobId": id_, "approved": True}))
    reader, writer = ApiReader(a_session(handler)), ApiWriter(a_session(handler))
    job = reader.job(id_)
    assert job is not None and job.id == id_
    for call in (writer.cancel, writer.delete_template, writer.approve):
        call(id_)
    parts = [request.url.raw_path.decode().split("/") for request in got]
    assert [[part for part in found if part.startswith("a") and part != "approve-publish"] for found in parts] == [
        [path]
    ] * 4


def test_every_wait_can_be_interrupted() -> None:
    def interrupted(seconds: float) -> None:
        raise Interrupted("Interrupted.")

    handler, got = answering(DOWN)
    time = FakeTime()
    time.sleep = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        ApiReader(a_session(handler, time=time)).account()
    assert len(got) == 1


def test_a_submission_interrupted_while_it_waits_for_the_window_was_not_sent() -> None:
    handler, got = answering(LIMITED)
    time = FakeTime()
    line = a_session(handler, time=time)
    assert isinstance(ApiWriter(line).submit_job({}), Limited)

    def interrupted(seconds: float) -> None:
        raise Interrupted("Interrupted.")

    line.limiter._sleep = interrupted
    assert isinstance(ApiWriter(line).submit_job({}), NotSent)
    assert len(got) == 1


def test_the_account_sets_the_size_of_the_window() -> None:
    handler, _ = answering(an_answer(200, {"accountId": "u", "rateLimits": {"rpm": 120}}))
    line = a_session(handler)
    assert ApiReader(line).account().per_minute == 120
    assert line.limiter.size == 120


def test_the_services_clock_is_told() -> None:
    handler, _ = answering(an_answer(200, JOB, {"date": "Tue, 26 May 2026 09:00:00 GMT"}))
    reader = ApiReader(a_session(handler))
    assert reader.server_time is None
    reader.job("job_1")
    assert str(reader.server_time) == "2026-05-26 09:00:00+00:00"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (an_answer(401, {"error": "invalid_api_key", "message": "Unknown key"}), "invalid_api_key: Unknown key"),
        (an_answer(403, {"error": "plan_not_supported"}), "plan has no API access"),
        (an_answer(403, {"error": "forbidden"}), "may not do GET /jobs/job_1"),
        (an_answer(418, {"error": "teapot", "message": "\x1b[31mshort\nand stout"}), "teapot: [31mshort and stout"),
        (an_answer(500, {"error": "internal"}), "answered 500 (internal)"),
        (an_answer(503, b"<h1>Down</h1>"), "<h1>Down</h1>"),
        (an_answer(302, b"", {"location": "https://login.example/a?b=c"}), "redirects (302) to login.example"),
        (an_answer(200, b"<html>"), "is not JSON: <html>"),
        (an_answer(200, b""), "is not JSON: nothing"),
    ],
)
def test_errors_say_what_happened_and_what_to_do(answer: httpx.Response, says: str) -> None:
    found, _, _ = read(answer)
    assert says in found.message
    assert found.message.isprintable()
    assert len(found.message) < 500
    assert KEY not in f"{found.message} {found.hint}"


def test_the_emulator_inside_the_process_needs_its_application() -> None:
    time = FakeTime()
    with pytest.raises(ValueError, match="application"):
        connect(
            an_access("emulator"),
            environ={},
            user_agent="x",
            clock=time.clock,
            sleep=time.sleep,
            random=lambda: 0.5,
        )
