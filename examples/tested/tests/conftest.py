"""The project in a folder of the test, and afsync at work there."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
NOT_COPIED = shutil.ignore_patterns(".afsync", ".git", "tests", "__pycache__")


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def afsync(self, *args: str) -> str:
        """What a command prints; it has to exit with 0."""
        command = [sys.executable, "-m", "afsync", "-C", str(self.folder), *args]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def plan(self) -> dict:
        return json.loads(self.afsync("plan", "--json"))


@pytest.fixture
def project(tmp_path, afsync_emulator):
    shutil.copytree(PROJECT, tmp_path / "project", ignore=NOT_COPIED)
    made = Project(tmp_path / "project")
    made.afsync("init")
    return made
