"""Downloads: resumed where they stopped, never over another file, and never with the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afsync.api.access import Access, Secret
from afsync.api.external_hosts import may_go_to
from afsync.app.results import files, stem
from afsync.core.remote_account import JobResult
from afsync.emulator.media_host import video
from afsync.errors import Exit
from tests.scenarios.world import World
from tests.service.conftest import MakeWorld, waiting

SIZE = 3_000_000


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(media_bytes=SIZE)


def fault(world: World, text: str) -> None:
    world.control.call("POST", "/faults", fault=text)


def fetched(world: World) -> list[dict[str, Any]]:
    return [r for r in world.control.requests(host="media") if r["path"].endswith("video.mp4")]


def download(world: World, code: int = 0) -> str:
    return world.does("result", "job.intro", "--download", str(world.root / "out"), code=code).err


@pytest.mark.parametrize("broken", ["half-then-close", "half-then-reset"])
def test_what_broke_off_is_gone_on_with(world: World, broken: str) -> None:
    job = waiting(world)
    target = world.root / f"out/intro-{job}.mp4"
    fault(world, f"GET /media/*/video.mp4: {broken}")
    assert "broke off" in download(world, Exit.ERROR)
    part = Path(f"{target}.part")
    there = part.stat().st_size
    assert 0 < there < SIZE and not target.exists()
    assert "resumed at" in download(world)
    assert target.read_bytes() == video(job, SIZE)
    first, second = fetched(world)
    assert "range" not in first["headers"]
    assert second["headers"]["range"] == f"bytes={there}-" and second["headers"]["if-range"] and second["status"] == 206
    assert sorted(p.name for p in target.parent.iterdir() if ".part" in p.name) == []
    assert all(r["authorization"] is None for r in fetched(world))


def test_another_version_is_fetched_from_its_beginning(world: World) -> None:
    job = waiting(world)
    fault(world, "GET /media/*/video.mp4: half-then-close")
    download(world, Exit.ERROR)
    world.control.call("PATCH", "/options", media_bytes=SIZE + 7)
    download(world)
    assert (world.root / f"out/intro-{job}.mp4").read_bytes() == video(job, SIZE + 7)
    assert [r["status"] for r in fetched(world)][1:] == [200]


@pytest.mark.parametrize("extra", [0, 5])
def test_a_part_that_is_whole_or_too_long(world: World, extra: int) -> None:
    job = waiting(world)
    content = video(job, SIZE)
    folder = world.root / "out"
    fault(world, "GET /media/*/video.mp4: half-then-close")
    download(world, Exit.ERROR)
    (folder / f"intro-{job}.mp4.part").write_bytes(content + b"x" * extra)
    download(world)
    assert (folder / f"intro-{job}.mp4").read_bytes() == content


@pytest.mark.parametrize("note", [None, "", "{}", "[1]", '{"validator": 3}', '{"validator": "a\\nb"}'])
def test_a_part_of_nobody_knows_what_is_begun_anew(world: World, note: str | None) -> None:
    job = waiting(world)
    folder = world.root / "out"
    folder.mkdir()
    (folder / f"intro-{job}.mp4.part").write_bytes(b"something else")
    if note is not None:
        (folder / f"intro-{job}.mp4.part.json").write_text(note)
    download(world)
    assert (folder / f"intro-{job}.mp4").read_bytes() == video(job, SIZE)
    assert "range" not in fetched(world)[0]["headers"]


def test_what_is_there_is_not_fetched_again(world: World) -> None:
    job = waiting(world)
    download(world)
    before = (world.root / f"out/intro-{job}.mp4").stat()
    world.control.clear_requests()
    assert "is there already (3.0 MB)" in download(world)
    assert (world.root / f"out/intro-{job}.mp4").stat() == before
    assert [r["headers"]["range"] for r in fetched(world)] == ["bytes=0-0"]


def test_the_other_files_are_fetched_all_the_same(world: World) -> None:
    job = waiting(world)
    fault(world, "GET /media/*/video.mp4#1-9: received-then-status(403)")
    assert f"intro-{job}.mp4: 127.0.0.1 refuses the file (403)" in download(world, Exit.ERROR)
    assert (world.root / f"out/intro-{job}-thumbnail.png").exists()


def test_redirects_are_not_followed(world: World) -> None:
    waiting(world)
    fault(world, "GET /media/*/video.mp4: received-then-redirect")
    assert "follows no redirects" in download(world, Exit.ERROR)


def test_links_to_files_are_not_followed(world: World) -> None:
    job = waiting(world)
    folder, precious = world.root / "out", world.root / "precious"
    folder.mkdir()
    precious.write_text("mine")
    (folder / f"intro-{job}.mp4").symlink_to(precious)
    (folder / f"intro-{job}-thumbnail.png.part").symlink_to(precious)
    (folder / f"intro-{job}.json").symlink_to(precious)
    error = download(world, Exit.ERROR)
    assert precious.read_text() == "mine"
    assert error.count("Error:") == 3


def test_text_of_an_earlier_look_is_brought_up_to_date(world: World) -> None:
    job = waiting(world)
    download(world)
    file = world.root / f"out/intro-{job}.json"
    assert json.loads(file.read_text())["status"] == "complete"
    world.becomes("published", job)
    assert str(file) in download(world)
    assert json.loads(file.read_text())["status"] == "published"


NAMES = [
    ("job.intro", "https://a.example/x/video.MOV?sig=1", "intro-job_1.mov"),
    ("job.intro", "https://a.example/x/video.exe", "intro-job_1.mp4"),
    ("job.intro", "https://a.example/../../etc/passwd", "intro-job_1.mp4"),
    ("job.intro", "https://a.example/%2e%2e%2fx.sh", "intro-job_1.mp4"),
    ("job.intro", "https://[", "intro-job_1.mp4"),
    ('job.show["2026-12-07"]', "https://a.example/v.mp4", "show_2026-12-07_-job_1.mp4"),
    ('job.show["../../x"]', "https://a.example/v.mp4", "show_.._.._x_-job_1.mp4"),
]


@pytest.mark.parametrize(("address", "url", "name"), NAMES)
def test_names_are_our_own(address: str, url: str, name: str) -> None:
    (wanted,) = files(address, JobResult("job_1", "published", True, video_url=url))
    assert wanted.name == name
    assert "/" not in wanted.name and not wanted.name.startswith(".")


def test_ids_in_names_are_made_safe_too() -> None:
    assert stem("job.a", "a:b..c") == "a-a_b..c"


@pytest.mark.parametrize(
    ("base", "url", "safe"),
    [
        ("https://api.auraflux.co/v1", "https://cdn.example/v.mp4", True),
        ("https://api.auraflux.co/v1", "http://cdn.example/v.mp4", False),
        ("https://api.auraflux.co/v1", "http://127.0.0.1/v.mp4", False),
        ("https://api.auraflux.co/v1", "file:///etc/passwd", False),
        ("https://api.auraflux.co/v1", "https://x.example/a\nb", False),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v.mp4", True),
        ("http://127.0.0.1:1/v1", "http://192.168.0.1/v.mp4", False),
        ("emulator", "http://media.localhost/v.mp4", True),
    ],
)
def test_where_files_may_come_from(base: str, url: str, safe: bool) -> None:
    assert may_go_to(url, Access(base, Secret("k"))) is safe
