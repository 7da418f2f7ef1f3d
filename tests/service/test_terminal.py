"""What people see on a terminal: live tables, bars with their speed, and questions."""

from __future__ import annotations

import os
import pty
import re
import select
import time

import pytest

from afsync.errors import Exit
from tests import forked
from tests.scenarios.world import World, a_job
from tests.service.conftest import MakeWorld, an_upload, waiting


def test_live_on_a_terminal(make_world: MakeWorld) -> None:
    world = make_world(speed=60)
    world.submitted(a=a_job(), b=a_job(topic="B", staging=True))
    code, shown = on_a_terminal(world, "status", "--watch", "--interval", "0.2")
    assert code == Exit.OK
    assert "JOB" in shown and "Ctrl-C stops watching" in shown and "waiting for approval" in shown
    assert shown.rstrip().endswith("2 jobs: 1 waiting for approval, 1 done.")
    assert "\x1b[3" in shown, "in colour"


def test_a_question_on_a_terminal(make_world: MakeWorld) -> None:
    world = make_world()
    job = waiting(world)
    code, shown = on_a_terminal(world, "approve", "job.intro", answer="no\n")
    assert code == 1 and "Do you really want to publish this?" in shown and "Approval cancelled." in shown
    assert world.of_service(job)["approved_at"] is None
    code, shown = on_a_terminal(world, "approve", "job.intro", answer="yes\n")
    assert code == 0 and plain(shown).endswith("Approved: 1 job.") and "Apply" not in shown
    assert world.of_service(job)["approved_at"]


@pytest.mark.parametrize("others", [0, 12])
def test_a_bar_while_a_file_is_sent(make_world: MakeWorld, others: int) -> None:
    world = make_world("deployed")
    with (world.root / "large.mp4").open("wb") as file:
        file.truncate(60_000_000)
    jobs = {f"j{n}": a_job(topic=f"T{n}", schedule=world.at(days=2)) for n in range(others)}
    world.declare(jobs={**jobs, "large": an_upload("large.mp4")})
    code, shown = on_a_terminal(world, "apply", "--auto-approve")
    assert code == 0, shown
    assert ("uploading " if others else "large.mp4 ━") in plain(shown)
    assert f"Apply complete! Resources: {others + 1} added, 0 changed, 0 destroyed." in shown


def test_a_bar_while_files_are_fetched(make_world: MakeWorld) -> None:
    world = make_world(media_bytes=20_000_000)
    job = waiting(world)
    code, shown = on_a_terminal(world, "result", "job.intro", "--download", str(world.root / "out"))
    assert code == 0, shown
    assert "━" in plain(shown), "a bar"
    assert f"intro-{job}.mp4 (20.0 MB)" in plain(shown)


def test_links_for_a_reviewer_are_for_the_screen_and_not_for_the_file_beside_it(world: World) -> None:
    waiting(world)
    file = world.root / "plan.md"
    for args in (("status",), ("plan", "--markdown-into", str(file))):
        code, shown = on_a_terminal(world, *args)
        assert code == 0 and "X-Signature=" in plain(shown)
    assert "Waiting for approval" in file.read_text() and "X-Signature=" not in file.read_text()


def plain(shown: str) -> str:
    """Without colours and line ends."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", "", shown)


def on_a_terminal(world: World, *args: str, answer: str = "") -> tuple[int, str]:
    """Run a command on a pseudo-terminal; its exit code, and everything it wrote."""
    ours, theirs = pty.openpty()
    environ = world.environ({"TERM": "xterm-256color", "COLUMNS": "160", "LINES": "40"})
    process = forked.popen(world.command(*args), env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown, until = b"", time.monotonic() + 30
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            shown += part
            if answer and b"Enter a value" in shown:
                os.write(ours, answer.encode())
                answer = ""
        elif process.poll() is not None:
            break
    os.close(ours)
    return process.wait(timeout=10), shown.decode("utf-8", "replace")
