"""What a project's files come to: everything the other layers need to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, convert, field

from afsync.config.durations import duration_seconds, watch_seconds
from afsync.config.keys.project import (
    LATE,
    QUARANTINE,
    SETTLE,
    STATE,
    WATCH,
    Api,
    AutoApprovePart,
    ChannelPart,
    LimitsPart,
    ProjectFile,
)
from afsync.config.keys.values import deletes_percent
from afsync.core.policy.rules import NO_POLICY, Policy
from afsync.core.remote_account import SERVICE
from afsync.core.resources import Bounds, Desired, Job, Limits
from afsync.errors import Location, Problem

if TYPE_CHECKING:
    from afsync.config.declarations import Declared
    from afsync.config.timed_submissions import TimedSubmissions
    from afsync.core.notifications import Channel
    from afsync.core.occurrence_notices import Occurrences


class Settings(Struct, frozen=True):
    """How this project is run; spans are in seconds, and `state` is a path relative to the root.

    `key` is where the key is, if a workspace says so: `env:NAME` or `file:PATH`. `auto_approve` is what may be applied
    unattended.
    """

    lineage: str | None = None
    base_url: str = SERVICE
    exclusive: bool | None = None
    quarantine: int = duration_seconds(QUARANTINE)
    late: int = duration_seconds(LATE)
    settle: int = duration_seconds(SETTLE)
    watch: int = watch_seconds(WATCH)
    state: str = STATE
    timezone: str | None = None
    account: str | None = None
    notify: tuple[Channel, ...] = ()
    key: str | None = None
    auto_approve: Bounds | None = None


class SourceFile(Struct, frozen=True):
    """A file that was read: its path relative to the root, with `/`, and the hash of its bytes."""

    path: str
    sha256: str


class LoadedProject(Struct, frozen=True):
    """A loaded project. `files` are in the order they were read: afsync.yaml, then what it includes, sorted.

    `timed_submissions` is what is submitted as time passes, where there is any. What that comes to at a moment is
    among the desired jobs, and summed up in `occurrences`, once `config.occurrences.expand` was asked; `waiting` are
    single jobs that are not within their horizon by then. `zone` is what times of jobs without an offset are local to.
    """

    root: Path
    desired: Desired
    settings: Settings
    files: tuple[SourceFile, ...]
    places: Mapping[str, Declared] = field(default_factory=dict)
    policy: Policy = NO_POLICY
    warnings: tuple[Problem, ...] = ()
    timed_submissions: TimedSubmissions | None = None
    occurrences: Occurrences | None = None
    waiting: Mapping[str, Job] = field(default_factory=dict)
    zone: str | None = None

    def locate(self, address: str, field: str | None = None) -> Location | None:
        """Where a resource, or a limit (`limits.max_credits`), is declared; where its `field` is, if it has that.

        Positions are looked for only when there is something to say about one.
        """
        declared = self.places.get(address)
        return declared.locate(field) if declared else None


_RESOURCES = frozenset({"templates", "jobs", "import", "vars", "defaults"})


def project_part(value: Mapping[str, Any]) -> ProjectFile:
    """What a valid afsync.yaml says beside its resources, with the defaults filled in."""
    return convert({**{k: v for k, v in value.items() if k not in _RESOURCES}, "version": 1}, ProjectFile)


def limits_of(file: ProjectFile) -> Limits:
    limits = file.limits or LimitsPart()
    if isinstance(limits.max_deletes, str):
        return Limits(limits.max_credits, limits.max_creates, None, deletes_percent(limits.max_deletes))
    return Limits(limits.max_credits, limits.max_creates, limits.max_deletes)


def settings_of(file: ProjectFile) -> Settings:
    api = file.api or Api()
    return Settings(
        lineage=file.lineage,
        base_url=api.base_url.rstrip("/"),
        exclusive=api.exclusive,
        quarantine=duration_seconds(api.quarantine),
        late=duration_seconds(api.late),
        settle=duration_seconds(api.settle),
        watch=watch_seconds(api.watch),
        state=file.state,
        timezone=file.timezone,
        account=file.account,
        notify=tuple(_channel(name, part) for name, part in (file.notify or {}).items()),
        auto_approve=bounds_of(file.auto_approve),
    )


def _channel(name: str, part: ChannelPart) -> Channel:
    from afsync.core.notifications import Channel, Event  # few projects have channels, and it loads what `status` needs

    return Channel(name, part.form, tuple(map(Event, part.events or Event)))


def bounds_of(part: AutoApprovePart | None) -> Bounds | None:
    """What may be applied unattended, where a project or a workspace says so."""
    return None if part is None else Bounds(part.max_credits, part.max_deletes)
