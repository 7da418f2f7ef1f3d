"""Thumbnails as data, for a page that loads nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from afsync.api.elsewhere import Sink, get
from afsync.api.exchange import GivenUp
from afsync.api.link import Link
from afsync.api.snapshot import together
from afsync.core.remote import Preview
from afsync.errors import ApiError

LARGEST = 512 * 1024
"""Bytes of one picture; a larger one is left out, as a page of them could not be sent to anybody."""
_KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
"""What a picture begins with. The service's word for it is not taken, as browsers run some kinds (SVG)."""


def pictures(link: Link, previews: Mapping[str, Preview]) -> dict[str, str]:
    """The `data:` URL of each thumbnail that could be had, by job id. One that cannot be had is left out."""
    wanted = [(job, preview.thumbnail_url) for job, preview in previews.items() if preview.thumbnail_url]
    found = together(*(_fetching(link, url) for _, url in wanted)) if wanted else []
    return {job: data for (job, _), data in zip(wanted, found, strict=True) if data is not None}


def as_data(content: bytes) -> str | None:
    """A picture of a kind that only shows itself, as a `data:` URL."""
    kind = next((kind for start, kind in _KINDS if content.startswith(start)), None)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        kind = "webp"
    return None if kind is None else f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _fetching(link: Link, url: str) -> Callable[[], str | None]:
    return lambda: _picture(link, url)


def _picture(link: Link, url: str) -> str | None:
    parts: list[bytes] = []

    def take(chunk: bytes) -> None:
        parts.append(chunk)
        if sum(map(len, parts)) > LARGEST:
            raise GivenUp

    def begin(status: int, _headers: Mapping[str, str]) -> Sink | None:
        return take if status == 200 else None

    try:
        get(link, url, {"Accept": "image/*"}, begin, lambda: False)
    except ApiError:
        return None
    content = b"".join(parts)
    return as_data(content) if len(content) <= LARGEST else None
