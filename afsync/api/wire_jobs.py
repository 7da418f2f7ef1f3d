"""Jobs on the wire: what is sent for one, and what an answer says about one (API.md, "Jobs")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afsync.api.text import kept, shown, whole
from afsync.api.wire import (
    Row,
    an_object,
    bad,
    first,
    id_of,
    iso,
    moment,
    moment_of,
    optional_text,
    rows_of,
    text_of,
)
from afsync.core.remote import RemoteJob
from afsync.core.resources import EMPTY

ECHOED = ("entry", "productionProfile", "contentType", "topic", "tone", "format")
"""The submitted texts that some dialect echoes; `platforms` and `addOns` come on top."""


def schedule_body(at: datetime | None) -> dict[str, str | None]:
    """The body of PATCH /jobs/:id/schedule, under both names."""
    value = None if at is None else iso(at)
    return {"scheduledAt": value, "scheduledPublishAt": value}


def parse_page(value: object) -> list[RemoteJob]:
    """One page of GET /jobs, in the service's order."""
    what = "GET /jobs"
    return [parse_job(row, what) for row in rows_of(value, "jobs", what)]


def parse_job(value: object, what: str) -> RemoteJob:
    """One job, as listed or alone. A status that nobody knows is kept as it is."""
    row = value if isinstance(value, dict) else an_object(value, what)
    portals = row.get("portals")
    return RemoteJob(
        id=id_of(row, what, "jobId", "id"),
        status=text_of(row, what, "status"),
        created_at=moment_of(row, what, "createdAt"),
        echo=_echo(row),
        updated_at=moment_of(row, what, "updatedAt"),
        output_url=optional_text(row, "outputUrl"),
        score=_score(first(row, "score", "grade")),
        portals=shown(portals) if portals and isinstance(portals, dict) else EMPTY,
    )


def parse_publish_times(value: object) -> dict[str, datetime]:
    """GET /schedule: publish times still ahead, by job id. A row without a time says nothing."""
    what = "GET /schedule"
    times: dict[str, datetime] = {}
    for row in rows_of(value, "scheduled", what):
        at = moment_of(row, what, "scheduledAt", "scheduledPublishAt")
        if at is not None:
            times[id_of(row, what, "jobId", "id")] = at
    return times


def check_schedule_set(value: object, at: datetime | None) -> None:
    """The answer to PATCH /jobs/:id/schedule; BadAnswer when it speaks of another time than `at`."""
    what = "PATCH /jobs/:id/schedule"
    row = an_object(value, what)
    told = first(row, "scheduledAt", "scheduledPublishAt")
    if told is None:
        return
    found = moment(told)
    if found is None or at is None or abs((found - at).total_seconds()) > 1:
        raise bad(what, f"the publish time {iso(at)}" if at else "no publish time any more", told)


def _echo(row: Row) -> Mapping[str, Any]:
    """What was submitted, as far as it is told. Null, empty, or of another form than it was sent: not told."""
    echo: dict[str, Any] = {}
    for name in ECHOED:
        value = row.get(name)
        if value and isinstance(value, str):
            echo[name] = whole(value)
    platforms = row.get("platforms")
    if platforms and isinstance(platforms, list) and all(isinstance(p, str) for p in platforms):
        echo["platforms"] = [whole(p) for p in platforms]
    add_ons = row.get("addOns")
    if add_ons and isinstance(add_ons, dict):
        echo["addOns"] = kept(add_ons)
    return echo or EMPTY


def _score(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return whole(str(value))
