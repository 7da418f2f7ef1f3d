"""What the API says, in one form whatever the dialect: the account, its templates and jobs, and what a job
produced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.links import text_without_signed, unsigned, without_signed
from afsync.core.records import RecordedJob
from afsync.core.resources import EMPTY, Values


class JobResult(Struct, frozen=True):
    """While production runs, and where nothing came of it, `ready` is False and only id and status are reported; in the
    second case also the service's word for the `cause`, if there is one.

    Any link can be None. `platforms` holds one row for each platform, with its name under `platform` where the
    service reported it.
    """

    id: str
    status: str
    ready: bool
    video_url: str | None = None
    thumbnail_url: str | None = None
    publish_copy: Values = EMPTY
    platforms: tuple[Values, ...] = ()
    completed_at: datetime | None = None
    cause: str | None = None

    @property
    def published_to(self) -> tuple[str, ...]:
        """The platforms it was published to, as far as reported; `?` for one without a name."""
        return tuple(str(row.get("platform", "?")) for row in self.platforms if _is_out(row))

    @property
    def all_published(self) -> bool:
        """Whether platforms are reported, and all of them as published."""
        return bool(self.platforms) and all(map(_is_out, self.platforms))

    @property
    def failed(self) -> bool:
        """Whether publishing failed on any platform."""
        return any(map(_has_failed, self.platforms))

    @property
    def failed_on(self) -> tuple[str, ...]:
        """The platforms where publishing failed, as far as they have a name."""
        return tuple(dict.fromkeys(row["platform"] for row in self.platforms if _has_failed(row) and _is_named(row)))

    @property
    def reasons(self) -> dict[str, str]:
        """Why publishing failed, by platform, as far as reported."""
        failed = ((row, _reason(row)) for row in self.platforms if _has_failed(row) and _is_named(row))
        return {row["platform"]: reason for row, reason in failed if reason}


_OUT = ("published", "success", "succeeded", "complete", "completed", "live")

_FAILED = ("failed", "failure", "error", "rejected", "refused")


def _word(row: Values) -> str:
    """The status of a platform in lower case. A row may be a single word, which `result` holds then."""
    return str(row.get("status") or row.get("result") or "").lower()


def _is_out(row: Values) -> bool:
    """Whether it is published there. The service does not promise a form, so any sign of a publication counts."""
    is_said = _word(row) in _OUT or row.get("success") is True or row.get("published") is True
    return is_said or any(row.get(name) for name in ("url", "postUrl", "publishedAt"))


def _has_failed(row: Values) -> bool:
    """Whether the service says outright that it failed: what is not there yet has not failed."""
    return _word(row) in _FAILED or row.get("success") is False


def _is_named(row: Values) -> bool:
    return isinstance(row.get("platform"), str) and bool(row["platform"])


def _reason(row: Values) -> str | None:
    texts = (row.get(name) for name in ("error", "message", "reason", "failReason"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def result_without_links(found: JobResult) -> JobResult:
    return replace(
        found,
        video_url=unsigned(found.video_url),
        thumbnail_url=unsigned(found.thumbnail_url),
        publish_copy=without_signed(found.publish_copy),
        platforms=without_signed(found.platforms),
        cause=found.cause and text_without_signed(found.cause),
    )


SERVICE = "https://api.auraflux.co/v1"

EMULATOR = "emulator"
"""Stands for the URL of the service that is built in."""


NOT_KNOWN = "not known"
"""Stands for the status of a job that the service tells in a form that cannot be read."""


class RemoteTemplate(Struct, frozen=True):
    """A template as listed. `echo` holds the declared fields the service tells, under the API's names.

    `unreadable` says what could not be read of it; nothing is decided about it then. Its name is empty where that is
    it, and its id made up where it has none.
    """

    id: str
    name: str
    created_at: datetime | None = None
    echo: Values = EMPTY
    unreadable: str | None = None


class RemoteJob(Struct, frozen=True):
    """A job as listed. `echo` holds those of the submitted fields that the service tells, `failure` why it failed.

    `unreadable` says what could not be read of it; its status is then NOT_KNOWN, and nothing is decided about it.
    """

    id: str
    status: str
    created_at: datetime | None = None
    echo: Values = EMPTY
    updated_at: datetime | None = None
    output_url: str | None = None
    score: str | None = None
    portals: Values = EMPTY
    failure: str | None = None
    unreadable: str | None = None


def status_now(record: RecordedJob, jobs: Mapping[str, RemoteJob]) -> str:
    """The status of a recorded job as the service reports it, or as it is recorded where the job was not read."""
    seen = jobs.get(record.id)
    return seen.status if seen else record.status


class RemoteAccount(Struct, frozen=True):
    """The account; credits are None where the service did not say, `per_minute` and `concurrent` likewise."""

    id: str
    plan_tier: str | None = None
    balance: int | None = None
    included: int | None = None
    used: int | None = None
    per_minute: int | None = None
    concurrent: int | None = None


class Preview(Struct, frozen=True):
    """Links for a reviewer of a job that waits for an approval; they stop working at `expires_at` (UTC). `staging` is
    whether the service says that it stops before publishing, `status` what it was then."""

    video_url: str | None = None
    thumbnail_url: str | None = None
    expires_at: datetime | None = None
    staging: bool | None = None
    status: str | None = None

    def valid(self, now: datetime) -> bool:
        """Whether there is a link, and it still works."""
        return bool(self.video_url or self.thumbnail_url) and (self.expires_at is None or self.expires_at > now)

    def without_links(self) -> Preview:
        return Preview(staging=self.staging, status=self.status)


class Remote(Struct, frozen=True):
    """What was read of the account; a plan needs all of it, `status` only what it asks for.

    `jobs` are the listed ones, newest first, followed by those looked up one by one; `missing` are ids that were
    looked for and are not there. `head` are the ids of the newest jobs in the list's order. `publish_times` maps
    job ids to publish times still ahead, and is None where the service does not offer them; it speaks only of the
    `covered` jobs. `server_time` is the service's clock (its Date header) at the time that all of it is taken to be of,
    `base_url` where all of it came from, `previews` are links for reviewers by job id, `results` what was asked for of
    jobs that may have been published. `odd` are rows of the list that have no usable id; their own is made up.
    """

    account: RemoteAccount
    templates: Mapping[str, RemoteTemplate] = field(default_factory=dict)
    jobs: Mapping[str, RemoteJob] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    head: tuple[str, ...] = ()
    publish_times: Mapping[str, datetime] | None = None
    covered: frozenset[str] = frozenset()
    server_time: datetime | None = None
    requests: int = 0
    base_url: str = ""
    previews: Mapping[str, Preview] = field(default_factory=dict)
    results: Mapping[str, JobResult] = field(default_factory=dict)
    odd: tuple[RemoteJob, ...] = ()

    def publish_time(self, job_id: str) -> datetime | None:
        """The publish time of a job (UTC), where the service reports one."""
        return self.publish_times.get(job_id) if self.publish_times else None

    def reports_time_of(self, job_id: str) -> bool:
        """Whether the service reports the publish time of a job, or that it has none."""
        times = self.publish_times
        return times is not None and (job_id in times or job_id in self.covered)


NOTHING_READ = Remote(RemoteAccount(""))
"""An account of which nothing was read yet."""


class Lookups(Struct, frozen=True):
    """Which jobs a fetch has to find; it stops listing as soon as it has.

    `jobs`: ids whose status can still change, with their creation time. `since`: everything at least this young
    is wanted. `heads`: for each open intent the ids known when it was written (newest first); the list is read
    back to the first of them that is still there.
    """

    jobs: Mapping[str, datetime | None] = field(default_factory=dict)
    since: datetime | None = None
    heads: tuple[tuple[str, ...], ...] = ()


class ReadBack(Struct, frozen=True):
    """What was read at the end of a run: statuses of the newest jobs by id, their publish times (None: not offered),
    the ids of templates (None: not read), the balance (None: not read, or not reported), and results of approved jobs.
    """

    jobs: Mapping[str, str] = field(default_factory=dict)
    publish_times: Mapping[str, datetime] | None = None
    templates: frozenset[str] | None = None
    balance: int | None = None
    results: Mapping[str, JobResult] = field(default_factory=dict)
