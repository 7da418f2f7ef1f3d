"""A state that is kept elsewhere, as a user meets it: the real commands, a real object store on a socket."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.core.state import Phase
from afsync.emulator import Running
from afsync.errors import StateError
from afsync.store import opening
from afsync.store.local import LocalStore
from afsync.store.opening import open_store
from afsync.store.remote.lock import ENDS_AFTER
from afsync.store.remote.versions import unpack
from tests.harness import NO_CHANGES, Environ, Sandbox
from tests.store.engines import CREDENTIALS, KEY, Cloud, Fault, MemoryBackend, have, s3_backend, s3_bucket, s3_server

needs_moto = pytest.mark.skipif(not have("obstore", "moto"), reason="obstore and moto are not installed here")
JOBS = """\
templates:
  t: {name: T, format: short, platforms: [tiktok]}
jobs:
  a: {template: t, url: https://clips.twitch.tv/one, topic: One, schedule: 2031-12-01 09:00}
  b: {template: t, url: https://clips.twitch.tv/two, topic: Two, schedule: 2031-12-02 09:00}
"""
S3 = "state: s3://{}/" + KEY + "\n"


@pytest.fixture
def bucket() -> Iterator[str]:
    with s3_server() as url, s3_bucket(url) as bucket:
        yield bucket


@pytest.fixture
def reach(bucket: str) -> Environ:
    with s3_server() as url:
        return {**CREDENTIALS, "AFSYNC_STATE_ENDPOINT": url}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """What `s3://bucket/…` is in this test: something in memory that can fail."""
    cloud = Cloud()
    monkeypatch.setattr(opening, "_backend", lambda *_: MemoryBackend(cloud))
    monkeypatch.setattr(opening, "PAUSE", 0.0)
    return cloud


def a_box(root: Path, emulator: Running, text: str) -> Sandbox:
    root.mkdir(exist_ok=True)
    box = Sandbox(root, emulator, key=f"af_live_{root.parent.name}")
    box.write(text)
    return box


@needs_moto
def test_every_clone_and_every_runner_shares_it(tmp_path: Path, emulator: Running, bucket: str, reach: Environ) -> None:
    text = S3.format(bucket) + JOBS
    first, second = (a_box(tmp_path / name, emulator, text) for name in ("first", "second"))
    assert f"s3://{bucket}/{KEY}" in first.does("init", env=reach).out
    assert "is there already" in second.does("init", env=reach).out
    applied = first.applied(env=reach)
    assert "3 added" in applied.out
    assert NO_CHANGES in second.does("plan", env=reach).out
    assert second.does("state", "list", env=reach).out == "job.a\njob.b\ntemplate.t\n"
    assert f"{KEY}.history/" in second.does("state", "history", env=reach).out
    assert not list((tmp_path / "first/.afsync").glob("state*"))
    with s3_server() as url:
        backend = s3_backend(url, bucket)
    assert backend.get(f"{KEY}.lock") is None
    assert backend.list(f"{KEY}.history/") and unpack(backend.get(KEY).data).nonce  # type: ignore[union-attr]


@needs_moto
def test_a_state_is_taken_there_with_its_history(
    tmp_path: Path, emulator: Running, bucket: str, reach: Environ
) -> None:
    box = a_box(tmp_path / "a", emulator, JOBS)
    box.does("init", env=reach)
    box.applied(env=reach)
    place = f"s3://{bucket}/{KEY}"
    before = box.does("state", "show", "--json", env=reach).json
    done = box.does("state", "migrate", place, env=reach)
    assert f"Now write `state: {place}` into afsync.yaml" in done.out
    refused = box.does("plan", code=7, env=reach)
    assert f"has moved to {place}" in refused.err and f"`state: {place}`" in refused.err
    note = json.loads((box.root / ".afsync/state.json").read_text())
    assert note["format"] > 100 and note["moved_to"] == place
    box.write(S3.format(bucket) + JOBS)
    assert NO_CHANGES in box.does("plan", env=reach).out
    after = box.does("state", "show", "--json", env=reach).json
    assert {**after, "checksum": "", "folded": ""} == {**before, "checksum": "", "folded": ""}
    assert "already" in box.does("state", "migrate", place, code=1, env=reach).err
    assert "gs://" in box.does("state", "migrate", "gs://b/k", code=1, env=reach).err


def refused_as_the_same(box: Sandbox, place: str, reach: Environ | None = None) -> None:
    """Nothing is written, although the place is spelled in another way than in `state:`."""
    before = box.does("state", "show", "--json", env=reach).out
    refused = box.does("state", "migrate", place, code=1, env=reach)
    assert f"the state is kept in {place} already" in refused.err
    assert box.does("state", "show", "--json", env=reach).out == before
    assert NO_CHANGES in box.does("plan", env=reach).out


@pytest.mark.parametrize("place", ["./.afsync/state.json", "link/state.json", ".afsync/state.json"])
def test_a_path_to_the_same_file_is_no_other_place(tmp_path: Path, emulator: Running, place: str) -> None:
    box = a_box(tmp_path / "a", emulator, JOBS)
    box.does("init")
    box.applied()
    (box.root / "link").symlink_to(".afsync")
    refused_as_the_same(box, place)
    done = box.does("state", "migrate", ".afsync/other.json")
    assert "3 resources" in done.out, "another file beside it is another place, although it has the same lock"
    box.write("state: .afsync/other.json\n" + JOBS)
    assert NO_CHANGES in box.does("plan").out


@needs_moto
def test_a_region_makes_no_other_place(tmp_path: Path, emulator: Running, bucket: str, reach: Environ) -> None:
    box = a_box(tmp_path / "a", emulator, S3.format(bucket) + JOBS)
    box.does("init", env=reach)
    box.applied(env=reach)
    refused_as_the_same(box, f"s3://{bucket}/{KEY}?region=us-east-1", reach)


def test_what_a_new_place_loses_is_noticed_after_the_note_too(tmp_path: Path, emulator: Running, cloud: Cloud) -> None:
    box = a_box(tmp_path / "a", emulator, JOBS)
    box.does("init")
    box.applied()
    note = LocalStore.leave_note

    def loses(store: LocalStore, place: str) -> None:
        note(store, place)
        cloud.kept.pop(KEY)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalStore, "leave_note", loses)
        lost = box.does("state", "migrate", f"s3://bucket/{KEY}", code=7)
    assert "is missing" in lost.err and "`afsync state restore" in lost.err
    box.write(S3.format("bucket") + JOBS)
    box.does("state", "restore", lost.err.partition("`afsync state restore ")[2].partition("`")[0])
    assert NO_CHANGES in box.does("plan").out, "the copy in the history is that of the newest version"


@needs_moto
def test_no_bucket_and_no_server_are_said(tmp_path: Path, emulator: Running, reach: Environ) -> None:
    box = a_box(tmp_path / "a", emulator, S3.format("not-there") + JOBS)
    missing = box.does("init", code=7, env=reach)
    assert "There is no bucket not-there" in missing.err and "create it" in missing.err
    down = box.does("plan", code=7, env={**reach, "AFSYNC_STATE_ENDPOINT": "http://127.0.0.1:9"})
    assert "cannot be reached" in down.err and "Traceback" not in down.err


@pytest.mark.parametrize(
    "endpoint",
    [
        "minio:9000",
        "http://",
        "https://:9000",
        "http://h:99999",
        "http://h h",
        "http://[::1",
        "HTTP://h",
        "http://h/?sig=hidden",
        "http://me:hidden@h",
        "http://ä.example",
    ],
)
@pytest.mark.parametrize("place", ["s3://bucket/key.gz", "az://account/states/key.gz"])
def test_an_endpoint_that_is_no_url_is_one_sentence(tmp_path: Path, place: str, endpoint: str) -> None:
    with pytest.raises(StateError, match="AFSYNC_STATE_ENDPOINT is not the URL of an object store") as refused:
        open_store(tmp_path, place, afsync_version="0", environ={"AFSYNC_STATE_ENDPOINT": endpoint})
    assert "https://minio" in (refused.value.hint or "") and "hidden" not in refused.value.message


def test_a_bad_endpoint_sends_and_pays_nothing(tmp_path: Path, emulator: Running) -> None:
    box = a_box(tmp_path / "a", emulator, S3.format("bucket") + JOBS)
    reach = {**CREDENTIALS, "AFSYNC_STATE_ENDPOINT": "minio:9000"}
    for command in (("init",), ("plan",), ("apply", "--auto-approve")):
        assert "'minio:9000'" in box.does(*command, code=7, env=reach).err
    assert box.balance == 50


def test_without_the_extra_one_sentence_says_how_to_get_it(
    tmp_path: Path, emulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "afsync.store.remote.objects", raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)
    box = a_box(tmp_path / "a", emulator, S3.format("abc") + JOBS)
    said = box.does("plan", code=7).err
    assert "needs the package obstore" in said and 'pip install "afsync[remote]"' in said
    assert box.does("validate").code == 0


@pytest.mark.parametrize(
    "name",
    [
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_SAS_TOKEN",
        "azure_storage_sas_key",
        "AZURE_STORAGE_TOKEN",
        "AZURE_CLIENT_SECRET",
    ],
)
def test_what_is_sent_to_azure_goes_to_its_own_account_only(tmp_path: Path, emulator: Running, name: str) -> None:
    pytest.importorskip("obstore")
    box = a_box(tmp_path / "a", emulator, "state: az://evilaccount/states/a.gz\n" + JOBS)
    signed = {name: "sv=1&sig=x", "AZURE_STORAGE_ACCOUNT_NAME": "ours"}
    assert "are not sent to the account evilaccount" in box.does("plan", code=7, env=signed).err


# --- bad days ---


def a_memory_box(root: Path, emulator: Running) -> Sandbox:
    return a_box(root, emulator, S3.format("abc") + JOBS)


def submitted(box: Sandbox) -> int:
    assert box.emulator is not None
    return len(box.emulator.control.jobs(key=box.key))


def test_init_refuses_a_store_that_does_not_compare(tmp_path: Path, emulator: Running, cloud: Cloud) -> None:
    box = a_memory_box(tmp_path / "a", emulator)
    cloud.faults.extend([None, None, None, Fault.OVERWRITES])
    refused = box.does("init", code=7)
    assert "accepts a stale update" in refused.err and KEY not in cloud.kept


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("fault", [Fault.UNCLEAR_DONE, Fault.DENIED_DONE, Fault.UNCLEAR], ids=str)
def test_lost_answers_cost_nothing(tmp_path: Path, emulator: Running, cloud: Cloud, nth: int, fault: Fault) -> None:
    if nth % 4 and fault is Fault.UNCLEAR:
        nth += 1
    box = a_memory_box(tmp_path / "a", emulator)
    box.does("init")
    cloud.faults.extend([None] * (7 + nth) + [fault])
    assert "3 added" in box.applied().out
    assert NO_CHANGES in box.does("plan").out


@pytest.mark.parametrize("at", ["intent", "record"])
def test_a_store_that_goes_away_stops_the_run(tmp_path: Path, emulator: Running, cloud: Cloud, at: str) -> None:
    """Before the submission nothing is spent; after it the id is on stderr and in a file here, and comes first."""
    box = a_memory_box(tmp_path / "a", emulator)
    box.does("init")

    def before(what: str, key: str) -> None:
        if what != "put" or key != KEY:
            return
        there = unpack(cloud.kept[KEY].data).recorded
        is_open = any(i.phase is Phase.WRITTEN and i.address.startswith("job.") for i in there.intents)
        cloud.down = cloud.down or (is_open if at == "record" else "template.t" in there.resources)

    cloud.before = before
    stopped = box.applied(code=7)
    cloud.before, cloud.down = lambda _what, _key: None, False
    files = list((box.root / ".afsync").glob("*.recovery-*.json"))
    if at == "intent":
        assert files == [] and submitted(box) == 0
    else:
        assert len(files) == 1 and submitted(box) == 1
        assert json.loads(files[0].read_text())["record"]["id"] in stopped.err
    assert "the lock could not be removed" in stopped.err and "Another run" in box.applied(code=5).err
    cloud.time += ENDS_AFTER
    again = box.applied()
    assert "is taken over" in again.err and ("Merged" in again.text) is (at == "record")
    assert submitted(box) == 2 and NO_CHANGES in box.does("plan").out


def test_another_run_in_between_stops_this_one_before_it_pays(tmp_path: Path, emulator: Running, cloud: Cloud) -> None:
    first, second = (a_memory_box(tmp_path / name, emulator) for name in ("a", "b"))
    first.does("init")

    def before(what: str, key: str) -> None:
        """The whole of the other run happens just before this one's first write."""
        if what == "put" and key == KEY:
            cloud.before = lambda _what, _key: None
            lock = cloud.kept.pop(f"{KEY}.lock")
            assert "3 added" in second.applied().out
            cloud.kept[f"{KEY}.lock"] = lock

    cloud.before = before
    assert "Another run has written" in first.applied(code=5).err
    assert submitted(first) == 2 and NO_CHANGES in first.does("plan").out
