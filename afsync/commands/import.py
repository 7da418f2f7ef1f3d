"""`afsync import`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from afsync.app.project import load_project
from afsync.app.session import Session, open_session, record_all, refuse_open
from afsync.commands.context import here
from afsync.commands.options import account_flag, lock_timeout_flag
from afsync.commands.screen import agreed, interactive, messages, said, stdout_paint, tell
from afsync.config.problems import close_address
from afsync.core.addresses import Kind, kind_of, typed
from afsync.core.decisions.submissions import may_be_ours
from afsync.core.remote import Lookups
from afsync.core.state.recorded import Account
from afsync.errors import Exit, UsageError


@click.command
@click.argument("address", required=False)
@click.argument("id", required=False)
@click.option("--match", is_flag=True, help="Find everything that is declared and not recorded.")
@click.option("--none", is_flag=True, help="Say that no other job of the account is declared here.")
@click.option("--force", is_flag=True, help="Take it over although it differs; the next plan shows how.")
@click.option("--auto-approve", is_flag=True, help="With --match: do not ask.")
@click.option("--json", "as_json", is_flag=True, help="With --match: print a JSON document.")
@account_flag
@lock_timeout_flag
def command(
    address: str | None,
    id: str | None,
    match: bool,
    none: bool,
    force: bool,
    auto_approve: bool,
    as_json: bool,
    account: str | None,
    lock_timeout: float,
) -> int:
    """Record that ADDRESS, which is declared, is ID in the account. Nothing is sent.

    With --match: show what in the account looks like what is declared, with the evidence, and take over what is
    certain. This is also the way out of a lost state.
    """
    if [bool(address and id), match, none].count(True) != 1 or (address and not id):
        raise UsageError("say ADDRESS and ID, or --match, or --none", "such as `afsync import job.best job_8f31`")
    project = load_project(here())
    with open_session(project, lock_timeout, account) as held:
        if match:
            return _match(held, auto_approve=auto_approve, as_json=as_json)
        if none:
            return _none(held)
        assert address is not None and id is not None
        return _one(held, address, id, force=force)


def _one(held: Session, address: str, resource_id: str, *, force: bool) -> int:
    recorded = held.recorded
    declared = held.project.desired.get(address)
    if declared is None:
        close = close_address(address, (*held.project.desired.templates, *held.project.desired.jobs))
        hint = close or "declare it first; `afsync export` writes what the account holds"
        raise UsageError(f"{address} is not declared", hint)
    before = recorded.resources.get(address)
    if before is not None and before.id == resource_id:
        said(f"{address} is {resource_id} already.\n")
        return 0
    if before is not None:
        raise UsageError(f"{address} is {before.id} already", f"`afsync state rm {typed(address)}` forgets that first")
    refuse_open(recorded)
    wanted = Lookups(jobs={resource_id: None}) if kind_of(address) is Kind.JOB else Lookups()
    remote = held.look(wanted)
    if not held.belongs_to(remote):
        return _not_recorded()
    held.write(record_all(held.facts(remote), [(address, resource_id)], force=force))
    said(f"{address} is {resource_id} from now on; `afsync plan` shows what differs.\n")
    return 0


def _match(held: Session, *, auto_approve: bool, as_json: bool) -> int:
    from afsync.core.match import find_matches
    from afsync.output.matches import matches_json, matches_text

    refuse_open(held.recorded)
    facts = held.facts(held.look())
    found = find_matches(facts)
    certain = [(m.address, m.certain.id) for m in found if m.certain]
    unread = tell(matches_json(found) if as_json else matches_text(found, stdout_paint()))
    if not certain or unread:
        return unread
    if not held.belongs_to(facts.remote, unattended=auto_approve or as_json):
        return _not_recorded()
    if not auto_approve and not interactive():
        text = "import --match asks for confirmation, and there is no terminal to ask at; nothing was recorded"
        raise UsageError(text, "to take over what is certain, add --auto-approve")
    if not auto_approve and not agreed(f"Do you want to take over these {len(certain)}?"):
        return _not_recorded()
    held.write(record_all(facts, certain))
    if not as_json:
        said(f"\nImport complete! Resources: {len(certain)} taken over, {len(found) - len(certain)} left.\n")
    return 0


def _not_recorded() -> int:
    messages()("Nothing was recorded.\n")
    return Exit.ERROR


def _none(held: Session) -> int:
    """Mark what could be ours as somebody else's, so that it holds nothing up any more."""
    refuse_open(held.recorded)
    remote = held.look()
    facts = held.facts(remote)
    strangers = [job.id for job in remote.jobs.values() if may_be_ours(job, facts)]
    if strangers and not held.belongs_to(remote):
        return _not_recorded()
    if strangers or held.recorded.forgotten:
        account = held.recorded.account or Account(remote.account.id, remote.base_url)
        foreign = (*held.recorded.foreign, *strangers)
        held.write(replace(held.recorded, foreign=foreign, forgotten={}, account=account))
    said(f"{len(strangers)} jobs of the account are marked as not declared here.\n")
    return 0
