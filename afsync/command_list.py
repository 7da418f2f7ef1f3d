"""Which commands there are, and what `afsync --help` says: asked for often, so it loads no library."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# name -> what `--help` says of it. The module of the same name in `afsync.commands` is imported when it is used.
COMMANDS = {
    "init": "Write a starter project, or add a lineage to the one that is there.",
    "validate": "Check everything, offline.",
    "fmt": "Bring the files into one layout.",
    "plan": "Show what would change, and what it costs.",
    "apply": "Make the account what the files say.",
    "destroy": "Plan and apply the removal of everything.",
    "show": "Show the state, or a saved plan.",
    "state": "List or show what is recorded; its history.",
    "force-unlock": "Clear a lock whose holder is gone.",
    "status": "Show jobs and how far they are; wait for them.",
    "calendar": "Show what is published when.",
    "notify": "Send messages about jobs to channels.",
    "approve": "Publish jobs that wait for it.",
    "result": "Show or download what jobs produced.",
    "import": "Record what the account holds already.",
    "export": "Write YAML for what the account holds.",
    "explain": "Explain a key of the files.",
    "intents": "Show submissions and approvals whose outcome is not known.",
    "resolve": "Decide a submission whose outcome is unknown.",
    "account": "Show plan, balance and limits.",
    "pipeline": "Run a step of a CI pipeline.",
    "report": "Put reports over many accounts together.",
    "schema": "Print a JSON Schema.",
    "emulator": "Serve AuraFlux on this machine.",
    "demo": "Walk through it all against the emulator.",
    "completion": "Print a shell completion script.",
    "version": "Print the version.",
}

_ABOUT = (
    "Keep an AuraFlux account in step with YAML under version control.",
    "Declare templates and scheduled jobs in afsync.yaml; `afsync plan` shows what would change and what it costs in"
    " credits, `afsync apply` does exactly that.",
)

DIRECTORY_HELP = "Work in DIR instead of here."

_FLAGS = {
    "-C DIR": DIRECTORY_HELP,
    "--version": "Show the version and exit.",
    "-h, --help": "Show this message and exit.",
}

WIDEST = 100
"""Of so many columns, help makes use."""


def help_text() -> str:
    """What `afsync --help` prints, in the layout that click gives to the help of the commands."""
    width = max(min(_columns(), WIDEST) - 2, 50)
    parts = [
        ["Usage: afsync [OPTIONS] COMMAND [ARGS]..."],
        *(list(_wrapped("  ", paragraph, 2, width)) for paragraph in _ABOUT),
        ["Options:", *_listed(_FLAGS, width)],
        ["Commands:", *_listed(COMMANDS, width)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _columns() -> int:
    """As `shutil.get_terminal_size` finds them, which takes longer to load than the help to print."""
    try:
        told = int(os.environ.get("COLUMNS", ""))
    except ValueError:  # no number, or one of more digits than Python reads
        told = 0
    if told > 0:
        return told
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # there is none, it is closed, or no terminal
        return 80


def _listed(meanings: Mapping[str, str], width: int) -> Iterator[str]:
    column = max(map(len, meanings)) + 4
    for name, meaning in meanings.items():
        yield from _wrapped(f"  {name}".ljust(column), meaning, column, width)


def _wrapped(line: str, text: str, indent: int, width: int) -> Iterator[str]:
    """`line`, with as many words behind it as fit, and more lines."""
    begun = False
    for word in text.split():
        if begun and len(line) + 1 + len(word) > width:
            yield line
            line, begun = " " * indent, False
        line += f" {word}" if begun else word
        begun = True
    yield line
