"""Which files `include` names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from afsync.config.files import inside
from afsync.config.problems import Code, Wrong

_MAGIC = frozenset("*?[")


def included(root: Path, pattern: str) -> list[str]:
    """The files below `root` that `pattern` names, as sorted relative paths with `/`.

    `**` stands for any number of directories, symbolic links to directories aside; names that begin with a dot are
    found only by patterns that spell them. Wrong(outside_project, nothing_included, bad_form).
    """
    parts = PurePosixPath(pattern).parts
    if PurePosixPath(pattern).is_absolute() or ".." in parts or "\\" in pattern or "\0" in pattern:
        raise Wrong(
            Code.OUTSIDE_PROJECT, f"`{pattern}` leads out of the project", "use a path below afsync.yaml, with /"
        )
    if not _MAGIC.intersection(pattern):
        found = [str(PurePosixPath(pattern))] if (root / pattern).is_file() or _is_odd(root / pattern) else []
    else:
        found = _matches(root, pattern, parts)
    if not found:
        raise Wrong(Code.NOTHING_INCLUDED, f"`{pattern}` names no file", _hint(root, pattern))
    for file in found:
        inside(root, file)
    return sorted(found)


def _matches(root: Path, pattern: str, parts: tuple[str, ...]) -> list[str]:
    try:
        paths = [p.relative_to(root) for p in root.glob(pattern) if not p.is_dir()]
    except (ValueError, OSError, NotImplementedError):  # the last is what pathlib raises for a drive (`C:/x`)
        raise Wrong(Code.BAD_FORM, f"`{pattern}` is not a pattern", "write it as templates/*.yaml") from None
    dotted = any(part.startswith(".") for part in parts)
    return [p.as_posix() for p in paths if dotted or not any(part.startswith(".") for part in p.parts)]


def _is_odd(path: Path) -> bool:
    """There, but neither a file nor a directory: reading it says so."""
    return path.exists() and not path.is_dir()


def _hint(root: Path, pattern: str) -> str:
    if (root / pattern).is_dir():
        return f"it is a directory: write {pattern.rstrip('/')}/*.yaml"
    return "check the spelling, or remove the line"
