"""Sending a file, both ways; and who never sees the key."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable

import pytest

from afsync.api.session import ExchangeBounds
from afsync.api.writer import ApiWriter
from afsync.errors import ApiError, AuthError, BadAnswer, Refused, Unreachable

from .support import KEY, Connection, a_line, a_session, an_answer, answering, http, serving

CONTENT = bytes(range(256)) * 4000
WANTS_FORM = {"error": "file is required"}
BOUNDS = ExchangeBounds(read_seconds=2, upload_seconds=5)


def upload(url: str, content: bytes = CONTENT, size: int | None = None, told: list[int] | None = None) -> str:
    return ApiWriter(a_line(url, bounds=BOUNDS)).upload(
        io.BytesIO(content),
        filename="intro.mp4",
        size=len(content) if size is None else size,
        progress=(told if told is not None else []).append,
    )


def documented(to: Connection, request: bytes) -> bool:
    to.send(http(200, {"fileId": "file_1"}) if b"multipart/form-data" in request else http(400, WANTS_FORM))
    return True


def deployed(storage: str) -> Callable[[Connection, bytes], bool]:
    def act(to: Connection, request: bytes) -> bool:
        if b"multipart/form-data" in request:
            to.send(http(400, {"error": "filename is required"}))
        else:
            to.send(http(200, {"uploadUrl": f"{storage}/put?sig=1", "assetUrl": "x", "key": "uploads/1.mp4"}))
        return True

    return act


def test_as_a_form() -> None:
    told: list[int] = []
    with serving(documented) as server:
        assert upload(server.url, told=told) == "file_1"
    ask, form = server.requests
    assert ask.startswith(b"POST /v1/upload ")
    assert json.loads(ask.partition(b"\r\n\r\n")[2]) == {"filename": "intro.mp4", "contentType": "video/mp4"}
    head, _, body = form.partition(b"\r\n\r\n")
    assert f"authorization: bearer {KEY}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()
    boundary = b"--" + head.split(b"boundary=")[1].split(b"\r\n")[0]
    assert body.startswith(boundary + b"\r\n")
    assert b'name="file"; filename="intro.mp4"\r\nContent-Type: video/mp4\r\n\r\n' + CONTENT in body
    assert body.endswith(boundary + b"--\r\n")
    assert told[-1] == len(CONTENT)


def test_to_the_storage_which_never_sees_the_key() -> None:
    with serving(lambda to, _: to.send(http(200, b""))) as storage, serving(deployed(storage.url)) as server:
        assert upload(server.url) == "uploads/1.mp4"
    (put,) = storage.requests
    head, _, body = put.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /v1/put?sig=1 HTTP/1.1\r\n")
    assert body == CONTENT
    assert KEY.encode() not in put
    assert b"authorization" not in head.lower()
    assert len(server.requests) == 1


def test_an_empty_file_arrives_as_one() -> None:
    with serving(lambda to, _: to.send(http(200, b""))) as storage, serving(deployed(storage.url)) as server:
        assert upload(server.url, b"") == "uploads/1.mp4"
    assert b"content-length: 0" in storage.requests[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example/put",
        "http://127.0.0.1:8080/put",
        "ftp://storage.example/put",
        "https:///put",
        "/put",
        "",
        None,
        17,
        "https://[",
        "https://x.example/a\nb",
    ],
)
def test_a_storage_that_is_not_safe_gets_nothing(url: object) -> None:
    handler, got = answering(an_answer(200, {"uploadUrl": url, "key": "k"}))
    with pytest.raises(BadAnswer, match="uploadUrl"):
        ApiWriter(a_session(handler)).upload(io.BytesIO(b"x"), filename="a.mov", size=1, progress=lambda sent: None)
    assert len(got) == 1


@pytest.mark.parametrize("key", [None, "", 7, "a\nb", "k" * 1001])
def test_a_storage_without_a_usable_key_gets_nothing(key: object) -> None:
    handler, got = answering(an_answer(200, {"uploadUrl": "https://storage.example/put", "key": key}))
    with pytest.raises(BadAnswer, match="`key`"):
        ApiWriter(a_session(handler)).upload(io.BytesIO(b"x"), filename="a.mov", size=1, progress=lambda sent: None)
    assert len(got) == 1


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ([http(503, b"<html>"), http(200, b"")], 2),
        ([b"", http(200, b"")], 2),
        ([http(429, b"<Error/>"), http(200, b"")], 2),
        ([http(403, b"<Error><Code>Expired</Code></Error>")], 1),
        ([http(307, b"", {"Location": "https://elsewhere.example/"})], 1),
        ([http(500, b"")], 4),
    ],
    ids=["503", "close", "429", "403", "redirect", "500 for ever"],
)
def test_the_storage_may_fail(answers: list[bytes], attempts: int) -> None:
    todo = list(answers)

    def act(to: Connection, _: bytes) -> None:
        to.send(todo.pop(0) if len(todo) > 1 else todo[0])

    with serving(act) as storage, serving(deployed(storage.url)) as server:
        if answers[-1] == http(200, b""):
            assert upload(server.url) == "uploads/1.mp4"
        else:
            with pytest.raises((Refused, BadAnswer), match=r"storage at 127\.0\.0\.1"):
                upload(server.url)
    assert len(storage.requests) == attempts
    assert all(request.endswith(CONTENT) for request in storage.requests), "each time from the beginning"


@pytest.mark.parametrize(
    ("answers", "error", "says"),
    [
        ([an_answer(401, {"error": "invalid_api_key"})], AuthError, "API key"),
        ([an_answer(413, {"error": "file_too_large"})], Refused, "file_too_large"),
        ([an_answer(400, WANTS_FORM), an_answer(413, {"error": "file_too_large"})], Refused, "file_too_large"),
        (
            [an_answer(400, {"error": "bad_type"}), an_answer(400, {"error": "filename is required"})],
            Refused,
            "bad_type",
        ),
        ([an_answer(400, WANTS_FORM), an_answer(200, {"id": "file_1"})], BadAnswer, "fileId"),
        ([an_answer(400, WANTS_FORM), an_answer(200, b"<html>")], BadAnswer, "not JSON"),
        ([an_answer(400, WANTS_FORM), an_answer(503, b"")], Unreachable, "503"),
    ],
)
def test_refusals_are_told_in_the_words_that_matter(answers: list, error: type, says: str) -> None:  # type: ignore[type-arg]
    handler, _ = answering(*answers)
    with pytest.raises(error) as caught:
        ApiWriter(a_session(handler)).upload(io.BytesIO(b"x"), filename="a.mp4", size=1, progress=lambda sent: None)
    assert says in str(caught.value)


def test_a_429_is_waited_out_for_a_form_too() -> None:
    limited = an_answer(429, {"error": "rate_limit_exceeded", "retryAfterMs": 3000})
    handler, got = answering(an_answer(400, WANTS_FORM), limited, an_answer(200, {"fileId": "file_1"}))
    assert (
        ApiWriter(a_session(handler)).upload(io.BytesIO(b"x"), filename="a.mp4", size=1, progress=lambda s: None)
        == "file_1"
    )
    assert len(got) == 3


def test_a_file_that_became_shorter_is_an_error_of_its_own() -> None:
    with serving(documented) as server, pytest.raises(ApiError, match="became shorter"):
        upload(server.url, CONTENT, size=len(CONTENT) + 1)


def test_a_file_that_became_longer_is_sent_as_it_was() -> None:
    with serving(lambda to, _: to.send(http(200, b""))) as storage, serving(deployed(storage.url)) as server:
        upload(server.url, CONTENT, size=1000)
    assert storage.requests[0].endswith(CONTENT[:1000])


def test_progress_is_told_in_the_callers_thread_and_giving_up_ends_it() -> None:
    threads: set[int] = set()
    gave_up = threading.Event()

    def progress(sent: int) -> None:
        threads.add(threading.get_ident())
        gave_up.set()

    def act(to: Connection, request: bytes) -> bool | None:
        if b"multipart/form-data" in request:
            to.stall()
            return None
        to.send(http(400, WANTS_FORM))
        return True

    with serving(act) as server:
        writer = ApiWriter(a_line(server.url, bounds=BOUNDS), abandoned=gave_up.is_set)
        with pytest.raises(Unreachable, match="given up"):
            writer.upload(io.BytesIO(CONTENT), filename="a.mp4", size=len(CONTENT), progress=progress)
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('a"b.mp4', b'filename="a%22b.mp4"'),
        ("a\r\nX-Evil: 1.mp4", b'filename="a%0D%0AX-Evil: 1.mp4"'),
        ("größe.MOV", 'filename="größe.MOV"\r\nContent-Type: video/quicktime'.encode()),
        ("half\udc80.bin", b'filename="half?.bin"\r\nContent-Type: application/octet-stream'),
    ],
)
def test_names_of_files(name: str, sent: bytes) -> None:
    handler, got = answering(an_answer(400, WANTS_FORM), an_answer(200, {"fileId": "file_1"}))
    ApiWriter(a_session(handler)).upload(io.BytesIO(b"x"), filename=name, size=1, progress=lambda sent: None)
    assert sent in got[1].content
