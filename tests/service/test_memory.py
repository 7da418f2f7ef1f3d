"""A large file goes through afsync with memory that stays flat, both ways in which files are sent."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from afsync.config.files import MAX_BYTES
from tests.scale import EVERYTHING
from tests.scenarios.world import World
from tests.service.conftest import an_upload

LIMIT_MIB = 120
LARGE = MAX_BYTES if EVERYTHING else 2 * LIMIT_MIB * 1024**2
"""One dialect takes the largest file there may be, the other one that memory would show as well."""
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_a_large_file_in_little_memory(world: World, record_property: Any) -> None:
    size = MAX_BYTES if world.dialect == "documented" else LARGE
    with (world.root / "large.mp4").open("wb") as file:
        file.truncate(size)
    world.declare(jobs={"large": an_upload("large.mp4")})
    peak = measured(world, "apply", "--auto-approve")
    assert [u["size"] for u in world.control.uploads()] == [size]
    assert len(world.control.jobs()) == 1
    sent = f"upload of {size // 1024**2} MiB ({world.dialect})"
    record_property("figure", f"{sent}: peak memory of afsync {peak:.0f} MiB")
    assert peak < LIMIT_MIB


def measured(world: World, *args: str) -> float:
    """Run a command in a process of its own; the most memory it had, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *world.command(*args)],
        env=world.environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kilobytes = int(done.stdout.split()[-1])
    return kilobytes / 1024 / (1024 if sys.platform == "darwin" else 1)
