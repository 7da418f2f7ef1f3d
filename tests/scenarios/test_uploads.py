"""Jobs that are made from files: each file is sent once, before the jobs that need it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.harness import Sent
from tests.scenarios.world import Fields, Planned, World, a_job, delete

VIDEO = b"not really a video" * 1000


def a_file(world: World, name: str, content: bytes = VIDEO) -> str:
    path = Path(world.root / name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def an_upload(file: str, topic: str) -> Fields:
    return a_job(url=None, entry="upload", file=file, topic=topic)


def short(sent: list[Sent]) -> list[str]:
    """What was accepted; which way a file goes in this dialect is found out by asking."""
    return [s.method if s.method == "PUT" else s.line for s in sent if s.status and s.status < 300]


def test_a_file_is_sent_once_however_many_jobs_use_it(world: World) -> None:
    sha = a_file(world, "media/intro.mp4")
    a_file(world, "media/copy.mov")
    other = a_file(world, "media/other.mp4", b"another")
    jobs = {
        "a": an_upload("media/intro.mp4", "A"),
        "b": an_upload("media/intro.mp4", "B"),
        "c": an_upload("media/copy.mov", "C"),
        "d": an_upload("media/other.mp4", "D"),
        "e": a_job(topic="E"),
    }
    world.declare(jobs=jobs)
    plan = world.does("plan")
    assert "      file: media/intro.mp4 (18.0 kB)\n" in plan.out
    with world.watched() as sent:
        world.applied()
    each = ["POST /upload"] if world.dialect == "documented" else ["POST /upload", "PUT"]
    assert short(sent) == [*each, *each, *["POST /jobs"] * 5]
    uploads = {u["id"]: u["sha256"] for u in world.control.uploads()}
    assert sorted(uploads.values()) == sorted([sha, other])
    used = [uploads.get(s.body.get("fileId")) for s in sent if s.path == "/jobs"]
    assert used == [sha, sha, sha, other, None]
    assert {k: v["file_id"] for k, v in world.state["uploads"].items()} == {v: k for k, v in uploads.items()}
    assert "file" not in sent[-2].body
    world.is_settled()

    world.declare(jobs={**jobs, "f": an_upload("media/intro.mp4", "F")})
    plan = world.does("plan")
    assert "      file: media/intro.mp4 (18.0 kB, already uploaded)\n" in plan.out
    with world.watched() as sent:
        world.applied()
    assert short(sent) == ["POST /jobs"]
    world.is_settled()


def test_another_content_is_another_body_and_another_name_is_none(world: World) -> None:
    a_file(world, "intro.mp4")
    world.declare(jobs={"a": an_upload("intro.mp4", "A")})
    world.applied()
    a_file(world, "renamed.mp4")
    world.declare(jobs={"a": an_upload("renamed.mp4", "A")})
    world.is_settled()
    old = world.ids()["job.a"]
    a_file(world, "renamed.mp4", b"other bytes")
    world.plans(Planned("job.a", "replace", "body_changed", spend=1, spent=1))
    with world.watched() as sent:
        world.applied()
    assert sent[0] == delete(f"/jobs/{old}")
    assert short(sent)[-1] == "POST /jobs"
    world.is_settled()


def test_the_state_shows_files_by_their_path(world: World) -> None:
    sha = a_file(world, "media/intro.mp4")
    world.submitted(a=an_upload("media/intro.mp4", "A"))
    for args in (("show",), ("state", "show", "job.a")):
        assert "    file: media/intro.mp4\n" in world.does(*args).out
    a_file(world, "media/intro.mp4", b"another")
    assert f"    file: no file that is declared now (sha256 {sha[:12]}…)\n" in world.does("show").out
    assert world.does("show", "--json").json["resources"]["job.a"]["declared"]["file"] == sha
