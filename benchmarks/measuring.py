"""Commands run and measured, in turn, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and where. It has to exit with 0."""

    words: Sequence[str]
    environ: Mapping[str, str] | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of several runs: seconds of wall clock and of processor; the most memory one had, in MiB."""

    seconds: float
    processor: float
    mib: float


def measure(command: Command, runs: int = 5) -> Measured:
    """One command alone."""
    return measure_in_turn({"": command}, runs)[""]


def measure_in_turn(commands: Mapping[str, Command], runs: int = 5) -> dict[str, Measured]:
    """Several commands, one after the other, again and again."""
    taken: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(_run(command))
    return {
        name: Measured(median(m.seconds for m in all_), median(m.processor for m in all_), max(m.mib for m in all_))
        for name, all_ in taken.items()
    }


def _run(command: Command) -> Measured:
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
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
