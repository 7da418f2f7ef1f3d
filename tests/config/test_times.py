"""Publish times, and that the version of the zone data that decides them is recorded."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata

from afsync.config.occurrences import expand
from afsync.config.problems import InvalidValue
from afsync.config.times import parse_schedule, parse_zone, zone_data
from afsync.core.resources import Schedule
from afsync.core.state import Considered, Recorded
from tests.builders import LINEAGE
from tests.config.support import loaded, problems

GOOD: list[tuple[str, str | None, str]] = [
    ("2026-12-01 09:00", "Europe/Berlin", "2026-12-01T08:00:00"),
    ("2026-07-01 09:00", "Europe/Berlin", "2026-07-01T07:00:00"),
    ("2026-12-01T09:00:30", "Europe/Berlin", "2026-12-01T08:00:30"),
    ("2026-12-01 09:00", "UTC", "2026-12-01T09:00:00"),
    ("2026-12-01 09:00", "Asia/Kathmandu", "2026-12-01T03:15:00"),
    ("2026-12-01 09:00Z", None, "2026-12-01T09:00:00"),
    ("2026-12-01T09:00:00Z", "Europe/Berlin", "2026-12-01T09:00:00"),
    ("2026-12-01 09:00+01:00", None, "2026-12-01T08:00:00"),
    ("2026-12-01 09:00-08:00", "Europe/Berlin", "2026-12-01T17:00:00"),
    ("2026-12-01 00:00+14:00", None, "2026-11-30T10:00:00"),
    ("2026-12-01 09:00-00:00", None, "2026-12-01T09:00:00"),
    ("2028-02-29 23:59:59Z", None, "2028-02-29T23:59:59"),
    ("2026-03-29 01:59", "Europe/Berlin", "2026-03-29T00:59:00"),
    ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00"),
    ("2026-10-25 01:59", "Europe/Berlin", "2026-10-24T23:59:00"),
    ("2026-10-25 03:00", "Europe/Berlin", "2026-10-25T02:00:00"),
    ("2026-03-29 02:30+01:00", "Europe/Berlin", "2026-03-29T01:30:00"),
    ("9999-12-31T00:00:00Z", "Pacific/Kiritimati", "9999-12-31T00:00:00"),
]


@pytest.mark.parametrize(("written", "zone", "utc"), GOOD)
def test_a_time_is_an_instant(written: str, zone: str | None, utc: str) -> None:
    assert parse_schedule(written, zone) == Schedule(written, datetime.fromisoformat(utc).replace(tzinfo=UTC), zone)


BAD: list[tuple[str, str | None, str]] = [
    ("2026-12-01", "UTC", "bad_time"),
    ("09:00", "UTC", "bad_time"),
    ("2026-12-01 9:00", "UTC", "bad_time"),
    ("2026-12-1 09:00", "UTC", "bad_time"),
    ("2026-12-01  09:00", "UTC", "bad_time"),
    ("2026-12-01t09:00", "UTC", "bad_time"),
    ("2026-12-01 09:00z", "UTC", "bad_time"),
    ("2026-12-01 09:00 Z", "UTC", "bad_time"),
    ("2026-12-01 09:00+0100", "UTC", "bad_time"),
    ("2026-12-01 09:00.5Z", "UTC", "bad_time"),
    ("2026-12-01 09:00 Europe/Berlin", "UTC", "bad_time"),
    ("2026-13-01 09:00Z", "UTC", "bad_time"),
    ("2026-12-01 09:60Z", "UTC", "bad_time"),
    ("2026-12-01 09:00+01:60", "UTC", "bad_time"),
    ("9999-12-31 23:59-01:00", "UTC", "bad_time"),
    ("9999-12-31 23:59Z", "UTC", "bad_time"),
    ("0001-01-01 12:00", "Europe/Berlin", "bad_time"),
    ("٢٠٢٦-12-01 09:00Z", "UTC", "bad_time"),
    ("", "UTC", "bad_time"),
    ("2026-12-01 09:00", None, "no_timezone"),
    ("2026-03-29 02:00", "Europe/Berlin", "dst_gap"),
    ("2026-03-29 02:59:59", "Europe/Berlin", "dst_gap"),
    ("2026-03-08 02:30", "America/New_York", "dst_gap"),
    ("2026-10-04 02:15", "Australia/Lord_Howe", "dst_gap"),
    ("2011-12-30 12:00", "Pacific/Apia", "dst_gap"),
    ("2026-10-25 02:00", "Europe/Berlin", "dst_overlap"),
    ("2026-10-25 02:59:59", "Europe/Berlin", "dst_overlap"),
    ("2026-11-01 01:30", "America/New_York", "dst_overlap"),
]


@pytest.mark.parametrize(("written", "zone", "code"), BAD)
def test_what_is_not_one_instant_is_refused(written: str, zone: str | None, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_schedule(written, zone)
    assert caught.value.code == code and caught.value.hint


@pytest.mark.parametrize(
    ("written", "zone", "hint"),
    [
        ("tomorrow", "UTC", "write it as 2026-12-01 09:00"),
        ("tomorrow", None, "write it as 2026-12-01 09:00; add Z or an offset such as +01:00"),
        ("2027-02-20 9:00", "UTC", "write it as 2027-02-20 09:00, with two digits for the hour"),
        ("2027-2-3T09:00", "UTC", "write it as 2027-02-03 09:00"),
        ("2027-02-20 09:00:30 z", None, "write it as 2027-02-20 09:00:30Z"),
        ("2027-02-20 09:00+0100", None, "write it as 2027-02-20 09:00+01:00"),
        ("2027-02-20 25:00", "UTC", "use a day and a time that exist"),
        ("2027-02-29 09:00", None, "use a day and a time that exist"),
    ],
)
def test_how_to_write_it(written: str, zone: str | None, hint: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_schedule(written, zone)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("written", "zone", "offsets"),
    [
        ("2026-10-25 02:30", "Europe/Berlin", ("+02:00", "+01:00")),
        ("2026-11-01 01:30:15", "America/New_York", ("-04:00", "-05:00")),
    ],
)
def test_both_offsets_are_offered_and_both_work(written: str, zone: str, offsets: tuple[str, str]) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_schedule(written, zone)
    instants = {parse_schedule(written + offset, zone).utc for offset in offsets}
    assert len(instants) == 2
    assert all(written + offset in (caught.value.hint or "") for offset in offsets)


@pytest.mark.parametrize(
    ("written", "zone", "there"),
    [
        ("2026-03-29 02:30", "Europe/Berlin", ("2026-03-29 01:30", "2026-03-29 03:30")),
        ("2026-10-04 02:15", "Australia/Lord_Howe", ("2026-10-04 01:45", "2026-10-04 02:45")),
        ("2011-12-30 12:00", "Pacific/Apia", ("2011-12-29 12:00", "2011-12-31 12:00")),
    ],
)
def test_the_times_before_and_after_a_gap_are_offered_and_both_work(
    written: str, zone: str, there: tuple[str, str]
) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_schedule(written, zone)
    assert " or ".join(there) in (caught.value.hint or "")
    earlier, later = (parse_schedule(time, zone).utc for time in there)
    assert earlier < later


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
def test_every_quarter_of_an_hour_of_a_year_is_what_zoneinfo_says(zone: str) -> None:
    local = datetime(2011, 1, 1)  # noqa: DTZ001
    while local < datetime(2012, 1, 1):  # noqa: DTZ001
        fits = {
            moment.astimezone(UTC)
            for moment in (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
            if moment.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
        }
        try:
            assert {parse_schedule(f"{local:%Y-%m-%d %H:%M}", zone).utc} == fits
        except InvalidValue as wrong:
            assert (wrong.code, len(fits)) in {("dst_gap", 0), ("dst_overlap", 2)}
        local += timedelta(minutes=15)


NO_ZONES = {
    "localtime": "Asia/Tokyo",
    "posixrules": "America/New_York",
    "Factory": "Europe/Berlin or UTC",
    "right/Europe/Berlin": "write Europe/Berlin",
    "posix/Europe/Paris": "write Europe/Paris",
    "right/Nowhere": "an IANA name",
    "posix/localtime": "an IANA name",
}


@pytest.mark.parametrize(("name", "hint"), NO_ZONES.items())
def test_what_is_no_zone_of_its_own_is_refused(
    name: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zoneinfo" / "Asia").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Asia" / "Tokyo").touch()
    monkeypatch.setattr("afsync.config.times._LOCALTIME", tmp_path / "localtime")
    (tmp_path / "localtime").symlink_to("zoneinfo/Asia/Tokyo")
    parse_zone.cache_clear()
    (problem,) = problems(tmp_path, f"version: 1\ntimezone: {name}\n")
    assert problem.code == "unknown_timezone" and f"`{name}`" in problem.message
    assert hint in (problem.hint or "")


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
