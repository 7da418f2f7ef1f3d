"""`plan` writes nothing, anywhere, and takes no lock; every other command that only looks does neither."""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT
from tests.harness import Sandbox

LOOKING = [
    ("plan",),
    ("plan", "--json"),
    ("plan", "--destroy"),
    ("plan", "--target", "job.*"),
    ("plan", "--replace", "job.best"),
    ("plan", "--now", "2032-01-01T00:00:00Z"),
    ("validate",),
    ("show",),
    ("state", "list"),
    ("state", "show", "job.best"),
    ("account",),
    ("schema",),
    ("intents",),
    ("completion", "bash"),
    ("version",),
]
CHANGED = PROJECT.replace("Other plays", "Edited plays")
BUILT_IN = {"AURAFLUX_BASE_URL": "emulator"}


def tree(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """Everything below a folder, with what would change if anybody wrote: mode, times, contents."""
    found = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(root))] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return found


@pytest.fixture(params=["over a socket", "built in", "built in and new"])
def project(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A project with something left to do."""
    if request.param == "over a socket":
        sandbox.write(CHANGED)
        return sandbox
    inside = Sandbox(tmp_path / "inside")
    inside.write(f"api: {{base_url: emulator}}\n{PROJECT}")
    inside.does("init")
    if request.param == "built in":
        inside.applied()
        inside.write(f"api: {{base_url: emulator}}\n{CHANGED}")
    else:
        (inside.root / ".afsync/emulator.db").unlink()
    return inside


def test_looking_leaves_everything_as_it_is(project: Sandbox) -> None:
    before = tree(project.root)
    for args in LOOKING:
        if "job.best" not in args or "job.best" in project.ids():
            assert project.call(*args).code == 0, args
    assert tree(project.root) == before


# What a traced process reports each time something is opened for writing, made, renamed, removed…; `os.write` is not
# an event, but whatever is written to was opened first.
TRACER = """
import os, sys

CHANGES = {
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate",
    "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        if isinstance(path, int) or str(path) == os.devnull or not flags & WRITING:
            return
    elif event == "sqlite3.connect":
        if args[0] in (":memory:", b":memory:") or "mode=ro" in str(args[0]):
            return
    elif event not in CHANGES:
        return
    os.write(REPORT, f"{event} {args!r}\\n".encode())

REPORT = int(os.environ["TRACE_FD"])
sys.addaudithook(watch)
"""


def traced(sandbox: Sandbox, folder: Path, *args: str) -> list[str]:
    """What a command in a process of its own opens for writing or changes, on the whole machine."""
    (folder / "sitecustomize.py").write_text(TRACER)
    report = folder / "report"
    with report.open("wb") as file:
        env = {"PYTHONPATH": str(folder), "TRACE_FD": str(file.fileno()), "PYTHONDONTWRITEBYTECODE": "1"}
        done = sandbox.run(*args, env=env, pass_fds=[file.fileno()])
    assert done.code == 0, done.err
    return report.read_text().splitlines()


def test_plan_opens_nothing_for_writing(project: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    folder.mkdir()
    assert traced(project, folder, "plan") == []


def test_the_trace_sees_what_writes(fresh: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    folder.mkdir()
    fresh.write(CHANGED)
    seen = traced(fresh, folder, "apply", "--auto-approve")
    assert any("os.rename" in line and "state.json" in line for line in seen)
    assert any("open" in line and "lock" in line for line in seen)


def without_privileges() -> None:
    """As root, permissions bind nobody: give up the right to pass them, in a process that is about to begin."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """Nothing below `root` may be changed meanwhile."""
    everything = [root, *root.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in everything}
    for path in everything:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.skipif(sys.platform != "linux", reason="drops capabilities where it runs as root")
def test_plan_works_where_nothing_can_be_written(project: Sandbox) -> None:
    with read_only(project.root):
        before = tree(project.root)
        planned = project.run("plan", preexec_fn=without_privileges)
        assert planned.code == 0, planned.err
        assert "Plan: " in planned.out
        applied = project.run("apply", "--auto-approve", preexec_fn=without_privileges)
        assert applied.code in (1, 7)  # so the folder really is read-only
        assert tree(project.root) == before
    assert planned.out == project.run("plan").out


@pytest.mark.skipif(sys.platform != "linux", reason="drops capabilities where it runs as root")
@pytest.mark.parametrize("name", ["afsync.yaml", ".afsync/state.json"])
def test_a_file_that_may_not_be_read_is_told(sandbox: Sandbox, name: str) -> None:
    (sandbox.root / name).chmod(0)
    done = sandbox.run("plan", preexec_fn=without_privileges)
    assert done.code == (1 if name == "afsync.yaml" else 7)
    assert Path(name).name in done.err
    assert "ermission" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="drops capabilities where it runs as root")
@pytest.mark.parametrize(
    ("command", "pattern"),
    [
        *(("plan", pattern) for pattern in ("cal/**/*.yaml", "cal/*/*.yaml", "cal/dec/*.yaml", "cal/dec/b.yaml")),
        *((command, "cal/**/*.yaml") for command in ("validate", "fmt", "export")),
    ],
)
def test_a_closed_directory_of_included_files_is_told(sandbox: Sandbox, pattern: str, command: str) -> None:
    text = "jobs: {{{0}: {{url: https://clips.twitch.tv/{0}, topic: {0}}}}}\n"
    for name in ("nov/a", "dec/b"):
        sandbox.write(text.format(name[-1]), f"cal/{name}.yaml")
    main = (sandbox.root / "afsync.yaml").read_text()
    (sandbox.root / "afsync.yaml").write_text(f"{main}include: ['cal/nov/*.yaml', '{pattern}']\n")
    (sandbox.root / "cal" / "dec").chmod(0)
    try:
        done = sandbox.run(command, preexec_fn=without_privileges)
    finally:
        (sandbox.root / "cal" / "dec").chmod(0o755)
    assert done.code == 1
    assert "cal/dec" in done.err and "ermission denied" in done.err and "afsync.yaml:" in done.err


def test_plan_does_not_mind_that_an_apply_is_at_work(fresh: Sandbox) -> None:
    fresh.write(PROJECT + "  third: {url: https://clips.twitch.tv/three, topic: Third}\n")
    fresh.control.fault("POST /jobs#1: received-then-hold")
    with fresh.start("apply", "--auto-approve") as running:
        assert len(fresh.control.held()) == 1
        before = tree(fresh.root)
        assert fresh.does("plan").out
        assert tree(fresh.root) == before
        refused = fresh.does("apply", "--auto-approve", code=5)
        assert "Another run holds the lock: " in refused.err
        fresh.control.release()
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert "job.third: submitted after " in out
    fresh.is_settled()
