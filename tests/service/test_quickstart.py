"""The quickstart, as its page tells it: plan, apply, wait, approve, result, and all of it again in the demo."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.harness import NO_CHANGES, Sandbox
from tests.scenarios.world import valid

EXAMPLE = Path(__file__).parents[2] / "examples/quickstart"
FAST = {"AFSYNC_EMULATOR_SPEED": "120"}


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    return Sandbox(tmp_path)


def test_from_the_plan_to_the_video(project: Sandbox) -> None:
    assert "Valid. 1 template and 4 jobs" in project.does("validate", env=FAST).out
    project.does("init", env=FAST)
    assert "file: media/intro.mp4" in project.does("plan", env=FAST).out
    project.applied(env=FAST)
    assert NO_CHANGES in project.does("plan", env=FAST).out
    done = project.does("status", "--watch", "--interval", "0.2", "--json", env=FAST).json
    phases = {row["address"]: row["phase"] for row in done["jobs"]}
    assert phases == {
        "job.best-cs2": "active",
        "job.intro": "waiting_for_approval",
        "job.recap": "active",
        "job.teaser": "done",
    }
    assert "Waiting for approval:" in project.does("plan", env=FAST).out
    project.does("approve", "job.intro", "--auto-approve", env=FAST)
    out = project.does("status", "job.intro", "--until", "published", "--interval", "0.1", env=FAST).out
    assert "published" in out
    folder = project.root / "videos"
    shown = project.does("result", "job.intro", "--json", "--download", str(folder), env=FAST)
    valid("result", shown.json)
    assert sorted(p.suffix for p in folder.iterdir()) == [".json", ".mp4", ".png"]
    video = next(folder.glob("*.mp4")).read_bytes()
    assert video[4:8] == b"ftyp"
    assert NO_CHANGES in project.does("plan", env=FAST).out


def test_merging_publishes(project: Sandbox) -> None:
    project.does("init", env=FAST)
    project.applied(env=FAST)
    project.does("status", "--watch", "--interval", "0.2", env=FAST)
    file = project.root / "afsync.yaml"
    file.write_text(file.read_text().rstrip("\n") + f"\n    approve: {project.ids()['job.intro']}\n")
    assert "# job.intro will be published" in project.does("plan", env=FAST).out
    project.applied(env=FAST)
    assert NO_CHANGES in project.does("plan", env=FAST).out


def test_the_demo_tells_it_all(tmp_path: Path, record_property: object) -> None:
    began = time.monotonic()
    out = Sandbox(tmp_path).ok("demo", env=FAST).out
    assert [line for line in out.splitlines() if line.startswith("$ afsync")] == [
        "$ afsync init",
        "$ afsync validate",
        "$ afsync plan",
        "$ afsync apply --auto-approve",
        "$ afsync plan",
        "$ afsync plan",
        "$ afsync apply --auto-approve",
        "$ afsync status --watch --interval 0.5",
        "$ afsync approve job.intro --auto-approve",
        "$ afsync status job.intro --until published --interval 0.5",
        "$ afsync result job.intro --download videos",
        "$ afsync state list",
        "$ afsync destroy --auto-approve",
        "$ afsync account",
    ]
    assert "waiting for approval" in out and "Approved: 1 job." in out and "Apply complete!" in out
    record_property("figure", f"afsync demo: {time.monotonic() - began:.0f} s")  # type: ignore[operator]


def test_the_demo_of_the_router_shows_what_was_not_kept(tmp_path: Path) -> None:
    out = Sandbox(tmp_path).ok("demo", "--dialect", "router", env=FAST).out
    recap, rest = out.split("$ afsync result job.recap --json")[1].split("$ afsync result job.intro --json")
    intro = rest.split("$ afsync account")[0]
    assert recap.count('"status": "published"') == 2, "at once, though its time is years ahead"
    assert '"status": "published"' not in intro
    assert "50 available (included 50, used 0)" in rest
