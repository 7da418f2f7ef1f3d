"""`state history` and `state restore`, as their reader sees them."""

from __future__ import annotations

from tests.harness import Sandbox


def test_versions_are_a_table_with_the_newest_first(fresh: Sandbox) -> None:
    lines = fresh.does("state", "history").out.splitlines()
    serial = fresh.state["serial"]
    assert lines[0].split() == ["SERIAL", "WRITTEN", "RESOURCES", "NOTE"]
    assert [line.split()[0] for line in lines[1:3]] == [str(serial), "1"]
    assert [line.split()[4:] for line in lines[1:3]] == [["3", "current"], ["0"]]
    assert lines[3:] == ["", "They are in .afsync/history; `afsync state restore SERIAL` goes back to one."]
    assert all(len(line) <= 80 for line in lines[:3])


def test_a_copy_that_is_no_good_is_named(fresh: Sandbox) -> None:
    copies = sorted((fresh.root / ".afsync/history").glob("*.json"))
    copies[0].write_text("{")
    out = fresh.does("state", "history").out
    assert "cannot be restored: " in out and copies[0].name in out and copies[1].name not in out


def test_where_the_state_is_gone_none_is_current(fresh: Sandbox) -> None:
    (fresh.root / ".afsync/state.json").unlink()
    assert "current" not in fresh.does("state", "history").out


def test_restore_without_a_serial_says_what_it_is_for(sandbox: Sandbox) -> None:
    done = sandbox.does("state", "restore")
    assert done.out == (
        "No earlier run has left anything that is not in the state.\n"
        "To go back to a version: `afsync state restore SERIAL`; `afsync state history` lists them.\n"
    )
