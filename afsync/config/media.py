"""Files to upload: whether they can be, and their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import Final

from afsync.config.files import inside, open_regular
from afsync.config.problems import Code, Wrong
from afsync.core.resources import File

MAX_BYTES: Final = 500 * 1024 * 1024
"""At most 500 MB, taken as the larger of its two meanings; the service has the last word."""

_SUFFIXES = (".mp4", ".mov")
_POINTER = b"version https://git-lfs.github.com/spec/"
_CHUNK = 1024 * 1024


class Media:
    """Reads and hashes every file once, however many jobs name it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[Path, tuple[str, int]] = {}

    def file(self, written: str) -> File:
        """The file as it is now.

        Wrong(outside_project, file_type, not_found, unreadable, not_a_file, empty_file, too_large, lfs_pointer).
        """
        path = inside(self.root, written)
        if path.suffix.lower() not in _SUFFIXES:
            raise Wrong(Code.FILE_TYPE, f"`{written}` is not an MP4 or MOV file", "convert it; only these are accepted")
        if path not in self._known:
            self._known[path] = _hash(path, written)
        sha256, size = self._known[path]
        return File(PurePosixPath(written).as_posix(), sha256, size)


def _hash(path: Path, written: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open_regular(path, written) as (source, announced):
        if announced > MAX_BYTES:
            message = f"`{written}` has {announced / 2**20:.0f} MB; at most 500 MB can be uploaded"
            raise Wrong(Code.TOO_LARGE, message, "shorten or compress it")
        if announced == 0:
            raise Wrong(Code.EMPTY_FILE, f"`{written}` is empty", "check how it was made")
        while chunk := source.read(_CHUNK):
            if size == 0 and chunk.startswith(_POINTER):
                raise Wrong(Code.LFS_POINTER, f"`{written}` is a Git LFS pointer, not the video", "run `git lfs pull`")
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
