"""`afsync export`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from afsync.app.export import ExportLayout, Texts, texts_for, write_checked
from afsync.app.project import at_moment, load_project
from afsync.app.session import Session, open_session, record_all, refuse_open
from afsync.commands.context import here
from afsync.commands.options import account_flag, lock_timeout_flag
from afsync.commands.screen import messages, said, tell
from afsync.config.declarable import writable
from afsync.core.addresses import Kind
from afsync.core.plan.decision import Facts
from afsync.core.remote import Remote
from afsync.core.resources import EMPTY
from afsync.core.state.recorded import Account
from afsync.core.takeover.export import Export, Jobs, make_export
from afsync.errors import Exit, UsageError
from afsync.output.values import count, visible


@click.command
@click.option("--templates", is_flag=True, help="Templates; without --jobs, nothing else.")
@click.option("--jobs", type=click.Choice([*map(str, Jobs)]), help="Which jobs; without --templates, nothing else.")
@click.option("--into", metavar="FILE", type=click.Path(), help="The file to add to (afsync.yaml); - prints.")
@click.option("--split", type=click.Choice(("kind", "month")), help="Several files below account/.")
@click.option(
    "--csv", "sheet", metavar="FILE", type=click.Path(), help="Write a sheet for `rows` instead; - prints it."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that the account holds as JSON instead.")
@click.option("--only", metavar="GLOB", help="With --csv: the declared jobs with such addresses.")
@click.option("--no-record", is_flag=True, help="Leave the state alone; the next apply takes it all over.")
@account_flag
@lock_timeout_flag
def command(
    templates: bool,
    jobs: str | None,
    into: str | None,
    split: str | None,
    sheet: str | None,
    as_json: bool,
    only: str | None,
    no_record: bool,
    account: str | None,
    lock_timeout: float,
) -> int:
    """Write YAML for what the account holds and nobody declared, and record it in the state.

    Adds to the files and changes nothing else in them. Without --templates and --jobs: templates, and jobs in which
    something can still happen. Nothing is sent; the plan is empty afterwards.

    With --csv: writes the declared jobs as a sheet, or with --jobs those of the account that are not declared. Neither
    files nor state are touched.

    With --json: prints every template and job of the account, declared and recorded or not, with what is known of it.
    """
    if as_json:
        if templates or jobs or into or split or sheet is not None or only or no_record:
            raise UsageError("--json prints everything, and goes with none of the others")
        from afsync.commands.exporting_json import export_json

        return export_json(account)
    if sheet is not None:
        if templates or into or split or no_record or (only and jobs):
            raise UsageError("--csv goes with --only, or with --jobs, and with nothing else")
        from afsync.commands.exporting_csv import export_csv

        return export_csv(sheet, only, Jobs(jobs) if jobs else None, account)
    if only is not None:
        raise UsageError("--only is for --csv")
    layout = ExportLayout(into or "afsync.yaml", split)
    everything = not templates and jobs is None
    which = Jobs(jobs) if jobs else Jobs.ACTIVE if everything else Jobs.NONE
    project = load_project(here())
    with open_session(project, lock_timeout, account) as held:
        return export(held, layout, templates=templates or everything, jobs=which, record=not no_record)


def export(held: Session, layout: ExportLayout, *, templates: bool, jobs: Jobs, record: bool) -> int:
    """First the files, then the state: what is recorded and not declared would be taken down."""
    refuse_open(held.recorded)
    facts = held.facts(held.look())
    found = make_export(facts, templates=templates, jobs=jobs)
    unwritable = [r.id for r in found.resources if not writable(r)]
    found = replace(found, resources=tuple(r for r in found.resources if writable(r)))
    texts = texts_for(found, held.project, layout)
    if layout.into == "-":
        if not texts:
            messages()(_said(found, texts))
        return tell("".join(texts.values()))
    if record and not held.belongs_to(facts.remote):
        messages()("Nothing was written.\n")
        return Exit.ERROR
    write_checked(held.project.root, texts)
    if record:
        held.project = at_moment(here(), load_project(here()), held.recorded, here().now())
        _record(held, facts, found, jobs)
    said(_said(found, texts))
    if unwritable:
        messages()(f"Left out, since no file can hold their names: {visible(', '.join(unwritable))}.\n")
    return 0


def _record(held: Session, facts: Facts, found: Export, jobs: Jobs) -> None:
    """Record what was written. What is left out is marked as not declared here, where it was asked for at all."""
    facts = replace(facts, desired=held.project.desired, remote=_untold(facts.remote))
    recorded = record_all(facts, [(r.address, r.id) for r in found.resources], force=True)
    if jobs is not Jobs.NONE:
        there = facts.remote.account
        account = recorded.account or Account(there.id, facts.remote.base_url)
        recorded = replace(recorded, foreign=(*recorded.foreign, *found.left_out), account=account)
    held.write(recorded)


def _untold(remote: Remote) -> Remote:
    """The account without what it tells of contents: the files say all of that, as far as it can be declared."""
    templates = {i: replace(t, echo=EMPTY) for i, t in remote.templates.items()}
    jobs = {i: replace(j, echo=EMPTY) for i, j in remote.jobs.items()}
    return replace(remote, templates=templates, jobs=jobs)


_LEFT_OUT = (
    "those that `--jobs` does not name (by default what is published, complete, failed or cancelled); whether a "
    "complete one was published is not known"
)


def _said(found: Export, texts: Texts) -> str:
    templates = sum(r.kind is Kind.TEMPLATE for r in found.resources)
    jobs = len(found.resources) - templates
    if not found.resources:
        return "Nothing to export: all of it is recorded, or left out.\n"
    files = ", ".join(sorted(texts))
    left = f"{count(len(found.left_out), 'job')} left out: {_LEFT_OUT}.\n" if found.left_out else ""
    return f"Wrote {count(templates, 'template')} and {count(jobs, 'job')} to {files}.\n{left}"
