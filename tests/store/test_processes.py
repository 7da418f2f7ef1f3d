"""Real processes at once: killed at any call, racing without a lock, read while they write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.builders import LINEAGE
from tests.scale import SCALE, scaled
from tests.store.processes import ROOT, start, start_together
from tests.store.support import a_store

Recorder = Callable[[str, object], None]


def test_killed_at_every_call(tmp_path: Path, record_property: Recorder) -> None:
    command = [sys.executable, "-m", "tests.store.killed", str(tmp_path), str(SCALE)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    record_property("figure", f"state, SIGKILL before every system call: {said.splitlines()[0]}")
    assert "kills, 0 violations\n" in said, said


def test_no_update_is_lost_without_the_lock(tmp_path: Path, record_property: Recorder) -> None:
    """Compare-and-swap has to hold by itself: nobody holds the lock here."""
    a_store(tmp_path).create(LINEAGE)
    writes = scaled(15)
    runners = start_together(*(("compete", tmp_path, me, writes) for me in range(4)))
    said = [runner.communicate()[0].splitlines() for runner in runners]
    assert [runner.returncode for runner in runners] == [0] * 4
    acknowledged = [number for lines in said for number in lines[:-1]]
    assert len(acknowledged) == 4 * writes
    recorded, _ = a_store(tmp_path).read()
    assert sorted(recorded.resources) == sorted(f"job.show-{number}" for number in acknowledged)
    assert recorded.counter == len(acknowledged), "two writes built on the same version"
    lost = sum(int(lines[-1].split()[1]) for lines in said)
    record_property("figure", f"state, 4 writers without a lock: {len(acknowledged)} writes, {lost} refused, none lost")


def test_a_reader_never_sees_damage(tmp_path: Path, record_property: Recorder) -> None:
    """Nor does it ever see an older state than before."""
    a_store(tmp_path).create(LINEAGE)
    writer = start("churn", tmp_path, scaled(80))
    reads, serial, seen = 0, 0, set()
    while writer.poll() is None:
        recorded, _ = a_store(tmp_path).read()
        assert recorded.serial >= serial
        assert recorded.counter == (recorded.serial if recorded.serial > 1 else 0)
        serial, reads = recorded.serial, reads + 1
        seen.add(serial)
    writer.communicate()
    assert writer.returncode == 0
    record_property("figure", f"state, read while it is written: {reads} reads, {len(seen)} versions, no damage")


def test_two_readers_in_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """What a plan does: it reads, and makes no file, not even for a lock."""
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    before = sorted(p for p in tmp_path.rglob("*"))
    for path in (tmp_path / ".afsync/history", tmp_path / ".afsync", tmp_path):
        path.chmod(0o500)
    try:
        assert a_store(tmp_path).read() == a_store(tmp_path).read() == (recorded, version)
    finally:
        for path in (tmp_path, tmp_path / ".afsync", tmp_path / ".afsync/history"):
            path.chmod(0o700)
    assert sorted(p for p in tmp_path.rglob("*")) == before
