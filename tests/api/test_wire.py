"""Both dialects of every answer, and what is not the promised form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import astuple

from afsync.api import reader, wire, wire_jobs, wire_templates
from afsync.api.wire_jobs import parse_result, parse_staging_assets
from afsync.core.remote_account import JobResult, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.errors import BadAnswer

AT = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)
MS = 1779786000000


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-05-26T09:00:00Z", AT),
        ("2026-05-26T09:00:00.000Z", AT),
        ("2026-05-26T11:00:00+02:00", AT),
        ("2026-05-26T04:30:00-0430", AT),
        ("2026-05-26 09:00:00", AT),
        ("2026-05-26T09:00:00", AT),
        (MS, AT),
        (float(MS), AT),
        (str(MS), AT),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("", None),
        ("tomorrow", None),
        ("2026-13-01T00:00:00Z", None),
        ("9" * 16, None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T00:00:00Z", datetime(9999, 12, 31, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9998-12-31T23:59:59Z", datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9" * 5000, None),
        (10**30, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ([], None),
        (None, None),
        ("１７７９７８６００００００", None),
    ],
)
def test_time_stamps(written: object, at: datetime | None) -> None:
    assert wire.moment(written) == at
    if at is not None:
        assert wire.moment(written).tzinfo is UTC  # type: ignore[union-attr]


@given(st.integers(0, 7_000_000_000_000))
def test_a_time_stamp_comes_back_as_it_was_sent(ms: int) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    assert wire.moment(wire.iso(at)) == at
    assert wire.moment(ms) == wire.moment(str(ms)) == at


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        ("job_abc123", True),
        ("a" * 200, True),
        ("A.b:c-d_1", True),
        ("1", True),
        ("", False),
        ("a" * 201, False),
        (".", False),
        ("..", False),
        ("job/1", False),
        ("auth0|5f-a+b@x.example_EXTRACT_FETCH_news_1764000000000", True),
        ("a b_COMPACT_GEN_news_1", True),
        (" job_1", False),
        ("job_1 ", False),
        ("job\\1", False),
        ("?job_1", False),
        ("job\x7f1", False),
        ("job_1\n", False),
        ("job_é", False),
        ("../account", False),
        (17, False),
        (None, False),
        (["job_1"], False),
    ],
)
def test_usable_ids(value: object, usable: bool) -> None:
    assert wire.usable_id(value) is usable


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b'{"error":"not_found"}', wire.ErrorForm("not_found", "not_found")),
        (b'{"error":"x_y","message":"Because."}', wire.ErrorForm("x_y", "Because.")),
        (b'{"error":"name is required"}', wire.ErrorForm(None, "name is required")),
        (b'{"error":"r","retryAfterMs":12345}', wire.ErrorForm("r", "r", 12345)),
        (b'{"error":"r","retryAfterMs":"soon","message":7}', wire.ErrorForm("r", "r")),
        (b'{"error":"r","message":"\\u001b[31mred\\n\\u0007"}', wire.ErrorForm("r", "[31mred")),
        (b'{"error":""}', None),
        (b'{"error":{"code":1}}', None),
        (b'{"message":"no"}', None),
        (b'["error"]', None),
        (b"<html>502</html>", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b'{"error":"r","errors":' + b"[" * 100_000, None),
    ],
)
def test_errors_in_the_apis_own_form(body: bytes, form: wire.ErrorForm | None) -> None:
    assert wire.error_form(body) == form


# --- jobs ---

DOCUMENTED = {"jobId": "job_1", "status": "running", "createdAt": "2026-05-26T09:00:00Z"}
DEPLOYED = {
    "jobId": "job_1",
    "status": "non-compliant",
    "createdAt": str(MS),
    "updatedAt": MS,
    "entry": "fetch",
    "productionProfile": "vertical_reel",
    "contentType": "clips",
    "sourceType": "twitch",
    "planTier": "operate",
    "topic": "Best plays",
    "tone": "hype",
    "format": "short",
    "platforms": ["tiktok"],
    "addOns": {"shoppable": {"active": True}},
    "outputUrl": "https://cdn.example/1.mp4",
    "portals": {"1": "done"},
    "grade": 91,
    "brandNew": [1, 2],
}


@pytest.mark.parametrize(
    ("row", "job"),
    [
        (DOCUMENTED, RemoteJob("job_1", "running", AT)),
        (
            DEPLOYED,
            RemoteJob(
                "job_1",
                "non-compliant",
                AT,
                {
                    "entry": "fetch",
                    "productionProfile": "vertical_reel",
                    "contentType": "clips",
                    "topic": "Best plays",
                    "tone": "hype",
                    "format": "short",
                    "platforms": ["tiktok"],
                    "addOns": {"shoppable": {"active": True}},
                },
                updated_at=AT,
                output_url="https://cdn.example/1.mp4",
                score="91",
                portals={"1": "done"},
            ),
        ),
        (
            {**DOCUMENTED, "topic": None, "tone": "", "platforms": [], "addOns": {}, "outputUrl": None, "score": None},
            RemoteJob("job_1", "running", AT),
        ),
        ({**DOCUMENTED, "platforms": [{"name": "tiktok"}], "topic": 5}, RemoteJob("job_1", "running", AT)),
        ({**DOCUMENTED, "status": "on_the_moon"}, RemoteJob("job_1", "on_the_moon", AT)),
        ({"jobId": "job_1", "status": "queued"}, RemoteJob("job_1", "queued")),
        ({**DOCUMENTED, "topic": "cut \ud83d"}, RemoteJob("job_1", "running", AT, {"topic": "cut ?"})),
    ],
    ids=["documented", "deployed", "null and empty", "other forms", "unknown status", "no time", "half a character"],
)
def test_a_job(row: dict[str, Any], job: RemoteJob) -> None:
    assert wire_jobs.parse_page({"jobs": [row], "limit": 100, "offset": 0, "count": 1}) == [job]
    assert wire_jobs.parse_job(row, "GET /jobs/job_1") == job


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"error": "oops"},
        {"jobs": None},
        {"jobs": {}},
    ],
)
def test_a_page_of_another_form_never_reads_as_nothing_there(value: object) -> None:
    with pytest.raises(BadAnswer, match="expected"):
        wire_jobs.parse_page(value)


@pytest.mark.parametrize("field", ["scheduledAt", "scheduledPublishAt"])
def test_publish_times(field: str) -> None:
    rows = [{"jobId": "job_1", "status": "scheduled", field: "2026-05-26T09:00:00Z"}, {"jobId": "job_2", field: None}]
    assert wire_jobs.parse_publish_times({"scheduled": rows}) == {"job_1": AT}
    with pytest.raises(BadAnswer):
        wire_jobs.parse_publish_times({"jobs": rows})


def test_a_schedule_goes_out_under_both_names() -> None:
    assert wire_jobs.schedule_body(AT) == {
        "scheduledAt": "2026-05-26T09:00:00Z",
        "scheduledPublishAt": "2026-05-26T09:00:00Z",
    }
    assert wire_jobs.schedule_body(None) == {"scheduledAt": None, "scheduledPublishAt": None}


@pytest.mark.parametrize(
    ("answer", "at", "fine"),
    [
        ({"jobId": "j", "scheduledAt": "2026-05-26T09:00:00Z"}, AT, True),
        ({"jobId": "j", "scheduledPublishAt": MS, "status": "scheduled"}, AT, True),
        ({"jobId": "j", "scheduledAt": None}, None, True),
        ({}, AT, True),
        ({"jobId": "j", "scheduledAt": "2026-05-26T10:00:00Z"}, AT, False),
        ({"jobId": "j", "scheduledAt": "2026-05-26T09:00:00Z"}, None, False),
        ({"jobId": "j", "scheduledAt": "never"}, AT, False),
        ([], AT, False),
    ],
)
def test_the_answer_to_a_schedule(answer: object, at: datetime | None, fine: bool) -> None:
    if fine:
        wire_jobs.check_schedule_set(answer, at)
    else:
        with pytest.raises(BadAnswer):
            wire_jobs.check_schedule_set(answer, at)


# --- templates ---


def test_a_template_goes_out_flat_and_as_job_spec() -> None:
    values = {"name": "Weekly", "description": "d", "format": "short", "platforms": ("tiktok",)}
    assert wire_templates.template_body(values) == {
        "name": "Weekly",
        "description": "d",
        "format": "short",
        "platforms": ["tiktok"],
        "jobSpec": {
            "format": "short",
            "platforms": ["tiktok"],
            "templateId": "short-form",
            "order": {"publish": {"platforms": ["tiktok"]}},
        },
    }


def test_a_template_of_the_service_s_own_code_is_read_as_it_is_declared() -> None:
    spec = {"templateId": "long-form", "order": {"publish": {"platforms": ["youtube"]}}, "tone": "calm"}
    row = {"id": "tpl_1", "name": "Weekly", "job_spec": spec}
    assert wire_templates.parse_template(row).echo == {
        "format": "long",
        "platforms": ["youtube"],
        "tone": "calm",
    }
    sent = wire_templates.template_body({"name": "Weekly", "format": "short", "platforms": ["tiktok"], "staging": True})
    back = wire_templates.parse_template({"id": "tpl_1", "name": "Weekly", "job_spec": sent["jobSpec"]})
    assert back.echo == {"format": "short", "platforms": ["tiktok"], "staging": True}
    odd = {"id": "tpl_1", "name": "Weekly", "job_spec": {"templateId": 7, "order": ["x"]}}
    assert wire_templates.parse_template(odd).echo == {}


SPEC = '{"format":"short","platforms":["tiktok"],"tone":null}'


@pytest.mark.parametrize(
    ("row", "template"),
    [
        ({"id": "tpl_1", "name": "W", "createdAt": "2026-05-26T09:00:00Z"}, RemoteTemplate("tpl_1", "W", AT)),
        (
            {"id": "tpl_1", "name": "W", "format": "long", "contentType": "clips"},
            RemoteTemplate("tpl_1", "W", None, {"format": "long", "contentType": "clips"}),
        ),
        (
            {"id": "tpl_1", "name": "W", "job_spec": SPEC, "created_at": MS, "recurrence_rule": "x"},
            RemoteTemplate("tpl_1", "W", AT, {"format": "short", "platforms": ["tiktok"]}),
        ),
        (
            {"id": "tpl_1", "name": "W", "description": "d", "job_spec": {"name": "W", "addOns": {"x": 1}}},
            RemoteTemplate("tpl_1", "W", None, {"description": "d", "addOns": {"x": 1}}),
        ),
        (
            {"id": "tpl_1", "name": "W", "content_type": "clips", "platforms": '["tiktok"]', "job_spec": None},
            RemoteTemplate("tpl_1", "W", None, {"contentType": "clips", "platforms": ["tiktok"]}),
        ),
        (
            # A column the service filled in by itself is not what was submitted.
            {"id": "tpl_1", "name": "W", "content_type": "clips", "platforms": [], "job_spec": {"tone": "calm"}},
            RemoteTemplate("tpl_1", "W", None, {"tone": "calm"}),
        ),
    ],
    ids=["documented", "flat echo", "JSON text", "object", "columns", "defaults"],
)
def test_a_template(row: dict[str, Any], template: RemoteTemplate) -> None:
    assert wire_templates.parse_templates({"templates": [row]}) == {"tpl_1": template}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"templates": {}},
        {"templates": [{"id": "tpl_1", "name": "W"}, {"id": "tpl_1", "name": "V"}]},
    ],
)
def test_templates_of_another_form(value: object) -> None:
    with pytest.raises(BadAnswer):
        wire_templates.parse_templates(value)


# --- the account ---

CREDITS = {"balance": 47, "included": 50, "used": 3}


@pytest.mark.parametrize(
    ("row", "account"),
    [
        (
            {"accountId": "user_1", "planTier": "operate", "credits": CREDITS},
            RemoteAccount("user_1", "operate", 47, 50, 3),
        ),
        (
            {"customerId": "c_1", "email": "x@y", "credits": {**CREDITS, "packs": []}, "rateLimits": {"rpm": 120}},
            RemoteAccount("c_1", None, 47, 50, 3, 120),
        ),
        (
            {"customerId": "c_1", "rateLimits": {"rpm": 60, "concurrent": 3}},
            RemoteAccount("c_1", per_minute=60, concurrent=3),
        ),
        ({"customerId": "c_1", "rateLimits": {"rpm": 300, "concurrent": None}}, RemoteAccount("c_1", per_minute=300)),
        ({"accountId": "u", "rateLimit": {"requestsPerMinute": 90}}, RemoteAccount("u", per_minute=90)),
        ({"accountId": "u", "rateLimit": 30}, RemoteAccount("u", per_minute=30)),
        ({"accountId": "u", "rateLimits": {"rpm": 0}}, RemoteAccount("u")),
        ({"accountId": "u", "rateLimits": {"rpm": 1_000_000}}, RemoteAccount("u", per_minute=100_000)),
        ({"accountId": "u", "rateLimits": {"rpm": "many"}}, RemoteAccount("u")),
        ({"accountId": "u", "rateLimits": {"rpm": True}}, RemoteAccount("u")),
        ({"accountId": "u", "credits": {"balance": 46.0}}, RemoteAccount("u", balance=46)),
        ({"accountId": "u", "credits": None}, RemoteAccount("u")),
    ],
)
def test_an_account(row: dict[str, Any], account: RemoteAccount) -> None:
    assert reader.parse_account(row) == account


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"accountId": ""},
        {"accountId": "u", "credits": 47},
        {"accountId": "u", "credits": {"balance": "47"}},
        {"accountId": "u", "credits": {"balance": True}},
        {"accountId": "u", "credits": {"balance": float("nan")}},
    ],
)
def test_an_account_of_another_form(value: object) -> None:
    with pytest.raises(BadAnswer):
        reader.parse_account(value)


# --- results ---


def test_a_result() -> None:
    assert parse_result({"status": "running", "message": "Job not yet complete"}, "job_1") == JobResult(
        "job_1", "running", ready=False
    )
    done = parse_result(
        {
            "jobId": "job_1",
            "status": "published",
            "videoUrl": "https://cdn.example/v.mp4?sig=1",
            "thumbnailUrl": None,
            "publishCopy": {"title": "T\u001b[2J", "hashtags": ["a"]},
            "platforms": {"tiktok": {"url": "https://t"}},
            "completedAt": MS,
        },
        "job_1",
    )
    assert done.ready
    assert done.video_url == "https://cdn.example/v.mp4?sig=1"
    assert done.thumbnail_url is None
    assert done.publish_copy == {"title": "T [2J", "hashtags": ["a"]}
    assert done.platforms == ({"platform": "tiktok", "url": "https://t"},)
    assert done.completed_at == AT
    with pytest.raises(BadAnswer):
        parse_result([], "job_1")


@pytest.mark.parametrize("status", ["failed", "cancelled", "non-compliant"])
@pytest.mark.parametrize(
    ("more", "cause"), [({}, None), ({"error": "bad_source"}, "bad_source"), ({"error": "e", "message": "M"}, "M")]
)
def test_a_result_that_is_none(status: str, more: dict[str, str], cause: str | None) -> None:
    told = {"jobId": "job_1", "status": status, "videoUrl": None, "completedAt": MS, **more}
    assert parse_result(told, "job_1") == JobResult("job_1", status, ready=False, cause=cause)
    assert parse_result({**told, "videoUrl": "https://cdn.example/v.mp4"}, "job_1").ready


def test_staging_assets() -> None:
    found = parse_staging_assets(
        {
            "jobId": "job_1",
            "status": "complete",
            "staging": True,
            "output": {"videoUrl": "https://v", "thumbnailUrl": "has\nbreak", "script": "S", "publishCopy": None},
            "urlExpiresAt": "2026-05-26T09:00:00Z",
        },
        "job_1",
    )
    assert (found.video_url, found.thumbnail_url, found.expires_at) == ("https://v", None, AT)


def test_an_excerpt_is_short_and_safe() -> None:
    with pytest.raises(BadAnswer) as caught:
        wire_jobs.parse_page({"jobs": "\u001b[2J\u202e" + "x" * 10_000})
    assert len(caught.value.message) < 300
    assert caught.value.message.isprintable()


# --- anything at all ---

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | st.sampled_from(["cut \ud83d"])
    | st.sampled_from(["job_1", "2026-05-26T09:00:00Z", "queued", "{}", "[", "1779786000000"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = """
    jobId id status createdAt updatedAt topic platforms addOns portals grade name job_spec content_type created_at
    accountId credits balance rateLimits rpm scheduledAt videoUrl publishCopy output script urlExpiresAt completedAt
"""
NAMES = st.sampled_from(FIELDS.split())
ROWS = st.dictionaries(NAMES, ANY_JSON, max_size=8)
PARSERS: list[Callable[[Any], object]] = [
    wire_jobs.parse_page,
    wire_jobs.parse_publish_times,
    wire_templates.parse_templates,
    reader.parse_account,
    lambda value: wire_jobs.check_schedule_set(value, AT),
    lambda value: parse_result(value, "job_1"),
    lambda value: parse_staging_assets(value, "job_1"),
]


JOB_ROWS = st.builds(lambda row, job: {**job, **row}, st.dictionaries(NAMES, ANY_JSON, max_size=3), st.just(DEPLOYED))
TEMPLATE_ROWS = st.builds(lambda row: {"id": "tpl_1", "name": "W", **row}, ROWS)


@given(
    value=st.one_of(
        ANY_JSON,
        ROWS,
        JOB_ROWS,
        st.builds(lambda row: {"accountId": "u", **row}, ROWS),
        st.builds(lambda name, rows: {name: rows}, st.sampled_from(["jobs", "scheduled"]), st.lists(JOB_ROWS)),
        st.builds(lambda rows: {"templates": rows}, st.lists(TEMPLATE_ROWS, max_size=2)),
    )
)
def test_whatever_comes_is_understood_or_a_bad_answer(value: object) -> None:
    for parse in PARSERS:
        try:
            found = parse(value)
        except BadAnswer as bad:
            assert bad.message.isprintable()
            assert len(bad.message) < 400
        else:
            for text in texts(found):
                text.encode()  # what is kept goes into files


def texts(value: object) -> Iterator[str]:
    """Every text in a parsed answer."""
    match value:
        case str():
            yield value
        case Mapping():
            for key, inner in value.items():
                yield key
                yield from texts(inner)
        case list() | tuple():
            for inner in value:
                yield from texts(inner)
        case Struct():
            yield from texts(astuple(value))


@pytest.mark.parametrize("told", [1795987739876, "1795987739876", 1795987739876.0])
@pytest.mark.parametrize("form", [list, dict])
def test_the_time_of_a_publication_is_text(told: object, form: type) -> None:
    row = {"status": "published", "publishedAt": told}
    rows: object = [{"platform": "tiktok", **row}] if form is list else {"tiktok": row}
    found = parse_result({"jobId": "job_1", "status": "published", "ready": True, "platforms": rows}, "job_1")
    assert found.platforms == (
        {"platform": "tiktok", "status": "published", "publishedAt": "2026-11-29T21:28:59.876Z"},
    )


@pytest.mark.parametrize("told", [None, "2026-11-29T21:28:59Z", "soon"])
def test_any_other_time_of_a_publication_stays_as_it_is(told: object) -> None:
    rows = [{"platform": "tiktok", "publishedAt": told}]
    found = parse_result({"jobId": "job_1", "status": "published", "ready": True, "platforms": rows}, "job_1")
    assert found.platforms[0].get("publishedAt") == told
