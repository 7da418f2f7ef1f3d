"""Paid jobs in the account that are not recorded: drift where only afsync submits, else worth a note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from afsync.core.by_hand import candidates_of
from afsync.core.outdated import newer
from afsync.core.planner import facts_of
from afsync.core.recorded import Recorded
from afsync.core.recovery import resolve
from afsync.core.remote import Remote, RemoteJob
from afsync.core.resources import Desired
from afsync.core.submissions import may_be_ours
from afsync.core.verdict import Options
from afsync.errors import Problem, Severity

NAMED = 10
"""So many ids are written out in a note."""

CODE = "drift_undeclared"
NONE = "`afsync import --none` remembers that it was not submitted from here"


def find_undeclared(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options
) -> tuple[Problem, ...]:
    """A warning each for jobs that only another client can have submitted, where `options.exclusive` says that there is
    none; notes of all others; nothing where others are declared to submit too.

    What is older than the newest job that was ever recorded may be one that afsync submitted and has forgotten since:
    removed from the files, or replaced. What an open submission may have made is not counted either.
    """
    if options.exclusive is False:
        return ()
    facts = facts_of(desired, recorded, remote, now)
    found = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
    asked = {i for r in found for i in candidates_of(r)} | set(desired.imports.values())
    unknown = [j for j in remote.jobs.values() if may_be_ours(j, facts) and j.id not in asked]
    new = [j for j in unknown if j.id not in recorded.forgotten]
    strangers = list(newer(new, recorded, remote)) if recorded.has_known_a_job else new
    return tuple(_told(strangers, [j for j in unknown if j not in strangers], exclusive=bool(options.exclusive)))


def _told(strangers: list[RemoteJob], older: list[RemoteJob], *, exclusive: bool) -> Iterator[Problem]:
    if exclusive:
        for job in strangers:
            text = f"{_described(job)} is in the account and was not submitted from here, and `api.exclusive` is true"
            yield Problem(
                CODE, text, f"another client submitted it, or another copy of this state; {NONE}", Severity.WARNING
            )
    elif strangers:
        text = f"in the account and not submitted from here: {_listed(strangers)}"
        hint = "`api: {exclusive: true}` counts such jobs as drift, `exclusive: false` leaves them out"
        yield Problem(CODE, text, hint, Severity.NOTE)
    if older:
        text = f"in the account and not in the state: {_listed(older)}; made elsewhere, or here and forgotten since"
        yield Problem("drift_unknown", text, None, Severity.NOTE)


def _listed(jobs: list[RemoteJob]) -> str:
    named, more = ", ".join(_described(j) for j in jobs[:NAMED]), len(jobs) - NAMED
    return f"{named} and {more} more" if more > 0 else named


def _described(job: RemoteJob) -> str:
    return f"{job.id} ({job.status})"
