"""What every store does, wherever it keeps a state: one suite for all of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.recovery.resolution import record_of
from afsync.errors import StateError, StateLocked, UsageError
from afsync.store.interface import Store
from afsync.store.lock import Holder, Unlocked
from afsync.store.remote.store import RemoteStore, RunIdentity
from tests.builders import LINEAGE, NOW
from tests.store.engines import ENGINES, have
from tests.store.support import OTHER_LINEAGE, a_store, everything, following, opened, with_job

NUMBERS = count(1)


class Place(Struct, frozen=True):
    """Where a state is, and every run's way to it: `store()` is another run's. `remove` takes the state away alone."""

    store: Callable[[], Store]
    remove: Callable[[], None]
    later: Callable[[timedelta], None] | None = None
    local: bool = False


@pytest.fixture(params=["local", *ENGINES])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "local":
        yield Place(lambda: a_store(tmp_path), (tmp_path / ".afsync/state.json").unlink, local=True)
        return
    if request.param in ("s3", "azure") and not have("obstore", "moto"):
        pytest.skip("obstore and moto are not installed here")
    if request.param == "branch" and shutil.which("git") is None:
        pytest.skip("git is not installed here")
    if request.param == "azure" and shutil.which("azurite-blob") is None:
        pytest.skip("azurite (npm) is not installed here; see CONTRIBUTING.md")
    with ExitStack() as ends:
        server = request.getfixturevalue("azure_url") if request.param == "azure" else ""
        engine = ends.enter_context(ENGINES[request.param](server))

        def store() -> Store:
            run = RunIdentity(f"nonce-{next(NUMBERS)}", "0.1.0")
            return RemoteStore(engine.backend(), tmp_path / ".afsync", run)

        def remove() -> None:
            backend = engine.backend()
            backend.delete(backend.key, None)

        yield Place(store, remove, engine.later)


def held(store: Store, name: str, warnings: list[str] | None = None) -> object:
    holder = Holder(f"id-{name}", name, "runner", 1, "afsync apply", NOW)
    said = warnings if warnings is not None else []
    return store.lock(holder, timeout=0, clock=lambda: 0.0, sleep=lambda _: None, warn=said.append)


def a_run(place: Place, number: int) -> None:
    """A run that records one job."""
    store = place.store()
    recorded, version = store.read()
    store.write(with_job(recorded, number), version)
    store.fold()


def test_it_is_there_once_it_was_created_and_not_before(place: Place) -> None:
    assert not place.store().exists()
    with pytest.raises(StateError, match="is missing") as missing:
        place.store().read()
    created = place.store().create(LINEAGE)
    assert "afsync init" in (missing.value.hint or "")
    assert place.store().exists() and place.store().read()[0] == created


def test_a_second_create_changes_nothing(place: Place) -> None:
    place.store().create(LINEAGE)
    a_run(place, 1)
    for lineage in (LINEAGE, OTHER_LINEAGE):
        with pytest.raises(StateError, match="A state exists already"):
            place.store().create(lineage)
    assert place.store().read()[0].resources.keys() == {"job.show-1"}


def test_what_was_there_is_never_started_over(place: Place) -> None:
    place.store().create(LINEAGE)
    a_run(place, 1)
    a_run(place, 2)
    place.remove()
    for act in (lambda: place.store().create(LINEAGE), place.store().read):
        with pytest.raises(StateError, match="is missing") as gone:
            act()
        assert "afsync state restore" in (gone.value.hint or "")
    assert place.store().lineages() == [LINEAGE]


def test_everything_comes_back_as_it_was_written(place: Place) -> None:
    store = place.store()
    store.create(LINEAGE)
    recorded, version = store.read()
    whole = replace(everything(), serial=recorded.serial + 1)
    store.write(whole, version)
    store.fold()
    assert place.store().read()[0] == whole


def test_of_two_that_read_the_same_one_writes(place: Place) -> None:
    place.store().create(LINEAGE)
    first, second = place.store(), place.store()
    (recorded, version), (also, same) = first.read(), second.read()
    first.write(with_job(recorded, 1), version)
    with pytest.raises(StateLocked, match="Another run has written"):
        second.write(with_job(also, 2), same)
    assert place.store().read()[0].resources.keys() == {"job.show-1"}


def test_a_run_writes_on_from_its_own_writes_only(place: Place) -> None:
    place.store().create(LINEAGE)
    store = place.store()
    recorded, old = store.read()
    intent, _ = opened(recorded, 1)
    new = store.write(intent, old)
    with pytest.raises(StateLocked):
        store.write(following(intent), old)
    assert new != old and place.store().read()[0].intents == intent.intents


@pytest.mark.parametrize("wrong", [{"serial": 1}, {"lineage": OTHER_LINEAGE}], ids=str)
def test_a_write_keeps_the_lineage_and_raises_the_serial(place: Place, wrong: dict[str, object]) -> None:
    place.store().create(LINEAGE)
    store = place.store()
    recorded, version = store.read()
    with pytest.raises(ValueError, match="raises the serial"):
        store.write(replace(following(recorded), **wrong), version)


def test_the_last_ten_can_be_gone_back_to(place: Place) -> None:
    place.store().create(LINEAGE)
    for number in range(1, 13):
        a_run(place, number)
    versions = place.store().history(LINEAGE)
    serials = [v.serial for v in versions if not v.beside]
    assert len(serials) == 10 and serials == sorted(serials, reverse=True) and not any(v.problem for v in versions)
    assert place.store().history(OTHER_LINEAGE) == ()
    with pytest.raises(StateError, match=r"would forget .*job\.show-12"):
        place.store().restore(11, lineage=LINEAGE)
    restored = place.store().restore(11, lineage=LINEAGE, force=True)
    assert restored.serial > 13 and restored.resources.keys() == {f"job.show-{n}" for n in range(1, 11)}
    assert place.store().read()[0] == restored
    with pytest.raises(StateError, match="no good copy"):
        place.store().restore(99, lineage=LINEAGE)


def test_an_id_that_could_not_be_written_is_merged_first(place: Place) -> None:
    place.store().create(LINEAGE)
    store = place.store()
    recorded, version = store.read()
    written, intent = opened(recorded, 1)
    store.write(written, version)
    path = store.rescue("job.show-1", record_of(intent, "job_1", "queued", NOW), "the disk is full")
    assert path is not None and path.exists()
    with pytest.raises(StateError, match="could not write into the state"):
        place.store().read()
    merged = place.store().merge()
    after, _ = place.store().read()
    assert [m.address for m in merged] == ["job.show-1"] and not path.exists()
    assert after.resources["job.show-1"].id == "job_1" and after.intents == ()
    assert place.store().merge() == ()


def test_one_holds_the_lock(place: Place) -> None:
    place.store().create(LINEAGE)
    with held(place.store(), "anna"):  # type: ignore[attr-defined]
        with pytest.raises(StateLocked, match="anna") as locked:
            held(place.store(), "ben")
        assert "id-anna" in (locked.value.hint or "")
    with held(place.store(), "ben"):  # type: ignore[attr-defined]
        pass


def test_a_lock_can_be_taken_away_by_its_id(place: Place) -> None:
    place.store().create(LINEAGE)
    lock = held(place.store(), "anna")
    with pytest.raises(UsageError, match="id-anna"):
        place.store().unlock("id-ben", (), host="here", now=NOW)
    assert place.store().unlock("id-anna", (), host="here", now=NOW) is Unlocked.TAKEN_AWAY
    with held(place.store(), "ben"):  # type: ignore[attr-defined]
        lock.release()  # type: ignore[attr-defined]
        with pytest.raises(StateLocked, match="ben"):
            held(place.store(), "carl")
    assert place.store().unlock("id-ben", (), host="here", now=NOW) is Unlocked.NOT_HELD


def test_no_lock_is_taken_away_while_a_submission_is_in_flight(place: Place) -> None:
    place.store().create(LINEAGE)
    store = place.store()
    recorded, version = store.read()
    written, intent = opened(recorded, 1)
    with held(store, "anna"):  # type: ignore[attr-defined]
        store.write(written, version)
        with pytest.raises(StateLocked, match=r"may still be in flight|right now"):
            place.store().unlock("id-anna", (intent,), host="here", now=intent.at)


def test_a_store_that_compares_is_proven_and_rehearsed(place: Place) -> None:
    place.store().create(LINEAGE)
    store = place.store()
    before = store.read()[0]
    store.check_conditional_writes()
    store.check_writable()
    assert place.store().read()[0] == before and store.pending(LINEAGE) == ()
