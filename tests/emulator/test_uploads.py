"""Both ways of uploading, and everything that can be wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import KEY, Serve, client_for, submitted

BYTES = b"not really a video" * 1000
MP4 = ("intro.mp4", BYTES, "video/mp4")


@pytest.fixture
def documented(serve: Serve) -> Iterator[tuple[Running, httpx.Client]]:
    emulator = serve(dialect="documented")
    with client_for(emulator) as api:
        yield emulator, api


@pytest.fixture
def deployed(serve: Serve) -> Iterator[tuple[Running, httpx.Client]]:
    emulator = serve(dialect="deployed")
    with client_for(emulator) as api:
        yield emulator, api


def put(url: str, content: bytes, **headers: str) -> httpx.Response:
    headers = {"Content-Type": "video/mp4", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.put(url, content=content, headers=headers, verify=False, trust_env=False)


def test_multipart(documented: tuple[Running, httpx.Client]) -> None:
    emulator, api = documented
    answer = api.post("/upload", files={"file": MP4}, data={"other": "field"})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"fileId", "filename", "sizeBytes", "uploadedAt"}
    assert (body["filename"], body["sizeBytes"]) == ("intro.mp4", len(BYTES))
    assert emulator.control.uploads()[0]["sha256"] == hashlib.sha256(BYTES).hexdigest()
    submitted(api, entry="upload", fileId=body["fileId"])
    assert [entry["reason"] for entry in emulator.control.ledger()] == ["included", "job"], "uploading is free"


@pytest.mark.parametrize(
    ("size", "filename"), [(0, "a.mp4"), (1, "a.MP4"), (63 * 1024, "a.mov"), (3_000_000, "ü –.mp4")]
)
def test_multipart_of_any_size(documented: tuple[Running, httpx.Client], size: int, filename: str) -> None:
    emulator, api = documented
    content = (b"\r\n--" * size)[:size]
    assert api.post("/upload", files={"file": (filename, content)}).json()["filename"] == filename
    assert emulator.control.uploads()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_multipart_byte_by_byte(documented: tuple[Running, httpx.Client]) -> None:
    emulator, api = documented
    content = b"\r\n--b\r\n-- \r\n--boundar"
    head = b'--boundary\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    whole = head + content + b"\r\n--boundary--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=boundary"}
    answer = api.post("/upload", content=(whole[n : n + 1] for n in range(len(whole))), headers=headers)
    assert answer.json()["sizeBytes"] == len(content)
    assert emulator.control.uploads()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_bytes_are_kept_beside_the_data(tmp_path: Path, serve: Serve) -> None:
    with client_for(serve(data=tmp_path / "emulator.db", dialect="documented")) as api:
        api.post("/upload", files={"file": MP4})
    kept = list((tmp_path / "emulator.db.uploads").iterdir())
    assert [path.read_bytes() for path in kept] == [BYTES]


def test_too_large(documented: tuple[Running, httpx.Client]) -> None:
    emulator, api = documented
    emulator.control.options(max_upload=len(BYTES) - 1)
    answer = api.post("/upload", files={"file": MP4})
    assert (answer.status_code, answer.json()["error"]) == (413, "file_too_large")
    assert emulator.control.uploads() == []


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"{}", "application/json", "invalid_request"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", "file is required"),
        (b"nonsense", "multipart/form-data; boundary=x", "invalid_request"),
        (b"--x\r\n", "multipart/form-data; boundary=x", "invalid_request"),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nabc',
         "multipart/form-data; boundary=x", "invalid_request"),
        (b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nabc\r\n--x--',
         "multipart/form-data; boundary=x", "file is required"),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.avi"\r\n\r\nabc\r\n--x--',
         "multipart/form-data; boundary=x", "unsupported_file_type"),
        (b"", "multipart/form-data", "invalid_request"),
    ],
)  # fmt: skip
def test_bad_forms(documented: tuple[Running, httpx.Client], content: bytes, content_type: str, error: str) -> None:
    emulator, api = documented
    answer = api.post("/upload", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert emulator.control.uploads() == []


def test_presigned(deployed: tuple[Running, httpx.Client]) -> None:
    emulator, api = deployed
    body = api.post("/upload", json={"filename": "intro.mp4", "contentType": "video/mp4"}).json()
    assert set(body) == {"uploadUrl", "assetUrl", "key"}
    assert body["uploadUrl"].startswith(emulator.media)
    assert not body["uploadUrl"].startswith(emulator.origin)
    early = api.post("/jobs", json={"entry": "upload", "fileId": body["key"]})
    assert early.status_code == 400, "nothing was put yet"
    assert put(body["uploadUrl"], BYTES).status_code == 200
    submitted(api, entry="upload", fileId=body["key"])
    assert httpx.get(body["assetUrl"], verify=False).content == BYTES
    sent = emulator.control.requests(method="PUT")[0]
    assert (sent["host"], sent["authorization"]) == ("media", None)
    assert sent["body"] == {"size": len(BYTES), "sha256": hashlib.sha256(BYTES).hexdigest()}


def test_presigned_wants_json(deployed: tuple[Running, httpx.Client]) -> None:
    _, api = deployed
    for answer in (api.post("/upload", files={"file": MP4}), api.post("/upload", json={"contentType": "video/mp4"})):
        assert (answer.status_code, answer.json()) == (400, {"error": "filename is required"})
    assert api.post("/upload", json={"filename": "a.mp4"}).json() == {"error": "contentType is required"}


def test_the_put_that_fails(deployed: tuple[Running, httpx.Client]) -> None:
    emulator, api = deployed
    url = api.post("/upload", json={"filename": "a.mp4", "contentType": "video/mp4"}).json()["uploadUrl"]
    text = api.post("/upload", json={"filename": "a.txt", "contentType": "text/plain"}).json()["uploadUrl"]
    with_key = put(url, BYTES, Authorization=f"Bearer {KEY}")
    assert (with_key.status_code, "InvalidArgument" in with_key.text) == (400, True)
    assert put(url, BYTES, Content_Type="video/quicktime").status_code == 403
    assert put(text, BYTES, Content_Type="text/plain").status_code == 403
    assert put(url + "0", BYTES).status_code == 403
    assert put(url.partition("?")[0], BYTES).status_code == 403
    assert put(f"{emulator.media}/uploads/none?X-Expires=1", BYTES).status_code == 404
    assert httpx.post(url, verify=False).status_code == 405
    emulator.control.options(max_upload=10)
    assert "EntityTooLarge" in put(url, BYTES).text
    emulator.control.options(max_upload=10**6)
    emulator.control.advance_clock(3601)
    assert "ExpiredToken" in put(url, BYTES).text
    assert {row["size"] for row in emulator.control.uploads()} == {None}


def test_an_odd_filename_becomes_a_safe_key(deployed: tuple[Running, httpx.Client]) -> None:
    _, api = deployed
    body = api.post("/upload", json={"filename": "../../ü b?.mp4", "contentType": "video/mp4"}).json()
    assert put(body["uploadUrl"], BYTES).status_code == 200
    assert ".." not in body["key"]


def test_files_of_others_cannot_be_used(documented: tuple[Running, httpx.Client]) -> None:
    emulator, api = documented
    emulator.control.call("POST", "/uploads", key="af_live_other", file_id="file_theirs")
    emulator.control.call("POST", "/uploads", key=KEY, file_id="file_mine")
    assert api.post("/jobs", json={"entry": "upload", "fileId": "file_theirs"}).status_code == 400
    assert api.post("/jobs", json={"entry": "upload", "fileId": "file_mine"}).status_code == 200
    emulator.control.options(check_files=False)
    assert api.post("/jobs", json={"entry": "upload", "fileId": "file_theirs"}).status_code == 200
