"""Public holidays of a country or a part of it. The only module that imports holidays, an extra."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from msgspec import Struct

from afsync.config.problems import Code, InvalidValue


class PublicHolidays(Struct, frozen=True):
    """The holidays of a place such as `DE` or `DE-BE`."""

    of: str

    def has(self, day: date) -> bool:
        return day in known_days(self.of, day.year)


@lru_cache(maxsize=1000)
def known_days(of: str, year: int) -> frozenset[date]:
    """The holidays of a year. Raises InvalidValue where the library is missing, or does not know the place."""
    try:
        from holidays import country_holidays
    except ImportError:
        hint = "install it with `pip install 'afsync[holidays]'`, or list the dates in `except` with `skip`"
        raise InvalidValue(
            Code.MISSING, "`holidays` needs the library of that name, which is not installed", hint
        ) from None
    country, _, part = of.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:
        hint = "write the code of a country (ISO 3166), with that of a part of it or without: DE, DE-BE, US-NY"
        raise InvalidValue(Code.UNKNOWN_VALUE, f"the holidays of `{of}` are not known", hint) from None
