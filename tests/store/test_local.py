"""A state in a local file: made, read, written by compare-and-swap, folded."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.errors import Exit, StateError, StateLocked
from afsync.store.state_writer import KEPT
from tests.builders import LINEAGE, a_recorded_job
from tests.store.support import (
    OTHER_LINEAGE,
    a_store,
    decode,
    everything,
    following,
    job_number,
    opened,
    submitted,
    with_job,
)


def test_made_and_read(tmp_path: Path) -> None:
    created = a_store(tmp_path).create(LINEAGE)
    assert (created.lineage, created.serial) == (LINEAGE, 1)
    assert a_store(tmp_path).read()[0] == created


def test_what_is_there_is_never_started_afresh(tmp_path: Path) -> None:
    a_store(tmp_path).create(LINEAGE)
    for lineage in (LINEAGE, OTHER_LINEAGE):
        with pytest.raises(StateError, match="A state exists already") as caught:
            a_store(tmp_path).create(lineage)
        assert caught.value.exit_code is Exit.STATE
    paths = a_store(tmp_path).paths
    paths.state.rename(paths.journal)
    with pytest.raises(StateError, match="A state exists already"):
        a_store(tmp_path).create(OTHER_LINEAGE)


def test_everything_is_for_the_owner_only(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 1), version)
    store.rescue("job.show-1", job_number(1), "why")
    kinds = {p: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert {oct(mode) for path, mode in kinds.items() if path.is_file()} == {"0o600"}
    assert {oct(mode) for path, mode in kinds.items() if path.is_dir()} == {"0o700"}
    assert len(kinds) == 7


@pytest.mark.parametrize("state", [".afsync/state.json", "afsync.state.json", "shared/place/state.json"])
def test_wherever_the_state_lies(tmp_path: Path, state: str) -> None:
    store = a_store(tmp_path, state=state)
    recorded, version = store.create(LINEAGE), store.read()[1]
    recorded = with_job(recorded, 1)
    store.write(recorded, version)
    assert a_store(tmp_path, state=state).read()[0] == recorded
    store.fold()
    assert a_store(tmp_path, state=state).read()[0] == recorded
    assert decode((tmp_path / state).read_text()) == recorded
    assert len(list((tmp_path / ".afsync/history").iterdir())) == 2


def test_two_writers_cannot_both_win(tmp_path: Path) -> None:
    first, second = a_store(tmp_path), a_store(tmp_path)
    recorded, _ = first.create(LINEAGE), second
    one, other = first.read()[1], second.read()[1]
    assert one == other
    first.write(with_job(recorded, 1), one)
    with pytest.raises(StateLocked, match="Another run has written the state") as caught:
        second.write(with_job(recorded, 2), other)
    assert caught.value.exit_code is Exit.LOCKED
    assert a_store(tmp_path).read()[0] == with_job(recorded, 1)


@pytest.mark.parametrize("folded", ["not", "by the first", "by the second"])
def test_a_writer_that_slept_finds_out(tmp_path: Path, folded: str) -> None:
    """Also when the other one has written much, folded it, and nothing of its journal is left."""
    first, second = a_store(tmp_path), a_store(tmp_path)
    first.create(LINEAGE)
    recorded, version = first.read()
    recorded, version = with_job(recorded, 1), first.write(with_job(recorded, 1), version)
    mine, other_version = second.read()
    if folded == "by the second":
        second.write(with_job(mine, 5), other_version)
        second.fold()
    else:
        first.write(with_job(recorded, 2), version)
    if folded == "by the first":
        first.fold()
    loser, state, version = (first, recorded, version) if folded == "by the second" else (second, mine, other_version)
    before = a_store(tmp_path).read()
    with pytest.raises(StateLocked):
        loser.write(with_job(state, 9), version)
    with pytest.raises(StateLocked):
        loser.write(with_job(state, 9), version)
    assert a_store(tmp_path).read() == before


def test_folding_changes_the_version(tmp_path: Path) -> None:
    """So a writer that was overtaken by a fold loses, although the content is what it knows."""
    first, second = a_store(tmp_path), a_store(tmp_path)
    recorded, version = first.create(LINEAGE), first.read()[1]
    first.write(with_job(recorded, 1), version)
    recorded, version = second.read()
    first.fold()
    with pytest.raises(StateLocked):
        second.write(with_job(recorded, 2), version)
    assert second.read()[0] == recorded


def test_a_version_from_elsewhere_will_do(tmp_path: Path) -> None:
    """A store that never read compares with what is on disk."""
    recorded, version = a_store(tmp_path).create(LINEAGE), a_store(tmp_path).read()[1]
    a_store(tmp_path).write(with_job(recorded, 1), version)
    with pytest.raises(StateLocked):
        a_store(tmp_path).write(with_job(recorded, 1), version)


def test_a_write_is_a_step_forward(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    with pytest.raises(ValueError, match="raises the serial"):
        store.write(recorded, version)
    with pytest.raises(ValueError, match="keeps the lineage"):
        store.write(replace(following(recorded), lineage=OTHER_LINEAGE), version)
    store.write(following(recorded), version)


def test_a_run_costs_lines_and_leaves_one_file(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    recorded, version = store.read()
    before = store.paths.state.read_bytes()
    for number in (1, 2, 3):
        recorded, intent = opened(recorded, number)
        version = store.write(recorded, version)
        recorded = submitted(recorded, intent, f"job_{number}")
        version = store.write(recorded, version)
        assert a_store(tmp_path).read() == (recorded, version)
    assert store.paths.state.read_bytes() == before
    assert len(store.paths.journal.read_bytes().splitlines()) == 1 + 6
    store.fold()
    assert not store.paths.journal.exists()
    assert decode(store.paths.state.read_text()) == recorded
    store.fold()
    assert a_store(tmp_path).read()[0].serial == recorded.serial


def test_lines_hold_only_what_changed(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    recorded, intent = opened(with_job(recorded, 8), 1)
    version = store.write(recorded, version)
    store.write(submitted(recorded, intent, "job_1"), version)
    last = store.paths.journal.read_bytes().splitlines()[-1].partition(b" ")[2]
    assert json.loads(last).keys() == {"serial", "intents", "resources"}
    assert json.loads(last)["resources"].keys() == {"job.show-1"}
    assert json.loads(last)["intents"] == []


def test_a_large_change_is_written_whole(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    many = {f"job.show-{n}": job_number(n) for n in range(150)}
    recorded = following(recorded, resources=many)
    store.write(recorded, version)
    assert not store.paths.journal.exists()
    assert a_store(tmp_path).read()[0] == recorded


def test_the_journal_of_a_killed_run_is_taken_in_by_the_next_write(tmp_path: Path) -> None:
    killed = a_store(tmp_path)
    recorded, version = killed.create(LINEAGE), killed.read()[1]
    killed.write(with_job(recorded, 1), version)
    with killed.paths.journal.open("ab") as file:
        file.write(b'0123456789 {"serial": 3')
    store = a_store(tmp_path)
    recorded, version = store.read()
    assert recorded.resources.keys() == {"job.show-1"}
    recorded, version = with_job(recorded, 2), store.write(with_job(recorded, 2), version)
    assert not store.paths.journal.exists()
    store.write(with_job(recorded, 3), version)
    assert a_store(tmp_path).read()[0].resources.keys() == {"job.show-1", "job.show-2", "job.show-3"}


def test_the_journal_of_a_killed_run_is_taken_in_by_a_run_without_changes(tmp_path: Path) -> None:
    killed = a_store(tmp_path)
    recorded, version = killed.create(LINEAGE), killed.read()[1]
    killed.write(with_job(recorded, 1), version)
    store = a_store(tmp_path)
    recorded, _ = store.read()
    store.fold()
    assert not store.paths.journal.exists()
    assert a_store(tmp_path).read()[0] == recorded


def test_the_backup_is_the_version_before(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 1), version)
    store.fold()
    assert decode(store.paths.backup.read_text()) == recorded


def test_ten_versions_are_kept(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    for number in range(15):
        recorded, version = store.read()
        store.write(with_job(recorded, number), version)
        store.fold()
    names = sorted(p.name for p in store.paths.history.iterdir())
    assert names == [f"{serial:08d}.{LINEAGE}.json" for serial in range(16 - KEPT + 1, 17)]
    assert decode((store.paths.history / names[-1]).read_text()) == store.read()[0]


def test_only_our_own_temporary_files_are_cleaned(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    ours = tmp_path / ".afsync/.state.json.0123456789abcdef.tmp"
    older = tmp_path / ".afsync/history/.00000001.x.json.0123456789abcdef.tmp"
    theirs = tmp_path / ".afsync/.afsync.schema.json.4711.tmp"
    for path in (ours, older, theirs):
        path.write_text("left by a killed run")
    store.write(with_job(recorded, 1), version)
    store.fold()
    assert [p.exists() for p in (ours, older, theirs)] == [False, False, True]


@pytest.mark.parametrize(
    ("address", "over"),
    [
        ("job.best", {"declared": {"addOns": {"share": float("nan")}}}),
        ("job.best", {"declared": {"addOns": object()}}),
        ("job.best", {"id": ""}),
        ("job.best", {"status": ""}),
        ("job.best", {"credits": 1.5}),
        ("template.best", {}),
        ("best", {}),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, address: str, over: dict[str, Any]) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    with pytest.raises(StateError, match="cannot be stored in a state"):
        store.write(following(recorded, resources={address: replace(a_recorded_job(), **over)}), version)
    assert a_store(tmp_path).read() == (recorded, version)
    store.write(following(recorded, resources={"job.best": a_recorded_job()}), version)


def test_two_intents_for_one_address_are_not_written(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    recorded, intent = opened(recorded, 1)
    version = store.write(recorded, version)
    another = replace(intent, seq=2, uuid="uuid-2")
    with pytest.raises(StateError, match=r"intents: 2 of them have the address job\.show-1"):
        store.write(following(recorded, counter=2, intents=(intent, another)), version)
    with pytest.raises(StateError, match="counter is 1, but there is an intent numbered 2"):
        store.write(following(recorded, intents=(another,)), version)
    assert a_store(tmp_path).read() == (recorded, version)


def test_an_id_under_two_addresses_can_be_fixed(tmp_path: Path) -> None:
    """It should never come to this. If it does, the state does not become whole, but it stays readable."""
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    twice = following(recorded, resources={"job.one": job_number(1), "job.two": job_number(1)})
    version = store.write(twice, version)
    with pytest.raises(StateError, match=r"job\.one and job\.two both have the id job_1"):
        store.fold()
    recorded, version = a_store(tmp_path).read()
    assert recorded == twice
    whole = replace(recorded.without_resource("job.one"), serial=recorded.serial + 1)
    other = a_store(tmp_path)
    other.write(whole, version)
    other.fold()
    assert a_store(tmp_path).read()[0] == whole


def test_everything_survives_a_journal_and_a_fold(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    _, version = store.create(LINEAGE), store.read()[1]
    store.write(everything(), version)
    assert a_store(tmp_path).read()[0] == everything()
    store.fold()
    assert a_store(tmp_path).read()[0] == everything()
