"""Fetching a file: only what is missing of it, and never over another file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.commands.parts import Part, total
from afsync.errors import AfsyncError, Unreachable

if TYPE_CHECKING:
    from afsync.api.session import ApiSession

OnBytes = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, where that is known."""


class Fetched(Struct, frozen=True):
    """A file in its place. `kept`: it was there already; `resumed`: bytes that an earlier run had fetched."""

    path: Path
    size: int
    kept: bool = False
    resumed: int = 0


def download(session: ApiSession, url: str, target: Path, progress: OnBytes) -> Fetched:
    """Fetch `url` into `target`. A file of the same size that is there is left as it is; AfsyncError for any other,
    and where the disk does not take it; ApiError where the other side does not give it."""
    if os.path.lexists(target):
        return _keep(session, url, target)
    part = Part(target)
    resumed = _fetch(session, url, part, progress)
    size = part.finish()
    return Fetched(target, size, resumed=resumed)


def _keep(session: ApiSession, url: str, target: Path) -> Fetched:
    here = target.stat().st_size if target.is_file() else None
    if here is None or here != _size_there(session, url):
        raise AfsyncError(f"{target} is another file; it is not overwritten.", "move it away, or use another DIR")
    return Fetched(target, here, kept=True)


def _size_there(session: ApiSession, url: str) -> int | None:
    from afsync.api.exchange import Abandoned
    from afsync.api.external_hosts import get

    def enough(_chunk: bytes) -> None:
        raise Abandoned

    headers = {"Accept": "*/*", "Range": "bytes=0-0"}
    reply = get(session, url, headers, lambda _status, _headers: enough, lambda: False)
    if reply.status == 200:
        length = reply.headers.get("content-length", "")
        return int(length) if length.isdigit() else None
    return total(reply.headers)


def _fetch(session: ApiSession, url: str, part: Part, progress: OnBytes) -> int:
    """Fetch what is missing; how much was there. A part that does not fit the remote file any more is begun anew."""
    from afsync.api.external_hosts import get

    for _ in range(2):
        offset = part.offset()

        def tick() -> bool:
            progress(part.received, part.total)
            return False

        try:
            reply = get(session, url, part.headers(offset), part.begin, tick)
        except AfsyncError:
            part.close()
            if part.error is not None:
                raise part.error from None
            raise
        part.close()
        if reply.status != 416:
            progress(part.received, part.total)
            return offset if reply.status == 206 else 0
        if offset and total(reply.headers) == offset:
            return offset
        part.discard()
    raise Unreachable("The other side refuses every range of the file.", "try again later")
