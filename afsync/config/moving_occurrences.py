"""Jobs that their time leaves out (past, or behind the horizon), but that are declared because what was paid for under
another address moves to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from afsync.config.declarations import Declared
from afsync.config.occurrence_jobs import SeriesAtMoment, jobs_at
from afsync.config.problem_report import Report
from afsync.config.timed_submissions import TimedSubmissions
from afsync.core.addresses import Kind, occurrence_address
from afsync.core.clocks import LAST
from afsync.core.fingerprints import fingerprint, recorded_fingerprint
from afsync.core.moves import is_done_with
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.core.series import Occurrence
from afsync.core.state import Recorded

_Mark = tuple[str, datetime]
"""What was asked for, and when it is published."""

_END = LAST - timedelta(days=366)
_A_SECOND = timedelta(seconds=1)
_OTHER_DAYS = timedelta(days=31)
"""A submitted occurrence moves at most this far behind the last one that was submitted."""


def moving(
    found: list[SeriesAtMoment],
    left_out: list[tuple[Declared, Job]],
    timed: TimedSubmissions,
    recorded: Recorded,
    jobs: Mapping[str, Job],
    report: Report,
    now: datetime,
) -> list[tuple[Declared, Job]]:
    """The jobs that are recorded under another address, because a job, a row, a series or a day had another name.
    `left_out` are the single jobs and rows to search. No more are declared than move: others would be paid for before
    their time.

    Example: `job.weekly["2026-12-04"]` is recorded, the series is renamed to `show`, and its horizon is made shorter.
    `job.show["2026-12-04"]` is declared although it is behind the horizon, and the record moves there."""
    blocked = recorded.open_addresses
    gone = {
        a: (recorded_fingerprint(Kind.JOB, r.declared, r.fingerprint), r.schedule.utc)
        for a, r in recorded.jobs.items()
        if a not in jobs and r.schedule is not None and a not in blocked
    }
    if not gone or not report.clean:
        return []
    times = {at for _, at in gone.values()}
    for each in found:
        there = [o for at in sorted(times) if at < _END for o in _ahead(each, jobs, at - _A_SECOND, at) if o.utc == at]
        left_out = [*left_out, *jobs_at(each, there, timed, report, now)]
    free = Counter(gone.values())
    fresh = sorted(jobs.keys() - recorded.jobs.keys() - blocked)
    new = {a for a in fresh if not _takes(free, jobs[a], times)}
    moved = [(declared, job) for declared, job in left_out if _takes(free, job, times)]
    rest = {a: recorded.jobs[a] for a, mark in sorted(gone.items(), reverse=True) if _one_of(free, mark)}
    jobs = {**jobs, **{job.address: job for _, job in moved}}
    more = (_on_other_days(each, rest, new, jobs, timed, report, now) for each in found)
    return moved + [pair for pairs in more for pair in pairs]


def _takes(free: Counter[_Mark], job: Job, times: set[datetime]) -> bool:
    """Whether a record among the `free` ones moves to this job; it is then no longer free."""
    at = job.schedule.utc if job.schedule else None
    return at in times and _one_of(free, (fingerprint(Kind.JOB, job.values), at))


def _one_of(free: Counter[Any], mark: object) -> bool:
    if free[mark] <= 0:
        return False
    free[mark] -= 1
    return True


def _ahead(found: SeriesAtMoment, jobs: Mapping[str, Job], after: datetime, until: datetime) -> Iterable[Occurrence]:
    """The occurrences in this period that are not declared."""
    rows = found.declared.rows
    dates = found.series.between(after, until)
    return (o for o in dates if o.address not in jobs and (rows is None or o.instance in rows.rows))


def _on_other_days(
    found: SeriesAtMoment,
    rest: Mapping[str, RecordedJob],
    new: set[str],
    jobs: Mapping[str, Job],
    timed: TimedSubmissions,
    report: Report,
    now: datetime,
) -> list[tuple[Declared, Job]]:
    """The dates behind the horizon that are declared because submitted occurrences move there: the rule no longer has
    the dates of these, and has too few new ones within the horizon. Only dates that ask for the same video count. What
    has ended takes no date: nothing would be published then.

    Example: Fridays 4 and 11 December are submitted, the horizon ends on the 11th, and the series moves to Saturdays.
    Only Saturday 5 is within the horizon, so Saturday 12 is declared too, and the record of the 11th moves there."""
    addresses = (occurrence_address(found.series.key, i) for i in found.records)
    ahead = ((r, r.schedule.utc) for a in addresses if (r := rest.get(a)) and r.schedule and not is_done_with(r))
    gone = [(r, at) for r, at in ahead if now < at < _END]
    free = Counter(recorded_fingerprint(Kind.JOB, r.declared, r.fingerprint) for r, _ in gone)
    if not gone:
        return []
    for address in (o.address for o in found.state.declared if o.address in new):
        _one_of(free, fingerprint(Kind.JOB, jobs[address].values))
    last = max(at for _, at in gone) + _OTHER_DAYS
    behind = [*_ahead(found, jobs, now + found.series.horizon, last)][: free.total()]
    pairs = jobs_at(found, behind, timed, report, now)
    return [(d, j) for d, j in pairs if _one_of(free, fingerprint(Kind.JOB, j.values))]
