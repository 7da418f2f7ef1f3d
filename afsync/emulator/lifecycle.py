"""Where a job is in its life: pure functions of its stored instants and the time that it is now."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

QUEUE_S, SHORT_S, LONG_S_PER_MINUTE, PUBLISHING_S = 15, 165, 60, 20
"""Seconds at speed 1: waiting, producing a short, producing a minute of a long one, publishing."""


class ProductionPhase(StrEnum):
    """The emulator's own words; each dialect has its own for the outside."""

    QUEUED = "queued"
    RUNNING = "running"
    PRODUCED = "produced"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    NON_COMPLIANT = "non-compliant"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({ProductionPhase.QUEUED, ProductionPhase.RUNNING})
ENDED = frozenset(
    {ProductionPhase.PUBLISHED, ProductionPhase.FAILED, ProductionPhase.NON_COMPLIANT, ProductionPhase.CANCELLED}
)


class Life(Struct, frozen=True):
    """The instants (epoch milliseconds; None: not, or not yet) that decide.

    `auto`: production and immediate publishing go by the clock, otherwise by control calls.
    `forced`: a status set by a control call.
    """

    mode: str
    staged: bool
    auto: bool
    outcome: str
    publishing_ms: int
    started: int | None = None
    finished: int | None = None
    publish_at: int | None = None
    approved: int | None = None
    published: int | None = None
    cancelled: int | None = None
    forced: str | None = None


def phase(life: Life, now: int) -> ProductionPhase:
    """The phase at `now` (epoch milliseconds)."""
    if life.cancelled is not None:
        return ProductionPhase.CANCELLED
    if life.started is None or now < life.started:
        return ProductionPhase.QUEUED
    if life.finished is None or now < life.finished:
        return ProductionPhase.RUNNING
    if life.outcome != "complete":
        return ProductionPhase(life.outcome)
    begins, ends = publication(life)
    if ends is not None and now >= ends:
        return ProductionPhase.PUBLISHED
    return ProductionPhase.PUBLISHING if begins is not None and now >= begins else ProductionPhase.PRODUCED


def publication(life: Life) -> tuple[int | None, int | None]:
    """When publishing begins and ends, as far as that is settled."""
    if life.published is not None:
        return life.published, life.published
    begins = _trigger(life)
    return begins, None if begins is None else begins + life.publishing_ms


def _trigger(life: Life) -> int | None:
    if life.approved is not None or life.staged:
        return life.approved
    if life.publish_at is not None and life.finished is not None:
        return max(life.publish_at, life.finished)
    return life.finished if life.mode == "immediate" and life.auto else None


def production_times(spec: Mapping[str, Any], now: int, speed: float | Literal["manual"]) -> dict[str, Any]:
    """The instants of a job submitted now; `speed` scales production, never the publish time."""
    if speed == "manual":
        return {"started": None, "finished": None, "auto": False, "publishing_ms": 0}
    minutes = float(spec.get("durationMins") or 1)
    seconds = LONG_S_PER_MINUTE * minutes + SHORT_S if spec.get("format") == "long" else SHORT_S
    started = now + round(QUEUE_S * 1000 / speed)
    finished = started + round(seconds * 1000 / speed)
    return {"started": started, "finished": finished, "auto": True, "publishing_ms": round(PUBLISHING_S * 1000 / speed)}


def advance(life: Life, status: str, now: int) -> dict[str, Any]:
    """The instants to change so that a job has `status` now, whatever it was; an unknown status is forced."""
    back: dict[str, Any] = {"cancelled": None, "published": None, "forced": None, "outcome": "complete"}
    done = {**back, "started": _past(life.started, now), "finished": _past(life.finished, now)}
    match status:
        case "queued":
            return {**back, "started": None, "finished": None}
        case "running" | "processing":
            rest = None
            if life.auto and life.started is not None and life.finished is not None:
                rest = now + life.finished - life.started
            return {**back, "started": now, "finished": rest}
        case "complete":
            return {**done, "approved": None}
        case "published":
            return {**done, "published": now}
        case "failed" | "non-compliant":
            return {**done, "outcome": status}
        case "cancelled":
            return {**back, "cancelled": now}
        case _:
            return {"forced": status}


def _past(instant: int | None, now: int) -> int:
    return now if instant is None else min(instant, now)
