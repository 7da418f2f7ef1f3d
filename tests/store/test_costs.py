"""What a write costs does not grow with what is recorded: bytes and calls are counted, not seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import Struct

from afsync.core import records, resources, state
from afsync.core.state import Recorded
from afsync.store import state_file
from afsync.store.disk import Disk
from afsync.store.state_text import encode
from tests.builders import LINEAGE
from tests.store.support import a_store, opened, submitted, with_job

Recorder = Callable[[str, object], None]


class Counting(Disk):
    """The real disk, with what goes through it counted, and nothing waited for."""

    def __init__(self) -> None:
        self.bytes = 0
        self.writes = 0
        self.syncs = 0

    def write(self, fd: int, data: bytes) -> None:
        self.bytes += len(data)
        self.writes += 1
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self.syncs += 1

    def sync_directory(self, path: Path) -> None:
        pass


def creates(root: Path, count: int) -> Counting:
    """As many submissions in one run, with the fold at its end."""
    disk = Counting()
    store = a_store(root / str(count), disk)
    store.create(LINEAGE)
    recorded, version = store.read()
    for number in range(count):
        recorded, intent = opened(recorded, number)
        version = store.write(recorded, version)
        recorded = submitted(recorded, intent, f"job_{number:08d}")
        version = store.write(recorded, version)
    store.fold()
    return disk


def test_bytes_and_calls_per_submission_are_constant(tmp_path: Path, record_property: Recorder) -> None:
    few, many = creates(tmp_path, 100), creates(tmp_path, 800)
    assert many.bytes / 800 <= 1.05 * few.bytes / 100
    assert many.writes <= 2 * 800 + 5
    assert many.syncs == many.writes
    whole = (tmp_path / "800/.afsync/state.json").stat().st_size
    per_write = whole * (2 * 800) // 2
    record_property(
        "figure",
        f"state, 800 submissions: {many.bytes // 800} bytes each in {many.writes} writes, the final state twice "
        f"included; the whole state at every write would be {per_write // 800}",
    )
    assert many.bytes < per_write / 50


def test_a_record_takes_one_block_of_lines() -> None:
    recorded = Recorded(LINEAGE)
    sizes = []
    for number in range(3):
        recorded = with_job(recorded, number)
        sizes.append(encode(recorded, "0.1.0").count("\n"))
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] == 14
    assert json.loads(encode(recorded, "0.1.0"))["resources"].keys() == {f"job.show-{n}" for n in range(3)}


@pytest.mark.parametrize("module", [records, resources, state, state_file])
def test_no_annotation_of_a_state_has_to_be_compiled_when_afsync_starts(module: ModuleType) -> None:
    structs = [of for of in vars(module).values() if isinstance(of, type) and issubclass(of, Struct)]
    assert structs and not [of for of in structs for kind in of.__annotations__.values() if isinstance(kind, str)]
