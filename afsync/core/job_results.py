"""What a job produced, in one form whatever the dialect."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.resources import EMPTY, Values
from afsync.core.signed_links import text_without_signed, unsigned, without_signed


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
