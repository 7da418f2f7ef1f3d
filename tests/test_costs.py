"""What a plan costs per job, counted in calls: they are the same on every machine, and a slow way shows at once.

Seconds are for `benchmarks/`. Requests are counted in `scenarios/test_reading.py`, bytes in `store/test_costs.py`.
"""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pytest

from afsync.config.loader import load
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.planner import make_plan
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.remote_account import Remote, RemoteAccount, RemoteTemplate
from afsync.core.state import Recorded
from afsync.output.plan_json import plan_json
from afsync.output.plan_markdown import plan_markdown
from afsync.output.plan_text import plan_text
from afsync.store.state_text import decode_bytes, encode_bytes
from tests.builders import NOW
from tests.harness import HEAD, LINEAGE

T = TypeVar("T")
Recorder = Callable[[str, object], None]

FEW, MANY = 100, 300
TEMPLATE = "templates:\n  weekly: {name: Weekly, format: short, platforms: [tiktok]}\n"
JOB = """  j{n:04}:
    template: weekly
    url: https://clips.twitch.tv/clip-{n}
    topic: Best plays number {n}
    platforms: [tiktok, youtube]
    schedule: {at:%Y-%m-%d %H:%M}
"""


def calls(work: Callable[[], T]) -> tuple[T, int]:
    """What `work` gives, and how many Python functions were called for it."""
    count = 0

    def profile(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    gc.disable()  # Hypothesis listens to it, and its calls are not the program's
    sys.setprofile(profile)
    try:
        return work(), count
    finally:
        sys.setprofile(before)
        gc.enable()


def project(root: Path, jobs: int) -> Path:
    root.mkdir(exist_ok=True)
    text = "".join(JOB.format(n=n, at=NOW + timedelta(days=1, hours=n)) for n in range(jobs))
    (root / "afsync.yaml").write_text(f"{HEAD}{TEMPLATE}jobs:\n{text}", encoding="utf-8")
    return root


def a_plan(root: Path, jobs: int) -> dict[str, int]:
    """The calls of every stage of a plan in which nothing changes, and of showing one in which everything does."""
    project(root, jobs)
    load(root, environ={})
    loaded, loading = calls(lambda: load(root, environ={}))
    desired = loaded.desired
    records: dict[str, Record] = {
        t.address: RecordedTemplate("tpl_1", fingerprint(Kind.TEMPLATE, t.values), t.values)
        for t in desired.templates.values()
    }
    for number, job in enumerate(desired.jobs.values()):
        print_ = fingerprint(Kind.JOB, job.values)
        records[job.address] = RecordedJob(f"job_{number}", print_, job.values, job.schedule, "published")
    data = encode_bytes(Recorded(LINEAGE, 1, 0, None, records), "0").data
    state, reading = calls(lambda: decode_bytes(data))
    remote = Remote(RemoteAccount("user"), {"tpl_1": RemoteTemplate("tpl_1", "Weekly")})
    plan, planning = calls(lambda: make_plan(desired, state.recorded, remote, NOW))
    assert plan.changes == ()
    everything = make_plan(desired, Recorded(LINEAGE), Remote(RemoteAccount("user")), NOW)
    assert len(everything.changes) == jobs + 1
    return {
        "loading": loading,
        "reading the state": reading,
        "planning": planning,
        "text": calls(lambda: plan_text(everything))[1],
        "JSON": calls(lambda: plan_json(everything))[1],
        "Markdown": calls(lambda: plan_markdown(everything, max_bytes=10_000_000))[1],
    }


MOST = {"loading": 15.5, "reading the state": 0.1, "planning": 4.5, "text": 160, "JSON": 80, "Markdown": 120}
"""Calls per job, a little more than there are."""


def test_calls_per_job(tmp_path: Path, record_property: Recorder) -> None:
    a_plan(tmp_path / "first", 2)  # what is worked out once, such as patterns, is not of the jobs
    few, many = a_plan(tmp_path / "few", FEW), a_plan(tmp_path / "many", MANY)
    each = {stage: (many[stage] - few[stage]) / (MANY - FEW) for stage in MOST}
    told = ", ".join(f"{stage} {count:.1f}" for stage, count in each.items())
    record_property("figure", f"calls per job: {told}")
    assert {stage: count for stage, count in each.items() if count > MOST[stage]} == {}


@pytest.mark.parametrize("text", ["", "# comment, é\n"])
def test_the_common_case_is_read_without_the_slow_reader(tmp_path: Path, text: str) -> None:
    project(tmp_path, 3)
    (tmp_path / "afsync.yaml").write_text((tmp_path / "afsync.yaml").read_text() + text, encoding="utf-8")
    script = "import sys; from afsync.cli import run; assert not run(sys.argv[1:]) and 'ruamel.yaml' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, "-C", str(tmp_path), "validate"], check=True, timeout=60)


def test_validating_loads_no_planner(tmp_path: Path) -> None:
    """What judges files alone does not wait for what decides about an account."""
    project(tmp_path, 3)
    unwanted = {"httpx", "afsync.core.plan", "afsync.store", "afsync.engine"}
    script = (
        f"import sys; from afsync.cli import run; assert not run(sys.argv[1:]) and not {unwanted} & {{*sys.modules}}"
    )
    subprocess.run([sys.executable, "-c", script, "-C", str(tmp_path), "validate"], check=True, timeout=60)


def test_an_ordinary_plan_loads_nothing_that_explains(tmp_path: Path) -> None:
    """What says what is wrong, or how two things differ, is slow to load, and nothing is wrong or differs."""
    project(tmp_path, 3)
    unwanted = {"pydantic", "ruamel.yaml", "deepdiff", "rich", "afsync.config.models", "afsync.engine"}
    script = (
        "import sys; from afsync.cli import run; assert not run(['-C', sys.argv[1], 'init']);"
        f"assert not run(['-C', sys.argv[1], 'plan', '--offline', '--now', '{NOW:%Y-%m-%dT%H:%M:%SZ}']);"
        f"assert not {unwanted} & {{*sys.modules}}, {unwanted} & {{*sys.modules}}"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)


SERIES = """  show:
    url: https://a.b/c
    allow_duplicate: true
    repeat: {every: week, days: [mon], at: "09:00", from: 2020-01-06}
"""


@pytest.mark.parametrize(("text", "loaded"), [("", set()), (SERIES, {"afsync.config.series", "afsync.core.series"})])
def test_a_project_without_series_loads_nothing_of_them(tmp_path: Path, text: str, loaded: set[str]) -> None:
    """Nor of what explains mistakes; and one with rules in plain words nothing of what reads those of RFC 5545."""
    project(tmp_path, 3)
    (tmp_path / "afsync.yaml").write_text((tmp_path / "afsync.yaml").read_text() + text, encoding="utf-8")
    of_series = (
        *("timed_submissions", "series", "series_values", "keys.series", "rrule", "public_holidays", "beyond_horizon"),
        *(
            "occurrences",
            "occurrence_jobs",
            "moving_occurrences",
            "occurrence_text",
            "row_fields",
            "row_jobs",
            "sheets",
            "workbook",
        ),
    )
    of_mistakes = ("form_problems", "models", "yaml", "composer", "syntax")
    unwanted = {"dateutil", "afsync.core.series", "afsync.core.recurrence"}
    unwanted |= {f"afsync.config.{name}" for name in (*of_series, *of_mistakes)}
    unwanted = {"dateutil", "pydantic", "ruamel.yaml"} if text else unwanted
    script = (
        "import sys; from afsync.cli import run; assert not run(['-C', sys.argv[1], 'init']);"
        f"assert not run(['-C', sys.argv[1], 'plan', '--offline', '--now', '{NOW:%Y-%m-%dT%H:%M:%SZ}']);"
        f"assert not {unwanted} & {{*sys.modules}}, {unwanted} & {{*sys.modules}};"
        f"assert {loaded or '{*()}'} <= {{*sys.modules}}"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)


MOST_MODULES = 172
"""Each takes a third of a millisecond, a few more than there are."""

COUNTED = """
import re, sys
compiling, compiled = re.compile, set()
def compile(*args):
    compiled.add(sys._getframe(1).f_globals.get('__name__', ''))
    return compiling(*args)
re.compile = compile
from afsync.cli import run
assert not run(sys.argv[1:])
print({'modules': sum(name.startswith('afsync.') for name in sys.modules), 'compiled': sorted(compiled)})
"""


def test_an_ordinary_plan_loads_few_modules_and_compiles_few_patterns(
    tmp_path: Path, record_property: Recorder
) -> None:
    """A pattern that is compiled while its module is loaded is one that every run uses; for others there is
    `core.regex`."""
    project(tmp_path, 20)
    for args in (["init"], ["plan", "--offline", "--now", f"{NOW:%Y-%m-%dT%H:%M:%SZ}"]):
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "-C", str(tmp_path), *args],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    found = ast.literal_eval(done.stdout.splitlines()[-1])
    record_property("figure", f"modules of ours in a plan without network: {found['modules']}")
    assert found["modules"] <= MOST_MODULES
    ours = {name for name in found["compiled"] if name.startswith("afsync.")}
    for_every_job = {"afsync.core.addresses", "afsync.config.keys.values", "afsync.config.times", "afsync.api.wire"}
    checked_by_msgspec = {"afsync.core.records", "afsync.core.state"}
    assert ours <= {"afsync.core.regex", "afsync.config.fast_reader", *for_every_job, *checked_by_msgspec}
