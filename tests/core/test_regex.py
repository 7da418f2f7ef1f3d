"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from afsync.core.regex import regex


def test_it_does_what_a_compiled_one_does() -> None:
    found = regex("(?P<word>[a-z]+)-([0-9])", re.IGNORECASE)
    assert found.pattern == "(?P<word>[a-z]+)-([0-9])"
    for _ in range(2):
        match = found.fullmatch("Clip-7")
        assert match is not None
        assert match.groupdict() == {"word": "Clip"}
        assert found.sub("x", "a-1 b") == "x b"
        assert found.search("none") is None
    assert regex(rb"\d").findall(b"1a2") == [b"1", b"2"]
    with pytest.raises(AttributeError, match="no_such"):
        _ = found.no_such  # type: ignore[attr-defined]
