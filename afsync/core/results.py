"""What a job produced, in one form whatever the dialect."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from afsync.core.resources import EMPTY, Values


class JobResult(Struct, frozen=True):
    """While production runs, and where nothing came of it, `ready` is False and only id and status are told; in the
    second case also the service's word for the `cause`, if there is one.

    Any link can be None. `platforms` holds one row for each platform, with its name under `platform` where the
    service told it.
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
        """The platforms it was published to, as far as the service tells; `?` for one without a name."""
        return tuple(str(row.get("platform", "?")) for row in self.platforms if _is_out(row))


_OUT = ("published", "success", "succeeded", "complete", "completed", "live")


def _is_out(row: Values) -> bool:
    """The service does not promise a form, so that any sign of a publication counts."""
    told = str(row.get("status", "")).lower() in _OUT or row.get("success") is True or row.get("published") is True
    return told or any(row.get(name) for name in ("url", "postUrl", "publishedAt"))
