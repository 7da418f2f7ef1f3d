"""Every kind of wrong state is refused, naming what is wrong, the newest good copy and what to do."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from afsync.errors import Exit, StateError
from afsync.store.paths import Paths, state_path
from afsync.store.state_text import encode
from tests.builders import LINEAGE
from tests.store.support import OTHER_LINEAGE, a_store, decode, everything, following, paths, with_job

CHECKSUM = re.compile(r'"checksum": "[^"]*"')


def signed(text: str) -> str:
    """`text` with the checksum that belongs to it: wrong in another way than by accident."""
    empty = CHECKSUM.sub('"checksum": ""', text, count=1)
    return CHECKSUM.sub(f'"checksum": "{hashlib.sha256(empty.encode()).hexdigest()}"', text, count=1)


def text() -> str:
    return encode(everything(), "0.1.0")


def put(path: str, value: Any) -> Callable[[], str]:
    """The state with another value at a path such as `resources/job.best/credits`."""

    def make() -> str:
        document = json.loads(text())
        *way, last = path.split("/")
        place = document
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[last] = value
        return signed(json.dumps(document, indent=2) + "\n")

    return make


def drop(path: str) -> Callable[[], str]:
    def make() -> str:
        document = json.loads(text())
        *way, last = path.split("/")
        place = document
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        del place[last]
        return signed(json.dumps(document, indent=2) + "\n")

    return make


def twice(line: str) -> Callable[[], str]:
    return lambda: signed(text().replace(line, line + line, 1))


def deep_value(depth: int) -> Callable[[], str]:
    """With a checksum that is right: somebody made it so."""
    return lambda: signed(text().replace('{"a": 1}', '{"a": ' * depth + "1" + "}" * depth, 1))


class Case(Struct, frozen=True):
    name: str
    content: Callable[[], str | bytes]
    says: str


CASES = [
    Case("empty", lambda: "", "is empty"),
    Case("blank", lambda: "\n \n", "is empty"),
    Case("zero bytes", lambda: "\0" * 4096, "holds nothing but zero bytes"),
    Case("cut off in a text", lambda: text()[:700], "is cut off in line"),
    Case("cut off at the end", lambda: text()[:-3], "is cut off in line"),
    Case("end replaced by zero bytes", lambda: text()[:900] + "\0" * 200, "is not JSON"),
    Case("not JSON", lambda: "version: 1\n", "is not JSON: Expecting value in line 1, column 1"),
    Case("another encoding", lambda: text().encode("utf-16"), "is not text in UTF-8"),
    Case("binary", lambda: b"\x7fELF\xff\xfe", "is not text in UTF-8"),
    Case("an array", lambda: "[]", "should hold an object, not an array"),
    Case("nested too deeply", lambda: "[" * 100_000, "nested too deeply"),
    *(
        Case(f"a value {depth} levels deep in a record", deep_value(depth), "nested too deeply")
        for depth in (300, 900, 5_000)
    ),
    Case("a number too long", lambda: f'{{"format": {"9" * 5000}}}', "is not JSON"),
    Case("NaN", lambda: '{"format": NaN}', "NaN is not a number that JSON knows"),
    Case("another document", lambda: '{"name": "package"}', "is not a state of afsync: it has no format number"),
    Case("Terraform's", lambda: '{"version": 4, "serial": 1, "lineage": "x"}', "is not a state of afsync"),
    Case("format zero", put("format", 0), "it has no format number"),
    Case("format as text", put("format", "1"), "it has no format number"),
    Case("newer format", put("format", 3), "from a newer afsync (0.1.0): its format is 3, this one knows up to 2"),
    Case("conflict markers", lambda: conflict(), "holds the conflict markers of a merge (<<<<<<<)"),
    Case("edited", lambda: text().replace('"queued"', '"published"'), "does not match its checksum"),
    Case("reformatted", lambda: json.dumps(json.loads(text()), indent=4), "has no checksum in its place"),
    Case("lines sorted", lambda: merged_cleanly(), "does not match its checksum"),
    Case("no checksum", drop("checksum"), "has no checksum in its place"),
    Case("checksum of another form", put("checksum", None), "has no checksum in its place"),
    Case("no lineage", drop("lineage"), "lacks lineage"),
    Case("lineage is a path", put("lineage", "../../etc/passwd"), "lineage should be a UUID"),
    Case("unknown key", put("colour", "blue"), "has colour, which this afsync does not know"),
    Case("negative serial", put("serial", -1), "serial should be an integer of at least 0, not -1"),
    Case("serial as text", put("serial", "7"), "serial should be an integer of at least 0, not '7'"),
    Case("serial is true", put("serial", True), "serial should be an integer of at least 0, not true"),
    Case("counter too low", put("counter", 3), "counter is 3, but there is an intent numbered 5"),
    Case("account is text", put("account", "user_1"), "account: should be an object or null, not 'user_1'"),
    Case("account without url", drop("account/base_url"), "account: lacks base_url"),
    Case("resources is an array", put("resources", []), "resources should be an object, not an array"),
    Case("bad address", put("resources/best-cs2", {}), "'best-cs2' is not an address"),
    Case("unknown kind in an address", put("resources/video.best", {}), "'video.best' is not an address"),
    Case("a record that is a number", put("resources/job.best", 7), "job.best: should be an object, not 7"),
    Case("kind against the address", put("resources/job.best/kind", "template"), "job.best: kind should be job"),
    Case("unknown kind", put("resources/job.best/kind", "video"), "job.best: kind should be job, as the address says"),
    Case("record lacks a field", drop("resources/job.best/status"), "job.best: lacks status"),
    Case("record with another", put("resources/job.best/colour", 1), "job.best: has colour, which this afsync does"),
    Case("id is a number", put("resources/job.best/id", 1), "job.best: id should be text, not 1"),
    Case("id is empty", put("resources/job.best/id", ""), "job.best: id should be text, not ''"),
    Case("credits as text", put("resources/job.best/credits", "1"), "credits should be an integer or null, not '1'"),
    Case("flag as number", put("resources/job.best/staged", 0), "staged should be true or false, not 0"),
    Case("rerun as number", put("resources/job.best/rerun", 2), "rerun should be text or null, not 2"),
    Case("declared is an array", put("resources/job.best/declared", []), "declared should be an object, not an array"),
    Case(
        "a local time", put("resources/job.best/created_at", "2026-01-01T00:00:00"), "created_at should be a UTC time"
    ),
    Case("not a time", put("resources/job.best/created_at", "yesterday, 10 o'clock Z"), "created_at should be a UTC"),
    Case("a time as number", put("resources/job.best/created_at", 1), "created_at should be a UTC time"),
    Case("schedule as text", put("resources/job.best/schedule", "now"), "job.best: schedule: should be an object"),
    Case("schedule without utc", drop("resources/job.best/schedule/utc"), "job.best: schedule: lacks utc"),
    Case("schedule utc null", put("resources/job.best/schedule/utc", None), "schedule: utc should be a UTC time"),
    Case(
        "the same id twice",
        put("resources/job.best/id", "job_7"),
        'job.best and job.show["2026-12-07"] both have the id job_7',
    ),
    Case("a template with a status", put("resources/template.weekly/status", "queued"), "status should be null"),
    Case("a key twice", twice('      "credits": 1,\n'), "has the key 'credits' twice"),
    Case("a part twice", twice('  "serial": 7,\n'), "has the key 'serial' twice"),
    Case("an address twice", lambda: one_address_twice(), "has the key 'job.best' twice"),
    Case("a nested key twice", lambda: text().replace('{"a": 1}', '{"a": 1, "a": 2}'), "has the key 'a' twice"),
    Case("bad sha", put("uploads/xyz", {"file_id": "f", "size": 1}), "uploads: 'xyz' is not a sha256"),
    Case(
        "size negative",
        put(f"uploads/{'ab' * 32}/size", -1),
        "uploads.abababababab…: size should be an integer of at least 0",
    ),
    Case("deposed is an object", put("deposed", {}), "deposed should be an array, not an object"),
    Case("deposed without address", put("deposed", [{"id": "tpl"}]), "deposed[0]: lacks address"),
    Case(
        "deposed at a bad address",
        put("deposed", [{"id": "t", "address": "x"}]),
        "deposed[0]: address should be an address such as template.",
    ),
    Case("intent lacks uuid", drop("intents/0/uuid"), "intents[0]: lacks uuid"),
    Case("intent of unknown phase", put("intents/0/phase", "lost"), "intents[0]: phase should be written or"),
    Case("intent of another kind", put("intents/0/kind", "template"), "intents[0]: kind should be job"),
    Case("intent knows a number", put("intents/0/known", [1]), "intents[0]: known[0]: should be text, not 1"),
    Case("scan without time", drop("intents/0/scans/0/at"), "intents[0]: scans[0]: lacks at"),
    Case("two intents for one address", put("intents/1/uuid", "uuid-4"), "intents: 2 of them have the uuid uuid-4"),
    Case("two intents of one number", put("intents/1/seq", 4), "intents: 2 of them have the seq 4"),
    Case("foreign is null", put("foreign", None), "foreign should be an array, not null"),
    Case("decision is text", put("decisions", ["x"]), "decisions[0]: should be an object, not 'x'"),
    Case("plan id is a number", put("applied_plans", [1]), "applied_plans[0]: should be text, not 1"),
]


def one_address_twice() -> str:
    """As when both sides of a merge are kept."""
    whole = text()
    at = whole.index('    "job.best": {')
    end = whole.index("    },\n", at) + len("    },\n")
    return signed(whole[:end] + whole[at:end] + whole[end:])


def conflict() -> str:
    line = '  "serial": 7,\n'
    return text().replace(line, f'<<<<<<< HEAD\n{line}=======\n  "serial": 8,\n>>>>>>> other\n')


def merged_cleanly() -> str:
    """As after a merge without a conflict: still JSON, but nothing that was ever a state."""
    return text().replace('    "job_5",\n', "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_state_is_refused_with_its_reason_and_a_way_out(case: Case, tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    content = case.content()
    store.paths.state.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert case.says in caught.value.message
    assert caught.value.message.startswith(f"The state {store.paths.state} ")
    assert caught.value.exit_code is Exit.STATE
    other = {"newer format": "upgrade afsync", "conflict markers": "`afsync state restore --union`"}
    assert other.get(case.name, "the newest good copy has the serial 1") in (caught.value.hint or "")
    assert case.name in other or "`afsync state restore 1`" in (caught.value.hint or "")


def test_signing_by_itself_does_no_harm() -> None:
    assert decode(signed(text())) == everything()


def test_no_prefix_of_a_state_is_a_state() -> None:
    whole = text()
    for length in range(0, len(whole) - 1, 7):
        with pytest.raises(StateError):
            decode(whole[:length])


def test_no_changed_byte_goes_unnoticed() -> None:
    whole = text().encode()
    for at in range(0, len(whole), 11):
        damaged = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(StateError):
            decode(damaged.decode("utf-8", "surrogateescape"))


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert "is missing" in caught.value.message
    assert "`afsync init`" in (caught.value.hint or "")


def test_missing_but_with_a_history(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    store.paths.state.unlink()
    with pytest.raises(StateError, match="is missing") as caught:
        store.read()
    assert "`afsync state restore 1`" in (caught.value.hint or "")
    with pytest.raises(StateError, match="is missing, although it existed before"):
        store.create(LINEAGE)
    store.create(OTHER_LINEAGE)


def test_missing_but_with_a_backup_alone(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 1), version)
    store.fold()
    store.paths.state.unlink()
    shutil.rmtree(store.paths.history)
    with pytest.raises(StateError, match="is missing, although it existed before") as caught:
        a_store(tmp_path).create(LINEAGE)
    assert "`afsync state restore 1`" in (caught.value.hint or "")
    a_store(tmp_path).create(OTHER_LINEAGE)


def test_older_than_the_history(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    old = store.paths.state.read_bytes()
    store.write(with_job(recorded, 1), version)
    store.fold()
    store.paths.state.write_bytes(old)
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert "is old: its serial is 1, the history already has 2" in caught.value.message
    assert "`afsync state restore 2`" in (caught.value.hint or "")


def test_a_history_of_another_lineage_does_not_count(tmp_path: Path) -> None:
    first = a_store(tmp_path)
    first.write(following(first.create(LINEAGE)), first.read()[1])
    first.fold()
    first.paths.state.unlink()
    created = a_store(tmp_path).create(OTHER_LINEAGE)
    assert a_store(tmp_path).read()[0] == created


@pytest.mark.parametrize("journal", [True, False])
def test_replaced_under_its_journal(tmp_path: Path, journal: bool) -> None:
    """The file was put back to what it was, or taken from elsewhere, while the journal holds more."""
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    old = store.paths.state.read_bytes()
    store.write(with_job(recorded, 1), version)
    store.fold()
    recorded, version = store.read()
    store.write(with_job(recorded, 2), version)
    store.paths.state.write_bytes(old)
    if not journal:
        store.paths.journal.unlink()
    with pytest.raises(StateError, match="builds on another state" if journal else "is old"):
        a_store(tmp_path).read()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p.mkdir(), "cannot be read: Is a directory|cannot be read: it is not a regular file"),
        (lambda p: os.mkfifo(p), "cannot be read: it is not a regular file"),
        (lambda p: p.symlink_to("elsewhere.json"), "cannot be read: Too many levels of symbolic links"),
    ],
    ids=["directory", "pipe", "link"],
)
def test_what_is_not_a_file(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    store.paths.state.unlink()
    make(store.paths.state)
    with pytest.raises(StateError, match=says):
        a_store(tmp_path).read()


def test_a_link_in_place_of_the_state_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "state.json").symlink_to("other.json")
    with pytest.raises(StateError, match="is a symbolic link"):
        state_path(tmp_path, "state.json")
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    assert state_path(tmp_path, "linked/state.json") == tmp_path / "real/state.json"


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    store = a_store(tmp_path)
    store.create(LINEAGE)
    store.paths.state.chmod(0)
    with pytest.raises(StateError, match="cannot be read: Permission denied"):
        a_store(tmp_path).read()


def test_every_damage_of_a_journal_but_its_end_is_refused(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    for number in (1, 2, 3):
        recorded = with_job(recorded, number)
        version = store.write(recorded, version)
    whole = store.paths.journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    wrong = {
        "empty": b"",
        "first line cut off": lines[0][:-5],
        "first line gone": b"".join(lines[1:]),
        "a line gone": lines[0] + lines[2],
        "swapped": lines[0] + lines[2] + lines[1],
        "a line twice": lines[0] + lines[1] + lines[1],
        "cut off in the middle": lines[0] + lines[1][:40] + b"\n" + lines[2],
        "an empty line": lines[0] + b"\n" + lines[1],
        "last line changed": whole[:-10] + b"x" + whole[-9:],
        "garbage": b"hello\n",
        **{f"byte {n}": whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(0, len(whole) - 2, 13)},
    }
    for name, content in wrong.items():
        store.paths.journal.write_bytes(content)
        with pytest.raises(StateError) as caught:
            a_store(tmp_path).read()
        assert str(store.paths.journal) in caught.value.message, name
        assert "`afsync state restore " in (caught.value.hint or ""), name


def test_a_link_in_place_of_the_journal_is_not_followed(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    victim = tmp_path / "victim"
    victim.write_text("precious")
    store.paths.journal.symlink_to(victim)
    with pytest.raises(StateError):
        store.read()
    with pytest.raises(StateError):
        store.write(with_job(recorded, 1), version)
    assert victim.read_text() == "precious"


def test_paths_of_another_directory_than_afsync(tmp_path: Path) -> None:
    assert paths(tmp_path).lock == tmp_path / ".afsync/lock"
    assert paths(tmp_path, "shared/afsync.state.json").lock == tmp_path / "shared/afsync.state.json.lock"


def test_a_project_that_uses_the_state_of_another_has_its_lock(tmp_path: Path) -> None:
    (tmp_path / "one/.afsync").mkdir(parents=True)
    state = tmp_path / "one/.afsync/state.json"
    assert Paths(state, tmp_path / "other/.afsync").lock == tmp_path / "one/.afsync/lock"


def test_one_lock_whatever_way_leads_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "real/.afsync").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("real")
    ways = [Paths(state_path(root, ".afsync/state.json"), root / ".afsync") for root in tmp_path.iterdir()]
    assert {way.lock for way in ways} == {tmp_path / "real/.afsync/lock"}
