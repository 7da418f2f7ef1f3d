"""The `.gitignore` that keeps what is for this machine alone out of version control."""

from __future__ import annotations

from pathlib import Path

from afsync.app.files import write_whole
from afsync.commands.screen import said
from afsync.config.project import STATE
from afsync.config.writer import IGNORE, IGNORE_FILE
from afsync.core.state_place import is_elsewhere

_NAMED = ".afsync"
_BESIDE = ("lock", "guard", "backup", "format-1")


def write_ignore(root: Path, state: str) -> None:
    """Write it for the project in `root`, unless one there or above names `.afsync`. None is ever changed."""
    if any(_NAMED in _text(directory / IGNORE_FILE) for directory in _directories(root)):
        return
    if (root / IGNORE_FILE).exists():
        said(f"{IGNORE_FILE} does not name {_NAMED}/: see docs/state.md for what does not belong into git.\n")
        return
    write_whole(root / IGNORE_FILE, IGNORE + _beside(state), root)
    said(f"Wrote {IGNORE_FILE}.\n")


def _directories(root: Path) -> list[Path]:
    """This one and those above, as far as the repository goes; without a repository only this one."""
    every = [root, *root.parents]
    top = next((n for n, directory in enumerate(every) if (directory / ".git").exists()), 0)
    return every[: top + 1]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _beside(state: str) -> str:
    """The lines for a state that is on this disk, but not in the usual place."""
    if is_elsewhere(state) or Path(state).parent == Path(STATE).parent:
        return ""
    return "".join(f"{Path(state).as_posix()}.{end}\n" for end in _BESIDE)
