"""The keys of occurrences: the local date of the rule, and the name of the time where it is not the main one."""

from __future__ import annotations

import re
from datetime import date

MAIN = "main"
"""The name of a time that does not show in an address."""
_INSTANCE = re.compile(r"(\d{4}-\d\d-\d\d)(?:/([A-Za-z0-9][A-Za-z0-9._-]{0,99}))?", re.ASCII)
_ADDRESS = re.compile(r'job\.(?P<key>[^\[]+)\["(?P<instance>[^"]+)"\]')


def instance_of(day: date, name: str) -> str:
    """`2026-12-07`, `2026-12-07/late`."""
    return day.isoformat() if name == MAIN else f"{day.isoformat()}/{name}"


def parse_instance(text: str) -> tuple[date, str] | None:
    """The date and the name of the time; None for anything else, `…/main` included: an occurrence has one key."""
    found = _INSTANCE.fullmatch(text)
    if found is None or found[2] == MAIN:
        return None
    try:
        return date.fromisoformat(found[1]), found[2] or MAIN
    except ValueError:
        return None


def occurrence_address(series: str, instance: str) -> str:
    return f'job.{series}["{instance}"]'


def occurrence_of(address: str) -> tuple[str, str] | None:
    """The key of the series and the instance, of an address such as `job.show["2026-12-07"]`."""
    found = _ADDRESS.fullmatch(address)
    return (found["key"], found["instance"]) if found else None
