"""A project in a folder, run by the real command against an emulator on a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afsync.emulator import Running

KEY = "af_live_test"
LINEAGE = "0190f1c2-8f2e-7c55-9a6b-2f1d3c4b5a60"
HEAD = f"version: 1\nlineage: {LINEAGE}\ntimezone: Europe/Berlin\n"


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Sandbox:
    """A project folder; `emulator` is None where `base_url: emulator` or no service at all is used."""

    root: Path
    emulator: Running | None = None
    key: str = KEY

    def environ(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "GITHUB_"))}
        kept |= {"AFSYNC_QUARANTINE": "0s"}
        if self.emulator is not None:
            kept |= {"AURAFLUX_BASE_URL": self.emulator.url, "AURAFLUX_API_KEY": self.key}
        return kept | dict(extra or {})

    def write(self, text: str, name: str = "afsync.yaml", *, head: bool = True) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HEAD if head and name == "afsync.yaml" else "") + text, encoding="utf-8")
        return path

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "afsync", "-C", str(self.root), *args]

    def run(self, *args: str, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Done:
        """Run a command in a process of its own, as a pipeline would."""
        done = subprocess.run(
            self.command(*args),
            env=self.environ(env),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            self.command(*args),
            env=self.environ(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, *args: str, code: int = 0, **more: Any) -> Done:
        """Run, and insist on the exit code."""
        done = self.run(*args, **more)
        assert done.code == code, f"afsync {' '.join(args)}: exit {done.code}\n{done.out}\n{done.err}"
        return done

    def apply(self, *args: str, code: int = 0, **more: Any) -> Done:
        return self.ok("apply", "--auto-approve", *args, code=code, **more)

    @property
    def state(self) -> dict[str, Any]:
        """The state file as it is on disk."""
        document: dict[str, Any] = json.loads((self.root / ".afsync/state.json").read_text(encoding="utf-8"))
        return document

    def ids(self) -> dict[str, str]:
        return {address: resource["id"] for address, resource in self.state["resources"].items()}
