"""Links for a reviewer of jobs that wait for an approval. Nice to have: what cannot be had is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from afsync.api.reader import Reader
from afsync.api.results import StagingAssets
from afsync.api.snapshot import together
from afsync.core.remote import Preview
from afsync.errors import ApiError

MOST = 10
"""So many jobs are asked for at once; a page of links is no help to anybody."""


def previews(reader: Reader, ids: Iterable[str], most: int | None = MOST) -> dict[str, Preview]:
    """By job id; of all where `most` is None, as decisions need it. The first question also tells whether the service
    offers them at all, so it goes alone."""
    wanted = list(islice(ids, most))
    if not wanted:
        return {}
    try:
        assets = reader.staging_assets(wanted[0])
        if assets is None:
            return {}
        first = _shown(assets)
    except ApiError:
        first = None  # that one cannot be read; the others may be
    rest = together(*(_asking(reader, i) for i in wanted[1:])) if wanted[1:] else []
    found = zip(wanted, [first, *rest], strict=True)
    return {i: preview for i, preview in found if preview is not None}


def _asking(reader: Reader, job_id: str) -> Callable[[], Preview | None]:
    return lambda: _preview(reader, job_id)


def _preview(reader: Reader, job_id: str) -> Preview | None:
    try:
        assets = reader.staging_assets(job_id)
    except ApiError:
        return None
    return None if assets is None else _shown(assets)


def _shown(assets: StagingAssets) -> Preview:
    return Preview(assets.video_url, assets.thumbnail_url, assets.expires_at, assets.staging, assets.status)
