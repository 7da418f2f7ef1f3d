"""Files that come with afsync: schemas, and examples as projects to begin with."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import afsync
from afsync.app.files import read_text, write_whole
from afsync.config.problems import did_you_mean
from afsync.config.project import PROJECT_FILE
from afsync.config.workspace import WORKSPACE_FILE
from afsync.config.writer import IGNORE, IGNORE_FILE, SCHEMA_FILE
from afsync.errors import AfsyncError, UsageError

WORKSPACE_SCHEMA_FILE = ".afsync/workspace.schema.json"
_SCHEMA_LINE = re.compile(r"\A# yaml-language-server: \$schema=\S+")
_LEFT_BEHIND = {".afsync", "__pycache__"}
"""What trying an example leaves in it."""
_LINEAGE = re.compile(r"^lineage: *[0-9a-fA-F-]{36}", re.MULTILINE)


def data_folder(folder: str) -> Path:
    """The directory of `schemas` or `examples`. A wheel carries them inside the package, a checkout beside it."""
    package = Path(afsync.__file__).parent
    for place in (package / folder, package.parent / folder):
        if place.is_dir():
            return place
    raise AfsyncError(f"this installation of afsync lacks its {folder}", "install it again")


def copy_example(name: str, root: Path, say: Callable[[str], None]) -> None:
    """Write the example's files, with a lineage of their own; `say` takes a line for each. UsageError where a project
    is there already."""
    known = {p.name: p for p in sorted(data_folder("examples").iterdir()) if _first_file(p)}
    if name not in known:
        raise UsageError(f"there is no example {name}", did_you_mean(name, known) or f"there are {', '.join(known)}")
    if (there := _first_file(root)) is not None:
        raise UsageError(f"there is an {there} here already", "begin with an example in an empty folder")
    for file in sorted(p for p in known[name].rglob("*") if p.is_file() and not _LEFT_BEHIND & {*p.parts}):
        place = file.relative_to(known[name])
        up = "../" * (len(place.parts) - 1)
        if (root / place).exists():
            continue
        say(f"Wrote {place}.\n")
        if file.suffix != ".yaml":
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / place)
            continue
        schema = WORKSPACE_SCHEMA_FILE if place.name == WORKSPACE_FILE else SCHEMA_FILE
        text = _SCHEMA_LINE.sub(f"# yaml-language-server: $schema={up}{schema}", read_text(file))
        text = _LINEAGE.sub(f"lineage: {uuid.uuid4()}", text) if place.name == PROJECT_FILE else text
        write_whole(root / place, text, root)
    if not (root / IGNORE_FILE).exists():
        many = (root / WORKSPACE_FILE).exists()
        write_whole(root / IGNORE_FILE, IGNORE.replace("\n.afsync", "\n**/.afsync") if many else IGNORE, root)
        say(f"Wrote {IGNORE_FILE}.\n")
    if (root / WORKSPACE_FILE).exists():
        for name, bundle in ((SCHEMA_FILE, "afsync.schema.json"), (WORKSPACE_SCHEMA_FILE, "workspace.schema.json")):
            write_whole(root / name, (data_folder("schemas") / bundle).read_text(encoding="utf-8"), root)
    if (root / "README.md").exists():
        say("README.md says what it shows and what to try.\n")


def _first_file(root: Path) -> str | None:
    """The file that a project, or many of them, begins with, if it is there."""
    return next((name for name in (PROJECT_FILE, WORKSPACE_FILE) if (root / name).is_file()), None)
