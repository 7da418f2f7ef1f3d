"""What a project's files come to: everything the other layers need to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from afsync.config.fields import deletes_percent, quarantine_seconds
from afsync.config.models import BASE_URL, QUARANTINE, STATE, Api, LimitsPart, ProjectFile
from afsync.core.policy import NO_POLICY, Policy
from afsync.core.resources import Desired, Limits
from afsync.errors import Location

if TYPE_CHECKING:
    from afsync.config.declared import Declared

PROJECT_FILE = "afsync.yaml"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this project is run. `quarantine` is in seconds; `state` is a path relative to the root."""

    lineage: str | None = None
    base_url: str = BASE_URL
    exclusive: bool = False
    quarantine: int = quarantine_seconds(QUARANTINE)
    state: str = STATE
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read: its path relative to the root, with `/`, and the hash of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Project:
    """A loaded project. `files` are in the order they were read: afsync.yaml, then what it includes, sorted."""

    root: Path
    desired: Desired
    settings: Settings
    files: tuple[SourceFile, ...]
    places: Mapping[str, Declared] = field(default_factory=dict, repr=False, compare=False)
    policy: Policy = NO_POLICY

    def locate(self, address: str) -> Location | None:
        """Where a resource, or a limit (`limits.max_credits`), is declared.

        Positions are looked for only when there is something to say about one.
        """
        declared = self.places.get(address)
        return declared.location if declared else None


def limits_of(file: ProjectFile) -> Limits:
    """The limits that a valid afsync.yaml declares."""
    limits = file.limits or LimitsPart()
    most = limits.max_deletes
    if isinstance(most, str):
        return Limits(limits.max_credits, limits.max_creates, None, deletes_percent(most))
    return Limits(limits.max_credits, limits.max_creates, most)


def settings_of(file: ProjectFile) -> Settings:
    """The settings of a valid afsync.yaml, with the defaults filled in."""
    api = file.api or Api()
    return Settings(
        lineage=file.lineage,
        base_url=api.base_url.rstrip("/"),
        exclusive=api.exclusive,
        quarantine=quarantine_seconds(api.quarantine),
        state=file.state,
        timezone=file.timezone,
    )
