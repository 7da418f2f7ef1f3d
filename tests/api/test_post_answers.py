"""docs/reliability.md#how-it-works: every row of the table, and the default."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afsync.api.exchange import NoResponse, Reply
from afsync.api.post_answers import classify
from afsync.api.writer import ApiWriter
from afsync.core.answers import Answer, Committed, CommittedIdUnknown, Limited, NotSent, Rejected, Unknown
from afsync.core.resources import EMPTY

from .support import a_session, answering

FORM = b'{"error":"some_code","message":"Some words."}'
HTML = b"<html><body>Bad Gateway</body></html>"
DATE = {"date": "Tue, 26 May 2026 09:00:00 GMT"}


def submit(answer: httpx.Response | Exception) -> tuple[Answer, int]:
    """What a submission that is answered like this comes to, and how many requests it made."""
    handler, got = answering(answer)
    return ApiWriter(a_session(handler)).submit_job({"url": "https://clips.example/1"}), len(got)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
        httpx.ConnectTimeout("timed out"),
        httpx.PoolTimeout("timed out"),
        httpx.ProxyError("407 Proxy Authentication Required"),
        httpx.UnsupportedProtocol("x"),
    ],
    ids=["name resolution", "refused", "TLS handshake", "connect timeout", "no connection free", "proxy", "protocol"],
)
def test_nothing_can_have_left_so_it_was_not_sent(error: Exception) -> None:
    answer, requests = submit(error)
    assert isinstance(answer, NotSent)
    assert requests == 1, "sending again is for the engine to decide"


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.CloseError("x"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.LocalProtocolError("x"),
        httpx.DecodingError("x"),
        httpx.TooManyRedirects("x"),
        httpx.HTTPError("x"),
        ssl.SSLError("x"),
        ConnectionResetError("x"),
        OSError("x"),
        ValueError("x"),
        RuntimeError("x"),
        MemoryError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_other_failure_is_unknown(error: Exception) -> None:
    answer, requests = submit(error)
    assert isinstance(answer, Unknown)
    assert requests == 1


def test_429_in_the_apis_own_form_is_refused_with_a_wait() -> None:
    body = b'{"error":"rate_limit_exceeded","message":"m","retryAfterMs":12345}'
    assert classify(Reply(429, {"retry-after": "7"}, body)) == Limited(7)
    assert classify(Reply(429, {}, body)) == Limited(12.345)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -2359", "", "soon", "0", "Mon, 32 Jan 2026 25:00:00 GMT"])
def test_no_date_costs_an_id(date: str) -> None:
    answer = classify(Reply(200, {"date": date, "retry-after": date}, DOCUMENTED))
    assert isinstance(answer, Committed)
    assert answer.server_time is None


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [("1" + "0" * 400, 120), ("1e400", 120), ("-1" + "0" * 400, 10), ("NaN", 10)],
    ids=["huge", "endless", "long ago", "nonsense"],
)
def test_a_429_may_wish_what_it_likes(wish: str, seconds: float) -> None:
    body = b'{"error":"rate_limit_exceeded","retryAfterMs":%s}' % wish.encode()
    assert classify(Reply(429, {}, body)) == Limited(seconds)


@pytest.mark.parametrize("body", [HTML, b"", b'{"message":"slow down"}', b'{"error":"rate_lim'])
def test_429_of_something_else_is_unknown(body: bytes) -> None:
    assert isinstance(classify(Reply(429, {"retry-after": "7"}, body)), Unknown)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422])
def test_refused_in_the_apis_own_form(status: int) -> None:
    answer = classify(Reply(status, {}, FORM))
    assert answer == Rejected(status, "some_code", "Some words.")
    assert (answer.bad_key, answer.out_of_credits) == (status in (401, 403), status == 402)


def test_a_sentence_is_the_apis_own_form_too() -> None:
    assert classify(Reply(400, {}, b'{"error":"url is required"}')) == Rejected(400, None, "url is required")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422])
@pytest.mark.parametrize("body", [HTML, b"", b"null", b"[]", b'{"error":', b'{"error":null}', b'{"code":"x"}'])
def test_a_4xx_that_is_not_in_the_apis_form_is_unknown(status: int, body: bytes) -> None:
    assert isinstance(classify(Reply(status, {}, body)), Unknown)


NAMED = frozenset({*range(200, 300), 400, 401, 402, 403, 404, 405, 413, 415, 422, 429})


@pytest.mark.parametrize("body", [FORM, HTML, b"", b'{"jobId":"job_1"}'])
def test_every_other_status_is_unknown(body: bytes) -> None:
    for status in set(range(100, 1000)) - NAMED:
        assert isinstance(classify(Reply(status, {}, body)), Unknown), status


DOCUMENTED = b'{"jobId":"job_abc123","status":"queued","creditCost":1,"balance":46}'
DEPLOYED = (
    b'{"jobId":"job_abc123","status":"queued","staging":true,"creditCost":2,"planTier":"operate",'
    b'"createdAt":1779786000000,"pollUrl":"/v1/jobs/x","estimatedMinutes":4,"queuePosition":2}'
)


@pytest.mark.parametrize(
    ("status", "body", "committed"),
    [
        (200, DOCUMENTED, Committed("job_abc123", "queued", 1, 46, server_time=datetime(2026, 5, 26, 9, tzinfo=UTC))),
        (
            202,
            DEPLOYED,
            Committed(
                "job_abc123",
                "queued",
                2,
                None,
                staging=True,
                created_at=datetime(2026, 5, 26, 9, tzinfo=UTC),
                server_time=datetime(2026, 5, 26, 9, tzinfo=UTC),
            ),
        ),
    ],
    ids=["documented", "deployed"],
)
def test_2xx_with_a_usable_id_is_committed(status: int, body: bytes, committed: Committed) -> None:
    answer = classify(Reply(status, DATE, body))
    assert isinstance(answer, Committed)
    assert answer.raw == body.decode()
    assert answer == Committed(
        **{n: getattr(committed, n) for n in Committed.__struct_fields__} | {"raw": body.decode()}
    )


@pytest.mark.parametrize("body", ['{"jobId":"job_1","creditCost":%s,"balance":%s,"createdAt":"x","staging":1}'])
@pytest.mark.parametrize("number", ['"1"', "-1", "true", "1e300", "NaN", "Infinity", "[]", "null"])
def test_the_id_matters_more_than_odd_numbers(body: str, number: str) -> None:
    answer = classify(Reply(201, {"date": "nonsense"}, (body % (number, number)).encode()))
    assert isinstance(answer, Committed)
    assert (answer.id, answer.credits, answer.balance) == ("job_1", None, None)
    assert (answer.created_at, answer.staging, answer.server_time) == (None, None, None)


@pytest.mark.parametrize(("cost", "credits"), [("0.5", 1), ("1.0", 1), ("2.001", 3), ("0", 0)])
def test_a_fraction_of_a_credit_is_a_whole_one_that_is_spent(cost: str, credits: int) -> None:
    answer = classify(Reply(200, {}, f'{{"jobId":"job_1","creditCost":{cost},"balance":46.9}}'.encode()))
    assert isinstance(answer, Committed)
    assert (answer.credits, answer.balance) == (credits, 46)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        HTML,
        b"null",
        b"[]",
        b'"job_1"',
        b"{}",
        FORM,
        b'{"jobId":"job_1"',
        b'{"id":"job_1"}',
        b'{"jobId":null}',
        b'{"jobId":17}',
        b'{"jobId":""}',
        b'{"jobId":"job_1 "}',
        b'{"jobId":"job\\t1"}',
        b'{"jobId":"?job_1"}',
        b'{"jobId":"job\\u202e1"}',
        b'{"jobId":"../account"}',
        b'{"jobId":".."}',
        b'{"jobId":"' + b"a" * 201 + b'"}',
        b'{"jobId":["job_1"]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"jobId":"job_1","addOns":' + b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_2xx_with_anything_else_is_committed_with_its_id_unknown(status: int, body: bytes) -> None:
    assert isinstance(classify(Reply(status, {}, body)), CommittedIdUnknown)


def test_a_whole_object_counts_although_the_connection_broke_after_it() -> None:
    assert isinstance(classify(Reply(200, {}, DOCUMENTED, complete=False)), Committed)
    assert isinstance(classify(Reply(200, {}, DOCUMENTED[:-1], complete=False)), CommittedIdUnknown)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"id":"tpl_1","name":"W","createdAt":"2026-05-26T09:00:00Z"}', Committed),
        (b'{"template":{"id":"tpl_1","name":"W","created_at":"2026-05-26T09:00:00Z"}}', Committed),
        (b'{"id":"tpl_1","createdAt":"2026-05-26T09:00:00Z","template":{"name":"W"}}', Committed),
        (b'{"template":{"name":"W"}}', CommittedIdUnknown),
        (b'{"jobId":"job_1"}', CommittedIdUnknown),
    ],
)
def test_a_template_has_its_id_in_one_of_two_places(body: bytes, answer: type) -> None:
    found = classify(Reply(201, {}, body), id_field="id")
    assert isinstance(found, answer)
    if isinstance(found, Committed):
        assert (found.id, found.created_at) == ("tpl_1", datetime(2026, 5, 26, 9, tzinfo=UTC))


@given(
    result=st.one_of(
        st.builds(
            Reply,
            st.integers(100, 999),
            st.dictionaries(st.sampled_from(["date", "retry-after"]), st.text(max_size=30)),
            st.binary(max_size=80) | st.sampled_from([FORM, DOCUMENTED, HTML]),
            st.booleans(),
        ),
        st.builds(NoResponse, st.just(True), st.text(max_size=20)),
    )
)
def test_nothing_is_taken_for_not_done_unless_the_api_says_so(result: Reply | NoResponse) -> None:
    """Whatever comes back: only the API's own words, or certainty that nothing left, allow sending again."""
    answer = classify(result)
    assert not isinstance(answer, NotSent)
    if isinstance(answer, Rejected | Limited):
        assert isinstance(result, Reply)
        assert 400 <= result.status < 500
        assert b'"error"' in result.body
    if isinstance(result, Reply) and 200 <= result.status <= 299:
        assert isinstance(answer, Committed | CommittedIdUnknown)


def test_words_of_the_service_are_safe_to_show() -> None:
    answer = classify(Reply(400, {}, b'{"error":"x","message":"\\u001b[2J' + b"a" * 10_000 + b'"}'))
    assert isinstance(answer, Rejected)
    assert answer.detail.isprintable()
    assert len(answer.detail) <= 300
    unknown = classify(Reply(502, {}, b"\x1b[2J" + b"b" * 10_000))
    assert isinstance(unknown, Unknown)
    assert unknown.raw.isprintable()
    assert len(unknown.raw) <= 2000


def test_a_body_may_hold_any_mapping() -> None:
    handler, got = answering(httpx.Response(200, content=DOCUMENTED))
    body: dict[str, Any] = {
        "topic": "\ud83d\N{SNOWMAN}",
        "addOns": EMPTY,
        "platforms": ("tiktok",),
        "durationMins": 2.0,
    }
    assert isinstance(ApiWriter(a_session(handler)).submit_job(body), Committed)
    assert got[0].content == b'{"topic": "\\ud83d\\u2603", "addOns": {}, "platforms": ["tiktok"], "durationMins": 2}'
