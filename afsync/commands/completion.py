"""`afsync completion SHELL`."""

from __future__ import annotations

import click

from afsync.commands.screen import tell


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a completion script for SHELL.

    \b
    bash: afsync completion bash > ~/.local/share/bash-completion/completions/afsync
    zsh:  afsync completion zsh > "${fpath[1]}/_afsync"
    fish: afsync completion fish > ~/.config/fish/completions/afsync.fish
    """
    from click.shell_completion import get_completion_class

    from afsync.cli import cli

    completion = get_completion_class(shell)
    assert completion is not None
    return tell(completion(cli, {}, "afsync", "_AFSYNC_COMPLETE").source().rstrip() + "\n")
