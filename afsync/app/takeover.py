"""Recording that what is declared is a resource of the account: one by its id, all that match, or none of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from msgspec.structs import replace

from afsync.app.locked_state import Session, record_all
from afsync.core.addresses import Kind, kind_of, typed
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.import_candidates import Match, find_matches
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import Lookups, Remote
from afsync.core.state import Account
from afsync.core.text import close_address
from afsync.errors import UsageError

Agreed = Callable[[Remote], bool]
"""Whether the state may come to belong to this account."""


class TakenOver(Enum):
    """The result of taking one resource over."""

    ALREADY = "it was recorded so already"
    DECLINED = "the account was declined"
    RECORDED = "it is recorded now"


def take_over(session: Session, address: str, resource_id: str, agreed: Agreed, *, force: bool) -> TakenOver:
    """Record `resource_id` under a declared address. UsageError where that cannot be."""
    recorded, desired = session.recorded, session.project.desired
    if desired.get(address) is None:
        close = close_address(address, (*desired.templates, *desired.jobs))
        hint = close or "declare it first; `afsync export` writes what the account holds"
        raise UsageError(f"{address} is not declared", hint)
    before = recorded.resources.get(address)
    if before is not None and before.id == resource_id:
        return TakenOver.ALREADY
    if before is not None:
        raise UsageError(
            f"{address} already records {before.id}", f"`afsync state rm {typed(address)}` forgets that first"
        )
    session.refuse_open_submissions()
    wanted = Lookups(jobs={resource_id: None}) if kind_of(address) is Kind.JOB else Lookups()
    remote = session.read_account(wanted)
    if not agreed(remote):
        return TakenOver.DECLINED
    session.write(record_all(session.facts(remote), [(address, resource_id)], force=force))
    return TakenOver.RECORDED


def find_candidates(session: Session) -> tuple[Facts, Sequence[Match]]:
    """What the account holds that looks like what is declared and not recorded."""
    session.refuse_open_submissions()
    facts = session.facts(session.read_account())
    return facts, find_matches(facts)


def record_matches(session: Session, facts: Facts, certain: Iterable[tuple[str, str]]) -> None:
    """Record addresses and ids that `find_candidates` is certain of."""
    session.write(record_all(facts, certain))


def mark_rest_as_foreign(session: Session, agreed: Agreed) -> int | None:
    """Mark the jobs that could be ours as not declared here, so that no decision waits for them. Their number; None
    where the account was declined."""
    session.refuse_open_submissions()
    remote = session.read_account()
    facts = session.facts(remote)
    strangers = [job.id for job in remote.jobs.values() if may_be_ours(job, facts)]
    if strangers and not agreed(remote):
        return None
    if strangers or session.recorded.forgotten:
        account = session.recorded.account or Account(remote.account.id, remote.base_url)
        foreign = (*session.recorded.foreign, *strangers)
        session.write(replace(session.recorded, foreign=foreign, forgotten={}, account=account))
    return len(strangers)
