"""Builds the data, runs afsync, the floor and whichever peers are installed, and writes RESULTS.md."""

from __future__ import annotations

import compileall
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from afsync import __file__ as afsync_package
from afsync.__version__ import __version__
from afsync.core.plan.plan import Plan
from benchmarks.accounts import accounts
from benchmarks.branch import branch
from benchmarks.hostile import HOSTILE
from benchmarks.measuring import Command, judged, measure, measure_in_turn
from benchmarks.peers import peers
from benchmarks.plans import a_plan_of
from benchmarks.series import rules, sheets
from benchmarks.world import COMMAND, KEY, account, afsync, environ, record_all, write_project

RESULTS = Path(__file__).with_name("RESULTS.md")
NOTES = Path(__file__).with_name("NOTES.md")


class Row(Struct, frozen=True):
    """A figure, and what it is measured against."""

    what: str
    figure: str
    against: str = ""


ROWS: list[Row] = []


def row(what: str, figure: str, against: str = "") -> None:
    ROWS.append(Row(what, figure, against))
    print(f"{what:<66} {figure:<34} {against}", flush=True)


def starting(root: Path) -> None:
    write_project(root, 20)
    commands = {
        "bare": Command([sys.executable, "-c", "pass"]),
        "version": Command([COMMAND, "version"]),
        "--help": Command([COMMAND, "--help"]),
        "validate, 20 jobs": Command(afsync(root, "validate")),
    }
    took = measure_in_turn(commands, runs=15)
    row("bare Python", f"{took['bare'].seconds * 1000:.0f} ms")
    for name, target in (("version", "2.5 ×"), ("--help", "2.5 ×")):
        ratio = took[name].seconds / took["bare"].seconds
        row(f"afsync {name}", f"{took[name].seconds * 1000:.0f} ms", f"{ratio:.1f} × bare Python; at most {target}")
    row("validate, 20 jobs", f"{took['validate, 20 jobs'].seconds:.2f} s", "at most 0.3 s")


def noop_plans(root: Path) -> None:
    with account(1_000, 50) as (emulator, ids):
        env = environ(emulator)
        for size in (20, 1_000, 10_000):
            project = root / str(size)
            write_project(project, size, 50)
            record_all(project, emulator, ids[: min(50, size)])
            commands = {
                "afsync": Command(afsync(project, "plan", "--detailed-exitcode"), env),
                "floor": Command([sys.executable, "-m", "benchmarks.floor", str(project)], env),
                **dict(peers(project, size)),
            }
            took = measure_in_turn(commands, runs=9)
            ours = took.pop("afsync")
            against = ", ".join(
                f"{ours.seconds / m.seconds:.3f} × {name} ({m.seconds:.2f} s)" for name, m in took.items()
            )
            aims = "; at most 200 MiB, 2.5 × floor, 0.25 × octoDNS, 0.04 × Terraform" if size == 10_000 else ""
            row(f"no-op plan, {size:,} jobs", f"{ours.seconds:.2f} s, {ours.mib:.0f} MiB", against + aims)


def validating(root: Path) -> None:
    for size in (1_000, 10_000):
        write_project(root / str(size), size)
        took = measure(Command(afsync(root / str(size), "validate")), runs=5)
        row(f"validate, {size:,} jobs", f"{took.seconds:.2f} s, {took.mib:.0f} MiB")


def calendar(root: Path) -> None:
    sheets(root / "sheets", row)
    rules(root / "rules", row)


def many_accounts(root: Path) -> None:
    accounts(root, row)


def requests(root: Path) -> None:
    for finished in (1_000, 100_000):
        with account(finished, 50) as (emulator, ids):
            project = root / str(finished)
            write_project(project, 50, 50)
            record_all(project, emulator, ids)
            emulator.control.clear_requests()
            measure(Command(afsync(project, "plan"), environ(emulator)), runs=1)
            count = len(emulator.control.requests(host="api"))
            row(f"requests of a no-op plan, 50 active and {finished:,} finished jobs", str(count), "at most 5")


def applies(root: Path) -> None:
    first = None
    for size in (250, 1_000, 4_000):
        with account(0, 0) as (emulator, _):
            project = root / str(size)
            write_project(project, size)
            env = environ(emulator)
            measure(Command(afsync(project, "init"), env), runs=1)
            took = measure(Command(afsync(project, "apply", "--auto-approve"), env), runs=1)
            assert len(emulator.control.jobs(key=KEY)) == size
            each, own = took.seconds / size * 1000, took.processor / size * 1000
            first = first or each
            row(f"apply of {size:,} scheduled jobs, two requests and three writes each", f"{each:.1f} ms a job",
                f"{each / first:.2f} × the first, at most 1.3; {own:.1f} ms of processor, at most 12")  # fmt: skip


def limited(root: Path) -> None:
    """As many submissions as take one more window than the first."""
    with account(0, 0, rpm=60) as (emulator, _):
        write_project(root, 100, 100)
        env = environ(emulator)
        measure(Command(afsync(root, "init"), env), runs=1)
        emulator.control.clear_requests()
        time.sleep(61)
        took = measure(Command(afsync(root, "apply", "--auto-approve"), env), runs=1)
        sent = emulator.control.requests(host="api")
        refused = sum(r["status"] == 429 for r in sent)
        row(f"apply of 100 jobs, 60 requests a minute: {len(sent)} requests", f"{took.seconds:.1f} s",
            f"{took.seconds / 60:.2f} × what the window allows, at most 1.1; {refused} × 429")  # fmt: skip


def latency(root: Path) -> None:
    with account(0, 20) as (emulator, ids):
        write_project(root, 20, 20)
        record_all(root, emulator, ids)
        plan = Command(afsync(root, "plan"), environ(emulator))
        without = measure(plan, runs=9)
        emulator.control.options(latency_ms=150)
        slow = measure(plan, runs=9)
        more = (slow.seconds - without.seconds) * 1000
        row("no-op plan, 20 jobs, 150 ms a call", f"{slow.seconds:.2f} s",
            f"{more:.0f} ms more than without latency; at most 0.55 s")  # fmt: skip


def pushes(root: Path) -> None:
    branch(root, row)


def rendering(_root: Path) -> None:
    from afsync.output.plan_json import plan_json
    from afsync.output.plan_markdown import plan_markdown
    from afsync.output.plan_text import plan_text

    formats: dict[str, Callable[[Plan], str]] = {"text": plan_text, "JSON": plan_json, "Markdown": plan_markdown}
    for changes in (2_000, 10_000):
        plan = a_plan_of(changes)
        for name, render in formats.items():
            started = time.perf_counter()
            size = len(render(plan).encode())
            took = time.perf_counter() - started
            row(f"a plan of {changes:,} changes as {name}", f"{took:.2f} s, {size:,} bytes", "at most 1 s")


def hostile(root: Path) -> None:
    """Files just below the limit of 16 MiB: processor time and the most memory, whatever `validate` says of them."""
    for name, text in HOSTILE.items():
        (root / "afsync.yaml").write_text(text(int(15.9 * 1024 * 1024)), encoding="utf-8")
        took = judged(Command(afsync(root, "validate")))
        row(f"validate 15.9 MiB of {name}", f"{took.processor:.1f} s of processor, {took.mib:.0f} MiB",
            "at most 10 s, 500 MiB")  # fmt: skip


PARTS = {
    f.__name__: f
    for f in (
        *(starting, noop_plans, many_accounts, validating, calendar),
        *(requests, applies, limited, latency, pushes, rendering, hostile),
    )
}


def main() -> None:
    _as_installed()
    chosen = sys.argv[1:] or list(PARTS)
    for name in chosen:
        root = Path(tempfile.mkdtemp(prefix="afsync-bench-"))
        try:
            PARTS[name](root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
    if chosen == list(PARTS):
        RESULTS.write_text(_report(), encoding="utf-8")


def _as_installed() -> None:
    """With its bytecode, as installers leave a package. Where none is written, the compiler would be measured."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(afsync_package).parent, quiet=1)


def _report() -> str:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    versions = f"afsync {__version__}, Python {platform.python_version()}"
    head = f"# Measured\n\n{datetime.now(UTC):%Y-%m-%d}, {versions}, {machine}. "
    told = "Medians of wall clock; `make bench` does it again. The service is the emulator, over loopback.\n\n"
    lines = [f"| {r.what} | {r.figure} | {r.against} |" for r in ROWS]
    return head + told + "| what | figure | against |\n|---|---|---|\n" + "\n".join(lines) + "\n\n" + NOTES.read_text()


if __name__ == "__main__":
    main()
