"""Earlier versions: listed, and gone back to without forgetting anything unasked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.core.records import Forgotten, Watched, Why
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.disk import Disk
from afsync.store.history import Version, list_versions, newest_good
from afsync.store.paths import Paths
from afsync.store.restore import restore
from tests.builders import LINEAGE, NOW
from tests.store.support import OTHER_LINEAGE, a_store, job_number, opened, paths, submitted, with_job

DISK = Disk()


def with_versions(root: Path, count: int) -> Recorded:
    """Serials 1 to `count`, one job more in each."""
    store = a_store(root)
    store.create(LINEAGE)
    for number in range(count - 1):
        recorded, version = store.read()
        store.write(with_job(recorded, number), version)
        store.fold()
    return store.read()[0]


def go_back(root: Path, serial: int, *, force: bool = False) -> Recorded:
    return restore(DISK, paths(root), serial, lineage=LINEAGE, afsync_version="0.1.0", force=force)


def told(place: Paths) -> list[tuple[int, int, str | None]]:
    return [(v.serial, v.resources, v.problem) for v in list_versions(DISK, place)]


def test_listed_newest_first(tmp_path: Path) -> None:
    with_versions(tmp_path, 4)
    assert told(paths(tmp_path)) == [(4, 3, None), (3, 2, None), (2, 1, None), (1, 0, None)]
    newest = newest_good(DISK, paths(tmp_path))
    assert isinstance(newest, Version) and newest.serial == 4
    assert newest.place == str(paths(tmp_path).version(4, LINEAGE))
    assert newest.written.tzinfo is not None


def test_a_damaged_copy_is_listed_and_not_used(tmp_path: Path) -> None:
    with_versions(tmp_path, 3)
    place = paths(tmp_path)
    place.version(3, LINEAGE).write_text("{")
    assert told(place) == [(3, 0, "is cut off in line 1"), (2, 1, None), (1, 0, None)]
    good = newest_good(DISK, place)
    assert good is not None and good.serial == 2
    with pytest.raises(StateError, match="no good copy with the serial 3"):
        go_back(tmp_path, 3)


def test_the_backup_counts_where_the_history_is_gone(tmp_path: Path) -> None:
    with_versions(tmp_path, 3)
    place = paths(tmp_path)
    for copy in place.history.iterdir():
        copy.unlink()
    assert told(place) == [(2, 1, None)]
    place.state.write_text("")
    assert go_back(tmp_path, 2).resources.keys() == {"job.show-0"}


def test_nothing_there(tmp_path: Path) -> None:
    assert list_versions(DISK, paths(tmp_path)) == ()
    with pytest.raises(StateError, match="no good copy with the serial 1"):
        go_back(tmp_path, 1)


def test_another_lineage_is_not_gone_back_to(tmp_path: Path) -> None:
    with_versions(tmp_path, 2)
    with pytest.raises(StateError, match="no good copy"):
        restore(DISK, paths(tmp_path), 1, lineage=OTHER_LINEAGE, afsync_version="0.1.0")
    assert list_versions(DISK, paths(tmp_path), OTHER_LINEAGE) == ()


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD\n", None])
def test_a_state_that_cannot_be_read_is_replaced_and_kept(tmp_path: Path, content: str | None) -> None:
    last = with_versions(tmp_path, 3)
    place = paths(tmp_path)
    if content is None:
        place.state.unlink()
    else:
        place.state.write_text(content)
    restored = go_back(tmp_path, 3)
    assert (restored.serial, restored.resources) == (4, last.resources)
    assert a_store(tmp_path).read()[0] == restored
    aside = [p.read_text() for p in place.state.parent.glob("*.damaged-*")]
    assert aside == ([] if content is None else [content])


def with_a_journal(root: Path) -> Recorded:
    """A state with the serial 2, and what a killed run had written on top of it up to serial 5."""
    with_versions(root, 2)
    store = a_store(root)
    recorded, version = store.read()
    for number in (7, 8, 9):
        recorded, version = with_job(recorded, number), store.write(with_job(recorded, number), version)
    return recorded


@pytest.mark.parametrize("content", ["", None, "<<<<<<< HEAD\n"])
def test_what_only_the_journal_holds_is_not_lost_with_the_state(tmp_path: Path, content: str | None) -> None:
    last = with_a_journal(tmp_path)
    place = paths(tmp_path)
    place.state.unlink() if content is None else place.state.write_text(content)
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert "the newest good copy has the serial 5" in (caught.value.hint or "")
    assert go_back(tmp_path, 5).resources == last.resources
    assert a_store(tmp_path).read()[0].serial == 6


def test_a_damaged_journal_is_good_up_to_its_damage(tmp_path: Path) -> None:
    with_a_journal(tmp_path)
    place = paths(tmp_path)
    place.journal.write_bytes(place.journal.read_bytes().replace(b"show-9", b"show-x"))
    assert told(place)[0] == (4, 3, None)
    with pytest.raises(StateError, match=r"would forget job\.show-x"):
        go_back(tmp_path, 4)
    assert go_back(tmp_path, 4, force=True).resources.keys() == {"job.show-0", "job.show-7", "job.show-8"}


def test_a_journal_whose_base_is_gone_is_only_kept(tmp_path: Path) -> None:
    with_a_journal(tmp_path)
    place = paths(tmp_path)
    for path in (place.state, place.version(2, LINEAGE)):
        path.unlink()
    assert told(place) == [(1, 0, None)]
    journal = place.journal.read_bytes()
    with pytest.raises(StateError, match=r"would forget job\.show-7"):
        go_back(tmp_path, 1)
    assert go_back(tmp_path, 1, force=True).serial == 6
    assert place.journal.with_name("state.json.journal.damaged-1").read_bytes() == journal


def test_going_back_over_a_damaged_journal_keeps_it(tmp_path: Path) -> None:
    with_versions(tmp_path, 2)
    store = a_store(tmp_path)
    recorded, version = store.read()
    store.write(with_job(recorded, 7), version)
    journal = store.paths.journal.read_bytes().replace(b"show-7", b"show-8")
    store.paths.journal.write_bytes(journal)
    with pytest.raises(StateError, match=r"would forget job\.show-8"):
        go_back(tmp_path, 2)
    assert go_back(tmp_path, 2, force=True).serial == 4
    assert not store.paths.journal.exists()
    assert store.paths.journal.with_name("state.json.journal.damaged-1").read_bytes() == journal
    assert a_store(tmp_path).read()[0].serial == 4


def test_an_old_state_put_back_by_hand_is_brought_up_to_date(tmp_path: Path) -> None:
    last = with_versions(tmp_path, 3)
    place = paths(tmp_path)
    place.state.write_bytes(place.version(1, LINEAGE).read_bytes())
    with pytest.raises(StateError, match="is old"):
        a_store(tmp_path).read()
    assert go_back(tmp_path, 3).resources == last.resources


def rolled_back(root: Path, **dropped: object) -> None:
    """The state of serial 3 is put back in the place of serial 4, which lacks `job.show-1` and shows `dropped`."""
    with_versions(root, 3)
    place, store = paths(root), a_store(root)
    before = place.state.read_bytes()
    recorded, version = store.read()
    store.write(replace(recorded.without_resource("job.show-1"), serial=4, **dropped), version)
    store.fold()
    place.state.write_bytes(before)


def test_going_forward_drops_what_the_newer_copy_shows_as_dropped(tmp_path: Path) -> None:
    record = job_number(1)
    watched = Watched("job.show-1", record, NOW, NOW + timedelta(days=1), why=Why.REMOVED)
    rolled_back(tmp_path / "a", watched={record.id: watched})
    rolled_back(tmp_path / "b", forgotten={record.id: Forgotten("job.show-1", record, NOW)})
    for root in (tmp_path / "a", tmp_path / "b"):
        assert go_back(root, 4).resources.keys() == {"job.show-0"}
        assert not list((root / ".afsync").glob("*.damaged-*")), "nothing was damaged"


def test_going_forward_does_not_lose_what_the_newer_copy_never_knew(tmp_path: Path) -> None:
    """In a merge of two branches a higher serial is no sign of having followed."""
    rolled_back(tmp_path)
    with pytest.raises(
        StateError, match=r"Serial 4 is newer.*, which has 3, but it lacks job\.show-1 \(job_1\)"
    ) as caught:
        go_back(tmp_path, 4)
    assert "`afsync state restore 4 --force`" in (caught.value.hint or "")
    assert go_back(tmp_path, 4, force=True).serial == 5
    assert list((tmp_path / ".afsync").glob("state.json.damaged-1")), "it is the only copy of what was given up"


def test_an_old_state_does_not_go_to_a_copy_that_lacks_what_the_newest_holds(tmp_path: Path) -> None:
    with_versions(tmp_path, 4)
    place = paths(tmp_path)
    place.state.write_bytes(place.version(1, LINEAGE).read_bytes())
    with pytest.raises(StateError, match=r"going back to serial 2 would forget job\.show-1 \(job_1\)"):
        go_back(tmp_path, 2)


def test_an_unresolved_submission_is_not_forgotten_unasked(tmp_path: Path) -> None:
    with_versions(tmp_path, 2)
    store = a_store(tmp_path)
    recorded, version = store.read()
    recorded, intent = opened(recorded, 9)
    version = store.write(recorded, version)
    with pytest.raises(StateError, match=r"would forget the unresolved submission of job\.show-9") as caught:
        go_back(tmp_path, 2)
    assert "--force" in (caught.value.hint or "")
    store.write(submitted(recorded, intent, "job_9"), version)
    with pytest.raises(StateError, match=r"would forget job\.show-9 \(job_9\)"):
        go_back(tmp_path, 2)
    restored = go_back(tmp_path, 2, force=True)
    assert (restored.serial, restored.counter, restored.intents) == (5, recorded.counter, ())
    assert restored.resources.keys() == {"job.show-0"}
    assert a_store(tmp_path).read()[0] == restored


def test_what_was_recorded_before_comes_back(tmp_path: Path) -> None:
    """The usual wish: a record that was removed by mistake."""
    last = with_versions(tmp_path, 3)
    store = a_store(tmp_path)
    recorded, version = store.read()
    store.write(with_job(recorded.without_resource("job.show-0"), 1), version)
    store.fold()
    assert go_back(tmp_path, 3).resources == last.resources


def test_a_restored_state_is_not_older_than_its_history(tmp_path: Path) -> None:
    with_versions(tmp_path, 12)
    go_back(tmp_path, 5, force=True)
    go_back(tmp_path, 6, force=True)
    assert a_store(tmp_path).read()[0].serial == 14
    assert len(list(paths(tmp_path).history.iterdir())) == 10
