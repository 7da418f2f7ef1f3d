"""afsync killed during and after an upload, then applied again: one job, and no byte sent twice that was recorded."""

from __future__ import annotations

import time

import pytest

from tests.scenarios.world import World
from tests.service.conftest import MakeWorld, an_upload, put_video

# The request at which it is killed, and whether the upload had been recorded by then.
POINTS = {
    "documented": [
        ("POST /upload: received-then-hold", False),
        ("POST /upload#2: headers-then-hold", False),
        ("POST /upload#2: received-then-hold", False),
        ("POST /upload#2: committed-then-hold", False),
        ("POST /jobs: headers-then-hold", True),
        ("POST /jobs: committed-then-hold", True),
    ],
    "deployed": [
        ("POST /upload: committed-then-hold", False),
        ("PUT /uploads/*: headers-then-hold", False),
        ("PUT /uploads/*: received-then-hold", False),
        ("PUT /uploads/*: committed-then-hold", False),
        ("POST /jobs: headers-then-hold", True),
        ("POST /jobs: committed-then-hold", True),
    ],
}
CASES = [(dialect, fault, recorded) for dialect, points in POINTS.items() for fault, recorded in points]


@pytest.mark.parametrize(("dialect", "fault", "recorded"), CASES, ids=lambda value: str(value))
def test_killed(make_world: MakeWorld, dialect: str, fault: str, recorded: bool) -> None:
    world = make_world(dialect)
    put_video(world)
    world.declare(jobs={"intro": an_upload(staging=True, platforms=["tiktok"])}, api={"exclusive": True})
    world.control.call("POST", "/faults", fault=fault)
    kill_at_hold(world)
    world.control.clear_requests()
    codes = [world.call("apply", "--auto-approve").code for _ in range(3)]
    assert codes[-1] == 0, codes
    assert world.does("plan").out.endswith("No changes. Your account matches the configuration.\n")
    jobs = world.control.jobs(key=world.key)
    assert len(jobs) == 1 and world.ids() == {"job.intro": jobs[0]["job_id"]}
    assert 50 - world.balance == 1, "paid for once"
    sent = [r for r in world.control.requests() if r["method"] in ("POST", "PUT") and "upload" in r["path"]]
    assert (sent == []) is recorded


def kill_at_hold(world: World) -> None:
    """Apply, and kill it without a word when the service holds a request."""
    process = world.start("apply", "--auto-approve")
    until = time.monotonic() + 20
    while not world.control.call("GET", "/holds")["holds"]:
        assert time.monotonic() < until and process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    world.control.call("POST", "/release", drop=True)
    world.control.call("DELETE", "/faults")
