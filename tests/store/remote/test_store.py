"""The bad days of a state that is kept elsewhere, one by one, over an engine that fails as it is told."""

from __future__ import annotations

import gzip
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.errors import AfsyncError, StateError, StateLocked
from afsync.store.disk import Disk
from afsync.store.lock import Holder
from afsync.store.remote.backend import StoredDocument
from afsync.store.remote.lock import ENDS_AFTER, LockDocument, acquire, lock_key
from afsync.store.remote.store import RemoteStore, RunIdentity
from afsync.store.state_text import encode_bytes
from tests.builders import LINEAGE, NOW, a_recorded_template
from tests.store.engines import KEY, Cloud, Fault, MemoryBackend
from tests.store.support import OTHER_LINEAGE, a_store, following, job_number, opened, submitted, with_job


def a_remote(cloud: Cloud, folder: Path, nonce: str = "ours") -> RemoteStore:
    return RemoteStore(MemoryBackend(cloud), folder / ".afsync", RunIdentity(nonce, "0.1.0"))


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """One in which a state is."""
    cloud = Cloud()
    a_remote(cloud, tmp_path, "first").create(LINEAGE)
    return cloud


def writing(cloud: Cloud, folder: Path, *faults: Fault) -> tuple[RemoteStore, Recorded, str]:
    """A store that has written once in this run, so that the next is one request; the faults are for that."""
    store = a_remote(cloud, folder)
    recorded, version = store.read()
    recorded = with_job(recorded, 1)
    version = store.write(recorded, version)
    cloud.faults.extend(faults)
    cloud.requests.clear()
    return store, recorded, version


def kept(cloud: Cloud, folder: Path) -> Recorded:
    return a_remote(cloud, folder, "reader").read(unmerged=True)[0]


# --- what an answer that does not say comes to ---


@pytest.mark.parametrize(
    ("faults", "puts"),
    [
        ([Fault.UNCLEAR_DONE], 1),
        ([Fault.DENIED_DONE], 1),
        ([Fault.UNCLEAR], 2),
        ([Fault.DENIED], 2),
        ([Fault.UNCLEAR, Fault.UNCLEAR_DONE], 2),
        ([Fault.UNCLEAR, Fault.DENIED_DONE], 2),
    ],
    ids=str,
)
def test_a_write_is_ours_when_it_is_found(cloud: Cloud, tmp_path: Path, faults: list[Fault], puts: int) -> None:
    store, recorded, version = writing(cloud, tmp_path, *faults)
    written, _ = opened(recorded, 2)
    new = store.write(written, version)
    assert (
        kept(cloud, tmp_path) == written and [r for r in cloud.requests if r.startswith("put")] == [f"put {KEY}"] * puts
    )
    store.write(following(written), new)


@pytest.mark.parametrize("fault", [Fault.UNCLEAR, Fault.DENIED], ids=str)
def test_a_store_that_takes_nothing_stops_the_run(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    store, recorded, version = writing(cloud, tmp_path, fault, fault)
    for _ in range(2):
        with pytest.raises(StateError, match="could not be written to") as stopped:
            store.write(opened(recorded, 2)[0], version)
    assert stopped.value.exit_code == 7 and len([r for r in cloud.requests if r.startswith("put")]) == 2
    assert kept(cloud, tmp_path) == recorded


def test_an_unclear_write_that_another_run_beat_is_not_sent_again(cloud: Cloud, tmp_path: Path) -> None:
    store, recorded, version = writing(cloud, tmp_path, Fault.UNCLEAR)
    other = a_remote(cloud, tmp_path, "another")
    theirs, their_version = other.read()

    def meanwhile(what: str, key: str) -> None:
        if (what, key) == ("get", KEY):
            cloud.before = lambda _what, _key: None
            other.write(with_job(theirs, 9), their_version)

    cloud.before = meanwhile
    with pytest.raises(StateLocked, match="Another run has written"):
        store.write(opened(recorded, 2)[0], version)
    assert kept(cloud, tmp_path).resources.keys() == {"job.show-1", "job.show-9"}


def test_the_same_write_of_another_run_is_not_taken_for_ours(cloud: Cloud, tmp_path: Path) -> None:
    """Two runners that decide the same in the same moment write the same state, but for the nonce."""
    ours, theirs = a_remote(cloud, tmp_path, "ours"), a_remote(cloud, tmp_path, "theirs")
    (recorded, version), _ = ours.read(), theirs.read()
    intent, _ = opened(recorded, 1)
    theirs.write(intent, version)
    cloud.faults.append(None)
    cloud.faults.append(Fault.UNCLEAR)
    with pytest.raises(StateLocked):
        ours.write(intent, version)


# --- unreachable: before, between, after ---


def test_unreachable_before_anything_changes_nothing(cloud: Cloud, tmp_path: Path) -> None:
    cloud.down = True
    for act in (a_remote(cloud, tmp_path).read, lambda: a_remote(cloud, tmp_path).create(LINEAGE)):
        with pytest.raises(StateError, match="cannot be reached") as down:
            act()
        assert down.value.exit_code == 7


def test_unreachable_after_a_submission_keeps_the_id_here(cloud: Cloud, tmp_path: Path) -> None:
    store, recorded, version = writing(cloud, tmp_path)
    written, intent = opened(recorded, 2)
    version = store.write(written, version)
    made = submitted(written, intent, "job_2")
    cloud.down = True
    with pytest.raises(StateError, match="cannot be reached") as down:
        store.write(made, version)
    path = store.rescue("job.show-2", made.resources["job.show-2"], str(down.value))
    assert path is not None and path.parent == tmp_path / ".afsync"
    cloud.down = False
    with pytest.raises(StateError, match="cannot be reached"):
        store.write(made, version)  # this run writes nothing more
    assert [m.record.id for m in a_remote(cloud, tmp_path, "next").merge()] == ["job_2"]
    assert kept(cloud, tmp_path).resources["job.show-2"].id == "job_2"


# --- what others do to it ---


def others(cloud: Cloud, data: bytes | None) -> None:
    cloud.number += 1
    if data is None:
        del cloud.kept[KEY]
    else:
        cloud.kept[KEY] = StoredDocument(data, f"v{cloud.number}", NOW)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "is not JSON"),
        (b"", "is empty"),
        (gzip.compress(b"{}", mtime=0), "not a state of afsync"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "is cut off"),
        (b"\x1f\x8bnonsense", "cannot be unpacked"),
        (b'{"nonce": 3\n{}', "is damaged in its first line"),
    ],
    ids=["text", "nothing", "another document", "cut off", "nonsense", "a damaged line"],
)
def test_an_object_that_something_else_wrote_is_named(cloud: Cloud, tmp_path: Path, data: bytes, said: str) -> None:
    store, recorded, version = writing(cloud, tmp_path)
    others(cloud, data)
    with pytest.raises(StateError, match="was overwritten"):
        store.write(opened(recorded, 2)[0], version)
    with pytest.raises(StateError, match=said) as damaged:
        a_remote(cloud, tmp_path, "next").read()
    assert "afsync state restore 1" in (damaged.value.hint or "")
    restored = a_remote(cloud, tmp_path, "last").restore(1, lineage=LINEAGE)
    assert kept(cloud, tmp_path) == restored and cloud.kept[f"{KEY}.damaged-1"].data == data


def test_a_plain_state_that_was_copied_there_is_read(cloud: Cloud, tmp_path: Path) -> None:
    recorded = replace(kept(cloud, tmp_path), serial=9)
    others(cloud, encode_bytes(recorded, "0.1.0").data)
    assert a_remote(cloud, tmp_path).read()[0] == recorded


def test_a_state_that_went_away_stops_the_run(cloud: Cloud, tmp_path: Path) -> None:
    store, recorded, version = writing(cloud, tmp_path)
    others(cloud, None)
    with pytest.raises(StateError, match="is gone"):
        store.write(opened(recorded, 2)[0], version)


def test_an_older_version_in_its_place_is_not_written_on(cloud: Cloud, tmp_path: Path) -> None:
    """A versioned bucket makes it easy to bring one back, and it would pay again for what it does not know."""
    first = cloud.kept[KEY].data
    writing(cloud, tmp_path)
    writing(cloud, tmp_path)
    others(cloud, first)
    store = a_remote(cloud, tmp_path, "next")
    recorded, version = store.read()
    with pytest.raises(StateError, match="is old: its serial is 1, the history already has 2"):
        store.write(opened(recorded, 5)[0], version)


def test_a_listing_that_lags_behind_costs_nothing_but_old_copies(cloud: Cloud, tmp_path: Path) -> None:
    class Lagging(MemoryBackend):
        def list(self, prefix: str) -> tuple[str, ...]:
            return ()

    for number in range(1, 14):
        store = RemoteStore(Lagging(cloud), tmp_path / ".afsync", RunIdentity(f"n{number}", "0.1.0"))
        recorded, version = store.read()
        store.write(with_job(recorded, number), version)
    assert len(MemoryBackend(cloud).list(f"{KEY}.history/")) == 13
    writing(cloud, tmp_path)
    assert len(MemoryBackend(cloud).list(f"{KEY}.history/")) == 10


# --- stores that lie ---


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([None, Fault.OVERWRITES], "accepts a second create"),
        ([None, None, None, Fault.OVERWRITES], "accepts a stale update"),
        ([None, None, Fault.FORGOTTEN], "accepts a stale update"),
        ([Fault.FORGOTTEN, None], "accepts a second create"),
        ([None, Fault.UNCLEAR], "does not answer clearly"),
    ],
    ids=str,
)
def test_a_store_that_does_not_compare_is_found_out(
    cloud: Cloud, tmp_path: Path, faults: list[Fault | None], said: str
) -> None:
    store = a_remote(cloud, tmp_path)
    before, _ = store.read()
    cloud.faults.extend(faults)
    with pytest.raises(StateError, match=said) as refused:
        store.check_writable()
    with pytest.raises(StateError, match=said):
        store.write(opened(before, 1)[0], cloud.kept[KEY].version)
    assert refused.value.exit_code == 7 and kept(cloud, tmp_path) == before


@pytest.mark.parametrize("fault", [Fault.UNCLEAR_DONE, Fault.DENIED_DONE], ids=str)
def test_a_store_whose_answers_are_lost_can_be_worked_with(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    cloud.faults.extend([fault, None, fault])
    a_remote(cloud, tmp_path).check_conditional_writes()


def test_a_lost_write_stops_the_run_before_the_next(cloud: Cloud, tmp_path: Path) -> None:
    store, recorded, version = writing(cloud, tmp_path, Fault.FORGOTTEN)
    written, intent = opened(recorded, 2)
    version = store.write(written, version)
    with pytest.raises(StateError, match="has lost a write that it acknowledged: its serial is 2, not 3"):
        store.write(submitted(written, intent, "job_2"), version)


# --- the lock ---


def held(cloud: Cloud, name: str, said: list[str], every: float = 3600) -> object:
    holder = Holder(f"id-{name}", name, "runner", 1, "afsync apply", NOW)
    return acquire(
        MemoryBackend(cloud),
        LockDocument(holder, "https://ci.example/run/7"),
        timeout=0,
        clock=lambda: 0.0,
        sleep=lambda _: None,
        warn=said.append,
        every=every,
    )


def test_a_lock_says_whose_it_is_and_which_run(cloud: Cloud, tmp_path: Path) -> None:
    lock = held(cloud, "anna", [])
    with pytest.raises(StateLocked, match=r"anna@runner.*https://ci\.example/run/7"):
        held(cloud, "ben", [])
    there = a_remote(cloud, tmp_path).other_run("here", NOW)
    assert "anna" in str(there) and "run/7" in str(there)
    lock.release()  # type: ignore[attr-defined]
    assert lock_key(MemoryBackend(cloud)) not in cloud.kept


def test_a_dead_lock_is_taken_over_after_15_minutes_of_the_stores_clock(cloud: Cloud, tmp_path: Path) -> None:
    said: list[str] = []
    dead = held(cloud, "anna", said)
    cloud.time += ENDS_AFTER - timedelta(seconds=1)
    with pytest.raises(StateLocked, match="anna"):
        held(cloud, "ben", said)
    assert said == []
    cloud.time += timedelta(seconds=1)
    assert a_remote(cloud, tmp_path).other_run("here", cloud.time) is None
    taken = held(cloud, "ben", said)
    assert len(said) == 1 and "anna" in said[0] and "taken over" in said[0]
    dead.release()  # type: ignore[attr-defined]
    with pytest.raises(StateLocked, match="ben"):
        held(cloud, "carl", said)
    taken.release()  # type: ignore[attr-defined]


def test_a_lock_is_renewed_while_its_run_lives(cloud: Cloud) -> None:
    said: list[str] = []
    renewed = threading.Event()
    lock = held(cloud, "anna", said, every=0.001)

    def seen(what: str, _key: str) -> None:
        if what == "put":
            renewed.set()

    cloud.time += ENDS_AFTER
    cloud.before = seen
    assert renewed.wait(10)
    lock.release()  # type: ignore[attr-defined]
    assert said == []


@pytest.mark.parametrize("fault", [Fault.UNCLEAR_DONE, Fault.DENIED_DONE, Fault.UNCLEAR], ids=str)
def test_a_lock_whose_answer_was_lost_is_ours(cloud: Cloud, fault: Fault) -> None:
    cloud.faults.append(fault)
    with held(cloud, "anna", []):  # type: ignore[attr-defined]
        pass
    assert lock_key(MemoryBackend(cloud)) not in cloud.kept


def test_something_else_in_the_place_of_the_lock_is_said(cloud: Cloud) -> None:
    cloud.kept[lock_key(MemoryBackend(cloud))] = StoredDocument(b"hands off", "v", cloud.time)
    with pytest.raises(StateLocked, match=r"\.lock is there"):
        held(cloud, "ben", [])


def test_a_lock_that_cannot_be_removed_is_said(cloud: Cloud) -> None:
    said: list[str] = []
    lock = held(cloud, "anna", said)
    cloud.down = True
    lock.release()  # type: ignore[attr-defined]
    assert len(said) == 1 and "could not be removed" in said[0]


def test_a_recovery_file_that_cannot_be_removed_is_one_sentence(tmp_path: Path) -> None:
    class UndeletableFiles(Disk):
        def unlink(self, path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

    store = RemoteStore(MemoryBackend(Cloud()), tmp_path / ".afsync", RunIdentity("n", "0.2"), UndeletableFiles())
    store.create(LINEAGE)
    store.read()
    assert store.rescue("template.t", a_recorded_template(), "the disk is full")
    with pytest.raises(StateError, match=r"cannot be removed: Permission denied"):
        store.merge()
    assert "template.t" in store.read(unmerged=True)[0].resources, "it is in the state all the same"


# --- from one place to another ---


def test_a_state_moves_with_its_history_and_back(tmp_path: Path) -> None:
    cloud = Cloud()
    local = a_store(tmp_path / "a")
    recorded = local.create(LINEAGE)
    for number in range(1, 4):
        recorded, version = local.read()
        local.write(with_job(recorded, number), version)
        local.fold()
    recorded, _ = local.read()
    remote = a_remote(cloud, tmp_path)
    for _ in range(2):  # an interrupted one can be done again
        remote.receive(recorded, local.copies(LINEAGE))
    assert remote.read()[0] == recorded
    assert {v.serial for v in remote.history(LINEAGE)} == {v.serial for v in local.history(LINEAGE)} | {recorded.serial}
    local.leave_note("s3://bucket/key")
    for act in (a_store(tmp_path / "a").read, lambda: a_store(tmp_path / "a").restore(2, lineage=LINEAGE)):
        with pytest.raises(StateError, match="has moved to s3://bucket/key") as moved:
            act()
        assert "`state: s3://bucket/key`" in (moved.value.hint or "")
    back = a_store(tmp_path / "a")
    back.receive(recorded, ())
    remote.leave_note("here.json")
    assert a_store(tmp_path / "a").read()[0] == recorded
    with pytest.raises(StateError, match=r"has moved to here\.json"):
        a_remote(cloud, tmp_path, "next").read()


def test_another_state_in_the_new_place_is_kept(cloud: Cloud, tmp_path: Path) -> None:
    for recorded in (Recorded(OTHER_LINEAGE, serial=5), with_job(Recorded(LINEAGE, serial=1), 1)):
        with pytest.raises(AfsyncError):
            a_remote(cloud, tmp_path).receive(recorded, ())
        with pytest.raises(AfsyncError):
            local = a_store(tmp_path / f"b{recorded.serial}")
            local.create(LINEAGE)
            local.receive(recorded, ())
    assert kept(cloud, tmp_path) == Recorded(LINEAGE, serial=1)


def test_a_newer_history_in_the_new_place_is_not_covered_up(cloud: Cloud, tmp_path: Path) -> None:
    writing(cloud, tmp_path)
    writing(cloud, tmp_path)
    others(cloud, None)
    with pytest.raises(StateError, match="had a newer version"):
        a_remote(cloud, tmp_path).receive(Recorded(LINEAGE, serial=1), ())
    assert job_number(1).id == "job_1" and KEY not in cloud.kept


def test_an_older_version_is_not_replaced_by_a_newer_one_that_lacks_a_job(cloud: Cloud, tmp_path: Path) -> None:
    store, recorded, _ = writing(cloud, tmp_path)
    store, recorded, version = writing(cloud, tmp_path)
    store.write(following(recorded, resources={}), version)
    a_remote(cloud, tmp_path, "next").restore(1, lineage=LINEAGE, force=True)
    writing(cloud, tmp_path)
    old = replace(recorded, serial=2)
    others(cloud, encode_bytes(old, "0.1.0").data)
    newest = a_remote(cloud, tmp_path).history(LINEAGE)[0].serial
    with pytest.raises(StateError, match=r"but it lacks job\.show-1 \(job_1\)"):
        a_remote(cloud, tmp_path).restore(newest, lineage=LINEAGE)
    a_remote(cloud, tmp_path, "last").restore(newest, lineage=LINEAGE, force=True)
    assert cloud.kept[f"{KEY}.damaged-1"].data == encode_bytes(old, "0.1.0").data
