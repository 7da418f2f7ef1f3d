"""What all tests share: figures that a test found end up under the results."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import tests.unsynced  # noqa: F401
from tests.dialects import out_of_turn
from tests.scale import EVERYTHING

# Tests start thousands of commands. Where no bytecode is written, compiling takes longer than most of what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Commands look for recovery files where temporary files go; in a folder of their own that is quick on any machine.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.gettempdir()
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="afsync-tests-")
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)

# A shell ignores it for what it starts in the background, and afsync leaves a signal that is ignored as it is.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The shared pieces assert too; registered here, before anything can have imported them.
pytest.register_assert_rewrite("tests.harness", "tests.scenarios.world")


def pytest_collection(session: pytest.Session) -> None:
    """Compiling all tests is shared among workers: each begins with other files, then reads what the rest wrote."""
    number, workers = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    if number is None or session.config.args != session.config.getini("testpaths"):
        return
    folder = Path(__file__).parent
    names = [".".join(p.relative_to(folder.parent).with_suffix("").parts) for p in sorted(folder.rglob("test_*.py"))]
    first = len(names) * int(number.removeprefix("gw")) // int(workers)
    for name in names[first:] + names[:first]:
        with suppress(pytest.skip.Exception):
            importlib.import_module(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The cases of a suite are shared among the dialects."""
    dropped = [] if EVERYTHING else list(out_of_turn(items))
    if dropped:
        left = set(dropped)
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in left]


def pytest_collection_finish() -> None:
    """Ten thousand collected tests stay to the end; the garbage collector need not go through them again and again.
    Of what tests make little is left for it: looking after every 700 objects takes a tenth of the time of a command."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests recorded with `record_property("figure", …)`."""
    figures = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in sorted(figures):
            terminalreporter.write_line(figure)
