"""Prints the lowest version of every dependency that pyproject.toml allows, a requirement a line: `make lowest`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
_LOWEST = re.compile(r"([A-Za-z0-9._-]+) *(?:\[[^]]*\])? *(?:>=|==) *([0-9][0-9A-Za-z.]*)")


def lowest(text: str) -> list[str]:
    """`name==version` of each dependency and of each extra. ValueError for one without a floor."""
    project = tomllib.loads(text)["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    return [_floor(line) for line in (*project["dependencies"], *extras)]


def _floor(requirement: str) -> str:
    found = _LOWEST.match(requirement)
    if found is None:
        raise ValueError(f"{requirement}: no lowest version is given")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    print("\n".join(lowest(PYPROJECT.read_text(encoding="utf-8"))))
