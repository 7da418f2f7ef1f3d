"""`afsync force-unlock ID`."""

from __future__ import annotations

import socket

import click

from afsync.app.project import load_project
from afsync.app.project_state import open_store
from afsync.commands.console import print_done
from afsync.commands.context import here


@click.command
@click.argument("lock_id", metavar="ID")
def command(lock_id: str) -> int:
    """Clear the lock ID, whose holder is gone.

    Refused while a submission of the holder may still be in flight.
    """
    context = here()
    store = open_store(context, load_project(context))
    recorded, _ = store.read(unmerged=True)
    done = store.unlock(lock_id, recorded.intents, host=socket.gethostname(), now=context.now())
    print_done(f"The lock {lock_id}: {done.value}.\n")
    return 0
