"""docs/reliability.md says what can be done: its commands exist, and its rehearsal goes as it says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import forked
from tests.cli.commands import every_command, options

PAGE = (Path(__file__).parents[2] / "docs/reliability.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in re.findall(r"afsync .*", block)]
(REHEARSAL,) = (block for block in BLOCKS if "rehearsal" in block)
PATIENCE = 60


@pytest.mark.parametrize("line", LINES)
def test_a_command_exists_with_its_flags(line: str) -> None:
    words = line.partition("#")[0].split()[1:]
    every = every_command()
    name = next(tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in every)
    known = {flag for option in options(every[name]) for flag in option.opts}
    assert {word for word in words if word.startswith("-")} <= known


def told() -> list[tuple[str, int]]:
    """The commands of the rehearsal that say how they end."""
    found = re.findall(r"^(.*?afsync .*?) +# (.*)$", REHEARSAL, re.MULTILINE)
    return [(line, int(m[1])) for line, says in found if (m := re.match(r"exits (\d)", says))]


def script(port: int) -> str:
    """The rehearsal on a free port; what each command comes to is written down."""
    lines = []
    for line in REHEARSAL.replace("8787", str(port)).splitlines():
        command = line.partition("  #")[0].rstrip()
        lines.append(command)
        if "afsync" in command and not command.endswith("&") and "export" not in command:
            lines.append('echo "exit $?"')
    return "\n".join(lines)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """A PATH on which `afsync` is this one."""
    program = tmp_path / "bin" / "afsync"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m afsync "$@"\n')
    program.chmod(0o755)
    yield f"{program.parent}:{os.environ['PATH']}"


def test_the_rehearsal_goes_as_it_says(path: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "GITHUB_"))}
    root = str(Path(__file__).parents[2])
    with forked.popen(
        ["/bin/sh", "-c", script(port)], cwd=tmp_path, env={**kept, "PATH": path, "PYTHONPATH": root},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    codes = [int(code) for code in re.findall(r"^exit (\d+)$", out, re.MULTILINE)]
    assert [code for _, code in told()] == [3, 1, 0]
    assert codes == [0, 3, 0, 1, 0], out
    assert "could be it, so it cannot be called absent" in out
    assert out.count("submitting...") == 1
