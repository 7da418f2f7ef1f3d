"""The types of single values in a state: what a field may hold, and that a field is new in format 2."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from msgspec import Meta

from afsync.core.resources import ADDRESS

T = TypeVar("T")

NEW = Meta(extra={"format": 2})
New = Annotated[T, NEW]
"""A field that format 1 does not have: left out where it has its default."""

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0)]
_END = r"$(?!\n)"  # `$` alone would let a line end follow
_ADDRESS = f"^{re.sub(r'[?]P<[a-z]+>', '', ADDRESS.pattern)}{_END}"
_AN_ADDRESS = "an address such as template.weekly or job.best-cs2"
Address = Annotated[str, Meta(title=_AN_ADDRESS, pattern=_ADDRESS)]
AddressKey = Annotated[str, Meta(title=_AN_ADDRESS, extra_json_schema={"pattern": _ADDRESS})]
"""The same where there are thousands: the store checks it four times as fast, together with the kind."""
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
Uuid = Annotated[str, Meta(title="a UUID", pattern=f"^{UUID.pattern}{_END}")]
Sha256 = Annotated[str, Meta(title="a sha256", pattern=f"^[0-9a-f]{{64}}{_END}")]
