"""The channels of `notify`, and the events that they are notified of."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Event(StrEnum):
    """The events that a channel can be notified of: a plan has changes; a run applied something, or failed, or a job
    failed in production; a job waits for an approval; something was not kept by the service; a job is published."""

    PLAN = "plan"
    APPLIED = "applied"
    FAILED = "failed"
    WAITS = "waits"
    NOT_KEPT = "not_kept"
    PUBLISHED = "published"


class Channel(Struct, frozen=True):
    """One channel: the form of its messages, and its events."""

    name: str
    form: str = "slack"
    events: tuple[Event, ...] = tuple(Event)

    @property
    def variable(self) -> str:
        """The environment variable that holds its URL. No file can name another one."""
        return f"AFSYNC_NOTIFY_{self.name.upper().replace('-', '_')}"
