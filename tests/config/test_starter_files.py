"""What `init` writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from afsync.config.loader import load
from afsync.config.starter_files import SCHEMA_FILE, starter
from tests.config.support import write

LINEAGE = "0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11"
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def test_the_starter_loads(tmp_path: Path) -> None:
    files = starter(LINEAGE, NOW)
    project = load(write(tmp_path, files), environ={})
    assert project.settings.lineage == LINEAGE
    (job,) = project.desired.jobs.values()
    assert job.schedule is not None and job.schedule.utc == datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    assert job.template in project.desired.templates
    assert files["afsync.yaml"].startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
