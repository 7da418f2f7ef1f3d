"""Where nobody reads, where nothing can be written: what is printed never decides what is recorded."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import forked
from tests.reliability.lab import VARIANTS, Lab, Project
from tests.reliability.processes import PATIENCE, Ended

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
needs_limits = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process cannot be set")


def shell(project: Project, command: str, *, env: dict[str, str] | None = None, stdin: str = "") -> Ended:
    """A line of shell in which `afsync` is the command, with the project as its folder."""
    afsync = f"{sys.executable} -m afsync -C {project.root}"
    done = forked.run(
        ["bash", "-c", command.replace("afsync", afsync)],
        env=project.sandbox.environ(env), input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def check_all_done(project: Project) -> None:
    assert {*project.recorded.resources} == {"template.weekly", "job.a", "job.b", "job.c"}
    project.check_rest(project.apply())
    assert not project.violations


APPLY = "afsync apply --auto-approve"
REDIRECTED = (
    f"exec {APPLY} >&-",
    f"exec {APPLY} 2>&-",
    f"exec {APPLY} <&-",
    f"exec {APPLY} <&- >&- 2>&-",
    f"{APPLY} | true; exit ${{PIPESTATUS[0]}}",
    f"{APPLY} 2>&1 | true; exit ${{PIPESTATUS[0]}}",
    f"{APPLY} --json | head -n 1; exit ${{PIPESTATUS[0]}}",
    f"{APPLY} | head -n 1; exit ${{PIPESTATUS[0]}}",
    f"exec env PYTHONIOENCODING=ascii {APPLY}",
    f"exec env LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {APPLY}",
)


@pytest.mark.parametrize("command", REDIRECTED)
def test_nobody_reads(command: str, laboratory: Lab) -> None:
    project = laboratory.project()
    name = project.root / "afsync.yaml"
    name.write_text(name.read_text(encoding="utf-8").replace("Topic B", "Größe → 日本"), encoding="utf-8")
    ended = shell(project, command)
    assert ended.code == 0, ended
    assert "Traceback" not in ended.err
    check_all_done(project)


@needs_full
@pytest.mark.parametrize("where", [">", "2>", "&>"])
@pytest.mark.parametrize("form", ["", " --json"])
def test_on_a_full_device(where: str, form: str, laboratory: Lab) -> None:
    project = laboratory.project()
    ended = shell(project, f"exec {APPLY}{form} {where}{FULL}")
    assert ended.code == 0, ended
    if where == ">":
        assert "the report could not be written" in ended.err
    check_all_done(project)


@needs_full
@pytest.mark.parametrize("where", [f">{FULL}", f"2>{FULL}", ">&-", "2>&-", f"&>{FULL}", "<&- >&- 2>&-"])
def test_the_exit_code_is_the_same(where: str, laboratory: Lab) -> None:
    """A lost answer ends with 3, a lock with 5, whether or not anybody can read why."""
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: received-then-close")
    assert shell(project, f"exec {APPLY} {where}").code == 3
    laboratory.control.fault("GET /account#1: received-then-hold")
    with project.sandbox.start("apply", "--auto-approve") as process:
        laboratory.until_held(lambda: process.poll() is None)
        assert shell(project, f"exec {APPLY} {where}").code == 5
        laboratory.control.release()
        process.communicate(timeout=PATIENCE)
    assert shell(project, f"exec afsync nonsense {where}").code == 1
    assert project.until_rest().code == 0
    assert not project.violations


def test_a_reader_that_goes_away_in_the_middle(laboratory: Lab) -> None:
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: committed-then-hold")
    with project.sandbox.start("apply", "--auto-approve") as process:
        laboratory.until_held(lambda: process.poll() is None)
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stderr.close()
        laboratory.control.release()
        assert process.wait(PATIENCE) == 0
    check_all_done(project)


def limit(process: subprocess.Popen[str], size: int) -> None:
    """From now on no file of this process grows beyond `size`: writing fails as on a full disk."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


def full_after_submission(project: Project, number: int, size: Callable[[int], int], *flags: str) -> Ended:
    """An apply whose disk is full right after the answer to that submission has left the service."""
    project.lab.control.fault(f"POST /jobs#{number}: committed-then-hold")
    with project.sandbox.start("apply", "--auto-approve", *flags) as process:
        project.lab.until_held(lambda: process.poll() is None)
        limit(process, size((project.root / ".afsync/state.json.journal").stat().st_size))
        project.lab.control.release()
        out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


@needs_limits
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_disk_is_full_after_a_submission(number: int, laboratory: Lab) -> None:
    """The id goes to a recovery file and to the screen; the run stops; the next one takes it in."""
    project = laboratory.project()
    ended = full_after_submission(project, number, lambda journal: journal)
    name = "abc"[number - 1]
    job = project.paid()[name][0]["job_id"]
    assert ended.code == 7, ended
    assert job in ended.err
    assert f"job.{name}: failed: it was created as {job}" in ended.out
    assert len(project.paid()) == number, "nothing was submitted after it"
    [kept] = (project.root / ".afsync").glob("state.json.recovery-*")
    assert job in kept.read_text()
    refused = project.run("plan")
    assert refused.code == 7, refused
    assert str(kept) in refused.err
    project.check(ended)
    merged = project.apply()
    assert merged.code == 0, merged
    assert f"job.{name} is {job}" in merged.err
    assert not kept.exists()
    check_all_done(project)


@needs_limits
@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "json"])
def test_not_even_a_recovery_file_can_be_written(flags: tuple[str, ...], laboratory: Lab) -> None:
    """Then the id is on the screen only, and a person gives it back."""
    project = laboratory.project(VARIANTS[2])
    ended = full_after_submission(project, 2, lambda _: 0, *flags)
    job = project.paid()["b"][0]["job_id"]
    assert ended.code == 7, ended
    assert f"afsync resolve job.b --adopt {job}" in ended.err
    assert "recovery file could not be written" in ended.err
    project.check(ended)
    assert project.apply().code == 3
    assert project.run("resolve", "job.b", "--adopt", job).code == 0
    check_all_done(project)


@needs_limits
def test_the_disk_is_full_before_the_submission(laboratory: Lab) -> None:
    """An intent that cannot be written is never sent."""
    project = laboratory.project()
    laboratory.control.fault("POST /templates#1: committed-then-hold")
    with project.sandbox.start("apply", "--auto-approve") as process:
        laboratory.until_held(lambda: process.poll() is None)
        limit(process, 1)
        laboratory.control.release()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 7
    assert not project.paid()
    assert project.until_rest().code == 0
    assert not project.violations


def test_a_directory_that_went_away(laboratory: Lab) -> None:
    """Somebody removes `.afsync` in the middle: the id is kept elsewhere and told."""
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: committed-then-hold")
    elsewhere = project.root / "tmp"
    elsewhere.mkdir()
    with forked.popen(
        project.sandbox.command("apply", "--auto-approve"), env=project.sandbox.environ({"TMPDIR": str(elsewhere)}),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        laboratory.until_held(lambda: process.poll() is None)
        os.rename(project.root / ".afsync", project.root / "gone")
        laboratory.control.release()
        _, err = process.communicate(timeout=PATIENCE)
    job = project.paid()["b"][0]["job_id"]
    assert process.returncode == 7, err
    assert job in err
    assert any(job in p.read_text() for p in elsewhere.iterdir())
    os.rename(project.root / "gone", project.root / ".afsync")
    project.environment["TMPDIR"] = str(elsewhere)
    ended = project.apply()
    assert ended.code == 0, ended
    check_all_done(project)
