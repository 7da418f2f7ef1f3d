"""What afsync 0.1 wrote is read, and written again byte for byte; what it does not know makes a state of format 2."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from afsync.core import records, resources
from afsync.core import state as definitions
from afsync.core.records import NEW, Effect, Finding, Publish, RecordedJob, RecordedTemplate, Trust
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store import canonical_json, state_file
from afsync.store.history import list_versions
from afsync.store.local import LocalStore
from afsync.store.restore import restore
from afsync.store.state_text import decode_bytes, encode_bytes, fully, plainly
from tests.builders import LINEAGE, NOW
from tests.store.support import a_store, everything, following, job_number, paths, with_job

OLD = Path(__file__).parent / "fixtures/format-1"
WHOLE = sorted(OLD.glob("*.json"))


def old_project(root: Path) -> LocalStore:
    shutil.copytree(OLD / "project/dot-afsync", root / ".afsync")
    return a_store(root)


def held(number: int) -> RecordedJob:
    return replace(job_number(number), publish=Publish.HELD)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_a_state_of_0_1_is_read_and_written_again_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    state = decode_bytes(data)
    assert encode_bytes(state.recorded, "0.1.0", folded=state.folded) == (data, state.checksum, 1)
    assert state == fully(data)
    assert (plainly(data) is not None) == (path.stem != "odd")


def test_every_field_of_0_1_is_still_written() -> None:
    """What the fixture has, and nothing else: whatever came since is left out at its default."""
    old = json.loads((OLD / "everything.json").read_bytes())
    new = json.loads(encode_bytes(decode_bytes((OLD / "everything.json").read_bytes()).recorded, "0.1.0").data)
    assert new.keys() == old.keys()
    assert {a: r.keys() for a, r in new["resources"].items()} == {a: r.keys() for a, r in old["resources"].items()}


def test_a_journal_and_a_history_of_0_1_are_read(tmp_path: Path) -> None:
    store = old_project(tmp_path)
    recorded, version = store.read(unmerged=True)
    after = decode_bytes((OLD / "after.json").read_bytes())
    assert recorded == after.recorded
    assert version == "9-11b2d90cd6b42bf6dc353ae78ce5b8ce91ae82aa971ed04c7008b1b3cd0d72eb"
    store.fold()
    folded = json.loads(store.paths.state.read_bytes())["folded"]
    assert store.paths.state.read_bytes() == encode_bytes(recorded, "0.1.0", folded=folded).data
    assert [(v.serial, v.problem) for v in list_versions(store._disk, store.paths)] == [(9, None), (5, None), (1, None)]


def test_recovery_files_of_0_1_are_merged(tmp_path: Path) -> None:
    store = old_project(tmp_path)
    merged = store.merge()
    assert [(r.address, r.record.id, r.why) for r in merged] == [
        ("job.late", "job_9", "disk full"),
        ("template.late", "tpl_late", "disk full"),
    ]
    assert {r.address for r in merged} <= store.read()[0].resources.keys()


# --- format 2 ---


def test_a_state_is_of_format_2_exactly_while_it_holds_what_0_1_does_not_know() -> None:
    plain = with_job(Recorded(LINEAGE), 1)
    newer = plain.with_resource("job.show-2", held(2))
    data, _, number = encode_bytes(newer, "0.2.0")
    assert number == json.loads(data)["format"] == 2
    assert plainly(data) is not None and plainly(data) == fully(data)
    assert decode_bytes(data).recorded == newer
    assert b'\n      "publish": "held",\n' in data
    assert data.count(b'"publish"') == 1, "left out where it is as in format 1"
    older = replace(held(2), created_at=NOW - timedelta(days=9))  # else that it was there is remembered, in format 2
    again = encode_bytes(plain.with_resource("job.show-2", older).without_resource("job.show-2"), "0.2.0")
    assert again == encode_bytes(plain, "0.2.0")
    assert again.format == 1


def test_a_key_of_format_2_that_stands_twice_is_noticed() -> None:
    from tests.store.test_state_reader import signed

    text = encode_bytes(Recorded(LINEAGE).with_resource("job.show-2", held(2)), "0.2.0").data.decode()
    line = '      "publish": "held",\n'
    with pytest.raises(StateError, match="has the key 'publish' twice"):
        decode_bytes(signed(text.replace(line, line + line)).encode())


def test_the_first_write_in_format_2_keeps_the_state_as_0_1_can_read_it(tmp_path: Path) -> None:
    store = old_project(tmp_path)
    for path in store.pending(LINEAGE):
        path.unlink()
    recorded, version = store.read()
    last = with_job(recorded, 7)
    version = store.write(last, version)
    newer = following(last, resources={**last.resources, "job.show-8": held(8)})
    version = store.write(newer, version)
    assert json.loads(store.paths.state.read_bytes())["format"] == 2
    assert not store.paths.journal.exists(), "a journal of format 1 holds nothing that 0.1 does not know"
    kept = store.paths.old_format.read_bytes()
    assert decode_bytes(kept) == decode_bytes(encode_bytes(last, "0.1.0").data), "with what was in the journal"
    for number in range(12):
        newer = following(newer, foreign=(f"job_f{number}",))
        version = store.write(newer, version)
        store.fold()
        version = store.read()[1]
    assert store.paths.old_format.read_bytes() == kept, "whatever the history drops"
    assert a_store(tmp_path).read() == (newer, version)


def test_a_journal_says_the_format_of_its_state(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    recorded = following(recorded, resources={"job.show-1": held(1)})
    version = store.write(recorded, version)
    recorded = following(recorded, resources={**recorded.resources, "job.show-2": held(2)})
    store.write(recorded, version)
    first = store.paths.journal.read_bytes().splitlines()[0]
    assert json.loads(first.partition(b" ")[2])["format"] == 2
    assert a_store(tmp_path).read()[0] == recorded


def test_the_copy_in_format_1_can_be_restored(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    # As 0.1 began it.
    store.paths.history.mkdir(parents=True)
    store.paths.state.write_bytes(encode_bytes(Recorded(LINEAGE, serial=1), "0.1.0").data)
    recorded, version = store.read()
    store.write(following(recorded, resources={"job.show-1": held(1)}), version)
    shutil.rmtree(store.paths.history)
    store.paths.backup.unlink()
    store.paths.state.write_text("")
    restored = restore(store._disk, paths(tmp_path), 1, lineage=LINEAGE, afsync_version="0.2.0")
    assert restored.resources == {}


def test_a_recovery_file_is_of_format_2_where_it_needs_to_be(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    store.read()
    for number, (record, expected) in enumerate([(job_number(1), 1), (held(2), 2)]):
        path = store.rescue(f"job.late-{number}", record, "disk full")
        assert path is not None
        assert json.loads(path.read_bytes())["format"] == expected
    assert [r.record for r in store.merge()] == [job_number(1), held(2)]


def structs() -> list[type[Struct]]:
    found = [v for m in (definitions, records, resources, records) for v in vars(m).values()] + [state_file.StateFile]
    return [s for s in found if isinstance(s, type) and issubclass(s, Struct) and s.__struct_fields__]


def test_what_is_new_is_told_from_what_format_1_has() -> None:
    """The store reads `New` from the annotations as they are written, which is quick; msgspec evaluates them."""
    for struct in structs():
        by_type = [f.name for f in fields(struct) if NEW in getattr(f.type, "__metadata__", ())]
        assert [name for name, _ in canonical_json.layout(struct).new] == by_type, struct


def test_a_template_has_no_value_where_only_a_job_has_one() -> None:
    nulls = dict.fromkeys(("schedule", "status", "credits", "rerun"))
    template = RecordedTemplate("tpl_1", "f", {})
    assert {name: getattr(template, name) for name in nulls} == nulls


def test_what_is_known_of_keeping_is_written_and_read_as_it_was() -> None:
    state = everything()
    state_file = json.loads(encode_bytes(state, "0.2.0").data)
    assert state_file["format"] == 2
    assert state_file["trust"]["schedule"] == {
        "kept": 3,
        "lost": 1,
        "last_kept": "2026-11-20T12:00:00Z",
        "last_lost": "2026-11-20T12:00:00Z",
    }
    assert state_file["watched"]["job_4"]["record"]["kind"] == "job"
    assert decode_bytes(encode_bytes(state, "0.2.0").data).recorded == state


def test_intents_are_told_apart_by_their_purpose() -> None:
    state = everything()
    assert [i.job_id for i in state.approvals] == ["job_10"]
    assert [i.seq for i in state.submissions] == [4, 5]


def test_findings_are_counted_in_trust() -> None:
    later = NOW + timedelta(hours=1)
    state = Recorded(LINEAGE).with_finding(Effect.CANCEL, Finding.LOST, NOW)
    state = state.with_finding(Effect.CANCEL, Finding.KEPT, later).with_finding(Effect.CANCEL, Finding.KEPT, NOW)
    assert state.trust == {Effect.CANCEL: Trust(2, 1, NOW, NOW)}


def test_the_parts_of_format_2_go_through_a_journal(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    whole = everything()
    changes: tuple[dict[str, object], ...] = (
        {"trust": whole.trust, "watched": whole.watched, "costs": whole.costs},
        {"trust": {}, "watched": {}, "staging_ignored": whole.staging_ignored},
        {"watched": whole.watched, "staging_ignored": None},
    )
    for change in changes:
        recorded = following(recorded, **change)
        version = store.write(recorded, version)
        assert a_store(tmp_path).read() == (recorded, version)
    assert store.paths.journal.exists()
