"""Jobs on the wire: what is sent for one, and what an answer says about one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from afsync.api.wire import (
    Row,
    an_object,
    bad,
    first,
    id_of,
    iso,
    list_of,
    made_up_id,
    moment,
    moment_of,
    optional_text,
    printable,
    printable_in,
    quoted,
    text_of,
    usable_id,
    valid_unicode,
    valid_unicode_in,
)
from afsync.core.body_fields import ECHOED
from afsync.core.links import text_without_signed
from afsync.core.remote_account import NOT_KNOWN, JobResult, RemoteJob
from afsync.core.resources import EMPTY, Values
from afsync.core.service_statuses import ended_badly

_ECHOED_TEXTS = tuple(field for field in ECHOED if field not in ("platforms", "addOns"))


def schedule_body(at: datetime | None) -> dict[str, str | None]:
    """The body of PATCH /jobs/:id/schedule, under both names."""
    value = None if at is None else iso(at)
    return {"scheduledAt": value, "scheduledPublishAt": value}


def parse_page(value: object) -> list[RemoteJob]:
    """One page of GET /jobs, in the service's order."""
    what = "GET /jobs"
    return [_listed(row, what) for row in list_of(value, "jobs", what)]


def _listed(row: object, what: str) -> RemoteJob:
    """A row without a usable id gets one, which is the same on another page: it is neither a job nor nothing."""
    if isinstance(row, dict) and usable_id(first(row, "jobId", "id")):
        return parse_job(row, what)
    return RemoteJob(made_up_id(row), NOT_KNOWN, unreadable=f"a row of an unknown form: {quoted(row, 120)}")


def parse_job(value: object, what: str) -> RemoteJob:
    """One job, as listed or alone. An unknown status is kept as it is."""
    row = value if isinstance(value, dict) else an_object(value, what)
    status, portals = optional_text(row, "status"), portals_of(row.get("portals"))
    odd = [n for n in ("createdAt", "updatedAt") if row.get(n) is not None and moment(row[n]) is None]
    if status is None:
        odd.append("status")
    return RemoteJob(
        id=id_of(row, what, "jobId", "id"),
        status=NOT_KNOWN if odd or status is None else text_without_signed(status),
        created_at=moment(row.get("createdAt")),
        echo=_echo(row),
        updated_at=moment(row.get("updatedAt")),
        output_url=optional_text(row, "outputUrl"),
        score=_score(first(row, "score", "grade")),
        portals=portals,
        failure=failure_in(portals),
        unreadable=", ".join(f"`{n}` is {quoted(row.get(n))}" for n in odd) or None,
    )


def portals_of(value: object) -> Mapping[str, Any]:
    """The stages of production by name, whether they come as an object or as a list of rows."""
    found = printable_in(value)
    if isinstance(found, list):
        rows = (row for row in found if isinstance(row, dict))
        found = {str(row.get("portal", number)): row for number, row in enumerate(rows, start=1)}
    return found if found and isinstance(found, dict) else EMPTY


def failure_in(portals: Mapping[str, Any]) -> str | None:
    """Why production failed, as far as a stage reports it."""
    for row in portals.values():
        reason = first(row, "failReason", "reason", "error") if isinstance(row, dict) else None
        if isinstance(reason, str) and reason.strip():
            return reason
    return None


class PublishTimes(dict[str, datetime]):
    """Publish times by job id; of the jobs `unknown` they could not be read."""

    unknown: frozenset[str] = frozenset()


def parse_publish_times(value: object) -> PublishTimes:
    """GET /schedule: publish times still ahead. A row without a time says nothing, nor does one without a job."""
    times, unknown = PublishTimes(), set[str]()
    for row in list_of(value, "scheduled", "GET /schedule"):
        job_id = first(row, "jobId", "id") if isinstance(row, dict) else None
        told = first(row, "scheduledAt", "scheduledPublishAt") if isinstance(row, dict) else None
        if not isinstance(job_id, str) or told is None:
            continue
        at = moment(told)
        if at is None:
            unknown.add(job_id)
        else:
            times[job_id] = at
    times.unknown = frozenset(unknown)
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
    """What was submitted, as far as it is reported. Null, empty, or of another form than it was sent: not reported."""
    echo: dict[str, Any] = {}
    for name in _ECHOED_TEXTS:
        value = row.get(name)
        if value and isinstance(value, str):
            echo[name] = valid_unicode(value)
    platforms = row.get("platforms")
    if platforms and isinstance(platforms, list) and all(isinstance(p, str) for p in platforms):
        echo["platforms"] = [valid_unicode(p) for p in platforms]
    add_ons = row.get("addOns")
    if add_ons and isinstance(add_ons, dict):
        echo["addOns"] = valid_unicode_in(add_ons)
    return echo or EMPTY


def _score(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return text_without_signed(valid_unicode(str(value)))


_ADDRESS = 4000
"""Characters of a link; signed ones are long."""


class StagingAssets(Struct, frozen=True):
    """GET /jobs/:id/staging-assets: links for a reviewer, which stop working at `expires_at` (UTC)."""

    id: str
    status: str | None
    video_url: str | None = None
    thumbnail_url: str | None = None
    publish_copy: Values = EMPTY
    expires_at: datetime | None = None
    staging: bool | None = None


def parse_result(value: object, job_id: str) -> JobResult:
    """The result of a job from either answer: not ready (202), or ready."""
    what = "GET /jobs/:id/result"
    row = an_object(value, what)
    status = text_without_signed(printable(text_of(row, what, "status"), 100))
    if ended_badly(status) and not _link(row, "videoUrl"):
        return JobResult(job_id, status, ready=False, cause=_cause(row))
    if not any(name in row for name in ("jobId", "videoUrl", "completedAt")):
        return JobResult(job_id, status, ready=False)
    return JobResult(
        id=id_of({"jobId": job_id, **row}, what, "jobId"),
        status=status,
        ready=True,
        video_url=_link(row, "videoUrl"),
        thumbnail_url=_link(row, "thumbnailUrl"),
        publish_copy=_object(row.get("publishCopy")),
        platforms=_platforms(row.get("platforms")),
        completed_at=moment(row.get("completedAt")),
    )


def parse_staging_assets(value: object, job_id: str) -> StagingAssets:
    """The staging assets, as far as the answer has them."""
    what = "GET /jobs/:id/staging-assets"
    row = an_object(value, what)
    output = row.get("output")
    told: Row = output if isinstance(output, dict) else {}
    status, staging = row.get("status"), row.get("staging")
    return StagingAssets(
        id=id_of({"jobId": job_id, **row}, what, "jobId"),
        status=printable(status, 100) if isinstance(status, str) else None,
        video_url=_link(told, "videoUrl"),
        thumbnail_url=_link(told, "thumbnailUrl"),
        publish_copy=_object(told.get("publishCopy")),
        expires_at=moment_of(row, what, "urlExpiresAt"),
        staging=staging if isinstance(staging, bool) else None,
    )


def _link(row: Row, name: str) -> str | None:
    """A link that can be opened as it is; anything else that stands there is none."""
    value = row.get(name)
    usable = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _ADDRESS
    return value if usable and value else None


def _cause(row: Row) -> str | None:
    """In the words that the service has for errors; nothing is promised here."""
    told = (row.get(name) for name in ("message", "error"))
    return next((printable(text, 300) for text in told if isinstance(text, str) and text.strip()), None)


def _object(value: object) -> Mapping[str, Any]:
    found = printable_in(value)
    return found if isinstance(found, dict) else EMPTY


def _platforms(value: object) -> tuple[Values, ...]:
    """A list of rows, or an object of rows by platform."""
    found = printable_in(value)
    if isinstance(found, dict):
        rows = [{"platform": k, **(v if isinstance(v, dict) else {"result": v})} for k, v in found.items()]
    else:
        rows = [v if isinstance(v, dict) else {"platform": v} for v in found] if isinstance(found, list) else []
    return tuple(map(_dated, rows))


def _dated(row: Row) -> Row:
    """A row with its time as text; a service may report milliseconds since 1970."""
    told = row.get("publishedAt")
    number = type(told) in (int, float) or (isinstance(told, str) and told.isascii() and told.isdigit())
    at = moment(told) if number else None
    return row if at is None else {**row, "publishedAt": iso(at)}
