"""`afsync resolve ADDR`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from afsync.app.checked_plan import resolve_with
from afsync.app.connection import connect
from afsync.app.project import load_project, who
from afsync.app.project_state import check_lineage, locked, open_store
from afsync.app.remote import read_for_intents
from afsync.commands.context import here
from afsync.commands.options import lock_timeout_flag
from afsync.commands.screen import said
from afsync.core.addresses import Kind
from afsync.core.recovery.manual_resolution import SayAbsent, SayAdopt, SayForeign, Saying
from afsync.core.state.records import Purpose
from afsync.engine.interrupt import Stop
from afsync.errors import UsageError


@click.command
@click.argument("address")
@click.option("--adopt", metavar="ID", help="It was made: it is this one. Of an approval: this job was published.")
@click.option(
    "--absent", is_flag=True, help="It was never made; the next plan creates it again. Of an approval: not published."
)
@click.option("--foreign", multiple=True, metavar="ID", help="This one is somebody else's. May be given several times.")
@click.option("--because", default="", metavar="TEXT", help="Why; kept in the state.")
@lock_timeout_flag
def command(
    address: str, adopt: str | None, absent: bool, foreign: tuple[str, ...], because: str, lock_timeout: float
) -> int:
    """Say what became of a submission or an approval whose outcome is not known. Works without a terminal.

    A job of which you say that it was not published may be approved again, and a `publish: held` one whose time has
    come is published by the next apply.
    """
    from afsync.api.previews import previews
    from afsync.app.checked_plan import timed
    from afsync.core.plan.decision import Options
    from afsync.core.recovery.manual_resolution import decide_by_hand
    from afsync.core.trust.reviews import asked_for, judged_reviews

    saying = _saying(adopt, absent, foreign)
    project = load_project(here())
    store = open_store(here(), project)
    with locked(here(), store, lock_timeout, Stop()):
        recorded, version = store.read()
        check_lineage(project, recorded)
        if recorded.intent_for(address) is None:
            raise UsageError(
                f"{address} has no unresolved submission or approval", "`afsync intents` shows what is open"
            )
        remote = read_for_intents(here(), project, recorded)
        resolution = next(r for r in resolve_with(here(), project, recorded, remote) if r.intent.address == address)
        if isinstance(saying, SayAdopt) and resolution.intent.kind is Kind.JOB and saying.id not in remote.jobs:
            # It may be older than what was listed.
            found = connect(here(), project, writes=False).reader.job(saying.id)
            if found is not None:
                remote = replace(remote, jobs={**remote.jobs, found.id: found})
        now = here().now()
        decided = decide_by_hand(recorded, resolution, saying, remote, who=who(), why=because, now=now)
        if isinstance(saying, SayAdopt) and asked_for(resolution.intent):
            shown = previews(connect(here(), project, writes=False).reader, [saying.id])
            remote = replace(remote, previews=shown)
            decided = judged_reviews(decided, remote, now, timed(here(), Options(), project))
        store.write(replace(decided, serial=recorded.serial + 1), version)
        store.fold()
    approval = resolution.intent.purpose is Purpose.APPROVAL
    said(f"{address}: {_said_of_approval(saying) if approval else _said(saying)}\n")
    return 0


def _saying(adopt: str | None, absent: bool, foreign: tuple[str, ...]) -> Saying:
    given = [bool(adopt), absent, bool(foreign)]
    if sum(given) != 1:
        raise UsageError("say exactly one of --adopt ID, --absent and --foreign ID")
    if adopt:
        return SayAdopt(adopt)
    return SayForeign(foreign) if foreign else SayAbsent()


def _said(saying: Saying) -> str:
    match saying:
        case SayAdopt(resource_id):
            return f"recorded as {resource_id}."
        case SayAbsent():
            return "recorded as never made; the next plan creates it again."
        case SayForeign(ids):
            return f"{', '.join(ids)} marked as somebody else's."


def _said_of_approval(saying: Saying) -> str:
    return (
        "recorded as published." if isinstance(saying, SayAdopt) else "recorded as not published; it can be approved."
    )
