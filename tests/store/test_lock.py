"""The lock: one holder, who is named; free when its process is gone, however that came about."""

from __future__ import annotations

import errno
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import pytest
from msgspec.structs import replace

from afsync.core.state import Intent, Phase
from afsync.errors import Exit, StateError, StateLocked, UsageError
from afsync.store import disk
from afsync.store.lock import Holder, Lock, Unlocked, acquire, force_unlock, other_run, read_holder
from tests.builders import NOW, an_intent
from tests.store.processes import start, start_together

ME = Holder("00000001", "ada", "desk", os.getpid(), "afsync apply", NOW)
LIVING = an_intent(phase=Phase.WRITTEN, when=NOW - timedelta(seconds=30))


@dataclass
class Time:
    """A clock that moves only when somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def take(path: Path, holder: Holder = ME, *, timeout: float = 0.0, passing: Time | None = None) -> Lock:
    passing = passing or Time()
    return acquire(path, holder, timeout=timeout, clock=passing.clock, sleep=passing.sleep)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".afsync" / "lock"


@contextmanager
def held_elsewhere(path: Path) -> Iterator[Popen[str]]:
    process = start("hold", path)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_taken_and_let_go(path: Path) -> None:
    with take(path) as lock:
        assert lock.holder == ME
        assert read_holder(path) == ME
    assert read_holder(path) is None
    with take(path):
        pass
    lock.release()


def test_only_the_owner_may_read_it(path: Path) -> None:
    with take(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_process_twice_conflicts_too(path: Path) -> None:
    with take(path), pytest.raises(StateLocked):
        take(path)


def test_another_process_holds_it(path: Path) -> None:
    with held_elsewhere(path) as process:
        with pytest.raises(StateLocked) as caught:
            take(path)
        said = f"somebody@elsewhere, process {process.pid} (`afsync apply`), since 2026-01-01 00:00:00 UTC"
        assert caught.value.message == f"Another run holds the lock: {said}."
        assert "--lock-timeout" in (caught.value.hint or "")
        assert "afsync force-unlock abc12345" in (caught.value.hint or "")
        assert caught.value.exit_code is Exit.LOCKED
        with pytest.raises(StateLocked) as caught:
            take(path, timeout=2)
        assert caught.value.message == f"Another run still holds the lock after 2 s: {said}."
        assert (caught.value.hint or "").startswith("wait longer (`--lock-timeout`); if it hangs, ")
        process.communicate("done\n")
        with take(path):
            pass


def test_who_is_at_work_is_told_without_taking_the_lock(path: Path) -> None:
    assert other_run(path, "elsewhere") is None
    with held_elsewhere(path) as process:
        holder = other_run(path, "elsewhere")
        assert holder is not None and holder.pid == process.pid
        assert other_run(path, "here") is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert other_run(path, "elsewhere") is None
    with take(path) as lock:
        assert other_run(path, lock.holder.host) is None  # it is this very process, or one of another machine


def test_it_is_free_once_its_holder_was_killed(path: Path) -> None:
    with held_elsewhere(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = read_holder(path)
        assert left is not None and left.id == "abc12345"
        with take(path):
            assert read_holder(path) == ME


def test_a_child_that_outlives_the_holder_does_not_keep_it(path: Path) -> None:
    process = start("hold_by_a_child", path)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        process.communicate()
        with take(path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_many_at_once(path: Path) -> None:
    processes = start_together(*[("contend", path)] * 8)
    said = []
    for process in processes:
        assert process.stdout is not None
        said.append(process.stdout.readline())
    for process in processes:
        process.communicate("done\n")
    assert sorted(said) == ["held\n", *["refused 5\n"] * 7]


def test_waiting_ends_with_the_timeout(path: Path) -> None:
    passing = Time()
    with take(path), pytest.raises(StateLocked):
        take(path, timeout=1.0, passing=passing)
    assert sum(passing.slept) == pytest.approx(1.0)


def test_no_timeout_no_waiting(path: Path) -> None:
    passing = Time()
    with take(path), pytest.raises(StateLocked):
        take(path, passing=passing)
    assert passing.slept == []


def test_waiting_until_it_is_free(path: Path) -> None:
    first, passing = take(path), Time()

    def sleep(seconds: float) -> None:
        passing.sleep(seconds)
        if len(passing.slept) == 3:
            first.release()

    with acquire(path, replace(ME, id="2"), timeout=60, clock=passing.clock, sleep=sleep) as second:
        assert read_holder(path) == second.holder
    assert len(passing.slept) == 3


def test_an_interrupted_wait_leaves_nothing_behind(path: Path) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    before = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else set()
    with take(path), pytest.raises(KeyboardInterrupt):
        acquire(path, ME, timeout=1, clock=time.monotonic, sleep=interrupted)
    assert not before or set(os.listdir("/proc/self/fd")) == before


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path.parent.mkdir()
    path.symlink_to(victim)
    with pytest.raises(StateError, match="it is a symbolic link, which is not followed"):
        take(path)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_what_is_not_a_file_is_refused(path: Path, make: object) -> None:
    path.parent.mkdir()
    assert callable(make)
    make(path)
    with pytest.raises(StateError, match="cannot be used"):
        take(path)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS], ids=errno.errorcode.get)
def test_a_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def unsupported(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(disk, "_try_lock", unsupported)
    with pytest.raises(StateError, match="does not offer locks") as caught:
        take(path)
    assert "local disk" in (caught.value.hint or "")


@pytest.mark.parametrize("content", ["", "{", "null", "[]", '{"id": "x"}', '{"id": 1}', "\0" * 100, "x" * 20_000])
def test_whatever_is_written_in_the_file_it_can_be_taken(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    assert read_holder(path) is None
    with take(path):
        assert read_holder(path) == ME


def unlock(path: Path, *intents: Intent, lock_id: str = ME.id, host: str = "desk") -> Unlocked:
    return force_unlock(path, lock_id, intents, host=host, now=NOW)


def test_unlocking_what_nobody_holds(path: Path) -> None:
    assert unlock(path) is Unlocked.NOT_HELD
    take(path).release()
    assert unlock(path) is Unlocked.NOT_HELD


def test_unlocking_what_a_killed_run_left(path: Path) -> None:
    with held_elsewhere(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert unlock(path, LIVING, lock_id="abc12345") is Unlocked.LEFT_BEHIND
    assert read_holder(path) is None


def test_unlocking_asks_for_the_right_id(path: Path) -> None:
    with take(path), pytest.raises(UsageError, match="the lock has the id 00000001, not 2"):
        unlock(path, lock_id="2")


def test_a_submission_in_flight_here_is_left_alone(path: Path) -> None:
    """Whatever its age: it may wait for its turn, and the process is at hand to be stopped."""
    for intent in (LIVING, replace(LIVING, at=NOW - timedelta(hours=1))):
        with take(path), pytest.raises(StateLocked, match=r"job\.best is being submitted right now") as caught:
            unlock(path, intent)
        assert f"kill {os.getpid()}" in (caught.value.hint or "")


def test_a_submission_in_flight_elsewhere_is_given_its_time(path: Path) -> None:
    with take(path), pytest.raises(StateLocked, match="may still be in flight until 2026-11-20 12:00:30 UTC"):
        unlock(path, LIVING, host="other")
    with take(path):
        assert unlock(path, replace(LIVING, at=NOW - timedelta(seconds=61)), host="other") is Unlocked.TAKEN_AWAY


@pytest.mark.parametrize("intents", [(), (an_intent(phase=Phase.UNKNOWN, when=NOW),)], ids=["none", "answered"])
def test_unlocking_a_run_that_hangs(path: Path, intents: tuple[Intent, ...]) -> None:
    with take(path) as hanging:
        assert unlock(path, *intents) is Unlocked.TAKEN_AWAY
        with take(path, replace(ME, id="2")) as next_run:
            hanging.release()
            assert read_holder(path) == next_run.holder
            with pytest.raises(StateLocked):
                take(path)
    assert [p.name for p in path.parent.iterdir()] == ["lock"]


def test_a_run_that_waits_takes_the_new_lock(path: Path) -> None:
    """It has the old file open, which is held by a run that will never let go."""
    hanging, passing = take(path), Time()

    def sleep(seconds: float) -> None:
        passing.sleep(seconds)
        unlock(path)

    with acquire(path, replace(ME, id="2"), timeout=60, clock=passing.clock, sleep=sleep):
        assert len(passing.slept) == 1
        with pytest.raises(StateLocked):
            take(path)
    hanging.release()
