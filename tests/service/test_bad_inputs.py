"""What people get wrong with uploads, approvals and results: a clear message, the right exit code, nothing lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from msgspec import Struct

from afsync.config.files import MAX_BYTES
from afsync.errors import Exit
from tests.harness import READS, Done
from tests.scenarios.world import Fields, World, a_job, a_template
from tests.service.conftest import MakeWorld, an_upload, put_video, waiting


class Bad(Struct, frozen=True):
    """How a project is made wrong, what is typed then, and what has to come of it."""

    make: Callable[[World], object]
    command: tuple[str, ...]
    code: Exit
    says: tuple[str, ...]


APPLY = ("apply", "--auto-approve")


def file(name: str, **fields: str) -> Fields:
    return {"bad": an_upload(name, **fields)}


def declared(name: str, make: Callable[[World], object] | None = None) -> Callable[[World], None]:
    """A project with a job made from the file `name`, which `make` puts there."""

    def do(world: World) -> None:
        if make is not None:
            make(world)
        world.declare(jobs=file(name))

    return do


def sparse(world: World) -> None:
    with (world.root / "a.mp4").open("wb") as big:
        big.truncate(MAX_BYTES + 1)


def link_out(world: World) -> None:
    (world.root / "a.mp4").symlink_to("/etc/hostname")


def submitted(**jobs: Fields) -> Callable[[World], object]:
    return lambda world: world.submitted(**jobs)


def purged(world: World) -> None:
    world.control.purge(job_ids=world.submitted(a=a_job()))


def one_of_two(world: World) -> None:
    put_video(world)
    a, _ = world.submitted(a=an_upload(staging=True, platforms=["tiktok"]), b=a_job(topic="B"))
    world.becomes("complete", a)


def approved_twice(world: World) -> None:
    waiting(world)
    world.does("approve", "job.intro", "--auto-approve")


def wrong_submission(world: World) -> None:
    waiting(world)
    world.declare(jobs={"intro": an_upload(topic="Introducing", platforms=["tiktok"], staging=True, approve="job_0")})


def another_file_there(world: World) -> None:
    job = waiting(world)
    folder = world.root / "out"
    folder.mkdir()
    (folder / f"intro-{job}.mp4").write_bytes(b"mine")


def a_file_in_the_way(world: World) -> None:
    waiting(world)
    (world.root / "out").write_text("mine")


def refused_by_size(world: World) -> None:
    put_video(world)
    world.control.call("PATCH", "/options", max_upload=100)
    world.declare(jobs=file("media/intro.mp4"))


DOWNLOAD = ("result", "job.intro", "--download", "{root}/out")

BAD = {
    "wrong type": Bad(declared("a.avi", lambda w: put_video(w, "a.avi")), APPLY, Exit.ERROR, ("not an MP4 or MOV",)),
    "too large": Bad(declared("a.mp4", sparse), APPLY, Exit.ERROR, ("at most 500 MB", "shorten or compress")),
    "missing": Bad(declared("a.mp4"), APPLY, Exit.ERROR, ("`a.mp4` does not exist", "check the path")),
    "a directory": Bad(declared("a.mp4", lambda w: (w.root / "a.mp4").mkdir()), APPLY, Exit.ERROR, ("a directory",)),
    "a pipe": Bad(declared("a.mp4", lambda w: os.mkfifo(w.root / "a.mp4")), APPLY, Exit.ERROR, ("a pipe",)),
    "a device": Bad(declared("/dev/zero.mp4"), APPLY, Exit.ERROR, ("outside of the project",)),
    "outside": Bad(declared("../a.mp4"), APPLY, Exit.ERROR, ("outside of the project", "move it below")),
    "a link out": Bad(declared("a.mp4", link_out), APPLY, Exit.ERROR, ("outside of the project",)),
    "empty": Bad(declared("a.mp4", lambda w: (w.root / "a.mp4").touch()), APPLY, Exit.ERROR, ("is empty",)),
    "a pointer": Bad(
        declared("a.mp4", lambda w: (w.root / "a.mp4").write_text("version https://git-lfs.github.com/spec/v1\n")),
        APPLY,
        Exit.ERROR,
        ("Git LFS pointer", "git lfs pull"),
    ),
    "file without upload": Bad(
        lambda w: w.declare(jobs={"bad": a_job(file="a.mp4")}), APPLY, Exit.ERROR, ("add `entry: upload`",)
    ),
    "two files": Bad(
        lambda w: w.declare(jobs={"bad": an_upload("a.mp4", fileId="file_1")}),
        APPLY,
        Exit.ERROR,
        ("cannot both be set",),
    ),
    "too large for the service": Bad(refused_by_size, APPLY, Exit.ERROR, ("job.bad: failed", "500 MB")),
    "approving the wrong submission": Bad(
        wrong_submission, APPLY, Exit.REFUSED, ("names job_0", "but its current submission is")
    ),
    "approving what is no id": Bad(
        lambda w: w.declare(jobs={"bad": a_job(approve="job_1 ")}), APPLY, Exit.ERROR, ("is not an id",)
    ),
    "approving what is not produced": Bad(
        submitted(a=a_job(staging=True)), ("approve", "job.a", "--auto-approve"), Exit.ERROR, ("not produced yet",)
    ),
    "approving what is not staged": Bad(
        submitted(a=a_job()), ("approve", "job.a", "--auto-approve"), Exit.ERROR, ("waits for no approval",)
    ),
    "approving twice": Bad(
        approved_twice, ("approve", "job.intro", "--auto-approve"), Exit.ERROR, ("was approved already",)
    ),
    "approving one that waits and one that does not": Bad(
        one_of_two, ("approve", "job.a", "job.b", "--auto-approve"), Exit.ERROR, ("Nothing was published: job.b",)
    ),
    "approving a slip of the finger": Bad(
        waiting, ("approve", "job.intor", "--auto-approve"), Exit.ERROR, ("did you mean `job.intro`?",)
    ),
    "approving a template": Bad(
        lambda w: w.submitted(templates={"weekly": a_template()}, a=a_job()),
        ("approve", "template.weekly", "--auto-approve"),
        Exit.ERROR,
        ("is a template, not a job",),
    ),
    "approving what was never submitted": Bad(
        lambda w: w.declare(jobs={"a": a_job()}),
        ("approve", "job.a", "--auto-approve"),
        Exit.ERROR,
        ("was not submitted yet", "afsync plan"),
    ),
    "approving with nobody to ask": Bad(waiting, ("approve", "job.intro"), Exit.ERROR, ("add --auto-approve",)),
    "the result of an unfinished job": Bad(
        submitted(a=a_job()), ("result", "job.a"), Exit.ERROR, ("is not finished: it is queued",)
    ),
    "the result of a purged job": Bad(purged, ("result", "job.a"), Exit.ERROR, ("not in the account any more",)),
    "the result of nothing": Bad(waiting, ("result", "intro"), Exit.ERROR, ("did you mean `job.intro`?",)),
    "results of no job at all": Bad(waiting, ("result",), Exit.ERROR, ("ADDR",)),
    "a download over another file": Bad(
        another_file_there, DOWNLOAD, Exit.ERROR, ("is another file; it is not overwritten", "move it away")
    ),
    "a download into a file": Bad(a_file_in_the_way, DOWNLOAD, Exit.ERROR, ("no directory that can be written to",)),
    "the status of nothing": Bad(waiting, ("status", "job.x*"), Exit.ERROR, ("no job has the address job.x*",)),
    "a timeout without watching": Bad(waiting, ("status", "--timeout", "3"), Exit.ERROR, ("--watch",)),
    "a timeout that is no number": Bad(
        waiting, ("status", "--watch", "--timeout", "nan"), Exit.ERROR, ("not a number",)
    ),
    "an interval that is none": Bad(waiting, ("status", "--watch", "--interval", "0"), Exit.ERROR, ("--interval",)),
    "waiting for something else": Bad(waiting, ("status", "--until", "paid"), Exit.ERROR, ("'done', 'published'",)),
}


@pytest.mark.parametrize("name", BAD)
def test_bad(make_world: MakeWorld, name: str) -> None:
    bad, world = BAD[name], make_world()
    bad.make(world)
    before, kept = recorded(world), outputs(world)
    with world.watched() as sent:
        done = world.call(*(word.format(root=world.root) for word in bad.command))
    assert done.code == bad.code, done.text
    for text in bad.says:
        assert text in done.text
    assert "Traceback" not in done.text
    paid = [s for s in sent if s.method not in READS and s.status and s.status < 300 and s.path != "/upload"]
    assert paid == [], "nothing was done"
    assert recorded(world) == before, "nothing was forgotten"
    assert kept.items() <= outputs(world).items(), "nothing was overwritten"


def outputs(world: World) -> dict[str, bytes]:
    """What is where downloads go."""
    files = [world.root / "out", *sorted(world.root.glob("out/*"))]
    return {str(p): p.read_bytes() for p in files if p.is_file()}


def recorded(world: World) -> Fields:
    """What is in the state, apart from what the service last said, which any apply saves."""
    resources = world.state["resources"].items()
    return {address: {**record, "status": None} for address, record in resources}


def test_there_are_enough_of_them() -> None:
    assert len(BAD) >= 20


# --- what goes wrong on the way ---


def test_a_file_that_changes_between_plan_and_apply(world: World) -> None:
    put_video(world)
    world.declare(jobs=file("media/intro.mp4"))
    plan = str(world.root / "reviewed.plan")
    world.does("plan", "--out", plan)
    put_video(world, name="another")
    with world.watched() as sent:
        done = world.does("apply", plan, code=Exit.STALE)
    assert sent == [] and "a file to be uploaded, has changed" in done.err


@pytest.mark.parametrize("when", ["before it is sent", "while it is sent"])
def test_a_file_that_changes_during_an_apply(world: World, when: str) -> None:
    put_video(world)
    world.declare(templates={"weekly": a_template()}, jobs=file("media/intro.mp4"))
    upload = "POST /upload#2" if world.dialect == "documented" else "PUT /uploads/*"
    at = "POST /templates" if when == "before it is sent" else upload
    world.control.call("POST", "/faults", fault=f"{at}: committed-then-hold")
    process = world.start(*APPLY)
    _wait_for_hold(world)
    put_video(world, name="another")
    world.control.call("POST", "/release")
    out, err = process.communicate(timeout=30)
    done = Done(process.returncode, out, err)
    assert done.code == Exit.STALE, done
    assert "changed since the plan" in done.out or "written to while it was sent" in done.out
    assert world.control.jobs() == [], "nothing was submitted with it"
    assert world.state["uploads"] == {}
    world.applied()
    assert len(world.control.jobs()) == 1


def _wait_for_hold(world: World) -> None:
    until = time.monotonic() + 20
    while not world.control.call("GET", "/holds")["holds"]:
        assert time.monotonic() < until, "no request was held"
        time.sleep(0.02)


STORAGE = {
    "refuses": ("received-then-status(403)", 1),
    "is away for good": ("received-then-proxy(503)", 4),
    "redirects": ("received-then-redirect", 1),
}


@pytest.mark.parametrize("fault", STORAGE)
def test_a_storage_that_fails(make_world: MakeWorld, fault: str) -> None:
    world = make_world("deployed")
    action, tries = STORAGE[fault]
    put_video(world)
    world.declare(jobs=file("media/intro.mp4"))
    world.control.call("POST", "/faults", fault=f"PUT /uploads/*#1-9: {action}")
    with world.watched() as sent:
        done = world.call(*APPLY)
    assert done.code == Exit.ERROR and "job.bad: failed" in done.out and "storage at 127.0.0.1" in done.out
    assert [s.method for s in sent].count("PUT") == tries
    assert world.control.jobs() == [] and world.state["uploads"] == {}
    world.control.call("DELETE", "/faults")
    world.applied()
    assert len(world.control.jobs()) == 1
