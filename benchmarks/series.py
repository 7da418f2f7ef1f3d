"""Series and sheets: what they take beside the same jobs written out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from afsync.config.loader import load
from afsync.config.occurrences import expand
from afsync.core.state import Recorded
from benchmarks.measuring import Command, measure_in_turn
from benchmarks.world import HEAD, LINEAGE, afsync

Tell = Callable[[str, str, str], None]
NOW = datetime(2031, 1, 1, 6, tzinfo=UTC)


def sheets(root: Path, tell: Tell, size: int = 10_000) -> None:
    """A sheet of so many rows, and the same jobs as YAML, each of which is validated."""
    start = NOW + timedelta(hours=3)
    times = [f"{start + timedelta(minutes=10 * n):%Y-%m-%d %H:%M}" for n in range(size)]
    rows = [
        f"job-{n:05},https://clips.twitch.tv/clip-{n},Best plays number {n} of the season,{at},tiktok; youtube,weekly\n"
        for n, at in enumerate(times)
    ]
    jobs = [
        f"  job-{n:05}:\n    template: weekly\n    url: https://clips.twitch.tv/clip-{n}\n"
        f"    topic: Best plays number {n} of the season\n    platforms: [tiktok, youtube]\n    schedule: {at}\n"
        for n, at in enumerate(times)
    ]
    for name, text in (("sheet", HEAD + "  all: {rows: all.csv, horizon: 3660d}\n"), ("yaml", HEAD + "".join(jobs))):
        (root / name).mkdir(parents=True)
        (root / name / "afsync.yaml").write_text(text, encoding="utf-8")
    (root / "sheet/all.csv").write_text("key,url,topic,schedule,platforms,template\n" + "".join(rows), encoding="utf-8")
    took = measure_in_turn({n: Command(afsync(root / n, "validate")) for n in ("sheet", "yaml")}, runs=7)
    ratio = took["sheet"].processor / took["yaml"].processor
    tell(
        f"validate, {size:,} rows of a sheet",
        f"{took['sheet'].processor:.2f} s of processor",
        f"{ratio:.2f} × the same jobs as YAML ({took['yaml'].processor:.2f} s); at most 2",
    )


def rules(root: Path, tell: Tell, size: int = 400) -> None:
    """Rules that are three years old, of which four weeks are declared."""
    words = 'every: week, days: [mon], at: "09:00"'
    rrule = 'rrule: "FREQ=WEEKLY;BYDAY=MO", at: "09:00"'
    for name, rule, most in (("in plain words", words, 0.03), ("as rrule", rrule, 1.5)):
        series = "".join(
            f"  s{n}:\n    url: https://clips.twitch.tv/clip-{n}\n    repeat: {{{rule}, from: {day:%Y-%m-%d}}}\n"
            for n in range(size)
            for day in [NOW - timedelta(days=1095 + n % 7)]
        )
        root.mkdir(parents=True, exist_ok=True)
        (root / "afsync.yaml").write_text(HEAD.replace("jobs:", "horizon: 28d\njobs:") + series, encoding="utf-8")
        dates, whole = min(_expanded(root) for _ in range(3))
        tell(
            f"the dates of {size} rules of three years, {name}",
            f"{dates * 1000:.0f} ms of processor",
            f"at most {most * 1000:.0f} ms; {whole * 1000:.0f} ms with their {size * 4:,} jobs",
        )


def _expanded(root: Path) -> tuple[float, float]:
    """Seconds of processor that the dates of the next four weeks take, and all of the jobs that they become."""
    project = load(root, environ={})
    assert project.timed_submissions is not None
    started = time.process_time()
    found = [d.series(NOW.date()) for d in project.timed_submissions.series.values()]
    count = sum(len(s.between(NOW, NOW + s.horizon)) for s in found)
    dates = time.process_time() - started
    project = load(root, environ={})
    started = time.process_time()
    expanded = expand(project, Recorded(LINEAGE), NOW)
    assert len(expanded.desired.jobs) == count
    return dates, time.process_time() - started
