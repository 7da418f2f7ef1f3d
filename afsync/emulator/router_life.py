"""The router's life of a job: production and people write the same status field, and the last write stays.

Pure functions of the stored instants and of the events of people, as `lifecycle` is for the other dialects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.emulator.lifecycle import Life, ProductionPhase

ROUTER = "router"
"""The `mode` of a job that lives by these rules; `publishMode` has no effect on it."""

GHOST = "ghost"
"""The `origin` of a row that was written before its submission was refused."""

FINAL = frozenset({"complete", "published", "failed", "non-compliant"})
"""What a publish time can be sent to without being kept."""

ENDS = frozenset({"failed", "non-compliant", "operator_review", "ready_to_publish"})
"""How production can end, instead of with `complete`: `[failed]` in a topic does it."""

MIDWAY = frozenset({"sendback", "intervention", "hard_stop"})
"""What production can write half-way, instead of `passed`: `[sendback]` in a topic does it."""

Event = Mapping[str, Any]


class Story(Struct, frozen=True):
    """One job: its instants, its events in the order in which they came, and what it was submitted with."""

    life: Life
    events: tuple[Event, ...]
    platforms: tuple[str, ...] = ()
    topic: str = ""
    ghost: bool = False


class Publication(Struct, frozen=True):
    """A publication that happened. `by`: production, an approval, or a person in the product (`hand`)."""

    at: int
    platforms: tuple[str, ...]
    by: str
    private: bool = False


class WrittenRow(Struct, frozen=True):
    """The fields of the row that several writers share. `time` is the publish time as it was sent."""

    status: str
    staging: bool
    time: Any = None


def written(story: Story, now: int) -> WrittenRow:
    """The shared fields of the row as they are now."""
    row = WrittenRow("pending" if story.ghost else "queued", story.life.staged)
    for at, _, change in sorted(_writes(story), key=lambda write: write[:2]):
        if at <= now:
            row = replace(row, **change)
    return row


def phase(story: Story, now: int) -> ProductionPhase:
    """What really became of it, whatever the row says: a cancel stops nothing."""
    life = story.life
    if story.ghost or life.started is None or now < life.started:
        return ProductionPhase.QUEUED
    if life.finished is None or now < life.finished:
        return ProductionPhase.RUNNING
    if life.outcome in ("failed", "non-compliant"):
        return ProductionPhase(life.outcome)
    if publications(story, now):
        return ProductionPhase.PUBLISHED
    under_way = any(event["what"] == "approve" and now < event["ends"] for event in story.events)
    return ProductionPhase.PUBLISHING if under_way else ProductionPhase.PRODUCED


def publications(story: Story, now: int) -> list[Publication]:
    """The publications until now, oldest first; a job can be published several times."""
    found = [one for one in (_at_the_end(story), *map(_approved, story.events)) if one is not None]
    return sorted((one for one in found if one.at <= now and one.platforms), key=lambda one: one.at)


def approvals(story: Story, now: int) -> list[Publication]:
    """The publications that approvals made until now."""
    found = (one for one in map(_approved, story.events) if one is not None)
    return [one for one in found if one.at <= now and one.platforms]


def failed_platforms(story: Story, now: int) -> list[str]:
    """Where the latest attempt to publish failed."""
    failed: list[str] = []
    for event in story.events:
        ends = event.get("ends", story.life.finished)
        if "fails" in event and ends is not None and ends <= now:
            tried = event.get("platforms", story.platforms)
            failed = [name for name in tried if name in event["fails"]]
    return failed


def outcome(topic: str) -> str:
    """The outcome of production that a topic asks for: `complete` unless it holds a marker."""
    return next((word for word in _markers(topic) if word in ENDS), "complete")


def _at_the_end(story: Story) -> Publication | None:
    """Production ends with publishing, at once, unless the job is staged; or a person published it in the product."""
    life = story.life
    if life.finished is not None and life.outcome == "complete" and not life.staged:
        return Publication(life.finished, _good(story.platforms, story.events[:1]), "production")
    return None if life.published is None else Publication(life.published, story.platforms, "hand")


def _approved(event: Event) -> Publication | None:
    if event["what"] != "approve":
        return None
    return Publication(event["ends"], _good(event["platforms"], [event]), "approval", event.get("private", False))


def _good(platforms: Any, events: Any) -> tuple[str, ...]:
    fails = {name for event in events for name in event.get("fails", ())}
    return tuple(name for name in platforms if name not in fails)


def _writes(story: Story) -> list[tuple[int, int, dict[str, Any]]]:
    """Instant, order within it, and the changed fields. Production comes first: an event saw what it had written."""
    life = story.life
    found: list[tuple[int, int, dict[str, Any]]] = []
    if life.started is not None:
        found.append((life.started, 0, {"status": "running", "time": None}))
    if life.started is not None and life.finished is not None:
        midway = next((word for word in _markers(story.topic) if word in MIDWAY), "passed")
        found.append(((life.started + life.finished) // 2, 1, {"status": midway, "time": None}))
        found.append((life.finished, 2, {"status": life.outcome, "time": None}))
    for order, event in enumerate(story.events, start=3):
        found += [(at, order, change) for at, change in _event_writes(event)]
    return found


def _event_writes(event: Event) -> list[tuple[int, dict[str, Any]]]:
    at = event["at"]
    match event["what"]:
        case "cancel":
            return [(at, {"status": "cancelled"})]
        case "schedule" if event["kept"]:
            return [(at, {"status": "scheduled", "time": event["time"]})]
        case "advance":
            return [(at, {"status": event["to"]})]
        case "approve":
            worked = bool(_good(event["platforms"], [event]))
            after = {"status": "published"} if worked else {"status": "complete", "staging": True}
            begun = {"status": "publishing", "staging": False, **_sent_time(event)}
            return [(at, begun), (event["ends"], after)]
    return []


def _sent_time(event: Event) -> dict[str, Any]:
    return {"time": event["time"]} if "time" in event else {}


def _markers(topic: str) -> list[str]:
    words = {"fail": "failed"}
    return [words.get(word, word) for word in re.findall(r"\[([a-z_-]+)\]", topic)]
