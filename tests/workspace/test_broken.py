"""What breaks inside one account, or around all of them: no other account's paid submission is lost by it."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import click
import pytest

from afsync.app import side_by_side
from afsync.app.connection import connect as connect_to
from afsync.app.files import write_private
from afsync.commands import all_accounts
from afsync.errors import AfsyncError, Exit
from tests.workspace.conftest import Agency

NAMES = ("anna", "bert", "cleo")


class Panic(BaseException):
    """As native code raises it: no Exception."""


def recorded(agency: Agency, name: str) -> list[str]:
    state = json.loads((agency.root / f"clients/{name}/.afsync/state.json").read_text())
    return sorted(state["resources"])


def breaks_in_anna(monkeypatch: pytest.MonkeyPatch, how: Any) -> None:
    def connect(context: Any, project: Any, **flags: Any) -> Any:
        if project.root.name == "anna":
            how()
        return connect_to(context, project, **flags)

    monkeypatch.setattr("afsync.app.preparation.connect", connect)


def panics() -> None:
    raise Panic("native code")


def panics_at_its_end() -> None:
    click.get_current_context().call_on_close(panics)


@pytest.mark.parametrize("how", [panics, panics_at_its_end])
def test_what_is_no_exception_stays_in_its_account(how: Any, agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_in_anna(monkeypatch, how)
    done = agency.does("apply", "--all", "--auto-approve", code=Exit.ERROR)
    assert "This is a bug in afsync" in done.out and "Panic: native code" in done.out
    assert agency.blocks(done) == list(NAMES) and "3 accounts: " in done.out
    for name in ("bert", "cleo"):
        assert recorded(agency, name) == [f"job.clip-{name}", "template.short"]
    assert len(recorded(agency, "anna")) == (2 if how is panics_at_its_end else 0)


def test_a_pipe_that_breaks_in_one_account_is_no_reader_that_went_away(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise BrokenPipeError

    breaks_in_anna(monkeypatch, breaks)
    done = agency.does("apply", "--all", "--auto-approve", code=Exit.ERROR)
    assert "a connection was closed before all was sent" in done.out and "3 accounts: 1 failed." in done.out


@pytest.mark.parametrize("started", [0, 1])
def test_fewer_threads_than_wanted(started: int, agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if thread.name.startswith("afsync-account-"):
            begun.append(thread)
            if len(begun) > started:
                raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert agency.codes("apply", "--auto-approve") == dict.fromkeys(NAMES, 0)
    assert [agency.balance_of(name) for name in NAMES] == [49, 49, 49] and len(begun) == started + 1


def test_when_the_main_thread_raises_what_runs_comes_to_its_end(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second account's submission is held while the first one's block cannot be shown."""

    def show(*_: object) -> None:
        assert agency.control.held()
        threading.Timer(0.2, agency.control.release).start()
        raise AfsyncError("cannot be shown")

    monkeypatch.setattr(all_accounts.AccountsRun, "show", show)
    agency.control.fault("POST /jobs#2: committed-then-hold")
    agency.does("apply", "--all", "--auto-approve", "--jobs", "1", code=Exit.ERROR)
    assert recorded(agency, "bert") == ["job.clip-bert", "template.short"]
    assert [agency.balance_of(name) for name in NAMES] == [49, 49, 50]


@pytest.mark.parametrize("place", ["nowhere/x.json", "clients"])
def test_reports_are_checked_before_anything_is_done(place: str, agency: Agency) -> None:
    with agency.watched(reads=True) as sent:
        done = agency.does("apply", "--all", "--auto-approve", "--report", f"json={agency.root / place}", code=1)
    assert sent == [] and f"{agency.root / place} could not be written" in done.err
    done = agency.does("apply", "--all", "--auto-approve", "--report", "json=-", "--report", "markdown=-", code=1)
    assert "only one report can be printed" in done.err and agency.balance_of("anna") == 50
    agency.does("plan", "--all", "--report", f"json={agency.root / 'x.json'}")
    assert sorted(p.name for p in agency.root.iterdir() if "x.json" in p.name) == ["x.json"]


def test_a_report_that_cannot_be_written_takes_nothing_else_away(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, text: str) -> None:
        if path.name == "a.json":
            raise AfsyncError(f"{path} could not be written: no space")
        write_private(path, text)

    monkeypatch.setattr("afsync.commands.report.write_private", write)
    (agency.root / "clients/bert/.afsync/state.json").unlink()
    flags = ("--report", f"json={agency.root / 'a.json'}", "--report", f"markdown={agency.root / 'b.md'}")
    summary = agency.root / "summary"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = agency.does("plan", "--all", *flags, code=Exit.STATE, env=env)
    assert "a.json could not be written" in done.err and "3 accounts: " in done.out
    assert "of 3 accounts" in (agency.root / "b.md").read_text() and "of 3 accounts" in summary.read_text()
    (agency.root / "clients/bert/afsync.yaml").unlink()
    assert "2 accounts: " in agency.does("plan", "--all", *flags, code=Exit.ERROR).out


@pytest.mark.parametrize("args", [("init",), ("plan", "--notify")])
def test_what_changes_something_is_waited_for_after_a_signal(
    args: tuple[str, ...], agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even longer than what only reads: its account would be said to be unchanged."""
    monkeypatch.setattr(side_by_side, "_PATIENCE", 0.0)
    agency.client("dora")
    agency.does("init", "--all", "--account", "dora")
    agency.control.fault("GET /account#1: received-then-hold")

    def interrupt() -> None:
        assert agency.control.held()
        os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.5, agency.control.release).start()

    threading.Thread(target=interrupt, daemon=True).start()
    done = agency.does(*args, "--all", "--account", "dora", code=Exit.INTERRUPTED)
    assert "Interrupted: finishing 1 account" in done.err
    assert agency.blocks(done) == ["dora"] and "nothing was changed" not in done.out
