"""What is odd stays small: one row that cannot be read costs no other row anything, and no answer costs the machine."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from afsync.api.api_errors import error_for
from afsync.api.exchange import Reply
from afsync.api.reader import ApiReader, checked_id
from afsync.api.session import ApiSession
from afsync.api.wire import MOST_VALUES, ODD, TOO_DEEP, decode, error_form
from afsync.api.wire_jobs import parse_page, parse_publish_times
from afsync.api.wire_templates import parse_templates
from afsync.core.remote_account import NOT_KNOWN
from afsync.errors import BadAnswer

GOOD = {"jobId": "job_1", "status": "queued", "createdAt": "1764000000000"}


def page(*rows: Any) -> list[Any]:
    return parse_page({"jobs": list(rows)})


@pytest.mark.parametrize(
    "odd",
    [
        {"jobId": "job_2", "status": "queued", "createdAt": "yesterday"},
        {"jobId": "job_2", "status": "queued", "updatedAt": []},
        {"jobId": "job_2"},
        {"jobId": "job_2", "status": {"is": "queued"}},
    ],
)
def test_a_job_of_which_something_cannot_be_read_is_not_known_and_the_others_are(odd: dict[str, Any]) -> None:
    good, bad = page(GOOD, odd)
    assert good.created_at == datetime(2025, 11, 24, 16, tzinfo=UTC)
    assert (bad.id, bad.status) == ("job_2", NOT_KNOWN)
    assert bad.unreadable
    assert good.unreadable is None


@pytest.mark.parametrize("odd", [None, 3, "job", [], {}, {"jobId": ".."}, {"jobId": 5, "status": "queued"}])
def test_a_row_without_an_id_is_neither_a_job_nor_nothing(odd: Any) -> None:
    good, bad = page(GOOD, odd)
    assert bad.id.startswith(ODD)
    assert bad == page(odd)[0]
    assert good.id == "job_1"


@pytest.mark.parametrize("frame", [None, [], {}, {"jobs": None}, {"jobs": {}}, {"data": []}])
def test_a_list_whose_frame_is_wrong_stops_everything(frame: Any) -> None:
    with pytest.raises(BadAnswer):
        parse_page(frame)


@pytest.mark.parametrize("depth", [500, 960, 5_000, 100_000])
@pytest.mark.parametrize("name", ["addOns", "portals"])
def test_a_value_without_a_bottom_in_one_job_blocks_nothing(name: str, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    row = json.dumps(GOOD)[:-1] + f', "{name}": {deep}}}'
    found = parse_page(decode(f'{{"jobs": [{row}, {json.dumps(GOOD | {"jobId": "job_2"})}]}}'.encode()))
    assert [j.id for j in found] == ["job_1", "job_2"]
    assert TOO_DEEP in str(found[0])


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "tpl_2"},
        {"id": "tpl_2", "name": "W", "created_at": "yesterday"},
        {"id": "tpl_2", "name": "W", "job_spec": "{"},
        {"id": "tpl_2", "name": "W", "job_spec": "[]"},
        {"name": "W"},
        None,
    ],
)
def test_a_template_that_cannot_be_read_is_not_known_and_the_others_are(odd: Any) -> None:
    good, bad = parse_templates({"templates": [{"id": "tpl_1", "name": "V"}, odd]}).values()
    assert good.unreadable is None
    assert bad.unreadable
    assert bad.id == "tpl_2" or bad.id.startswith(ODD)


def test_an_answer_of_ten_million_lists_is_refused_before_anything_is_made_of_it() -> None:
    body = b'{"jobs":[' + b"[]," * MOST_VALUES + b"[]]}"
    tracemalloc.start()
    with pytest.raises(ValueError, match="too many values"):
        decode(body)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_portals_as_a_list_and_as_an_object_tell_why_a_job_failed() -> None:
    rows = [
        {"portal": 1, "passed": True, "failReason": None},
        {"portal": 2, "passed": False, "failReason": "no source"},
    ]
    (listed,) = page(GOOD | {"portals": rows})
    (keyed,) = page(GOOD | {"portals": {"one": rows[0], "two": rows[1]}})
    assert listed.failure == keyed.failure == "no source"
    assert list(listed.portals) == ["1", "2"]


def test_a_publish_time_that_cannot_be_read_concerns_one_job() -> None:
    rows = [{"jobId": "job_1", "scheduledAt": "soon"}, {"jobId": "job_2", "scheduledPublishAt": "1764000000000"}, None]
    found = parse_publish_times({"scheduled": rows})
    assert (list(found), found.unknown) == (["job_2"], frozenset({"job_1"}))


def test_what_a_400_says_of_single_fields_is_shown() -> None:
    body = {"error": "invalid_feature_inputs", "errors": [{"field": "addOns.x", "message": "unknown"}, 3, {"field": 2}]}
    form = error_form(json.dumps(body).encode())
    assert form is not None
    assert form.detail == "invalid_feature_inputs (addOns.x: unknown)"


def test_a_label_is_an_error_of_the_api() -> None:
    form = error_form(b'{"ok": false, "status": 400, "label": "BODY_PARSE_FAILED", "message": "Unexpected token"}')
    assert form is not None
    assert (form.code, form.detail) == ("BODY_PARSE_FAILED", "Unexpected token")


class Answers:
    """A link whose every call ends in one answer."""

    def __init__(self, status: int, body: bytes) -> None:
        self._error = error_for(Reply(status, {}, body), "GET /x", "api.example")

    def call(self, *_: Any) -> Any:
        raise self._error


def test_an_optional_call_that_the_web_server_does_not_know_is_not_offered() -> None:
    page = b"<!DOCTYPE html><pre>Cannot GET /v1/schedule</pre>"
    reader = ApiReader(cast("ApiSession", Answers(404, page)))
    assert (reader.publish_times(), reader.staging_assets("auth0|5f_1")) == (None, None)
    for ask in (reader.account, lambda: reader.job("job_1"), lambda: reader.result("job_1")):
        with pytest.raises(BadAnswer):
            ask()
    with pytest.raises(BadAnswer):
        ApiReader(cast("ApiSession", Answers(403, page))).publish_times()


def test_an_id_is_encoded_in_a_path() -> None:
    assert checked_id("auth0|5f-a+b@x.example_1:2 c") == "auth0%7C5f-a%2Bb%40x.example_1:2%20c"
