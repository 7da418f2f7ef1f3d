"""An upgrade plans nothing and goes on; a downgrade is refused with the version that is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.store.canonical_json import layout
from afsync.store.state_text import decode_bytes, encode_bytes
from tests.harness import Sandbox
from tests.store.test_state_reader import signed

ROOT = Path(__file__).parents[2]
FILES = """
templates:
  weekly: {name: Weekly, format: short, platforms: [tiktok]}
jobs:
  one: {template: weekly, url: "https://clips.twitch.tv/one", topic: One, schedule: "2031-05-05T10:00:00Z"}
  two: {url: "https://clips.twitch.tv/two", topic: Two, staging: true}
"""


def as_0_1_knew_it(value: Any) -> Any:
    """Everything that came after 0.1 at its default, which is what 0.1 would have written."""
    if isinstance(value, Struct):
        new = dict(layout(type(value)).new)
        parts = {name: as_0_1_knew_it(getattr(value, name)) for name in value.__struct_fields__}
        return replace(value, **{name: new.get(name, part) for name, part in parts.items()})
    if isinstance(value, Mapping):
        return {key: as_0_1_knew_it(entry) for key, entry in value.items()}
    return tuple(map(as_0_1_knew_it, value)) if isinstance(value, tuple) else value


def downgrade(sandbox: Sandbox) -> None:
    """The same project as 0.1 left it: its state alone, in format 1."""
    folder = sandbox.root / ".afsync"
    recorded = as_0_1_knew_it(decode_bytes((folder / "state.json").read_bytes()).recorded)
    assert isinstance(recorded, Recorded)
    data, _, number = encode_bytes(recorded, "0.1.0")
    assert number == 1
    for file in [p for p in folder.rglob("state*") if p.is_file()]:
        file.unlink()
    (folder / "state.json").write_bytes(data)


def test_the_oldest_format_is_gone_on_with(sandbox: Sandbox) -> None:
    downgrade(sandbox)
    before = sandbox.files()
    assert "No changes" in sandbox.does("plan", "--detailed-exitcode").out
    assert sandbox.files() == before

    sandbox.write(FILES.replace("10:00", "11:00") + '  three: {url: "https://clips.twitch.tv/three", topic: Three}\n')
    ids = sandbox.ids()
    planned = sandbox.planned()
    assert [(c["address"], c["action"]) for c in planned["changes"]] == [
        ("job.three", "create"),
        ("job.one", "reschedule"),
    ]
    sandbox.applied()
    assert {address: sandbox.ids()[address] for address in ids} == ids
    sandbox.is_settled()


def newer(sandbox: Sandbox) -> None:
    """The state as a later version might write it."""
    path = sandbox.root / ".afsync/state.json"
    text = path.read_text().replace('"format": 2', '"format": 3').replace('"format": 1', '"format": 3')
    path.write_text(signed(re.sub(r'"afsync": "[^"]*"', '"afsync": "9.1.0"', text)))


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("status",)])
def test_a_state_of_a_newer_version_names_it(sandbox: Sandbox, command: tuple[str, ...]) -> None:
    newer(sandbox)
    before = sandbox.files()
    done = sandbox.does(*command, code=7)

    assert "is from a newer afsync (9.1.0): its format is 3, this one knows up to 2" in done.err
    assert "upgrade afsync to 9.1.0, or a later one; do not restore an older copy" in done.err
    assert sandbox.files() == before


def test_a_plan_of_a_newer_version_names_it(sandbox: Sandbox) -> None:
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file))
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"format": 2, "afsync": "9.1.0"}))
    done = sandbox.does("apply", str(file), code=6)

    assert "a newer afsync made it (9.1.0): its format is 2, and this one knows 1" in done.err
    assert "apply it with that version, or plan again here" in done.err


def test_the_changelog_says_what_to_do_for_every_release() -> None:
    sections = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [s.splitlines()[0].split()[0] for s in sections] == ["0.2.0", "0.1.0"]
    assert [s.splitlines()[0] for s in sections if "To upgrade" not in s] == []
