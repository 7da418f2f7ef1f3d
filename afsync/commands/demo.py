"""`afsync demo`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import click

from afsync.app.files import data_folder
from afsync.commands.console import Out, print_done, report, stdout_paint
from afsync.errors import AfsyncError

# What is typed, and what is said before it.
STORY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("A project is YAML: templates, and jobs that are made from them.", ("cat", "afsync.yaml")),
    ("`init` makes the state that belongs to it.", ("init",)),
    ("Everything is checked offline first.", ("validate",)),
    ("The plan says what would change, and what it costs.", ("plan",)),
    ("Apply does exactly that. Each video is paid for once.", ("apply", "--auto-approve")),
    ("Planned again, there is nothing left to do.", ("plan",)),
    ("A publish time moves: free, in place.", ("edit",)),
    ("", ("plan",)),
    ("", ("apply", "--auto-approve")),
    ("Production takes a while, and a pipeline can wait for it.", ("status", "--watch", "--interval", "0.5")),
    ("The upload waits for a review. Its approval publishes it.", ("approve", "job.intro", "--auto-approve")),
    ("", ("status", "job.intro", "--until", "published", "--interval", "0.5")),
    ("Here is what came of it.", ("result", "job.intro", "--download", "videos")),
    ("Everything that was made is on record.", ("state", "list")),
    ("And all of it can be taken down again.", ("destroy", "--auto-approve")),
    ("", ("account",)),
)


# Against the service's own published code, which accepts more than it keeps.
ROUTER_STORY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The same project. This time the service does what its own published code does.", ("cat", "afsync.yaml")),
    ("", ("init",)),
    ("The recap asks for a publish time, the intro for a review.", ("plan",)),
    ("The service accepts both.", ("apply", "--auto-approve")),
    ("Production begins, and writes over every publish time.", ("status", "--watch", "--interval", "0.5")),
    ("Accepted was not kept: see when the recap was published.", ("result", "job.recap", "--json")),
    ("The review was kept: the intro is published nowhere yet.", ("result", "job.intro", "--json")),
    ("Nor was anything charged: the balance is what the service says.", ("account",)),
    ("This is what the next plan makes of it.", ("plan",)),
)
STORIES = {"documented": STORY, "router": ROUTER_STORY}


DIALECT, SPEED = "AFSYNC_EMULATOR_DIALECT", "AFSYNC_EMULATOR_SPEED"
USUAL_SPEED = "20"
"""A video that takes three minutes takes nine seconds."""


@click.command
@click.option("--keep", is_flag=True, help="Leave the project where it was made, and say where.")
@click.option("--dialect", type=click.Choice(tuple(STORIES)), default="documented", show_default=True)
def command(keep: bool, dialect: str) -> int:
    """Walk through it all against the built-in emulator.

    Copies the quickstart to a temporary folder and runs the real commands there: needs no account, no key and no
    network, and costs nothing.
    """
    root = Path(tempfile.mkdtemp(prefix="afsync-demo-"))
    try:
        shutil.copytree(data_folder("examples") / "quickstart", root, dirs_exist_ok=True)
        tell(root, report(), dialect)
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    if keep:
        print_done(f"\nThe project is in {root}\n")
    return 0


def tell(root: Path, out: Out, dialect: str = "documented") -> None:
    """Run the story in `root`. Raises AfsyncError when a command does not do what it should."""
    paint = stdout_paint()
    for heading, words in STORIES[dialect]:
        if heading:
            out(f"\n{paint(heading, 'bold')}\n")
        match words:
            case ("cat", name):
                out(f"\n{paint(f'$ cat {name}', 'cyan')}\n{(root / name).read_text(encoding='utf-8')}")
            case ("edit",):
                before, after = _move_a_day(root / "afsync.yaml")
                out(f"\n{paint('- ' + before, 'red')}\n{paint('+ ' + after, 'green')}\n")
            case _:
                out(f"\n{paint('$ ' + shlex.join(('afsync', *words)), 'cyan')}\n")
                _run(root, words, dialect)


def _run(root: Path, words: tuple[str, ...], dialect: str) -> None:
    hidden = ("AURAFLUX_", "AFSYNC_")
    speed = os.environ.get(SPEED, USUAL_SPEED)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    environ |= {SPEED: speed, DIALECT: dialect}
    done = subprocess.run([sys.executable, "-m", "afsync", *words], cwd=root, env=environ, check=False)
    if done.returncode != 0:
        raise AfsyncError(f"the demo stopped: `afsync {shlex.join(words)}` exited with {done.returncode}")


def _move_a_day(file: Path) -> tuple[str, str]:
    """Move the first publish time in the file by a day; the line before and after."""
    text = file.read_text(encoding="utf-8")
    found = re.search(r"^ *schedule: *(\d{4}-\d{2}-\d{2})[^\n]*", text, re.MULTILINE)
    if found is None:
        raise AfsyncError(f"{file.name} has no schedule that could be moved")
    day = date.fromisoformat(found[1]) + timedelta(days=1)
    line = found[0].replace(found[1], day.isoformat())
    file.write_text(text.replace(found[0], line, 1), encoding="utf-8")
    return found[0].strip(), line.strip()
