"""A state that cannot be read still tells what a restore would forget; the two sides of a merge are put together."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.damaged import glimpse, merge_sides, merged_sides
from afsync.store.disk import Disk
from afsync.store.local import LocalStore
from afsync.store.restore import restore, unite
from afsync.store.state_text import decode_bytes, encode
from tests.builders import LINEAGE
from tests.store.support import OTHER_LINEAGE, a_store, everything, following, job_number, opened, paths, with_job


def back(root: Path, serial: int, *, force: bool = False) -> Recorded:
    return restore(Disk(), paths(root), serial, lineage=LINEAGE, afsync_version="0.2.0", force=force)


def put_together(root: Path) -> Recorded:
    return unite(Disk(), paths(root), lineage=LINEAGE, afsync_version="0.2.0")


def three_jobs(root: Path) -> LocalStore:
    """Version 1 has no job, versions 2 to 4 have one to three."""
    store = a_store(root)
    recorded, version = store.create(LINEAGE), store.read()[1]
    for number in (1, 2, 3):
        recorded = with_job(recorded, number)
        version = store.write(recorded, version)
        store.fold()
        version = store.read()[1]
    return store


Damage = Callable[[bytes], bytes]
DAMAGES: dict[str, Damage] = {
    "cut off": lambda data: data[: data.index(b'"serial"') - 4],
    "wrong checksum": lambda data: data.replace(b'"checksum": "', b'"checksum": "0', 1),
    "a line changed": lambda data: data.replace(b"Show 2", b"Show two"),
    "windows, cut off": lambda data: data[:-40].replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_restore_says_what_it_would_forget(tmp_path: Path, damage: Damage) -> None:
    store = three_jobs(tmp_path)
    state = store.paths.state
    state.write_bytes(damage(state.read_bytes()))
    spoiled = state.read_bytes()
    with pytest.raises(StateError, match=r"would forget job\.show-2 \(job_2\), job\.show-3 \(job_3\)\.") as caught:
        back(tmp_path, 2)
    assert "--force" in (caught.value.hint or "") and state.read_bytes() == spoiled
    restored = back(tmp_path, 2, force=True)
    assert restored.serial == 5 and list(restored.resources) == ["job.show-1"]


def test_what_forgets_nothing_needs_no_force(tmp_path: Path) -> None:
    store = three_jobs(tmp_path)
    store.paths.state.write_bytes(store.paths.state.read_bytes()[:-40])
    assert len(back(tmp_path, 4).resources) == 3


def test_numbers_that_a_damaged_state_gave_out_stay_given_out(tmp_path: Path) -> None:
    store = three_jobs(tmp_path)
    newer = replace(store.read()[0], serial=40, counter=9)
    store.paths.state.write_text(encode(newer, "0.2.0") + "x")
    with pytest.raises(StateError) as caught:
        a_store(tmp_path).read()
    assert "the damaged one had 40" in (caught.value.hint or "")
    restored = back(tmp_path, 4)
    assert (restored.serial, restored.counter) == (41, 9)


def test_a_newer_format_is_a_reason_to_upgrade(tmp_path: Path) -> None:
    store = three_jobs(tmp_path)
    store.paths.state.write_bytes(store.paths.state.read_bytes().replace(b'"format": ', b'"format": 9', 1))
    for act in (lambda: a_store(tmp_path).read(), lambda: back(tmp_path, 4)):
        with pytest.raises(StateError) as caught:
            act()
        assert "upgrade afsync" in (caught.value.hint or "") and "restore 4" not in (caught.value.hint or "")


def test_the_journal_of_a_damaged_state_tells_too(tmp_path: Path) -> None:
    store = three_jobs(tmp_path)
    recorded, version = store.read()
    store.write(with_job(recorded, 7), version)
    store.paths.state.write_bytes(b"")
    seen = glimpse(b"", store.paths.journal.read_bytes(), LINEAGE)
    assert seen.records == (("job.show-7", "job_7"),) and seen.serial == 5


def test_a_glimpse_of_everything() -> None:
    text = encode(everything(), "0.2.0").encode()
    seen = glimpse(text[:-30], b"", LINEAGE)
    assert dict(seen.records) == {a: r.id for a, r in everything().resources.items()}
    assert (seen.serial, seen.counter, seen.newer) == (7, 5, False)
    assert {"job.lost", "template.new"} <= set(seen.open)
    assert glimpse(text, b"", OTHER_LINEAGE).records == ()
    assert glimpse(b"\xff\x00{" * 1000, b"\n\n", LINEAGE).records == ()


def git(root: Path, *args: str, code: int = 0) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *args], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr


def two_clones(root: Path, one: int, two: int) -> Path:
    """Two clones each recorded one more job; what the merge of the two leaves."""
    first, second = root / "one", root / "two"
    store = a_store(first)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 5), version)
    store.fold()
    git(first, "init", "-q")
    git(first, "add", ".afsync/state.json")
    git(first, "commit", "-qm", "base")
    git(root, "clone", "-q", "one", "two")
    for place, number in ((first, one), (second, two)):
        clone = a_store(place)
        recorded, version = clone.read()
        clone.write(with_job(recorded, number), version)
        clone.fold()
        git(place, "commit", "-qam", "apply")
    git(second, "pull", "-q", "--no-rebase", "origin", "HEAD", code=1)
    return second


@pytest.mark.parametrize(("one", "two"), [(6, 7), (1, 9)], ids=["the same place", "two places"])
def test_two_clones_are_put_together(tmp_path: Path, one: int, two: int) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    clone = two_clones(tmp_path, one, two)
    with pytest.raises(StateError, match="conflict markers") as caught:
        a_store(clone).read()
    assert "`afsync state restore --union`" in (caught.value.hint or "")
    with pytest.raises(StateError, match=rf"would forget .*job_{one}") as caught:
        back(clone, 3)
    assert "--union" in (caught.value.hint or "")
    recorded = put_together(clone)
    assert set(recorded.resources) == {"job.show-5", f"job.show-{one}", f"job.show-{two}"}
    assert a_store(clone).read()[0] == recorded and recorded.serial == 4


def marked(one: Recorded, two: Recorded) -> bytes:
    ours, theirs = encode(one, "0.2.0"), encode(two, "0.2.0")
    return f"<<<<<<< HEAD\n{ours}||||||| base\n{{}}\n=======\n{theirs}>>>>>>> theirs\n".encode()


def test_both_sides_are_found_whatever_the_style() -> None:
    base = everything()
    found = merge_sides(marked(base, following(base)))
    assert found is not None
    assert [decode_bytes(side).recorded.serial for side in found] == [7, 8]
    assert merge_sides(encode(base, "0.2.0").encode()) is None


def test_what_contradicts_itself_is_not_put_together(tmp_path: Path) -> None:
    base = Recorded(LINEAGE, serial=3)
    one = replace(base, resources={"job.a": job_number(1)})
    two = replace(base, resources={"job.a": job_number(2)})
    with pytest.raises(StateError, match=r"Both sides submitted job\.a: it is job_1 in one and job_2 in the other"):
        merged_sides(one, two)
    with pytest.raises(StateError, match="outcome is not known"):
        merged_sides(base, opened(base, 1)[0])
    with pytest.raises(StateError, match="different projects"):
        merged_sides(base, replace(base, lineage=OTHER_LINEAGE))
    store = a_store(tmp_path)
    store.create(LINEAGE)
    before = store.paths.state.read_bytes()
    with pytest.raises(StateError, match="does not hold two sound sides"):
        put_together(tmp_path)
    assert store.paths.state.read_bytes() == before
