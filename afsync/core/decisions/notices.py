"""Notices about recorded jobs that nothing is done about, and about what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec.structs import replace

from afsync.core.addresses import typed
from afsync.core.command_lines import RENAME, FlagName, rename_command
from afsync.core.plan.actions import Reason
from afsync.core.plan.changes import Change, Decision, note, warn, withhold
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob, Watched
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.resources import Job, Schedule
from afsync.core.service_statuses import Group, is_known
from afsync.core.state import Recorded
from afsync.errors import Problem, Severity

AGAIN = "`rerun:` with a new value submits it again (that costs credits)"

LATER = "plan again when it is finished"

CONTRADICTING = frozenset({
    "busy", "produced", "passed", "finished", "moved_finished", "failed", "cancelled", "missing", "approve_waits",
    "schedule_unseen", "cancel_unseen", "cancel_not_kept", "held_without_time", "publication_unseen",
    "publication_unknown", "publish_unknown", "not_produced", "held_not_reached", "passed_over", "no_row", "partial",
    "offline", "nothing_recorded",
})  # fmt: skip
"""Notices that say of a job that it is not what the files say, or that it was not looked at."""

NOT_LOOKED_AT = frozenset({"offline", "partial"})
"""Those that say only the latter."""

_UNREAD = "is not known: "
"""So begins what is said of a job that could not be read; one with an unknown status was."""


def everything_matches(plan: Plan) -> bool:
    """Whether a decision has no change, and no notice that contradicts that all is as declared."""
    return what_was_seen_matches(plan) and not any(map(contradicts, plan.notices))


def what_was_seen_matches(plan: Plan) -> bool:
    """The same for what was looked at: a part of a plan, or one that was made offline, may say no more."""
    left = plan.changes or plan.withheld or plan.violations or plan.blocking or plan.resolutions
    return not left and all(map(_unseen, filter(contradicts, plan.notices)))


def contradicts(notice: Problem) -> bool:
    """Whether a notice contradicts that all is as declared."""
    return _unseen(notice) or notice.code in CONTRADICTING


def _unseen(notice: Problem) -> bool:
    unread = notice.code == "not_known" and notice.address is not None and _UNREAD in notice.message
    return unread or notice.code in NOT_LOOKED_AT


def busy(address: str, *, again: bool = False) -> Decision:
    """The notice about an edit of a job in production. `again`: it was to be submitted again, by `rerun` or
    `--replace`."""
    what = "it cannot be replaced now" if again else "edits do not reach it"
    return warn(address, "busy", f"{address} is being worked on; {what}", LATER)


def busy_without_time(declared: Job) -> Decision:
    text = f"the service is working on {declared.address}, and does not report its publish time during production"
    return warn(declared.address, "busy", text, "plan again afterwards")


def undeclared_and_busy(address: str) -> Decision:
    message = f"{address} is to be removed, but the service is working on it; it stays in the state"
    return warn(address, "busy", message, LATER)


def produced_already(declared: Job) -> Decision:
    message = f"{declared.address} is produced; edits to its body no longer apply"
    return note(declared.address, "produced", message, AGAIN)


def time_passed(declared: Job, standing: Schedule) -> Decision:
    """The warning about a declared time that has passed. The time that was set before is still ahead, so that what is
    published is not what the files say."""
    written = declared.schedule.written if declared.schedule else ""
    return warn(
        declared.address,
        "passed",
        f"the publish time of {declared.address}, {written}, has passed; {standing.written} stays set",
        "give it a time still ahead",
        "schedule",
    )


def finished(declared: Job) -> Decision:
    message = f"{declared.address} is finished; edits no longer apply"
    return note(declared.address, "finished", message, AGAIN)


def moved_finished(declared: Job, record: RecordedJob, old: str) -> Decision:
    """The warning about a finished job under a new key: it may as well be a new show with the same body, so
    a person should know that it was taken for the old one."""
    again = "`rerun: 1`" if record.rerun is None else f"another `rerun:` than `{record.rerun}`"
    return warn(
        declared.address,
        "moved_finished",
        f"{declared.address} is read as another name for {old} ({record.id}), which is finished: nothing is submitted "
        f"for it{', and its publish time does not apply' if declared.schedule else ''}",
        f"if it is meant as a new show, {again} on it submits it (that costs credits)",
    )


def undecided(change: Change, heirs: Sequence[str], olds: Sequence[str], records: Collection[str]) -> Decision:
    """The decision about a change that waits: what is recorded there may belong to `heirs`, or what is declared there
    may be one of `olds`. `records` are the addresses that hold something."""
    address, now = change.address, "asks for something else now" if change.after else "is no longer declared"
    if heirs:
        text = f"{address} {now}, but it may have been renamed to {' or '.join(heirs)}"
        pair = (address, heirs[0]) if len(heirs) == 1 else None
    else:
        text = f"{address} asks for what {', '.join(olds)} was submitted for: it may be the same job under another name"
        pair = (olds[0], address) if len(olds) == 1 else None
    move = move_command(*pair, taken=pair[1] in records) if pair else RENAME
    hint = f"say which was renamed with {move}, or make one of the two edits in a step of its own"
    return withhold(replace(change, reason=Reason.AMBIGUOUS), text, hint)


def move_command(old: str, new: str, *, taken: bool) -> str:
    """The command that gives what `old` was submitted for to the address `new`, which is `taken` or not."""
    move = rename_command(old, new)
    if not taken:
        return move
    spare = f"{old.partition('[')[0]}-before"
    return f"{rename_command(new, spare)}, then {move}"


def stopped(declared: Job, record: RecordedJob, group: Group, ours: Watched | None) -> Decision:
    """The warning about a failed or cancelled job. Who cancelled it is known only where afsync did, and while that is
    watched."""
    what = "failed" if group is Group.FAILED else "is cancelled"
    if group is Group.CANCELLED and ours is not None and ours.accepted:
        what += (
            f" (by afsync, on {ours.cancelled_at:%Y-%m-%d %H:%M} UTC: the service does not stop it before publishing)"
        )
    message = f"{declared.address} ({record.id}) {what}; it is not submitted again by itself"
    return warn(declared.address, group.value, message, AGAIN)


def missing(declared: Job, record: RecordedJob) -> Decision:
    return warn(
        declared.address,
        "missing",
        f"{declared.address} ({record.id}) was {record.status} when last seen and is not in the account any more; "
        "it is paid for, so it is not submitted again by itself",
        f"look into the account; `{FlagName.REPLACE} {typed(declared.address)}` submits it again (that costs credits)",
    )


MOST = 20
"""So many are named; a service that changed its form needs no longer list."""

HINT = "the others are planned as usual; if this goes on, see whether there is a newer afsync"


def not_known(recorded: Recorded, remote: Remote, said: Iterable[Problem] = ()) -> tuple[Problem, ...]:
    """A warning for each job and template that could not be read completely, or has an unknown status.

    Of a status it is left out where what is `said` already tells that the job is left alone.
    """
    busy = {problem.address for problem in said if problem.code == "busy"}
    return tuple(_warnings(recorded, remote, busy))[:MOST]


def _warnings(recorded: Recorded, remote: Remote, busy: Collection[str | None]) -> Iterator[Problem]:
    addresses = {record.id: address for address, record in recorded.resources.items()}
    rows: Iterable[RemoteTemplate | RemoteJob] = (*remote.templates.values(), *remote.jobs.values(), *remote.odd)
    for seen in rows:
        address = addresses.get(seen.id)
        kind = "template" if isinstance(seen, RemoteTemplate) else "job"
        named = f"{address} ({seen.id})" if address else f"the {kind} {seen.id}"
        if seen.unreadable is not None:
            yield _warning(f"{named} {_UNREAD}{seen.unreadable}; nothing is decided about it", address)
        elif isinstance(seen, RemoteJob) and address and address not in busy and not is_known(seen.status):
            yield _warning(f"{named} has the unknown status `{seen.status}`; nothing is decided about it", address)


def _warning(message: str, address: str | None) -> Problem:
    return Problem("not_known", message, HINT, Severity.WARNING, address)
