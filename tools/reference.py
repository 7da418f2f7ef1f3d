"""Pages of the reference, written from the code: commands, keys, exit codes and JSON schemas."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click

from afsync.cli import cli
from afsync.command_list import COMMANDS
from afsync.config.reference import below

ROOT = Path(__file__).parent.parent


def commands() -> str:
    """Every command with its flags."""
    context = cli.make_context("afsync", [], resilient_parsing=True)
    lines = ["# Every command", "", "`-C DIR`, before a command or behind it, works in another directory.", ""]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        lines += _command(command, click.Context(command, info_name=name, parent=context), f"afsync {name}")
    return "\n".join(lines) + "\n"


def _command(command: click.Command, context: click.Context, name: str) -> Iterator[str]:
    yield from (f"## {name}", "")
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("```", f"{name} {usage}".rstrip(), "```", "")
    yield from _paragraphs(command.help or "")
    rows = [r for p in command.params if p.name != "directory" if (r := p.get_help_record(context))]
    if rows:
        yield from ("| flag | meaning |", "|---|---|")
        yield from (f"| {_code(flag)} | {_cell(meaning)} |" for flag, meaning in rows)
        yield ""
    if isinstance(command, click.Group):
        for inner, one in command.commands.items():
            inside = click.Context(one, info_name=inner, parent=context)
            yield from _command(one, inside, f"{name} {inner}")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            yield from ("```", paragraph.removeprefix("\b").strip("\n"), "```", "")
        else:
            yield from (_plain(" ".join(paragraph.split())), "")


def keys() -> str:
    """Every key of the files."""
    lines = ["# Every key", "", "What `afsync explain` says of each, and editors show.", ""]
    for key in below():
        lines += [f"### {key.path}", "", _plain(key.meaning), "", f"- type: {_plain(key.type)}"]
        lines += [f"- default: `{key.default}`"] if key.default else []
        lines += [f"- example: `{key.example}`"] if key.example else []
        lines.append("")
    return "\n".join(lines)


def exit_codes() -> str:
    """The table of the README, which a test compares with the program."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^\| exit \| meaning \|\n(?:\|.*\n)+", text, re.MULTILINE)
    assert found is not None
    return f"# Exit codes\n\nThey are a promise: scripts and pipelines rely on them.\n\n{found[0]}"


def schemas(version: str, address: str) -> str:
    """What each JSON schema is for, and where this release's is."""
    lines = [
        *("# JSON schemas", ""),
        "`afsync schema NAME` prints them. Each release has its own at an address that does not change.",
        *("", "| schema | of |", "|---|---|"),
    ]
    for path in sorted((ROOT / "schemas").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        about = document.get("description") or document.get("title", "")
        lines.append(f"| [{path.name}]({address}schemas/{version}/{path.name}) | {_cell(about)} |")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """As code in a table, where a bar would end the cell."""
    return f"<code>{text.replace('<', '&lt;').replace('|', '&#124;')}</code>"


def _cell(text: str) -> str:
    return _plain(" ".join(text.split())).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text in which nothing is HTML."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;").replace("*", r"\*") for p in parts)
