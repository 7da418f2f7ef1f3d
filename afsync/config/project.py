"""What a project's files come to: everything the other layers need to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from afsync.config.durations import quarantine_seconds, watch_seconds
from afsync.config.settings import LATE, QUARANTINE, SETTLE, STATE, WATCH, Settings
from afsync.config.value_checks import deletes_percent
from afsync.core.notification_channels import Channel, Event
from afsync.core.policy.rules import NO_POLICY, Policy
from afsync.core.remote_account import SERVICE
from afsync.core.resources import Bounds, Desired, Job, Limits
from afsync.errors import Location, Problem

if TYPE_CHECKING:
    from afsync.config.calendar import Calendar
    from afsync.config.declarations import Declared
    from afsync.core.series.occurrence_notices import Occurrences


class SourceFile(Struct, frozen=True):
    """A file that was read: its path relative to the root, with `/`, and the hash of its bytes."""

    path: str
    sha256: str


class LoadedProject(Struct, frozen=True):
    """A loaded project. `files` are in the order they were read: afsync.yaml, then what it includes, sorted.

    `calendar` is what is submitted as time passes, where there is any. What that comes to at a moment is among the
    desired jobs, and summed up in `occurrences`, once `config.occurrences.expand` was asked; `waiting` are single jobs
    that are not within their horizon by then. `zone` is what times of jobs without an offset are local to.
    """

    root: Path
    desired: Desired
    settings: Settings
    files: tuple[SourceFile, ...]
    places: Mapping[str, Declared] = field(default_factory=dict)
    policy: Policy = NO_POLICY
    warnings: tuple[Problem, ...] = ()
    calendar: Calendar | None = None
    occurrences: Occurrences | None = None
    waiting: Mapping[str, Job] = field(default_factory=dict)
    zone: str | None = None

    def locate(self, address: str, field: str | None = None) -> Location | None:
        """Where a resource, or a limit (`limits.max_credits`), is declared; where its `field` is, if it has that.

        Positions are looked for only when there is something to say about one.
        """
        declared = self.places.get(address)
        return declared.locate(field) if declared else None


def limits_of(file: Mapping[str, Any]) -> Limits:
    """The limits that a valid afsync.yaml declares."""
    limits = file.get("limits") or {}
    credits, creates, most = (limits.get(f"max_{what}") for what in ("credits", "creates", "deletes"))
    if isinstance(most, str):
        return Limits(credits, creates, None, deletes_percent(most))
    return Limits(credits, creates, most)


def settings_of(file: Mapping[str, Any]) -> Settings:
    """The settings of a valid afsync.yaml, with the defaults filled in."""
    api = file.get("api") or {}
    return Settings(
        lineage=file.get("lineage"),
        base_url=api.get("base_url", SERVICE).rstrip("/"),
        exclusive=api.get("exclusive"),
        quarantine=quarantine_seconds(api.get("quarantine", QUARANTINE)),
        late=quarantine_seconds(api.get("late", LATE)),
        settle=quarantine_seconds(api.get("settle", SETTLE)),
        watch=watch_seconds(api.get("watch", WATCH)),
        state=file.get("state", STATE),
        timezone=file.get("timezone"),
        account=file.get("account"),
        notify=tuple(_channel(name, part) for name, part in (file.get("notify") or {}).items()),
        auto_approve=bounds_of(file),
    )


def _channel(name: str, part: Mapping[str, Any]) -> Channel:
    return Channel(name, part.get("form", "slack"), tuple(map(Event, part.get("events", Event))))


def bounds_of(file: Mapping[str, Any]) -> Bounds | None:
    """What a valid afsync.yaml, or a valid workspace file, lets be applied unattended."""
    part = file.get("auto_approve")
    return None if part is None else Bounds(**part)
