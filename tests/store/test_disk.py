"""The disk proof: the power fails, or a call does, at every system call of every kind of write."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.records import Record
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.disk import is_temporary
from afsync.store.history import list_versions
from afsync.store.local import LocalStore
from afsync.store.restore import restore
from tests.builders import LINEAGE
from tests.scale import EVERYTHING, scaled
from tests.store.simdisk import PowerCut, SimDisk
from tests.store.support import a_store, job_number, opened, paths, submitted, with_job

ROOT = Path("/project")
SEEDS = scaled(1)
Recorder = Callable[[str, object], None]


@dataclass
class Witness:
    """What a run was told is durable, and what it was writing when it ended; what a restore must still find."""

    acknowledged: Recorded | None = None
    attempted: Recorded | None = None
    salvageable: Mapping[str, Record] | None = None

    def write(self, store: LocalStore, recorded: Recorded, version: str) -> tuple[Recorded, str]:
        self.attempted = recorded
        version = store.write(recorded, version)
        self.acknowledged = recorded
        return recorded, version


Run = Callable[[SimDisk, Witness], None]


class Scenario(Struct, frozen=True):
    """A kind of write: what was on the disk before, and what is done."""

    name: str
    run: Run
    before: tuple[Run, ...] = ()

    def disk(self) -> tuple[SimDisk, Witness]:
        disk, witness = SimDisk(), Witness()
        for run in self.before:
            run(disk, witness)
        return disk.power_cut("everything"), witness


def create(disk: SimDisk, witness: Witness) -> None:
    witness.attempted = Recorded(LINEAGE, serial=1)
    witness.acknowledged = a_store(ROOT, disk).create(LINEAGE)


def one_write(disk: SimDisk, witness: Witness) -> None:
    store = a_store(ROOT, disk)
    recorded, version = store.read()
    witness.write(store, with_job(recorded, recorded.serial), version)


def rehearsed(disk: SimDisk, witness: Witness) -> None:
    store = a_store(ROOT, disk)
    recorded, version = store.read()
    store.check_writable()
    assert store.read() == (recorded, version)
    witness.write(store, with_job(recorded, recorded.serial), version)


def killed_in_a_line(disk: SimDisk, witness: Witness) -> None:
    one_write(disk, witness)
    path = paths(ROOT).journal
    disk.files[disk.names_cached[path]].cached += b"0123 {"


def whole_run(disk: SimDisk, witness: Witness) -> None:
    """As an apply does it: intent, record, intent, record, and everything folded in at the end."""
    store = a_store(ROOT, disk)
    recorded, version = store.read()
    for _ in range(2):
        number = 101 + recorded.counter
        recorded, intent = opened(recorded, number)
        recorded, version = witness.write(store, recorded, version)
        recorded, version = witness.write(store, submitted(recorded, intent, f"job_{number}"), version)
    store.fold()


def large_write(disk: SimDisk, witness: Witness) -> None:
    store = a_store(ROOT, disk)
    recorded, version = store.read()
    many = {f"job.show-{n}": job_number(n) for n in range(150)}
    witness.write(store, replace(recorded, serial=recorded.serial + 1, resources=many), version)


def go_back(disk: SimDisk, witness: Witness) -> None:
    first = a_store(ROOT, disk).read()[0]
    witness.attempted = replace(Recorded(LINEAGE), serial=first.serial + 1, counter=first.counter)
    witness.acknowledged = restore(disk, paths(ROOT), 1, lineage=LINEAGE, afsync_version="0.1.0", force=True)


def state_lost(disk: SimDisk, witness: Witness) -> None:
    assert witness.acknowledged is not None
    witness.salvageable, witness.acknowledged = witness.acknowledged.resources, None
    disk.unlink(paths(ROOT).state)


def go_back_to_the_journal(disk: SimDisk, witness: Witness) -> None:
    newest = list_versions(disk, paths(ROOT))[0]
    restored = restore(disk, paths(ROOT), newest.serial, lineage=LINEAGE, afsync_version="0.1.0")
    witness.acknowledged = witness.attempted = restored


def merge(disk: SimDisk, witness: Witness) -> None:
    store = a_store(ROOT, disk)
    recorded, _ = store.read(unmerged=True)
    if "job.show-9" not in recorded.resources:
        there = replace(job_number(9), time_serial=recorded.serial + 1)
        attempted = with_job(recorded, 9)
        witness.attempted = replace(attempted, resources={**attempted.resources, "job.show-9": there})
    store.merge()
    witness.acknowledged = witness.attempted


def rescued(disk: SimDisk, witness: Witness) -> None:
    store = a_store(ROOT, disk)
    store.read()
    assert store.rescue("job.show-9", job_number(9), "no room") is not None


SCENARIOS = (
    Scenario("create", create),
    Scenario("the first line of a journal", one_write, (create,)),
    Scenario("after a run that was killed", one_write, (create, one_write)),
    Scenario("after a run that was killed in a line", one_write, (create, killed_in_a_line)),
    Scenario("a whole run", whole_run, (create, whole_run)),
    Scenario("a run that follows a killed one", whole_run, (create, whole_run, killed_in_a_line)),
    Scenario("a large write", large_write, (create, whole_run)),
    Scenario("restore", go_back, (create, whole_run, whole_run)),
    Scenario("restore over a journal", go_back, (create, whole_run, one_write)),
    Scenario("restore from the journal", go_back_to_the_journal, (create, whole_run, one_write, state_lost)),
    Scenario("a rehearsal", rehearsed, (create, whole_run)),
    Scenario("a rehearsal after a run that was killed", rehearsed, (create, whole_run, one_write)),
    Scenario("merging a recovery file", merge, (create, whole_run, rescued)),
)


def interrupted(scenario: Scenario, stop: Callable[[int, str], None]) -> tuple[SimDisk, Witness, bool]:
    """The disk and the witness after a run whose calls pass through `stop`, and whether it came to its end."""
    disk, witness = scenario.disk()
    witness.attempted = witness.acknowledged
    disk.before_call = stop
    try:
        scenario.run(disk, witness)
    except (PowerCut, StateError):
        return disk, witness, False
    return disk, witness, True


def every_call(scenario: Scenario) -> Iterator[tuple[int, str]]:
    disk, witness = scenario.disk()
    scenario.run(disk, witness)
    yield from enumerate(disk.calls)


def seeds(number: int) -> Iterator[str]:
    yield from (f"call {number}, seed {n}" for n in range(SEEDS))


def taken(number: int, kept: str) -> tuple[str, ...]:
    """In CI only at every second call."""
    return (kept,) if EVERYTHING or number % 2 == 0 else ()


def check(disk: SimDisk, witness: Witness) -> None:
    """What can be read is what was acknowledged last, or what was being written; and work can go on."""
    try:
        found = a_store(ROOT, disk).read(unmerged=True)[0]
    except StateError:
        assert witness.acknowledged is None, "what was acknowledged cannot be read"
        if witness.salvageable is not None:
            go_back_to_the_journal(disk, Witness())
            assert a_store(ROOT, disk).read()[0].resources == witness.salvageable
        return
    assert found in (witness.acknowledged, witness.attempted) or found.resources == witness.salvageable
    if a_store(ROOT, disk).pending(LINEAGE):
        merge(disk, Witness())
        there = a_store(ROOT, disk).read()[0].jobs["job.show-9"]
        assert there.time_serial > 0 and replace(there, time_serial=0) == job_number(9)
    whole_run(disk, Witness())
    assert not [p for p in disk.names_cached if is_temporary(p.name, "")], "temporary files pile up"
    assert not [p for p in disk.names_cached if p == paths(ROOT).journal]
    a_store(ROOT, disk).read()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_the_power_fails_at_every_call(scenario: Scenario, record_property: Recorder) -> None:
    cases = 0
    for number, _ in every_call(scenario):

        def cut(call: int, name: str, at: int = number) -> None:
            if call == at:
                raise PowerCut

        disk, witness, _ = interrupted(scenario, cut)
        for kept in ("nothing", *seeds(number), *taken(number, "everything")):
            check(disk.power_cut(kept), witness)
            cases += 1
    record_property("figure", f"disk, {scenario.name}: {cases} power cuts, the old or the new state after each")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_every_call_fails(scenario: Scenario) -> None:
    for number, called in every_call(scenario):
        code = (errno.ENOSPC, errno.EIO, errno.EROFS)[number % 3]

        def fail(call: int, name: str, at: int = number, code: int = code) -> None:
            if call == at:
                raise OSError(code, os.strerror(code))

        disk, witness, finished = interrupted(scenario, fail)
        disk.before_call = lambda call, name: None
        if called in ("write", "sync", "sync_directory", "rename", "create"):
            assert not finished, f"the failed {called} went by unnoticed"
        for kept in (*taken(number, "nothing"), *taken(number + 1, "everything")):
            check(disk.power_cut(kept), witness)


def test_the_proof_can_fail() -> None:
    """On a disk that says it has synced and has not, what was acknowledged gets lost, and the proof sees it."""
    scenario = SCENARIOS[4]
    disk, witness = scenario.disk()
    disk.lies = True
    scenario.run(disk, witness)
    with pytest.raises(AssertionError, match="what was acknowledged cannot be read"):
        check(disk.power_cut("nothing"), witness)


def test_nothing_is_written_after_a_failed_sync() -> None:
    """A disk that lost a write once may say that all is well the next time."""
    disk, _ = Scenario("", create, (create,)).disk()
    store = a_store(ROOT, disk)
    recorded, version = store.read()

    def fail(call: int, name: str) -> None:
        if name == "sync":
            raise OSError(errno.EIO, "Input/output error")

    disk.before_call = fail
    with pytest.raises(StateError, match="could not be written: Input/output error"):
        store.write(with_job(recorded, 1), version)
    disk.before_call = lambda call, name: None
    calls = len(disk.calls)
    with pytest.raises(StateError, match="could not be written: Input/output error"):
        store.write(with_job(recorded, 2), version)
    store.fold()
    assert len(disk.calls) == calls
    assert store.rescue("job.show-1", job_number(1), "why") is not None


def test_the_order_of_the_calls() -> None:
    """Temporary file, sync, backup, rename, sync of the directory, and only then the copy in the history."""
    disk, _ = Scenario("", create, (create, whole_run)).disk()
    large_write(disk, Witness())
    writing = [c for c in disk.calls if c not in ("read", "names", "identity", "make_directory", "exclusive", "unlink")]
    new_file = ["create", "write", "sync", "close"]
    backup = ["link", "rename"]
    replaced = ["rename", "sync_directory"]
    assert writing == [*new_file, *backup, *replaced, *new_file, *replaced]


def test_a_line_of_the_journal_costs_one_write_and_one_sync() -> None:
    disk, witness = Scenario("", create, (create,)).disk()
    store = a_store(ROOT, disk)
    recorded, version = witness.write(store, with_job(store.read()[0], 1), store.read()[1])
    disk.calls.clear()
    witness.write(store, with_job(recorded, 2), version)
    assert [c for c in disk.calls if c != "identity"] == ["exclusive", "append_to", "write", "sync", "close"]
