"""`afsync completion SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from afsync import cli
from afsync.commands.console import print_report

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
    script = completion(cli.cli, {}, "afsync", "_AFSYNC_COMPLETE").source()
    return print_report(script.replace(_ONLY_ONCE, _EVERY_TIME).rstrip() + "\n")
