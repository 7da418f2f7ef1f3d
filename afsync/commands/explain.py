"""`afsync explain`."""

from __future__ import annotations

import click

from afsync.commands.screen import report, stdout_paint
from afsync.output.values import Paint


@click.command
@click.argument("path", required=False)
def command(path: str | None) -> int:
    """Explain a key of the files, such as job.schedule or api.base_url; without PATH, list all of them."""
    from afsync.config.reference import explain, paths

    if path is None:
        report()("".join(f"{p}\n" for p in paths()))
        return 0
    key, paint = explain(path), stdout_paint()
    lines = [paint(key.path, "bold"), "", f"  {key.meaning}", "", f"  type:    {key.type}"]
    lines += [f"  default: {key.default}"] if key.default else []
    lines += [f"  example: {key.example}"] if key.example else []
    report()("\n".join([*lines, *_below(key.below, paint)]) + "\n")
    return 0


def _below(paths: tuple[str, ...], paint: Paint) -> list[str]:
    return ["", paint("  Keys below it:", "dim"), *(f"    {p}" for p in paths)] if paths else []
