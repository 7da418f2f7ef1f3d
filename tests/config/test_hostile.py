"""Files made to hurt: each ends in a clear problem, at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from afsync.config.document import MAX_BYTES
from afsync.config.loader import load
from afsync.errors import ConfigError
from tests.config.support import a_job, problems, write

SOON = 3.0
"""Seconds of processor time: several times what the slowest takes. What is quadratic takes minutes."""


@contextmanager
def at_once() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SOON


def bomb(levels: int = 12, width: int = 10) -> str:
    lines = ["version: 1", "vars:", f"  a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def merge_bomb(levels: int = 24) -> str:
    lines = ["version: 1", "jobs:", "  a0: &a0 {addOns: {x: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}"]
    lines += [f"  a{n}: &a{n} {{<<: *a{n - 1}, clipSpec: {{l: *a{n - 1}, r: *a{n - 1}}}}}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def deep_alias() -> str:
    """Each level is shallow; together they are not."""
    lines = ["version: 1", "vars:", "  a0: &a0 [[[[x]]]]"]
    return "\n".join(lines + [f"  a{n}: &a{n} [[[[*a{n - 1}]]]]" for n in range(1, 40)]) + "\n"


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "an alias bomb": (bomb(), "alias_bomb"),
    "a bomb of merges": (merge_bomb(), "alias_bomb"),
    "a list in a list": ("version: 1\nx: " + "[" * 100_000, "too_deep"),
    "a mapping in a mapping": ("version: 1\nx: " + "{a: " * 100_000, "too_deep"),
    "a dash after a dash": ("- " * 100_000, "too_deep"),
    "a question in a question": ("? " * 100_000, "too_deep"),
    "steps": ("".join(" " * n + "a:\n" for n in range(1000)), "too_deep"),
    "aliases on aliases": (deep_alias(), "too_deep"),
    "a binary file": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "not_utf8"),
    "UTF-16": ("version: 1\n".encode("utf-16"), "not_utf8"),
    "Latin-1": ("version: 1\nstate: Übung\n".encode("latin-1"), "not_utf8"),
    "zeros": (b"version: 1\n\0\0\0", "not_utf8"),
    "a number without end": ("version: 1\nx: " + "1" * 1_000_000, "bad_number"),
    "an unclosed quote at length": ('version: 1\nx: "' + "a" * 1_000_000, "syntax"),
    "references at length": (
        a_job("tone: " + "${var.x}" * 20_000, head=f"vars: {{x: {'y' * 10_000}}}\n"),
        "out_of_range",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_at_once(name: str, tmp_path: Path) -> None:
    text, code = HOSTILE[name]
    with at_once():
        found = problems(tmp_path, text)
    assert code in {p.code for p in found}
    assert all(len(p.message) < 300 and len((p.location and p.location.text) or "") <= 400 for p in found)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "afsync.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with at_once(), pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    (problem,) = caught.value.problems
    assert problem.code == "too_large" and "16 MiB" in problem.message and "include" in (problem.hint or "")


@pytest.mark.parametrize("name", ["afsync.yaml", "part.yaml"])
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"afsync.yaml": "version: 1\ninclude: [part.yaml]\n", "part.yaml": "jobs: {}\n"})
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with at_once(), pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.location)) == ("not_a_file", name)
    assert "pipe" in problem.message


def test_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").symlink_to("/dev/zero")
    with at_once(), pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    assert {p.code for p in caught.value.problems} == {"outside_project"}


def test_a_directory_is_no_project_file(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    assert [p.code for p in caught.value.problems] == ["not_a_file"]


def test_a_link_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "afsync.yaml").symlink_to("afsync.yaml")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    assert [p.code for p in caught.value.problems] == ["unreadable"]


def test_hundreds_of_aliases_are_no_bomb(tmp_path: Path) -> None:
    jobs = "".join(f"  job-{n}: {{<<: *first, topic: Number {n}}}\n" for n in range(500))
    first = "  first: &first {url: 'https://a.b/c', platforms: [tiktok, youtube], tone: hype}\n"
    write(tmp_path, {"afsync.yaml": "version: 1\njobs:\n" + first + jobs})
    assert len(load(tmp_path, environ={}).desired.jobs) == 501
