"""What other processes do in the tests: write as fast as they can, or hold the lock. Run as a program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from afsync.core.records import Record
from afsync.core.state import Recorded
from afsync.errors import AfsyncError, StateLocked
from afsync.store.lock import Holder, acquire
from tests.store.support import a_store, following, job_number

ROOT = Path(__file__).parents[2]


def start(*args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.processes", *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def start_together(*runs: tuple[object, ...]) -> list[subprocess.Popen[str]]:
    """Processes that begin at the same moment, when the last of them is ready."""
    processes = [start(*run) for run in runs]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


def _wait_for_the_others() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def compete(root: Path, me: int, writes: int) -> None:
    """Add `writes` jobs without any lock; start over with what is there whenever somebody else was faster. Every
    third write is followed by a fold."""
    _wait_for_the_others()
    lost, done = 0, 0
    while done < writes:
        store = a_store(root)
        try:
            recorded, version = store.read()
            while done < writes:
                number = me * 10_000 + done
                record = {f"job.show-{number}": job_number(number)}
                recorded = following(recorded, counter=recorded.counter + 1, resources={**recorded.resources, **record})
                version = store.write(recorded, version)
                done += 1
                sys.stdout.write(f"{number}\n")
                if done % 3 == 0:
                    store.fold()
                    break
        except StateLocked:
            lost += 1
    sys.stdout.write(f"lost {lost}\n")


def churn(root: Path, runs: int) -> None:
    """Runs one after the other, each with a few writes and a fold, the counter always equal to the serial."""
    for _ in range(runs):
        store = a_store(root)
        recorded, version = store.read()
        for _ in range(3):
            serial = recorded.serial + 1
            recorded = replace(recorded, serial=serial, counter=serial, resources=_some(recorded, serial))
            version = store.write(recorded, version)
        store.fold()


def _some(recorded: Recorded, serial: int) -> dict[str, Record]:
    return {**recorded.resources, f"job.show-{serial % 20}": replace(job_number(serial % 20), rerun=str(serial))}


def hold(path: Path) -> None:
    """Take the lock, say so, and keep it until something arrives on stdin."""
    holder = Holder("abc12345", "somebody", "elsewhere", os.getpid(), "afsync apply", datetime(2026, 1, 1, tzinfo=UTC))
    with acquire(path, holder, timeout=0, clock=time.monotonic, sleep=time.sleep):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.readline()


def hold_by_a_child(path: Path) -> None:
    """Take the lock, start a program that outlives us, and say its process id."""
    holder = Holder("abc12345", "somebody", "elsewhere", os.getpid(), "afsync apply", datetime(2026, 1, 1, tzinfo=UTC))
    acquire(path, holder, timeout=0, clock=time.monotonic, sleep=time.sleep)
    child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    os._exit(0)


def contend(path: Path) -> None:
    """Try to take the lock at once; keep it until stdin ends."""
    _wait_for_the_others()
    try:
        hold(path)
    except AfsyncError as error:
        sys.stdout.write(f"refused {int(error.exit_code)}\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compete", root, me, writes]:
            compete(Path(root), int(me), int(writes))
        case ["churn", root, runs]:
            churn(Path(root), int(runs))
        case ["hold", path]:
            hold(Path(path))
        case ["hold_by_a_child", path]:
            hold_by_a_child(Path(path))
        case ["contend", path]:
            contend(Path(path))
