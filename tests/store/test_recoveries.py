"""What could not be written into the state waits in a recovery file until it was merged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.core.records import Deposed, Record
from afsync.core.state import Recorded
from afsync.errors import Exit, StateError
from afsync.store.local import LocalStore
from tests.builders import LINEAGE, a_job, a_recorded_job, a_recorded_template, a_template, an_intent
from tests.store.support import a_store, following, job_number, opened, submitted


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    return directory


def with_state(root: Path, recorded: Recorded) -> LocalStore:
    store = a_store(root)
    store.create(LINEAGE)
    store.write(recorded, store.read()[1])
    store.read()
    return store


def left_by_a_run(root: Path, recorded: Recorded, address: str, record: Record) -> Path:
    path = with_state(root, recorded).rescue(address, record, "No space left on device")
    assert path is not None
    return path


def test_a_record_that_could_not_be_written_closes_its_intent(tmp_path: Path) -> None:
    recorded, intent = opened(Recorded(LINEAGE, serial=1), 1)
    done = submitted(recorded, intent, "job_1")
    path = left_by_a_run(tmp_path, recorded, intent.address, done.resources[intent.address])
    assert path == tmp_path / ".afsync/state.json.recovery-1.json"
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert str(path) in caught.value.message
    assert caught.value.exit_code is Exit.STATE
    assert a_store(tmp_path).read(unmerged=True)[0] == recorded
    merged = a_store(tmp_path).merge()
    assert [(r.address, r.record.id, r.why) for r in merged] == [("job.show-1", "job_1", "No space left on device")]
    assert a_store(tmp_path).read()[0] == done
    assert not path.exists()
    assert a_store(tmp_path).merge() == ()


def test_several_are_merged_in_order(tmp_path: Path) -> None:
    store = with_state(tmp_path, Recorded(LINEAGE, serial=2))
    for number in range(12):
        store.rescue(f"job.show-{number}", job_number(number), "why")
    assert [r.address for r in a_store(tmp_path).merge()] == [f"job.show-{n}" for n in range(12)]
    assert len(a_store(tmp_path).read()[0].resources) == 12


def test_what_is_in_the_state_already_changes_nothing(tmp_path: Path) -> None:
    recorded = Recorded(LINEAGE, serial=2, resources={"job.other": job_number(1)})
    path = left_by_a_run(tmp_path, recorded, "job.show-1", job_number(1))
    a_store(tmp_path).merge()
    assert a_store(tmp_path).read()[0] == recorded
    assert not path.exists()


def test_a_replaced_template_is_not_forgotten(tmp_path: Path) -> None:
    old, new = a_template(), a_template(tone="calm")
    record = a_recorded_template(new, id="tpl_2")
    recorded = Recorded(
        LINEAGE, serial=2, counter=1, resources={"template.weekly": a_recorded_template(old)}, intents=(an_intent(new),)
    )
    left_by_a_run(tmp_path, recorded, "template.weekly", record)
    a_store(tmp_path).merge()
    after = a_store(tmp_path).read()[0]
    assert after.resources == {"template.weekly": record}
    assert (after.deposed, after.intents) == ((Deposed("tpl_1", "template.weekly"),), ())


@pytest.mark.parametrize("open_intent", [True, False])
def test_a_template_too_many_is_to_be_deleted(tmp_path: Path, open_intent: bool) -> None:
    """Two runs without a lock made one each; templates are free, and both are ours."""
    other = a_recorded_template(a_template(tone="calm"), id="tpl_2")
    intents = (an_intent(a_template(tone="loud")),) if open_intent else ()
    recorded = Recorded(LINEAGE, serial=2, counter=1, resources={"template.weekly": other}, intents=intents)
    store = with_state(tmp_path, recorded)
    store.rescue("template.weekly", a_recorded_template(id="tpl_1"), "why")
    store.rescue("template.weekly", a_recorded_template(id="tpl_1"), "the same once more")
    a_store(tmp_path).merge()
    after = a_store(tmp_path).read()[0]
    assert after.deposed == (Deposed("tpl_1", "template.weekly"),)
    assert (after.resources, after.intents) == (recorded.resources, intents)


def test_other_intents_learn_what_it_took(tmp_path: Path) -> None:
    other = an_intent(a_job("other"), seq=2)
    recorded = Recorded(LINEAGE, serial=2, counter=2, intents=(an_intent(), other))
    left_by_a_run(tmp_path, recorded, "job.best", a_recorded_job(credits=3))
    a_store(tmp_path).merge()
    assert a_store(tmp_path).read()[0].intents == (replace(other, spent_since=3),)


@pytest.mark.parametrize(
    ("recorded", "says"),
    [
        (Recorded(LINEAGE, serial=2, resources={"job.best": a_recorded_job(id="job_9")}), "the state now has job_9"),
        (
            Recorded(LINEAGE, serial=2, counter=1, intents=(an_intent(a_job(topic="another")),)),
            r"the state now has an unresolved submission of something else \(number 1\)",
        ),
        (Recorded(LINEAGE, serial=2, foreign=("job_1",)), "that id is marked in the state as not ours"),
    ],
    ids=["another job", "another submission", "foreign"],
)
def test_what_does_not_go_with_the_state_any_more_is_left_to_a_person(
    tmp_path: Path, recorded: Recorded, says: str
) -> None:
    path = left_by_a_run(tmp_path, recorded, "job.best", a_recorded_job())
    with pytest.raises(StateError, match=says) as caught:
        a_store(tmp_path).merge()
    assert f"was created as job_1 (in {path})" in caught.value.message
    assert (caught.value.hint or "").endswith("`afsync import job.best job_1`")
    assert path.exists()
    assert a_store(tmp_path).read(unmerged=True)[0] == recorded


def test_one_that_cannot_be_merged_holds_back_the_others(tmp_path: Path) -> None:
    recorded = Recorded(LINEAGE, serial=2, resources={"job.best": a_recorded_job(id="job_9")})
    store = with_state(tmp_path, recorded)
    store.rescue("job.show-2", job_number(2), "why")
    store.rescue("job.best", a_recorded_job(), "why")
    with pytest.raises(StateError):
        a_store(tmp_path).merge()
    assert a_store(tmp_path).read(unmerged=True)[0] == recorded


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"format": 1, "lineage": "x", "address": "job.a", "record": {}, "why": ""}'],
)
def test_a_damaged_one_is_not_passed_over(tmp_path: Path, content: str) -> None:
    path = left_by_a_run(tmp_path, Recorded(LINEAGE, serial=2), "job.best", a_recorded_job())
    path.write_text(content)
    with pytest.raises(StateError, match="An earlier run could not write"):
        a_store(tmp_path).read()
    with pytest.raises(StateError, match=r"The recovery file .*recovery-1\.json ") as caught:
        a_store(tmp_path).merge()
    assert "remove the file, then `afsync import ADDRESS ID`" in (caught.value.hint or "")


def test_where_nothing_can_be_written_beside_the_state(tmp_path: Path, temporary: Path) -> None:
    store = with_state(tmp_path, Recorded(LINEAGE, serial=2))
    moved = (tmp_path / ".afsync").rename(tmp_path / "gone")
    path = store.rescue("job.best", a_recorded_job(), "why")
    assert path == temporary / f"afsync-{LINEAGE}.recovery-1.json"
    moved.rename(tmp_path / ".afsync")
    with pytest.raises(StateError, match=str(path)):
        a_store(tmp_path).read()
    a_store(tmp_path).merge()
    assert a_store(tmp_path).read()[0].resources == {"job.best": replace(a_recorded_job(), time_serial=3)}
    assert not path.exists()


def test_where_nothing_can_be_written_at_all(tmp_path: Path, temporary: Path) -> None:
    store = with_state(tmp_path, Recorded(LINEAGE, serial=2))
    (tmp_path / ".afsync").rename(tmp_path / "gone")
    temporary.rmdir()
    assert store.rescue("job.best", a_recorded_job(), "why") is None


def test_a_link_that_somebody_else_left_is_not_read(tmp_path: Path, temporary: Path) -> None:
    with_state(tmp_path, Recorded(LINEAGE, serial=2))
    (temporary / f"afsync-{LINEAGE}.recovery-1.json").symlink_to("/etc/passwd")
    os.mkfifo(temporary / f"afsync-{LINEAGE}.recovery-2.json")
    a_store(tmp_path).read()


def test_what_only_looks_like_one_is_left_alone(tmp_path: Path) -> None:
    store = with_state(tmp_path, Recorded(LINEAGE, serial=2))
    for name in ("recovery-1", "recovery-x.json", "recovery-1.json.orig", "recovery-.json"):
        store.paths.state.with_name(f"state.json.{name}").write_text("")
    a_store(tmp_path).read()


def test_a_missing_state_with_a_recovery_file_is_not_started_afresh(tmp_path: Path) -> None:
    left_by_a_run(tmp_path, following(Recorded(LINEAGE, serial=1)), "job.best", a_recorded_job())
    store = a_store(tmp_path)
    for path in (store.paths.state, store.paths.journal, *store.paths.history.iterdir()):
        path.unlink(missing_ok=True)
    with pytest.raises(StateError, match="is missing, although it existed before"):
        store.create(LINEAGE)
