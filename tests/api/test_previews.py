"""Thumbnails of what waits for an approval: in the page as data, fetched without the key, and only when asked for."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from afsync.api.previews import LARGEST, as_data
from afsync.emulator import media_host, running
from afsync.emulator.media_host import thumbnail
from tests.dialects import DIALECTS
from tests.harness import Sandbox

JOB = """\
jobs:
  intro: {url: https://kick.com/one, topic: Intro, staging: true, platforms: [tiktok], schedule: 2031-12-01 09:00}
"""
PAGE = ("calendar", "--from", "2031-12-01", "--weeks", "1", "--html", "-", "--live")


@contextmanager
def waiting(root: Path, dialect: str) -> Iterator[tuple[Sandbox, str]]:
    """A job that waits for an approval."""
    with running(dialect=dialect, speed="manual", rpm=100_000) as emulator:
        sandbox = Sandbox(root, emulator)
        sandbox.write(JOB)
        sandbox.does("init")
        sandbox.applied()
        job = sandbox.ids()["job.intro"]
        sandbox.control.advance("complete", job_ids=[job])
        yield sandbox, job


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_waits_for_an_approval_is_shown(tmp_path: Path, dialect: str) -> None:
    with waiting(tmp_path, dialect) as (sandbox, job):
        plain = sandbox.does(*PAGE).out
        assert "<img" not in plain and "thumbnail" not in plain
        with sandbox.watched(reads=True) as sent:
            shown = sandbox.does(*PAGE, "--with-links").out
        assert "/media/" in str(sent)
        assert sandbox.key not in str([r for r in sandbox.control.requests() if r["host"] == "media"])
    data = base64.b64encode(thumbnail(job)).decode()
    assert f'<img src="data:image/png;base64,{data}"' in shown


@pytest.mark.parametrize("content", [thumbnail("x") + bytes(LARGEST), b"<svg onload='alert(1)'/>", b""], ids=len)
def test_what_is_no_small_picture_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(media_host, "thumbnail", lambda name: content)
    with waiting(tmp_path, "deployed") as (sandbox, _):
        shown = sandbox.does(*PAGE, "--with-links").out
    assert "<img" not in shown and "Intro" in shown


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_only_pictures_that_do_nothing_else(content: bytes, kind: str | None) -> None:
    data = as_data(content)
    assert data is None if kind is None else data == f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
