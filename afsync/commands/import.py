"""`afsync import`."""

from __future__ import annotations

import click

from afsync.app.locked_state import Session, open_session
from afsync.app.project import load_project
from afsync.app.takeover import (
    TakenOver,
    find_candidates,
    mark_rest_as_foreign,
    record_matches,
    take_over,
)
from afsync.commands.console import agreed, interactive, messages, print_done, print_report, stdout_paint
from afsync.commands.context import here
from afsync.commands.first_account import may_belong
from afsync.commands.options import account_flag, lock_timeout_flag
from afsync.core.import_candidates import undecided_jobs
from afsync.errors import Exit, UsageError
from afsync.output.takeover import matches_json, matches_text


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

    With --match: show what in the account looks like what is declared, with the evidence, and record what is
    certain. This is also the way out of a lost state.
    """
    if [bool(address and id), match, none].count(True) != 1 or (address and not id):
        raise UsageError("say ADDRESS and ID, or --match, or --none", "such as `afsync import job.best job_8f31`")
    context = here()
    with open_session(context, load_project(context), lock_timeout, account) as session:
        if match:
            return _match(session, auto_approve=auto_approve, as_json=as_json)
        if none:
            return _none(session)
        assert address is not None and id is not None
        return _one(session, address, id, force=force)


def _one(session: Session, address: str, resource_id: str, *, force: bool) -> int:
    match take_over(session, address, resource_id, lambda remote: may_belong(session, remote), force=force):
        case TakenOver.ALREADY:
            print_done(f"{address} is {resource_id} already.\n")
        case TakenOver.DECLINED:
            return _not_recorded()
        case TakenOver.RECORDED:
            print_done(f"{address} is {resource_id} from now on; `afsync plan` shows what differs.\n")
    return 0


def _match(session: Session, *, auto_approve: bool, as_json: bool) -> int:
    facts, found = find_candidates(session)
    certain = [(m.address, m.certain.id) for m in found if m.certain]
    shown = matches_json(found) if as_json else matches_text(found, undecided_jobs(found, facts), stdout_paint())
    unread = print_report(shown)
    if not certain or unread:
        return unread
    if not may_belong(session, facts.remote, unattended=auto_approve or as_json):
        return _not_recorded()
    if not auto_approve and not interactive():
        text = "import --match asks for confirmation, and there is no terminal to ask at; nothing was recorded"
        raise UsageError(text, "to record what is certain, add --auto-approve")
    if not auto_approve and not agreed(f"Do you want to record these {len(certain)}?"):
        return _not_recorded()
    record_matches(session, facts, certain)
    if not as_json:
        print_done(f"\nImport complete! Resources: {len(certain)} taken over, {len(found) - len(certain)} left.\n")
    return 0


def _not_recorded() -> int:
    messages()("Nothing was recorded.\n")
    return Exit.ERROR


def _none(session: Session) -> int:
    strangers = mark_rest_as_foreign(session, lambda remote: may_belong(session, remote))
    if strangers is None:
        return _not_recorded()
    print_done(f"{strangers} jobs of the account are marked as not declared here.\n")
    return 0
