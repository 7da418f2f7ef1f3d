"""Which version of the time zone data decides about a zone: that of the system, or of the package tzdata."""

from __future__ import annotations

import re
import zoneinfo
from functools import lru_cache
from pathlib import Path

_VERSION = re.compile(r"(?:# version )?(\d{4}[a-z]{1,2})\b", re.ASCII)
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
