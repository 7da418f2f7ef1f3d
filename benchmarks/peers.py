"""The same size of problem for tools that people know, where they are installed. Neither uses a network here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Command, measure

OCTODNS = """providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: ./zones, default_ttl: 300}
  target: {class: octodns.provider.yaml.YamlProvider, directory: ./zones, default_ttl: 300}
zones:
  bench.example.: {sources: [config], targets: [target]}
"""


def peers(root: Path, size: int) -> Iterator[tuple[str, Command]]:
    """Plans of so many resources in which nothing changes."""
    if shutil.which("octodns-sync"):
        yield "octoDNS", _octodns(root / "octodns", size)
    if shutil.which("terraform"):
        yield "Terraform", _terraform(root / "terraform", size)


def _octodns(folder: Path, size: int) -> Command:
    """YAML against YAML."""
    (folder / "zones").mkdir(parents=True)
    (folder / "config.yaml").write_text(OCTODNS, encoding="utf-8")
    records = (f"job-{n:05}:\n  type: A\n  value: 10.{n // 65536}.{n // 256 % 256}.{n % 256}\n" for n in range(size))
    (folder / "zones/bench.example.yaml").write_text("---\n" + "".join(records), encoding="utf-8")
    return Command(["octodns-sync", "--config-file", "config.yaml"], folder=folder)


def _terraform(folder: Path, size: int) -> Command:
    """Its builtin `terraform_data`. Applying thousands takes it an hour, so one is applied, and its record repeated."""
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(_blocks(1), encoding="utf-8")
    measure(Command(["terraform", "init", "-input=false"], folder=folder), runs=1)
    measure(Command(["terraform", "apply", "-auto-approve", "-input=false"], folder=folder), runs=1)
    (folder / "main.tf").write_text(_blocks(size), encoding="utf-8")
    file = folder / "terraform.tfstate"
    state = json.loads(file.read_text(encoding="utf-8"))
    (one,) = state["resources"]
    text = json.dumps(one)
    state["resources"] = [
        json.loads(text.replace('"j0"', f'"j{n}"').replace("clip-0", f"clip-{n}")) for n in range(size)
    ]
    file.write_text(json.dumps(state), encoding="utf-8")
    return Command(["terraform", "plan", "-input=false", "-detailed-exitcode"], folder=folder)


def _blocks(size: int) -> str:
    return "".join(f'resource "terraform_data" "j{n}" {{\n  input = "clip-{n}"\n}}\n' for n in range(size))
