"""Publish times: `2026-12-01 09:00`, with an offset or local to a time zone, to the instant they mean."""

from __future__ import annotations

import re
import zoneinfo
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from afsync.config.problems import Code, InvalidValue
from afsync.core.clocks import FIRST, LAST
from afsync.core.regex import regex
from afsync.core.resources import Schedule
from afsync.core.text import did_you_mean

_FORM = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?P<offset>Z|[+-]\d\d:\d\d)?)?", re.ASCII
)

_LOCALTIME = Path("/etc/localtime")

_LONGEST_CHANGE = timedelta(hours=25)
"""Clocks were moved by a whole day, where the date line was; never by more."""

_ADD_OFFSET = "; add Z or an offset such as +01:00"

_NEARLY = regex(r"(\d{4})-(\d\d?)-(\d\d?)[Tt ]\s*(\d\d?):(\d\d)(:\d\d)?\s*(?:([Zz])|([+-]\d\d):?(\d\d))?", re.ASCII)


def parse_schedule(written: str, zone: str | None) -> Schedule:
    """`written` as an instant; without an offset it is local to `zone`.

    InvalidValue(bad_time, no_timezone, dst_gap, dst_overlap); `zone` must be a name that `parse_zone` accepts.
    """
    found = _FORM.fullmatch(written)
    if found is None:
        raise _no_time(written, zone)
    if found.lastgroup == "date":
        raise InvalidValue(Code.BAD_TIME, f"`{written}` is a day without a time", f"add one: {written} 09:00")
    try:
        instant = _with_offset(written, found) if found.lastgroup == "offset" else _in_zone(written, zone)
        if not FIRST <= instant <= LAST:
            raise ValueError("it has to be from 0001-01-02 to 9999-12-31 00:00 UTC")
        return Schedule(written, instant, zone)
    except InvalidValue:
        raise
    except (ValueError, OverflowError) as error:
        raise InvalidValue(
            Code.BAD_TIME, f"`{written}` is not a time: {error}", "use a day and a time that exist"
        ) from None


def _no_time(written: str, zone: str | None) -> InvalidValue:
    shown, times = written[:40], times_meant(written)
    if len(times) > 1:
        message = f"`{shown}` can be two days: its day and its month may be the other way round"
        return InvalidValue(Code.BAD_TIME, message, f"write it as {' or as '.join(times)}")
    hint = f"write it as {times[0]}{'' if zone else _ADD_OFFSET}" if times else _write_as(written, zone)
    return InvalidValue(Code.BAD_TIME, f"`{shown}` is not a time", hint)


def _write_as(written: str, zone: str | None) -> str:
    """How to write what is nearly a time, or any."""
    near = _NEARLY.fullmatch(written)
    if near is None:
        example, offset = "2026-12-01 09:00", None
    else:
        year, month, day, hour, minute, seconds, utc, hours, minutes = near.groups()
        offset = "Z" if utc else f"{hours}:{minutes}" if hours else None
        example = f"{year}-{month:0>2}-{day:0>2} {hour:0>2}:{minute}{seconds or ''}{offset or ''}"
        if len(hour) == 1:
            example += ", with two digits for the hour"
    return f"write it as {example}" + ("" if zone or offset else _ADD_OFFSET)


@cache
def parse_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name. InvalidValue(unknown_timezone)."""
    if (meant := _no_zone(name)) is not None:
        message = f"`{name[:60]}` is a file of the time zone database, and not the name of a time zone"
        raise InvalidValue(Code.UNKNOWN_TIMEZONE, message, meant)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(name, (z for z in available_timezones() if _no_zone(z) is None))
        message = f"`{name[:60]}` is not a time zone"
        raise InvalidValue(
            Code.UNKNOWN_TIMEZONE, message, hint or "use an IANA name such as Europe/Berlin or UTC"
        ) from None


def _no_zone(name: str) -> str | None:
    """What to write in place of a file of the zone database that is no zone of its own; None for any other name."""
    first, _, rest = name.partition("/")
    match first.lower():
        case "right" | "posix" if rest:
            meant = rest if rest in available_timezones() and _no_zone(rest) is None else None
        case "posixrules":
            meant = "America/New_York"
        case "localtime":
            meant = _local_zone()
        case "factory":
            meant = None
        case _:
            return None
    return f"write {meant}" if meant else "use an IANA name such as Europe/Berlin or UTC"


def _local_zone() -> str | None:
    """The zone of this machine, where its name can be known."""
    try:
        found = str(_LOCALTIME.resolve()).rpartition("/zoneinfo/")[2]
    except (OSError, RuntimeError):
        return None
    return found if found in available_timezones() and found != "localtime" else None


def _with_offset(written: str, found: re.Match[str]) -> datetime:
    offset = found["offset"]
    if offset != "Z" and (int(offset[1:3]) > 14 or int(offset[4:6]) > 59):
        raise ValueError(f"there is no offset {offset}")
    return datetime.fromisoformat(written).astimezone(UTC)


def _in_zone(written: str, name: str | None) -> datetime:
    there = datetime.fromisoformat(f"{written}Z")
    if name is None:
        hint = f"add Z or an offset, such as {written}Z, or declare `timezone: Europe/Berlin` in afsync.yaml"
        raise InvalidValue(Code.NO_TIMEZONE, f"`{written}` has no offset, and no `timezone` is declared", hint)
    zone = parse_zone(name)
    # Around a change of the clocks, this is the offset before it. (At the end of the calendar there is no later.)
    offset = zone.utcoffset(there)
    later = there + _LONGEST_CHANGE if there.year < MAXYEAR else there.replace(fold=1)
    if offset is not None and (offset == zone.utcoffset(later) or offset == zone.utcoffset(there.replace(fold=1))):
        return there - offset
    local = there.replace(tzinfo=None)
    before, after = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if before.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local:
        message = f"`{written}` happens twice in {name}: the clocks are put back then"
        hint = f"say which: {written}{_offset(before)} or {written}{_offset(after)}"
        raise InvalidValue(Code.DST_OVERLAP, message, hint)
    message = f"`{written}` does not exist in {name}: the clocks are put forward then"
    ways = [f"{moment.astimezone(UTC).astimezone(zone):%Y-%m-%d %H:%M}" for moment in (after, before)]
    raise InvalidValue(Code.DST_GAP, message, f"use a time there is, such as {' or '.join(ways)}")


def _offset(moment: datetime) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


_YEAR_LAST = regex(r"(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<year>\d{4})(?P<rest>\D.*)?", re.ASCII)

_YEAR_FIRST = regex(r"(?P<year>\d{4})[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})(?P<rest>\D.*)?", re.ASCII)

_CLOCK = regex(r"[,T]?\s*(\d{1,2}):(\d\d)(:\d\d)?", re.ASCII)


def days_meant(text: str) -> list[date]:
    """The days that it can mean: two where day and month may be the other way round, none where it is no such date."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _days(found["year"], (found["month"], found["day"]))
    if found := _YEAR_LAST.fullmatch(text):
        return _days(found["year"], (found["b"], found["a"]), (found["a"], found["b"]))
    return []


def times_meant(text: str) -> list[str]:
    """The same with its time, as a schedule is written; 09:00 where it has none, and no times for a time that cannot be
    read."""
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    rest = (found["rest"] or "" if found else "").strip()
    clock = _CLOCK.fullmatch(rest) if rest else None
    if rest and (clock is None or int(clock[1]) > 23 or int(clock[2]) > 59):
        return []
    at = f"{clock[1]:0>2}:{clock[2]}{clock[3] or ''}" if clock else "09:00"
    return [f"{day} {at}" for day in days_meant(text)]


def _days(year: str, *pairs: tuple[str, str]) -> list[date]:
    found = []
    for month, day in dict.fromkeys(pairs):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return [*dict.fromkeys(found)]


_VERSION = regex(r"(?:# version )?(\d{4}[a-z]{1,2})\b", re.ASCII)

_HEAD = 100


def zone_data(zone: str | None) -> str | None:
    """`2026a`, or `unknown` where the system does not say which it has; None without a zone. The data is looked for as
    `zoneinfo` does."""
    if zone is None:
        return None
    folder = next((f for f in map(Path, zoneinfo.TZPATH) if (f / zone).is_file()), None)
    return _of_package() if folder is None else _of_system(folder)


@lru_cache
def _of_system(folder: Path) -> str:
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="ascii", errors="replace") as file:
                found = _VERSION.match(file.read(_HEAD))
        except OSError:
            continue
        if found is not None:
            return found[1]
    return "unknown"


@lru_cache
def _of_package() -> str:
    try:
        import tzdata
    except ImportError:
        return "unknown"
    return str(tzdata.IANA_VERSION)
