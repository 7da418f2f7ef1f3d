"""Which zone data decides, and that its version is recorded."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tzdata

from afsync.config.occurrences import expand
from afsync.config.times import zone_data
from afsync.core.state import Considered, Recorded
from tests.builders import LINEAGE
from tests.config.support import loaded

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
TEXT = """\
version: 1
timezone: Europe/Berlin
jobs:
  show:
    url: https://a.b/c
    repeat: {every: week, days: [mon], at: "09:00", from: 2026-12-07}
"""


@contextmanager
def searched(*folders: Path) -> Iterator[None]:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(folder) for folder in folders])
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=before)


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("tzdata.zi", "# version 2025b\n# ddeps\n", "2025b"),
        ("+VERSION", "2024a\n", "2024a"),
        ("tzdata.zi", "R a 1", "unknown"),
        ("README", "", "unknown"),
    ],
)
def test_a_system_says_which_it_has(tmp_path: Path, name: str, text: str, version: str) -> None:
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe/Berlin").touch()
    (tmp_path / name).write_text(text)
    with searched(tmp_path):
        assert zone_data("Europe/Berlin") == version
        assert zone_data("Europe/Paris") == tzdata.IANA_VERSION  # which is not there, so that the package decides


def test_without_a_system_the_package_decides() -> None:
    with searched():
        assert zone_data("Europe/Berlin") == tzdata.IANA_VERSION
    assert zone_data(None) is None


def test_it_is_remembered_with_what_was_considered_and_changes_nothing_by_itself(tmp_path: Path) -> None:
    found = expand(loaded(tmp_path, TEXT), Recorded(LINEAGE), NOW).occurrences
    assert found and found.considered["show"].zone_data == zone_data("Europe/Berlin")
    known = Considered(NOW, "2026-12-01", "2001a")
    again = expand(loaded(tmp_path, TEXT), Recorded(LINEAGE, series={"show": known}), NOW + timedelta(hours=1))
    assert again.occurrences and again.occurrences.considered["show"] is known
