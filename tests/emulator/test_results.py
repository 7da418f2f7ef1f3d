"""Results, previews, and the media files behind their links."""

from __future__ import annotations

import hashlib
import struct
import zlib

import httpx
import pytest

from afsync.emulator import Running
from afsync.emulator.media_host import thumbnail, video
from tests.emulator.conftest import Serve, client_for, submitted


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, verify=False, trust_env=False)


def test_a_result_comes_with_time(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api, topic="Best CS2 plays", platforms=["tiktok"])
    emulator.control.advance("running")
    early = api.get(f"/jobs/{job}/result")
    assert early.status_code == 202
    assert early.json()["message"] == "Job not yet complete"
    assert early.json()["status"] in ("running", "processing")
    emulator.control.advance("complete")
    answer = api.get(f"/jobs/{job}/result")
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {
        "jobId", "status", "videoUrl", "thumbnailUrl", "publishCopy", "platforms", "completedAt",
    }  # fmt: skip
    assert set(body["publishCopy"]) == {"title", "description", "hashtags"}
    assert body["publishCopy"]["hashtags"] == ["#best", "#cs2", "#plays"]
    assert body["platforms"][0]["status"] == "pending"
    emulator.control.advance("published")
    assert api.get(f"/jobs/{job}/result").json()["platforms"][0]["status"] == "published"


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_result_of_nothing(emulator: Running, api: httpx.Client, status: str) -> None:
    job = submitted(api)
    emulator.control.advance(status)
    body = api.get(f"/jobs/{job}/result").json()
    assert (body["status"], body["videoUrl"], body["thumbnailUrl"], body["platforms"]) == (status, None, None, [])


def test_the_files_are_real_and_need_no_key(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api)
    emulator.control.advance("complete")
    body = api.get(f"/jobs/{job}/result").json()
    assert not body["videoUrl"].startswith(emulator.origin)
    film, picture = get(body["videoUrl"]), get(body["thumbnailUrl"])
    assert (film.headers["content-type"], picture.headers["content-type"]) == ("video/mp4", "image/png")
    assert film.content == video(job)
    assert picture.content == thumbnail(job)
    assert [(entry["host"], entry["authorization"]) for entry in emulator.control.requests(host="media")] == [
        ("media", None),
        ("media", None),
    ]


def test_a_key_sent_to_the_media_host_is_seen(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api)
    api.get(f"{emulator.media}/media/{job}/video.mp4")
    seen = emulator.control.requests(host="media")[0]["authorization"]
    assert seen == {"key_id": emulator.control.accounts()[0]["key_id"]}


def boxes(data: bytes) -> dict[str, bytes]:
    found = {}
    while data:
        size, name = struct.unpack(">I4s", data[:8])
        assert 8 <= size <= len(data)
        found[name.decode()] = data[8:size]
        data = data[size:]
    return found


def test_the_video_is_well_formed() -> None:
    data = video("job_a", 50_000)
    whole = boxes(data)
    assert set(whole) == {"ftyp", "free", "moov", "mdat"}
    assert len(data) == 50_000
    sample = boxes(boxes(boxes(boxes(boxes(whole["moov"])["trak"])["mdia"])["minf"])["stbl"])
    (offset,) = struct.unpack(">I", sample["stco"][8:])
    (size,) = struct.unpack(">I", sample["stsz"][12:])
    assert data[offset : offset + size] == whole["mdat"]
    assert struct.unpack(">I", whole["mdat"][:4])[0] == len(whole["mdat"]) - 4
    assert video("job_a") != video("job_b")


def test_the_picture_is_well_formed() -> None:
    data = thumbnail("job_a")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    start = data.index(b"IDAT")
    (size,) = struct.unpack(">I", data[start - 4 : start])
    assert len(zlib.decompress(data[start + 4 : start + 4 + size])) == 64 * (1 + 64 * 3)


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=100-999999999", 206, slice(100, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=5-2", 416, slice(0, 0)),
        ("bytes=", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_ranges(serve: Serve, wanted: str, status: int, part: slice) -> None:
    emulator = serve(media_bytes=20_000)
    job = emulator.control.seed(key="af_live_test")[0]
    url = f"{emulator.media}/media/{job}/video.mp4"
    whole = get(url)
    answer = get(url, Range=wanted)
    assert answer.status_code == status
    assert answer.content == (whole.content[part] if status != 416 else b"")
    assert answer.headers["etag"] == whole.headers["etag"]
    assert answer.headers["accept-ranges"] == "bytes"
    if status == 206:
        assert answer.headers["content-range"].endswith(f"/{len(whole.content)}")


def test_a_range_of_another_version_is_all_of_this_one(emulator: Running) -> None:
    job = emulator.control.seed(key="af_live_test")[0]
    url = f"{emulator.media}/media/{job}/video.mp4"
    answer = get(url, **{"Range": "bytes=5-", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, video(job))


def test_no_such_file(emulator: Running) -> None:
    job = emulator.control.seed(key="af_live_test")[0]
    for path in ("/media/job_none/video.mp4", f"/media/{job}/other", "/elsewhere", "/assets/none"):
        answer = get(f"{emulator.media}{path}")
        assert answer.status_code == 404
        assert "<Code>NoSuchKey</Code>" in answer.text


def test_staging_assets(serve: Serve) -> None:
    emulator = serve(dialect="documented")
    with client_for(emulator) as api:
        job = submitted(api, staging=True, topic="T")
        empty = api.get(f"/jobs/{job}/staging-assets").json()
        assert empty["staging"] is True
        assert set(empty["output"].values()) == {None}
        emulator.control.advance("complete")
        body = api.get(f"/jobs/{job}/staging-assets").json()
    assert set(body) == {"jobId", "status", "staging", "input", "output", "urlExpiresAt"}
    assert body["input"]["topic"] == "T"
    assert body["output"]["script"]
    url = body["output"]["videoUrl"]
    assert get(url).status_code == 200
    assert get(url.replace("Signature=", "Signature=0")).status_code == 403
    assert get(url.replace("Expires=1", "Expires=9")).status_code == 403
    emulator.control.advance_clock(3601)
    assert get(url).status_code == 403


def test_etag_is_of_the_content(emulator: Running) -> None:
    job = emulator.control.seed(key="af_live_test")[0]
    answer = get(f"{emulator.media}/media/{job}/video.mp4")
    assert answer.headers["etag"].strip('"') == hashlib.sha256(answer.content).hexdigest()[:32]
