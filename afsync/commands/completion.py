"""`afsync completion SHELL`, and what the shell offers behind a command: addresses, keys and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, suppress
from io import StringIO
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from afsync.app.files import data_folder
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import read_state
from afsync.commands.console import print_report
from afsync.commands.context import here
from afsync.config.reference import below
from afsync.core.resources import Desired
from afsync.core.service_statuses import AFSYNC_STATUSES, MEANINGS
from afsync.core.state import Recorded
from afsync.errors import AfsyncError

_ONLY_ONCE = "[[ $zsh_eval_context[-1] == loadautofunc ]]"

_EVERY_TIME = '[[ $funcstack[1] == "_afsync" ]]'
"""How a zsh script knows that it is a function from `fpath`: what click writes is true of the first call only."""


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a completion script for SHELL.

    \b
    bash: afsync completion bash > ~/.local/share/bash-completion/completions/afsync
    zsh:  afsync completion zsh > "${fpath[1]}/_afsync"
    fish: afsync completion fish > ~/.config/fish/completions/afsync.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None
    script = completion(click.get_current_context().find_root().command, {}, "afsync", "_AFSYNC_COMPLETE").source()
    return print_report(script.replace(_ONLY_ONCE, _EVERY_TIME).rstrip() + "\n")


Names = Callable[[], Iterable[str]]

MOST: Final = 500
"""The most names that are offered."""


def _known() -> tuple[Desired, Recorded]:
    """What is declared, and what the state records where there is one."""
    context = here()
    project = load_project(context)
    try:
        recorded = read_state(context, project)[0]
    except AfsyncError:
        return project.desired, Recorded(project.settings.lineage or "")
    return at_moment(context, project, recorded, context.now()).desired, recorded


def _recorded() -> Iterable[str]:
    return _known()[1].resources


def _recorded_jobs() -> Iterable[str]:
    return _known()[1].jobs


def _declared() -> Iterable[str]:
    desired = _known()[0]
    return (*desired.templates, *desired.jobs)


def _all() -> Iterable[str]:
    desired, recorded = _known()
    return {*desired.templates, *desired.jobs, *recorded.resources}


def _jobs() -> Iterable[str]:
    desired, recorded = _known()
    return {*desired.jobs, *recorded.jobs}


def _open() -> Iterable[str]:
    return [intent.address for intent in _known()[1].intents]


def _keys() -> Iterable[str]:
    return (*(key.path for key in below()), *(f"status.{word}" for word in {**MEANINGS, **AFSYNC_STATUSES}))


def _examples() -> Iterable[str]:
    return (path.name for path in data_folder("examples").iterdir() if (path / "afsync.yaml").is_file())


_SELECTION: Mapping[str, Names] = {"target": _all, "exclude": _all, "replace": _all}

OFFERED: Mapping[str, Mapping[str, Names]] = {
    "plan": _SELECTION,
    "apply": _SELECTION,
    "destroy": _SELECTION,
    "approve": {"addresses": _recorded_jobs},
    "result": {"globs": _recorded_jobs},
    "status": {"globs": _jobs},
    "calendar": {"only": _jobs},
    "export": {"only": _jobs},
    "import": {"address": _declared},
    "resolve": {"address": _open},
    "state show": {"address": _recorded},
    "state mv": {"old": _recorded, "new": _declared},
    "state rm": {"address": _recorded},
    "explain": {"path": _keys},
    "init": {"example": _examples},
}
"""By command, what is offered for its parameters."""


def attach(name: str, command: click.Command) -> None:
    """Have the parameters of a command offer what there is."""
    below = {f"{name} {n}": c for n, c in command.commands.items()} if isinstance(command, click.Group) else {}
    for full, one in {name: command, **below}.items():
        for param in one.params:
            if (names := OFFERED.get(full, {}).get(param.name or "")) is not None:
                setattr(param, "shell_complete", _completer(names))  # noqa: B010


def _completer(names: Names) -> Callable[[click.Context, str], list[CompletionItem]]:
    def complete(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        with ctx.scope(cleanup=False):
            return [CompletionItem(name) for name in _offered(names, incomplete)]

    return complete


def _offered(names: Names, incomplete: str) -> list[str]:
    """Whatever goes wrong, nothing is offered: a shell that asks for a completion shows no errors."""
    with redirect_stderr(StringIO()), suppress(Exception):
        return sorted({name for name in names() if name.startswith(incomplete)})[:MOST]
    return []
