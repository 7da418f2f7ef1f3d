"""A writer that is killed, with SIGKILL, before each of its system calls in turn. Run as a program, because it forks.

`python -m tests.store.killed DIRECTORY SCALE` prints `N kills, M violations` and what was violated.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.disk import Disk, is_temporary
from tests.builders import LINEAGE
from tests.store.support import a_store, opened, paths, submitted

CALLS = {
    "read", "identity", "create", "append_to", "write", "sync", "close", "rename", "link", "unlink", "names",
    "make_directory", "sync_directory", "exclusive",
}  # fmt: skip


class Deadly(Disk):
    """The real disk; before its `last` call the process is gone. In a write, half of the data is there."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if name not in CALLS:
            return found
        self.left -= 1
        if self.left >= 0:
            return found
        return _half_a_write if name == "write" else _die


def _half_a_write(fd: int, data: bytes) -> None:
    os.write(fd, data[: len(data) // 2])
    _die()


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(root: Path, disk: Disk, out: int) -> None:
    """Make a state if there is none, then two submissions; every durable write is told at once."""
    store = a_store(root, disk)
    if not store.paths.state.exists():
        tell(out, store.create(LINEAGE))
    recorded, version = store.read()
    for _ in range(2):
        if not recorded.intents:
            recorded, _ = opened(recorded, recorded.counter + 1)
            version = store.write(recorded, version)
            tell(out, recorded)
        intent = recorded.intents[0]
        recorded = submitted(recorded, intent, f"job_{intent.seq}")
        version = store.write(recorded, version)
        tell(out, recorded)
    store.fold()


def tell(out: int, recorded: Recorded) -> None:
    os.write(out, json.dumps([recorded.serial, ids(recorded)]).encode() + b"\n")


def ids(recorded: Recorded) -> list[str]:
    return sorted(r.id for r in recorded.resources.values())


def killed_at(root: Path, call: int) -> tuple[bool, list[tuple[int, list[str]]]]:
    """Fork, run, be killed; whether it came to its end instead, and what it had told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            run(root, Deadly(call), writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        told = [json.loads(line) for line in file]
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"the run that was to be killed at call {call} failed by itself")
    return os.WIFEXITED(status), told


def case(root: Path, call: int) -> tuple[bool, list[str]]:
    """One kill: whether the run came to its end before it, and what is wrong afterwards."""
    before = state(root)
    finished, told = killed_at(root, call)
    serial, known = told[-1] if told else before
    after, found = state(root)
    wrong = []
    if after < serial or not set(found) >= set(known):
        wrong.append(f"lost: serial {after} with {found}, after {serial} with {known}")
    if after > serial + 1:
        wrong.append(f"serial {after} after {serial}: more than was being written")
    if finished:
        left = [p.name for p in root.rglob("*") if is_temporary(p.name, "") or p == paths(root).journal]
        wrong += [f"left behind: {name}" for name in left]
    return finished, wrong


def state(root: Path) -> tuple[int, list[str]]:
    try:
        recorded = a_store(root).read()[0]
    except StateError as error:
        if "is missing" in error.message and "no good copy" in (error.hint or ""):
            return 0, []
        raise
    return recorded.serial, ids(recorded)


def until_the_end(root: Path, name: str, step: int) -> tuple[int, list[str]]:
    """Runs killed at one call after another, in the same directory, until one comes to its end."""
    call, found, finished = 0, [], False
    while not finished:
        finished, wrong = case(root, call)
        found += [f"{name}, then {call}: {w}" for w in wrong]
        call += step
    return call // step, found


def main(directory: Path, scale: float) -> None:
    """Every call of a first run, and, after some of them, of the runs that follow."""
    cases, found, call, finished = 0, [], 0, False
    while not finished:
        root = directory / str(call)
        root.mkdir()
        finished, wrong = case(root, call)
        found += [f"{call}: {w}" for w in wrong]
        if call % max(1, int(25 / scale)) == 0:
            more, wrong = until_the_end(root, str(call), max(1, int(3 / scale)))
            found += wrong
            cases += more
        call, cases = call + 1, cases + 1
    sys.stdout.write(f"{cases} kills, {len(found)} violations\n" + "".join(f"{f}\n" for f in found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
