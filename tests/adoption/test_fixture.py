"""The fixture `afsync_emulator`, as the tests of a project use it; and that it disturbs no other pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/tested"
OWN = """
import os
import pytest

@pytest.mark.afsync_emulator(dialect="deployed", credits=5)
def test_options(afsync_emulator):
    assert afsync_emulator.control.options()["dialect"] == "deployed"
    assert os.environ["AURAFLUX_BASE_URL"] == afsync_emulator.url

def test_another_has_its_own(afsync_emulator):
    assert afsync_emulator.control.jobs() == []
"""
CHEAP = """
import sys

def test_nothing_is_loaded():
    assert not {"afsync.emulator.app", "starlette", "uvicorn", "msgspec", "httpx"} & {*sys.modules}
"""


def pytest_there(folder: Path) -> subprocess.CompletedProcess[str]:
    """A pytest of its own, with nothing of ours but the plugin: where it is installed, and where only its files are."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "PYTEST_"))}
    environ |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(EXAMPLE.parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    plugin = ("-p", "afsync.emulator.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers")
    command = [sys.executable, "-m", "pytest", *plugin, "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)


def test_the_tests_of_the_example() -> None:
    done = pytest_there(EXAMPLE)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_options_and_what_it_costs_others(tmp_path: Path) -> None:
    (tmp_path / "test_cheap.py").write_text(CHEAP)
    (tmp_path / "test_own.py").write_text(OWN)
    done = pytest_there(tmp_path)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
