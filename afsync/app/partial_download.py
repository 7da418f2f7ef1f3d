"""Downloading one file: what was received is kept beside it, and resumed where the server has the same version."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from afsync.api.exchange import Abandoned
from afsync.api.external_hosts import get
from afsync.errors import AfsyncError, Unreachable

if TYPE_CHECKING:
    from afsync.api.external_hosts import Sink
    from afsync.api.session import ApiSession


class PartialFile:
    """The received part of one file (`.part`), and beside it the version that it is of (`.part.json`)."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._file: BinaryIO | None = None
        self.received = 0
        self.total: int | None = None
        self.error: AfsyncError | None = None

    def offset(self) -> int:
        """The bytes that can be resumed from; 0 where it is unknown which version they are of."""
        return self._path.stat().st_size if self._validator() and self._path.is_file() else 0

    def headers(self, offset: int) -> dict[str, str]:
        validator = self._validator()
        if not offset or validator is None:
            return {"Accept": "*/*"}
        return {"Accept": "*/*", "Range": f"bytes={offset}-", "If-Range": validator}

    def _validator(self) -> str | None:
        try:
            found = json.loads(self._note.read_text(encoding="utf-8"))["validator"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if isinstance(found, str) and found.isascii() and found.isprintable() and found else None

    def begin(self, status: int, headers: Mapping[str, str]) -> Sink | None:
        """Called in the thread of the exchange when the answer begins. Returns what takes its body."""
        if status not in (200, 206):
            return None
        try:
            self._open(status, headers)
        except OSError as error:
            self._fail(error)
            raise
        return self._take

    def _open(self, status: int, headers: Mapping[str, str]) -> None:
        resumes = status == 206
        length = headers.get("content-length", "")
        self.total = total(headers) if resumes else int(length) if length.isdigit() else None
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | (0 if resumes else os.O_TRUNC)
        self._file = os.fdopen(os.open(self._path, flags, 0o666), "wb")
        self.received = self._file.seek(0, os.SEEK_END)
        if resumes and _start(headers) != self.received:
            raise OSError("the server sent another part than was asked for")
        etag = headers.get("etag", "")
        validator = etag if etag and not etag.startswith("W/") else headers.get("last-modified")
        self._note.write_text(json.dumps({"validator": validator}), encoding="utf-8")

    def _take(self, chunk: bytes) -> None:
        assert self._file is not None
        try:
            self._file.write(chunk)
        except OSError as error:
            self._fail(error)
            raise
        self.received += len(chunk)

    def _fail(self, error: OSError) -> None:
        self.error = AfsyncError(f"{self._path} cannot be written: {error.strerror or error}.", "what is there is kept")

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def discard(self) -> None:
        for path in (self._path, self._note):
            path.unlink(missing_ok=True)

    def finish(self) -> int:
        """Move it to its place, unless something is there by now. Returns its size in bytes."""
        size = self._path.stat().st_size
        if self.total is not None and size != self.total:
            raise Unreachable(f"{self._path} has {size} bytes of {self.total}.", "the same command goes on from there")
        try:
            _place(self._path, self._target)
        except FileExistsError:
            raise AfsyncError(f"{self._target} came into being meanwhile; it is not overwritten.") from None
        except OSError as error:
            raise AfsyncError(f"{self._target} cannot be written: {error.strerror or error}.") from None
        self.discard()
        return size


def _place(part: Path, target: Path) -> None:
    """A hard link is made only where nothing is; where there are none, a rename has to do."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        part.rename(target)


def total(headers: Mapping[str, str]) -> int | None:
    """The size of the whole file, from a Content-Range."""
    found = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", headers.get("content-range", ""))
    return int(found[1]) if found else None


def _start(headers: Mapping[str, str]) -> int | None:
    found = re.match(r"bytes (\d+)-", headers.get("content-range", ""))
    return int(found[1]) if found else None


OnBytes = Callable[[int, int | None], None]
"""Takes the bytes received, and the size of the file, where that is known."""


class DownloadedFile(Struct, frozen=True):
    """A file in its place. `kept`: it was there already; `resumed`: bytes that an earlier run had fetched."""

    path: Path
    size: int
    kept: bool = False
    resumed: int = 0


def download(session: ApiSession, url: str, target: Path, progress: OnBytes) -> DownloadedFile:
    """Fetch `url` into `target`. A file of the same size that is there is left as it is; AfsyncError for any other,
    and where it cannot be written; ApiError where the server does not send it."""
    if os.path.lexists(target):
        return _keep(session, url, target)
    part = PartialFile(target)
    resumed = _fetch(session, url, part, progress)
    size = part.finish()
    return DownloadedFile(target, size, resumed=resumed)


def _keep(session: ApiSession, url: str, target: Path) -> DownloadedFile:
    here = target.stat().st_size if target.is_file() else None
    if here is None or here != _size_there(session, url):
        raise AfsyncError(f"{target} is another file; it is not overwritten.", "move it away, or use another DIR")
    return DownloadedFile(target, here, kept=True)


def _size_there(session: ApiSession, url: str) -> int | None:
    def enough(_chunk: bytes) -> None:
        raise Abandoned

    headers = {"Accept": "*/*", "Range": "bytes=0-0"}
    reply = get(session, url, headers, lambda _status, _headers: enough, lambda: False)
    if reply.status == 200:
        length = reply.headers.get("content-length", "")
        return int(length) if length.isdigit() else None
    return total(reply.headers)


def _fetch(session: ApiSession, url: str, part: PartialFile, progress: OnBytes) -> int:
    """Fetch what is missing. Returns the bytes that were there before. A part of another version is discarded."""
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
    raise Unreachable("The server refuses every range of the file.", "try again later")
