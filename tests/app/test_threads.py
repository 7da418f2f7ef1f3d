"""The Python API in processes that use it from threads: none of them crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from afsync.emulator.server import running
from tests.app.test_python_api import yaml
from tests.harness import Sandbox
from tests.workspace.conftest import Agency
from tests.workspace.conftest import agency as agency

ONE_AFTER_THE_OTHER = """
import afsync, threading
project = afsync.open(".")
for _ in range(5):
    thread = threading.Thread(target=project.validate)
    thread.start(); thread.join()
"""

FORKED = """
import afsync, os, threading
project = afsync.open(".")
def validate():
    thread = threading.Thread(target=project.validate)
    thread.start(); thread.join()
validate()
child = os.fork()
if child == 0:
    for _ in range(5):
        validate()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0, "the child crashed"
validate()
"""

FORKED_WHILE_ANOTHER_READS = """
import afsync, os, signal
from afsync.config import fast_parser
project = afsync.open(".")
project.validate()
with fast_parser._loader.lock:  # as by another thread, which is not there in the child
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        project.validate()
        os._exit(0)
assert os.waitpid(child, 0)[1] == 0, "the child waits for ever"
"""

AT_ONCE = """
import afsync, threading
barrier, failed = threading.Barrier(8), []
def use():
    try:
        project = afsync.open(".")
        barrier.wait()
        project.plan(); project.status(); project.calendar(); project.validate()
    except BaseException as error:
        failed.append(error)
for _ in range(2):
    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
assert not failed, failed
"""

EMPTY = "version: 1\njobs: {}\n"


def process(script: str, folder: Path, environ: dict[str, str]) -> None:
    command = [sys.executable, "-X", "faulthandler", "-W", "ignore::DeprecationWarning", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_first_used_in_a_thread_that_ends(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").write_text(EMPTY)
    process(ONE_AFTER_THE_OTHER, tmp_path, dict(os.environ))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_after_it_was_used_in_a_thread(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").write_text(EMPTY)
    process(FORKED, tmp_path, dict(os.environ))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_while_another_thread_reads(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").write_text(EMPTY)
    process(FORKED_WHILE_ANOTHER_READS, tmp_path, dict(os.environ))


def test_first_used_in_many_threads_at_once(tmp_path: Path) -> None:
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        sandbox = Sandbox(tmp_path, emulator)
        sandbox.write(yaml())
        sandbox.does("init")
        process(AT_ONCE, sandbox.root, sandbox.environ())


def test_all_accounts_where_the_workspace_is_not_read_fast(agency: Agency) -> None:
    """The accounts' own files are the first that the fast parser reads, in threads that end between plan and apply."""
    agency.workspace("shared: &shared [shared/*.yaml]\nlimits: {max_credits: 100}\n")
    done = agency.run("apply", "--all", "--auto-approve", "--jobs", "1")
    assert (done.code, done.err.count("Traceback")) == (0, 0), done.text
