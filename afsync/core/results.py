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
