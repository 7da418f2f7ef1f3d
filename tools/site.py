"""The pages of the site: those of docs/, those that come from the code, and every link between them checked.

`make site` puts them into build/site and has the generator make HTML of them; a broken link stops that here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from afsync.__version__ import __version__
from tools import reference

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "tools/zensical.toml"
COPIED = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "benchmarks/RESULTS.md": "measured.md"}
"""Pages that are not in docs/, and what they are called on the site."""

_LINK = re.compile(r"(!?\[[^\]\n]*\]\()([^)\s]+)(\))")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def release() -> str:
    """The part of the version by which a schema is known: `0.2`."""
    return ".".join(__version__.split(".")[:2])


def pages() -> dict[str, str]:
    """Every page by its name on the site."""
    address = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["site_url"]
    found = {str(p.relative_to(ROOT / "docs")): p for p in sorted((ROOT / "docs").rglob("*.md"))}
    found |= {name: ROOT / source for source, name in COPIED.items()}
    return {
        **{name: _moved(name, path) for name, path in found.items()},
        "reference/commands.md": reference.commands(),
        "reference/keys.md": reference.keys(),
        "reference/exit-codes.md": reference.exit_codes(),
        "reference/schemas.md": reference.schemas(release(), address),
    }


def _moved(name: str, path: Path) -> str:
    """The page with links that lead to where things are on the site, or in the repository."""
    repository = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["repo_url"]

    def moved(found: re.Match[str]) -> str:
        target, _, anchor = found[2].partition("#")
        if "://" in target or not target:
            return found[0]
        place = Path(os.path.normpath(path.parent / target))
        if not place.exists():
            raise ValueError(f"{path.relative_to(ROOT)}: {found[2]} leads nowhere")
        inside = str(place.relative_to(ROOT))
        if inside in COPIED or inside.startswith("docs/"):
            there = os.path.relpath(COPIED.get(inside, inside.removeprefix("docs/")), Path(name).parent)
        else:
            there = f"{repository}/{'tree' if place.is_dir() else 'blob'}/main/{inside}"
        return f"{found[1]}{there}{f'#{anchor}' if anchor else ''}{found[3]}"

    return _outside_code(path.read_text(encoding="utf-8"), moved)


def _outside_code(text: str, change: object) -> str:
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(change, text[end : fence.start()]), fence[0]]  # type: ignore[call-overload]
        end = fence.end()
    return "".join([*parts, _LINK.sub(change, text[end:])])  # type: ignore[call-overload]


def slug(heading: str) -> str:
    """The anchor of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


def broken(found: Mapping[str, str]) -> Iterator[str]:
    """Links to pages, anchors and files that are not there."""
    anchors = {name: {slug(h) for h in _HEADING.findall(_FENCE.sub("", text))} for name, text in found.items()}
    for name, text in found.items():
        for _, link, _ in _LINK.findall(_FENCE.sub("", text)):
            target, _, anchor = link.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            place = os.path.normpath(Path(name).parent / target) if target else name
            if place not in found and not (ROOT / "docs" / place).is_file():
                yield f"{name}: {link} leads nowhere"
            elif anchor and anchor not in anchors.get(place, ()):
                yield f"{name}: {link} names no heading of {place}"


def named(nav: object) -> Iterator[str]:
    """The pages that the navigation names."""
    if isinstance(nav, str):
        yield nav
    for child in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from named(child)


def wrong() -> list[str]:
    """Everything that is wrong with the site, before it is built."""
    found = pages()
    nav = {*named(tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"])}
    lost = [f"{name} is not in the navigation" for name in sorted(found.keys() - nav)]
    return [*broken(found), *lost, *(f"{name} of the navigation is not there" for name in sorted(nav - found.keys()))]


def _schemas() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (ROOT / "schemas").glob("*.json")}


def released_schemas(repository: Path) -> dict[str, dict[str, bytes]]:
    """The schemas of earlier releases, by `0.2` and file name. Files in use name them, so they stay where they are.

    They are read from the tags; of the releases `v0.2.0` and `v0.2.1` the last one counts. Without git, or without
    tags, there are none.
    """
    found: dict[str, dict[str, bytes]] = {}
    try:
        for tag in _git(repository, "tag", "--list", "--sort=version:refname", "v*").decode().split():
            version = ".".join(tag.removeprefix("v").split(".")[:2])
            paths = _git(repository, "ls-tree", "-z", "--name-only", tag, "schemas/").decode().split("\0")
            schemas = {Path(p).name: _git(repository, "show", f"{tag}:{p}") for p in paths if p.endswith(".json")}
            found |= {version: schemas} if schemas else {}
    except FileNotFoundError:  # there is no git
        return {}
    return found


def _git(repository: Path, *args: str) -> bytes:
    return subprocess.run(["git", *args], cwd=repository, check=False, capture_output=True, timeout=60).stdout


def write(folder: Path) -> None:
    """Everything that the generator reads."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in pages().items():
        (folder / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "pages" / name).write_text(text, encoding="utf-8")
    for path in (p for p in (ROOT / "docs").rglob("*") if p.suffix in (".png", ".svg")):
        there = folder / "pages" / path.relative_to(ROOT / "docs")
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    for version, schemas in {**released_schemas(ROOT), release(): _schemas(), "latest": _schemas()}.items():
        (folder / "pages/schemas" / version).mkdir(parents=True)
        for name, data in schemas.items():
            (folder / "pages/schemas" / version / name).write_bytes(data)
    shutil.copy(CONFIG, folder / "zensical.toml")


def main() -> int:
    problems = wrong()
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        write(ROOT / "build/site")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
