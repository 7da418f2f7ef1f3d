"""`afsync notify`."""

from __future__ import annotations

import click

from afsync.app.locked_state import open_session
from afsync.app.notifications import Notifier
from afsync.app.project import load_project
from afsync.app.status import WatchedJobs
from afsync.commands.console import print_report
from afsync.commands.context import here
from afsync.commands.options import check_title, lock_timeout_flag, title_flag
from afsync.core.notifications import job_items
from afsync.errors import Exit, UsageError
from afsync.output.values import escape_control

NOTHING_NEW = "Nothing new.\n"


@click.command
@click.option("--test", is_flag=True, help="Only send a test message to every channel.")
@title_flag
@lock_timeout_flag
def command(test: bool, title: str, lock_timeout: float) -> int:
    """Send messages to the channels of `notify`: which jobs wait for an approval, were not kept, failed in production,
    or are published. Each is sent once; the state remembers it.

    Looks at the account as `afsync status` does. Exits 1 when a channel could not be notified.
    """
    check_title(title)
    context = here()
    project = load_project(context)
    if not project.settings.notify:
        raise UsageError("afsync.yaml has no `notify`", "docs/notifications.md says how a channel is declared")
    with open_session(context, project, lock_timeout) as session:
        recorded = session.recorded
        notifier = Notifier(context, session.project, title, recorded.account.id if recorded.account else None)
        if test:
            notifier.test()
        else:
            watched = WatchedJobs(context, session.project, recorded, ())
            jobs = watched.current(context.now())
            session.write(notifier.send_jobs(job_items(jobs, recorded), recorded))
    short = notifier.failed or len(notifier.open) < len(project.settings.notify)
    written = print_report("".join(f"{escape_control(line)}\n" for line in notifier.sent) or _nothing(notifier))
    return Exit.ERROR if short else written


def _nothing(notifier: Notifier) -> str:
    """What is printed where no message arrived. Where a channel failed, the warnings say why."""
    if notifier.failed:
        return "No message is known to have arrived.\n"
    return NOTHING_NEW if notifier.open else "Nothing was sent.\n"
