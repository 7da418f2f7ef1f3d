"""The types of single values in a state; among them what was seen of the service keeping what it accepted."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from afsync.core.addresses import ADDRESS
from afsync.core.resources import Utc

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


class Effect(StrEnum):
    """What the service accepts and may not keep."""

    SCHEDULE = "schedule"
    CANCEL = "cancel"
    PUBLICATION = "publication"


class Finding(StrEnum):
    """Whether something that was accepted was kept. Before that is known there is no finding; UNKNOWN is where it
    cannot become known any more, and counts neither way."""

    KEPT = "kept"
    LOST = "lost"
    UNKNOWN = "unknown"


class Trust(Struct, frozen=True, forbid_unknown_fields=True):
    """How often one effect was kept and lost in this account, and when it was last seen so (UTC)."""

    kept: Count
    lost: Count
    last_kept: Utc | None
    last_lost: Utc | None

    @property
    def holds(self) -> bool:
        """Whether none was lost since the last one that was kept."""
        return self.last_lost is None or (self.last_kept is not None and self.last_kept >= self.last_lost)

    def with_finding(self, finding: Finding, at: Utc) -> Trust:
        """One more, seen at `at`."""
        if finding is Finding.KEPT:
            return replace(self, kept=self.kept + 1, last_kept=at)
        if finding is Finding.LOST:
            return replace(self, lost=self.lost + 1, last_lost=at)
        return self


UNSEEN = Trust(0, 0, None, None)
"""An effect of which nothing was seen yet."""


class CostKind(StrEnum):
    """The kinds of job that differ in price."""

    SHORT = "short"
    LONG = "long"
    GENERATE = "generate"


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    """What the last job of a kind took in this account: credits, when it was seen (UTC), and how many were seen."""

    credits: Count
    at: Utc
    seen: Count = 1


class StagingIgnored(Struct, frozen=True, forbid_unknown_fields=True):
    """The service answered `staging: false` to a submission that asked for a review: which one, and when (UTC)."""

    job_id: Text
    at: Utc
