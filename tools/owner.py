"""Says who owns this repository, everywhere at once: `make owner NAME=some-org`.

The one place that counts is `project.urls` in pyproject.toml; what it says now is replaced in every file of git.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
"""A name of a user or an organisation on GitHub."""


def owner_of(pyproject: str) -> str:
    """Who owns it now. ValueError where the address is not that of a repository."""
    url = tomllib.loads(pyproject)["project"]["urls"]["Repository"]
    found = re.fullmatch(rf"https://github\.com/({OWNER.pattern})/afsync", url)
    if found is None:
        raise ValueError(f"{url} is not the address of a repository on GitHub")
    return found[1]


def replaced(text: str, old: str, new: str) -> str:
    """`text` with the owner replaced: in `OWNER/afsync`, and in the addresses of pages and images."""
    return re.sub(rf"(?<![A-Za-z0-9-]){re.escape(old)}(?=/afsync|\.github\.io/afsync)", new, text)


def set_owner(root: Path, files: Iterable[str], new: str) -> list[str]:
    """Write it into the files that name the owner; which those are. ValueError for what is no name."""
    if not OWNER.fullmatch(new):
        raise ValueError(f"{new} cannot be the name of an owner on GitHub")
    old = owner_of((root / "pyproject.toml").read_text(encoding="utf-8"))
    changed = []
    for name in files:
        path = root / name
        try:
            text = path.read_bytes().decode("utf-8") if path.is_file() and not path.is_symlink() else ""
        except UnicodeDecodeError:
            continue  # a picture
        if (after := replaced(text, old, new)) != text:
            path.write_bytes(after.encode("utf-8"))
            changed.append(name)
    return changed


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: make owner NAME=some-org", file=sys.stderr)
        return 1
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    try:
        changed = set_owner(ROOT, known.splitlines(), arguments[0])
    except ValueError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print("\n".join([f"{len(changed)} files", *changed]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
