"""Watching production: few requests, the right exit code, and something to read for people and for logs."""

from __future__ import annotations

import re
import signal
from collections import Counter
from typing import Any

import pytest

from afsync.errors import Exit
from tests.harness import lines
from tests.scenarios.world import Fields, a_job, valid
from tests.service.conftest import MakeWorld

Record = Any


@pytest.mark.parametrize("dialect", ["documented", "deployed"])
def test_thirty_jobs_for_their_whole_life(make_world: MakeWorld, dialect: str, record_property: Record) -> None:
    world = make_world(dialect, speed=60)
    jobs = {f"j{n:02}": a_job(topic=f"T{n}", publishMode="manual" if n % 5 == 0 else None) for n in range(30)}
    world.declare(jobs=jobs)
    world.applied()
    with world.watched(reads=True) as sent:
        done = world.does("status", "--watch", "--until", "published", "--interval", "0.5", "--timeout", "60")
    asked = Counter(lines(sent))
    pages = asked["GET /jobs"]
    assert asked.keys() == {"GET /account", "GET /jobs"} and asked["GET /account"] == 1
    assert 2 <= pages <= 15, "less than four seconds, and a look each half of one"
    assert done.out.splitlines()[-1] == "30 jobs: 30 done."
    assert done.out.count(" -> ") >= 30
    record_property(
        "figure", f"status --watch, 30 jobs for their whole life ({dialect}): {len(sent)} requests, {pages} pages"
    )


def test_finished_jobs_are_not_looked_up_again(make_world: MakeWorld) -> None:
    world = make_world()
    ids = world.submitted(**{f"j{n}": a_job(topic=f"T{n}") for n in range(5)})
    world.becomes("published", *ids)
    world.applied()
    world.control.seed(key=world.key, count=150)
    for command in (("status",), ("status", "--watch")):
        with world.watched(reads=True) as sent:
            world.does(*command)
        assert sorted(lines(sent)) == ["GET /account", "GET /jobs"], "one page, for their links; not one for each"


def test_old_active_jobs_are_asked_for_one_by_one_and_in_turn(make_world: MakeWorld) -> None:
    world = make_world()
    world.submitted(**{f"j{n:02}": a_job(topic=f"T{n}") for n in range(25)})
    world.control.seed(key=world.key, count=100, spacing=0)
    with world.watched(reads=True) as sent:
        world.does("status", "--watch", "--interval", "0.1", "--timeout", "0.25", code=Exit.ERROR)
    pages = lines(sent).count("GET /jobs")
    singles = Counter(line for line in lines(sent) if line.startswith("GET /jobs/"))
    assert sum(singles.values()) == 10 * pages
    assert max(singles.values()) - min(singles.values()) <= 1


def test_until_published_waits_for_the_publish_time(make_world: MakeWorld) -> None:
    world = make_world()
    (job,) = world.submitted(a=a_job(schedule=world.at(minutes=30)))
    world.becomes("complete", job)
    done = world.does("status", "--until", "done")
    assert "produced" in done.out and done.out.endswith("1 job: 1 produced.\n")
    late = world.does("status", "--until", "published", "--interval", "0.1", "--timeout", "0.2", code=Exit.ERROR)
    assert "time is up, and not published: job.a (produced)" in late.err
    world.pass_time(hours=1)
    assert "published" in world.does("status", "--until", "published").out


@pytest.mark.parametrize("how", ["moved", "gone"])
def test_the_time_that_counts_is_the_one_of_the_service(make_world: MakeWorld, how: str) -> None:
    world = make_world()
    (job,) = world.submitted(a=a_job(schedule=world.at(days=5)))
    world.becomes("complete", job)
    moved = world.at(days=28) if how == "moved" else None
    world.by_hand("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": moved, "scheduledPublishAt": moved})
    world.pass_time(minutes=3)
    (told,) = world.does("status", "--json").json["jobs"]
    if how == "moved":
        assert (told["phase"], told["note"]) == ("active", "not the recorded publish time")
        assert told["schedule"]["utc"] == moved
    else:
        assert (told["phase"], told["schedule"]) == ("done", None)
        assert "not known whether published" in world.does("status", "--until", "published").out


OUTCOMES: dict[str, tuple[str, Fields, Exit, Exit]] = {
    "published": ("published", {}, Exit.OK, Exit.OK),
    "complete and manual": ("complete", {"publishMode": "manual"}, Exit.OK, Exit.OK),
    "waits for a person": ("complete", {"staging": True}, Exit.OK, Exit.ERROR),
    "failed": ("failed", {}, Exit.ERROR, Exit.ERROR),
    "cancelled": ("cancelled", {}, Exit.ERROR, Exit.ERROR),
    "running": ("running", {}, Exit.ERROR, Exit.ERROR),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_exit_code_tells_the_outcome(make_world: MakeWorld, name: str) -> None:
    status, fields, done, published = OUTCOMES[name]
    world = make_world()
    (job,) = world.submitted(a=a_job(**fields))
    world.becomes(status, job)
    quick = ("--interval", "0.1", "--timeout", "0.1")
    assert world.call("status", "--until", "done", *quick).code == done
    assert world.call("status", "--until", "published", *quick).code == published
    assert world.call("status").code == Exit.OK, "a report is no judgement"


def test_missing_unsubmitted_and_unresolved_ones_do_not_go_well(make_world: MakeWorld) -> None:
    world = make_world()
    gone, _ = world.submitted(a=a_job(), b=a_job(topic="B"))
    world.control.purge(job_ids=[gone])
    assert world.call("status", "job.a", "--watch").code == Exit.ERROR
    world.declare(jobs={"a": a_job(), "b": a_job(topic="B"), "c": a_job(topic="C"), "d": a_job(topic="D")})
    assert world.call("status", "job.c", "--watch").code == Exit.ERROR
    world.control.call("POST", "/faults", fault="POST /jobs: received-then-close")
    world.call("apply", "--auto-approve", "--target", "job.d")
    assert world.call("status", "job.d", "--watch").code == Exit.UNRESOLVED
    assert "its submission is unresolved" in world.does("status", "job.d").out


def test_json_comes_at_the_end(make_world: MakeWorld) -> None:
    world = make_world(speed=60)
    world.submitted(a=a_job())
    document = world.does("status", "--watch", "--json", "--interval", "0.3").json
    valid("status", document)
    assert [row["phase"] for row in document["jobs"]] == ["done"]


def test_a_service_that_is_away_for_a_moment_is_waited_for(make_world: MakeWorld) -> None:
    world = make_world(speed=60)
    world.submitted(a=a_job())
    world.control.call("POST", "/faults", fault="GET /jobs*#2-5: received-then-status(503)")
    assert world.call("status", "--watch", "--interval", "0.3").code == Exit.OK


def test_a_line_for_each_change_in_a_log(make_world: MakeWorld) -> None:
    world = make_world(speed=60)
    world.submitted(a=a_job())
    out = world.ok("status", "--watch", "--interval", "0.2").out.splitlines()
    assert [re.sub(r"^\S+ | +http\S*", "", line) for line in out[:-1]][-1].startswith("job.a: ")
    assert out[-1] == "1 job: 1 done."
    assert not any("\x1b" in line for line in out)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it(make_world: MakeWorld, number: int, code: int) -> None:
    world = make_world()
    world.submitted(a=a_job())
    process = world.start("status", "--watch")
    assert process.stdout is not None
    assert "job.a: queued" in process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "1 job: 1 active." in out and "Interrupted." in err
