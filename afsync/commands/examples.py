"""The examples that come with afsync, as projects to begin with."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

from afsync.commands.bundled import bundled
from afsync.commands.files import read_text, write_whole
from afsync.commands.screen import said
from afsync.config.problems import did_you_mean
from afsync.config.project import PROJECT_FILE
from afsync.config.writer import IGNORE, IGNORE_FILE, SCHEMA_FILE
from afsync.errors import UsageError

_SCHEMA_LINE = re.compile(r"\A# yaml-language-server: \$schema=\S+")
_LEFT_BEHIND = {".afsync", "__pycache__"}
"""What trying an example leaves in it."""
_LINEAGE = re.compile(r"^lineage: *[0-9a-fA-F-]{36}", re.MULTILINE)


def copy_example(name: str, root: Path) -> None:
    """Write the example's files, with a lineage of their own. UsageError where a project is there already."""
    known = {p.name: p for p in sorted(bundled("examples").iterdir()) if (p / PROJECT_FILE).is_file()}
    if name not in known:
        raise UsageError(f"there is no example {name}", did_you_mean(name, known) or f"there are {', '.join(known)}")
    if (root / PROJECT_FILE).exists():
        raise UsageError(f"there is an {PROJECT_FILE} here already", "begin with an example in an empty folder")
    for file in sorted(p for p in known[name].rglob("*") if p.is_file() and not _LEFT_BEHIND & {*p.parts}):
        place = file.relative_to(known[name])
        up = "../" * (len(place.parts) - 1)
        if (root / place).exists():
            continue
        said(f"Wrote {place}.\n")
        if file.suffix != ".yaml":
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / place)
            continue
        text = _SCHEMA_LINE.sub(f"# yaml-language-server: $schema={up}{SCHEMA_FILE}", read_text(file))
        text = _LINEAGE.sub(f"lineage: {uuid.uuid4()}", text) if place.name == PROJECT_FILE else text
        write_whole(root / place, text, root)
    if not (root / IGNORE_FILE).exists():
        write_whole(root / IGNORE_FILE, IGNORE, root)
        said(f"Wrote {IGNORE_FILE}.\n")
    if (root / "README.md").exists():
        said("README.md says what it shows and what to try.\n")
