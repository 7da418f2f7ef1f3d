"""`fmt` on texts that are generated, comments everywhere: the same value, the same comments, and done after once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.config.formatter import tidied
from afsync.config.yaml import compose
from tests.scale import scaled
from tests.takeover.corpus import comments, ink, meaning
from tests.takeover.texts import Scribe


@settings(max_examples=scaled(80), deadline=None)
@given(data=st.data(), newline=st.sampled_from(["\n", "\n", "\r\n"]), bom=st.sampled_from(["", "\ufeff"]))
def test_whatever_is_written_is_kept(data: st.DataObject, newline: str, bom: str) -> None:
    text = bom + Scribe(data).document().replace("\n", newline)
    assert compose(text.removeprefix("\ufeff")).marks == ()

    result = tidied(text)

    assert result is not None, f"{text!r} is held back"
    assert meaning(result) == meaning(text)
    assert comments(result) == comments(text)
    assert ink(result) == ink(text)
    assert tidied(result) == result
