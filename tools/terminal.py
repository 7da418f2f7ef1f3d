"""Pictures of the terminal for the docs, drawn from real runs against the emulator: `make terminals`."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent.parent / "docs/pictures"
WIDTH = 100
PROJECT = """version: 1
lineage: 0190f1c2-8f2e-7c55-9a6b-2f1d3c4b5a60
timezone: Europe/Berlin
api: {base_url: emulator}
templates:
  weekly: {name: Weekly highlights, format: short, platforms: [tiktok], tone: hype}
jobs:
  best-cs2:
    template: weekly
    url: https://clips.twitch.tv/your-clip
    topic: Best CS2 plays this week
    schedule: SCHEDULE
  trailer:
    template: weekly
    url: https://clips.twitch.tv/trailer
    topic: What comes next week
    staging: true
"""
PROJECT = PROJECT.replace("SCHEDULE", f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d} 09:00")
WRONG = PROJECT.replace("template: weekly", "template: wekly", 1).replace("[tiktok]", "[tiktoc]")


def run(folder: Path, *args: str) -> str:
    """What a command prints on a terminal of our width."""
    ours, theirs = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "GITHUB_", "NO_COLOR"))}
    environ |= {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "AFSYNC_EMULATOR_SPEED": "manual"}
    command = [sys.executable, "-m", "afsync", "-C", str(folder), *args]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end is closed, on Linux
                break
            if not chunk:
                break
            written += chunk
        process.wait()
    os.close(ours)
    return written.decode("utf-8").replace("\r\n", "\n")


def draw(name: str, command: str, printed: str) -> None:
    """One picture, the same bytes for the same text."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115, PTH123
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    console.print(Text.from_ansi(printed.rstrip("\n")))
    svg = console.export_svg(title=command, unique_id=f"afsync-{name}")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # it loads nothing from elsewhere
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / f"{name}.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "afsync.yaml").write_text(WRONG, encoding="utf-8")
        draw("validate", "afsync validate", run(folder, "validate"))
        (folder / "afsync.yaml").write_text(PROJECT, encoding="utf-8")
        run(folder, "init")
        draw("plan", "afsync plan", run(folder, "plan"))
        draw(
            "apply",
            "afsync apply --auto-approve",
            run(folder, "apply", "--auto-approve").partition("Fingerprint")[2].partition("\n")[2].lstrip("\n"),
        )
        draw("status", "afsync status", run(folder, "status"))


if __name__ == "__main__":
    main()
