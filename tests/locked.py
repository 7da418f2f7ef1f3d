"""Texts that a library words: they are compared only where it has the locked version (`make lowest` has others)."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

LOCK = (Path(__file__).parent.parent / "requirements-dev.txt").read_text(encoding="utf-8")


def worded_by(library: str) -> pytest.MarkDecorator:
    """Skips where the library is not the one of requirements-dev.txt."""
    found = re.search(rf"^{re.escape(library)}==([^ ]+)", LOCK, re.MULTILINE)
    assert found is not None, f"requirements-dev.txt does not name {library}"
    return pytest.mark.skipif(version(library) != found[1], reason=f"the text is of {library} {found[1]}")
