"""One workspace of several clients, each with a key of its own, against one emulator."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import running
from tests.harness import Done, Sandbox

HEAD = "version: 1\naccounts: [clients/*]\nkey: env:AURAFLUX_KEY_${account}\n"
SHARED = "templates:\n  short: {name: Agency short, format: short, platforms: [tiktok], tone: hype}\n"
GIT = (
    "git",
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    "-c",
    "init.defaultBranch=main",
    "-c",
    "commit.gpgsign=false",
)


def job(key: str, text: str = "") -> str:
    return f"  {key}: {{template: short, url: https://clips.twitch.tv/{key}, topic: About {key}{text}}}\n"


def git(root: Path, *args: str) -> None:
    subprocess.run([*GIT, *args], cwd=root, check=True, capture_output=True, timeout=60)


class Agency(Sandbox):
    """The folder is the workspace; every client has the jobs that `client` gives it."""

    @property
    def keys(self) -> dict[str, str]:
        names = sorted(p.name for p in (self.root / "clients").iterdir())
        return {f"AURAFLUX_KEY_{n.upper().replace('-', '_')}": f"af_live_{n}_secret" for n in names}

    def environ(self, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
        kept = super().environ()
        kept.pop("AURAFLUX_API_KEY", None)
        return {k: v for k, v in {**kept, **self.keys, **(extra or {})}.items() if v is not None}

    def workspace(self, text: str = "shared: [shared/*.yaml]\n") -> None:
        self.write(HEAD + text, "afsync.workspace.yaml")

    def client(self, name: str, jobs: str = "", settings: str = "") -> Path:
        lineage = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        body = f"jobs:\n{jobs}" if jobs else ""
        return self.write(
            f"version: 1\nlineage: {lineage}\ntimezone: UTC\n{settings}{body}", f"clients/{name}/afsync.yaml"
        )

    def report(self, *args: str, code: int = 0, **more: Any) -> dict[str, Any]:
        """The JSON report of a command over all accounts."""
        done = self.does(*args, "--all", "--report", "json=-", code=code, **more)
        document: dict[str, Any] = json.loads(done.out)
        return document

    def codes(self, *args: str, code: int = 0, **more: Any) -> dict[str, int]:
        return {a["account"]: a["exit_code"] for a in self.report(*args, code=code, **more)["accounts"]}

    def balance_of(self, name: str) -> int:
        return int(self.control.account(f"af_live_{name}_secret")["balance"])

    def blocks(self, done: Done) -> list[str]:
        """The names in the order in which their blocks were printed."""
        return [line.split()[1] for line in done.out.splitlines() if line.startswith("== ")]


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    """Three clients with a job each; nothing is applied yet."""
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        found = Agency(tmp_path, emulator)
        found.workspace()
        found.write(SHARED, "shared/templates.yaml")
        for name in ("anna", "bert", "cleo"):
            found.client(name, job(f"clip-{name}"))
        found.does("init", "--all")
        yield found


@pytest.fixture
def repository(agency: Agency) -> Agency:
    """The workspace, committed, with a folder of rows and one of media."""
    agency.write("topic\nA\n", "clients/bert/rows.csv")
    agency.write("x", "clients/cleo/media/intro.mp4")
    git(agency.root, "init")
    git(agency.root, "add", ".")
    git(agency.root, "commit", "-m", "first")
    return agency
