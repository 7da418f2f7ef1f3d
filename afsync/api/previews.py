"""Links for a reviewer of jobs that wait for an approval. Nice to have: what cannot be had is left out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from afsync.api.exchange import Abandoned
from afsync.api.external_hosts import Sink, get
from afsync.api.reader import ApiReader
from afsync.api.session import ApiSession
from afsync.api.snapshot import together
from afsync.api.wire_jobs import StagingAssets
from afsync.core.remote_account import Preview
from afsync.errors import ApiError

MOST = 10
"""How many jobs are asked for at once: a longer list of links is not read."""


def previews(reader: ApiReader, ids: Iterable[str], most: int | None = MOST) -> dict[str, Preview]:
    """By job id; of all where `most` is None, as decisions need it. The first request also shows whether the service
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


def _asking(reader: ApiReader, job_id: str) -> Callable[[], Preview | None]:
    return lambda: _preview(reader, job_id)


def _preview(reader: ApiReader, job_id: str) -> Preview | None:
    try:
        assets = reader.staging_assets(job_id)
    except ApiError:
        return None
    return None if assets is None else _shown(assets)


def _shown(assets: StagingAssets) -> Preview:
    return Preview(assets.video_url, assets.thumbnail_url, assets.expires_at, assets.staging, assets.status)


LARGEST = 512 * 1024
"""Bytes of one picture; a larger one is left out, because a page of them would be too large to send."""
_KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
"""What a picture begins with. The service's word for it is not taken, as browsers run some kinds (SVG)."""


def pictures(session: ApiSession, previews: Mapping[str, Preview]) -> dict[str, str]:
    """The `data:` URL of each thumbnail that could be had, by job id. One that cannot be had is left out."""
    wanted = [(job, preview.thumbnail_url) for job, preview in previews.items() if preview.thumbnail_url]
    found = together(*(_fetching(session, url) for _, url in wanted)) if wanted else []
    return {job: data for (job, _), data in zip(wanted, found, strict=True) if data is not None}


def as_data(content: bytes) -> str | None:
    """A picture of a kind that only shows itself, as a `data:` URL."""
    kind = next((kind for start, kind in _KINDS if content.startswith(start)), None)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        kind = "webp"
    return None if kind is None else f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _fetching(session: ApiSession, url: str) -> Callable[[], str | None]:
    return lambda: _picture(session, url)


def _picture(session: ApiSession, url: str) -> str | None:
    parts: list[bytes] = []

    def take(chunk: bytes) -> None:
        parts.append(chunk)
        if sum(map(len, parts)) > LARGEST:
            raise Abandoned

    def begin(status: int, _headers: Mapping[str, str]) -> Sink | None:
        return take if status == 200 else None

    try:
        get(session, url, {"Accept": "image/*"}, begin, lambda: False)
    except ApiError:
        return None
    content = b"".join(parts)
    return as_data(content) if len(content) <= LARGEST else None
