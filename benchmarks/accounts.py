"""Many accounts in one process, against one process for each: `python -m benchmarks.accounts [ACCOUNTS]`."""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from afsync.__version__ import __version__
from afsync.config.loader import load
from afsync.config.workspace import find_workspace
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.state import Account, Recorded
from afsync.emulator import Running, running
from afsync.store.state_text import encode
from benchmarks.measuring import Command, judged, measure
from benchmarks.peers import peers
from benchmarks.world import afsync, environ

ACCOUNTS, JOBS = 500, 20
SAMPLE = 100
"""So many single plans are run, and scaled."""
WORKSPACE = "version: 1\naccounts: [clients/*]\nkey: env:AURAFLUX_KEY_${account}\nshared: [shared.yaml]\n"
SHARED = "templates:\n  weekly: {name: Weekly highlights, format: short}\n"
JOB = """  job-{n:02}:
    template: weekly
    url: https://clips.twitch.tv/clip-{n}
    topic: Best plays number {n} of the season
    platforms: [tiktok, youtube]
"""


def key_of(number: int) -> str:
    return f"af_live_bench{number}"


def build(root: Path, emulator: Running, accounts: int) -> dict[str, str]:
    """A workspace of which everything was submitted and is in production; the environment for it."""
    root.mkdir(parents=True)
    (root / "afsync.workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    (root / "shared.yaml").write_text(SHARED, encoding="utf-8")
    keys = {f"AURAFLUX_KEY_C{n:03}": key_of(n) for n in range(accounts)}
    jobs = "".join(JOB.format(n=n) for n in range(JOBS))
    folders = [root / f"clients/c{n:03}" for n in range(accounts)]
    for folder in folders:
        (folder / ".afsync").mkdir(parents=True)
        text = f"version: 1\nlineage: {uuid.uuid4()}\ntimezone: UTC\njobs:\n{jobs}"
        (folder / "afsync.yaml").write_text(text, encoding="utf-8")
    for number, folder in enumerate(folders):
        _record(folder, emulator, key_of(number))
    env = environ(emulator)
    del env["AURAFLUX_API_KEY"]
    return env | keys


def _record(folder: Path, emulator: Running, key: str) -> None:
    project = load(folder, environ={}, workspace=find_workspace(folder))
    told = emulator.control.account(key)
    template = _template(emulator, key)
    ids = emulator.control.seed(key=key, count=JOBS, status="queued", age=3600, spacing=1)
    made = datetime(2026, 11, 1, tzinfo=UTC)
    resources: dict[str, Record] = {
        t.address: RecordedTemplate(template, fingerprint(Kind.TEMPLATE, t.values), t.values, created_at=made)
        for t in project.desired.templates.values()
    }
    for job_id, job in zip(ids, project.desired.jobs.values(), strict=True):
        print_ = fingerprint(Kind.JOB, job.values)
        resources[job.address] = RecordedJob(job_id, print_, job.values, None, "queued", 1, created_at=made)
    recorded = Recorded(project.settings.lineage or "", 1, 0, Account(told["id"], emulator.url), resources)
    (folder / ".afsync/state.json").write_text(encode(recorded, __version__), encoding="utf-8")


def _template(emulator: Running, key: str) -> str:
    body = json.dumps({"name": "Weekly highlights", "jobSpec": {"format": "short"}}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{emulator.url}/templates", body, headers, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return str(json.load(answer)["template"]["id"])


def accounts(root: Path, row: Callable[[str, str, str], None], count: int = ACCOUNTS) -> None:
    """No-op plans of so many accounts with twenty jobs each."""
    with running(rpm=1_000_000, credits=1_000, dialect="deployed", speed="manual") as emulator:
        env = build(root / "agency", emulator, count)
        every = Command([*afsync(root / "agency", "plan", "--all", "--detailed-exitcode")], env)
        measure(every, runs=1)  # which insists on the exit code
        together = judged(every)
        seconds = processor = 0.0
        sample = range(0, count, max(1, count // SAMPLE))
        for number in sample:
            folder = root / f"agency/clients/c{number:03}"
            one = measure(Command([*afsync(folder, "plan", "--detailed-exitcode")], env), runs=1)
            seconds, processor = seconds + one.seconds, processor + one.processor
    seconds, processor = (value * count / len(sample) for value in (seconds, processor))
    ratio, own = together.seconds / seconds, together.processor / processor
    what = f"no-op plan of {count} accounts, {JOBS} jobs each"
    against = f"{ratio:.2f} × {count} single plans ({seconds:.0f} s, from {len(sample)} of them), {own:.2f} × their"
    row(what, f"{together.seconds:.1f} s, {together.mib:.0f} MiB", f"{against} processor; at most 0.2 ×, 300 MiB")
    for name, command in peers(root / "peers", JOBS):
        took = sum(judged(command).seconds for _ in range(50)) / 50 * count
        row(f"the same by {name}", f"{took:.0f} s", f"50 plans of {JOBS} resources, scaled to {count}")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    with tempfile.TemporaryDirectory() as folder:
        accounts(Path(folder), lambda *cells: print(" | ".join(cells)), wanted)
