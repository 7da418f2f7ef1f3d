"""`afsync plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from afsync.commands import project as work
from afsync.commands.files import write_private
from afsync.commands.options import Selection, moment, selection_flags
from afsync.commands.screen import Out, messages, report, stdout_paint
from afsync.core.plan import Plan
from afsync.core.verdict import Options
from afsync.errors import Exit, UsageError

if TYPE_CHECKING:
    from afsync.config.project import Project


@click.command
@selection_flags
@click.option("--destroy", is_flag=True, help="Plan the removal of everything recorded.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the plan.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Save the plan for `apply FILE`.")
@click.option("--now", "at", metavar="TIME", help="Plan as if it were TIME (2026-12-01T09:00:00Z).")
def command(
    destroy: bool,
    form: str,
    as_json: bool,
    detailed_exitcode: bool,
    out: str | None,
    at: str | None,
    **selection: Any,
) -> int:
    """Show what would change, and what it costs in credits.

    Reads the files, the state and the account; writes nothing but --out, and takes no lock. Exits 0 whether there
    are changes or not, unless --detailed-exitcode is given.
    """
    chosen = Selection(**selection)
    if as_json and form == "text":
        form = "json"
    project = work.load_project()
    plan = make(project, chosen, destroy=destroy, at=at)
    if out is not None:
        save(plan, project, chosen.options(destroy=destroy), Path(out))
    screen = report()
    show(plan, form, screen)
    if out is not None and form == "text":
        messages()(f"\nSaved to {out}; it holds for 24 hours at the most, and once: afsync apply {out}\n")
    if screen.error is not None:
        work.warn_closed(screen.error)
    return Exit.CHANGES if detailed_exitcode and plan.changes else Exit.OK


def make(project: Project, chosen: Selection, *, destroy: bool, at: str | None) -> Plan:
    """Read and plan. Nothing is written."""
    options = chosen.options(destroy=destroy)
    now = moment(at) if at else work.now()
    recorded, _ = work.read_state(project)
    check_addresses(chosen, project.desired, recorded)
    service = work.connect(project, writes=False)
    remote = work.read_remote(project, recorded, service, now)
    work.check_account(recorded, remote)
    return work.checked_plan(project, recorded, remote, now, options, chosen.limits(project.desired.limits))


def save(plan: Plan, project: Project, options: Options, file: Path) -> None:
    """Write the plan, bound to everything it was made from; 0600, the old file or the new one whatever happens."""
    import uuid

    from afsync.core.saved import SavedPlan, expiry
    from afsync.output.plan_file import encode_plan_file

    saved = SavedPlan(
        id=str(uuid.uuid4()),
        plan=plan,
        fingerprint=plan.fingerprint,
        options=options,
        configuration=work.configuration(project),
        created_at=plan.as_of,
        expires_at=expiry(plan),
    )
    write_private(file, encode_plan_file(saved))


def check_addresses(chosen: Selection, desired: Any, recorded: Any) -> None:
    """An address or glob that matches nothing is a slip of the finger, not an empty selection."""
    from difflib import get_close_matches

    from afsync.core.selection import matches

    known = sorted({*desired.templates, *desired.jobs, *recorded.resources})
    for flag, globs in (("--target", chosen.target), ("--exclude", chosen.exclude), ("--replace", chosen.replace)):
        for glob in globs:
            if not any(matches(address, (glob,)) for address in known):
                close = get_close_matches(glob, known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else "`afsync state list` shows what is recorded"
                raise UsageError(f"{flag} {glob}: nothing has this address", hint)


def show(plan: Plan, form: str, out: Out) -> None:
    if form == "json":
        from afsync.output.plan_json import plan_json

        out(plan_json(plan))
    else:
        from afsync.output.plan_text import plan_text

        out(plan_text(plan, stdout_paint()))
