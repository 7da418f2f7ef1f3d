"""Where files are, for programs that count from the root of a repository."""

from __future__ import annotations

import posixpath


def joined(prefix: str, file: str) -> str:
    """A file of a project whose folder is `prefix` (with a slash at its end, or nothing). One that several projects
    share lies outside of that folder."""
    path = prefix + file
    return posixpath.normpath(path) if file.startswith("../") else path
