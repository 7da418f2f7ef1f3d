"""Commands run and measured, in turn, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct


class Command(Struct, frozen=True):
    """What to run, and where. It has to exit with 0."""

    words: Sequence[str]
    environ: Mapping[str, str] | None = None
    folder: Path | None = None


class Measured(Struct, frozen=True):
    """Medians of several runs: seconds of wall clock and of processor; and the most memory it had, in MiB."""

    seconds: float
    processor: float
    mib: float


def measure(command: Command, runs: int = 5) -> Measured:
    """One command alone."""
    return measure_in_turn({"": command}, runs)[""]


def measure_in_turn(commands: Mapping[str, Command], runs: int = 5) -> dict[str, Measured]:
    """Several commands, one after the other, again and again."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(_run(command))
    return {
        name: Measured(median(s for s, _ in each), median(p for _, p in each), _peak(commands[name]) if runs > 1 else 0)
        for name, each in taken.items()
    }


def judged(command: Command) -> Measured:
    """One run, whatever it exits with."""
    started = time.perf_counter()
    child = subprocess.run(
        [sys.executable, "-S", "-c", _JUDGED, *command.words],
        env=command.environ, cwd=command.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    processor, kib = child.stdout.split()
    return Measured(time.perf_counter() - started, float(processor), int(kib) / 1024)


def _peak(command: Command) -> float:
    """MiB. Run from a small process, because Linux counts what the parent held when it began another program."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", _PEAK, *command.words],
        env=command.environ, cwd=command.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) / 1024


_RUN = """
import os, resource, sys
if (child := os.fork()) == 0:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1), os.dup2(nowhere, 2)
    os.execvp(sys.argv[1], sys.argv[1:])
used = os.wait4(child, 0)[2]
"""
_PEAK = f"{_RUN}print(used.ru_maxrss)"
_JUDGED = f"{_RUN}print(used.ru_utime + used.ru_stime, used.ru_maxrss)"


def _run(command: Command) -> tuple[float, float]:
    """Seconds of wall clock, and of processor."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words, env=command.environ, cwd=command.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            text = said.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command.words)} exited with {process.returncode}: {text}")
    return seconds, usage.ru_utime + usage.ru_stime
