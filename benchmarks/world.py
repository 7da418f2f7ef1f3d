"""The data of the benchmarks: projects, states and accounts of any size."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from afsync.__version__ import __version__
from afsync.config.loader import load
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.state import Account, Recorded
from afsync.emulator import Running, running
from afsync.store.state_text import encode

LINEAGE = "0190f1c2-8f2e-7c55-9a6b-2f1d3c4b5a60"
KEY = "af_live_bench"
COMMAND = str(Path(sys.executable).with_name("afsync"))
HEAD = f"""version: 1
lineage: {LINEAGE}
timezone: UTC
limits: {{max_creates: 100000, max_credits: 1000000}}
templates:
  weekly: {{name: Weekly highlights, format: short, platforms: [tiktok], tone: hype}}
jobs:
"""


@contextmanager
def account(finished: int, active: int, rpm: int = 1_000_000) -> Iterator[tuple[Running, list[str]]]:
    """An emulator with so many finished jobs behind so many active ones, whose ids are given, and one template."""
    with running(rpm=rpm, credits=1_000_000, dialect="deployed", speed="manual") as emulator:
        control = emulator.control
        control.account(KEY)
        if finished:
            control.seed(key=KEY, count=finished, status="published", age=40 * 86400, spacing=1)
        ids = control.seed(key=KEY, count=active, status="queued", age=3600, spacing=1) if active else []
        if active:
            _make_template(emulator)
        yield emulator, list(reversed(ids))


def _make_template(emulator: Running) -> None:
    body = json.dumps({"name": "Weekly highlights", "jobSpec": {"format": "short"}}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{emulator.url}/templates", body, headers, method="POST")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


def write_project(root: Path, jobs: int, unscheduled: int = 0) -> None:
    """An afsync.yaml with one template and so many jobs; all but the first `unscheduled` have a publish time."""
    start = datetime(2031, 1, 1, 9, tzinfo=UTC)
    rows = [
        f"""  job-{n:05}:
    template: weekly
    url: https://clips.twitch.tv/clip-{n}
    topic: Best plays number {n} of the season
    platforms: [tiktok, youtube]
{"" if n < unscheduled else f"    schedule: {start + timedelta(minutes=10 * n):%Y-%m-%d %H:%M}"}
"""
        for n in range(jobs)
    ]
    root.mkdir(parents=True, exist_ok=True)
    (root / "afsync.yaml").write_text(HEAD + "".join(rows), encoding="utf-8")


def record_all(root: Path, emulator: Running, active: Sequence[str] = ()) -> None:
    """A state in which every declared job is recorded: the first ones under the `active` ids, the rest as published."""
    desired = load(root, environ={}).desired
    told = emulator.control.account(KEY)
    template = next(iter(emulator.control.templates()))["id"]
    made = datetime(2026, 11, 1, tzinfo=UTC)
    resources: dict[str, Record] = {
        t.address: RecordedTemplate(template, fingerprint(Kind.TEMPLATE, t.values), t.values, created_at=made)
        for t in desired.templates.values()
    }
    for number, job in enumerate(desired.jobs.values()):
        held = number < len(active)
        job_id = active[number] if held else f"job_done{number:06}"
        status = "queued" if held else "published"
        print_ = fingerprint(Kind.JOB, job.values)
        resources[job.address] = RecordedJob(job_id, print_, job.values, job.schedule, status, 1, created_at=made)
    recorded = Recorded(LINEAGE, 1, 0, Account(told["id"], emulator.url), resources)
    state = root / ".afsync/state.json"
    state.parent.mkdir(exist_ok=True)
    state.write_text(encode(recorded, __version__), encoding="utf-8")


def environ(emulator: Running) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "GITHUB_"))}
    return kept | {"AURAFLUX_BASE_URL": emulator.url, "AURAFLUX_API_KEY": KEY}


def afsync(root: Path, *words: str) -> list[str]:
    """The command as installed, in a project."""
    return [COMMAND, "-C", str(root), *words]
