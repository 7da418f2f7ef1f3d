"""What a project submits later than its horizon reaches: for looking at, not for a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.config.occurrences import expand
from afsync.config.project import LoadedProject
from afsync.config.series import DeclaredSeries
from afsync.config.timed_submissions import TimedSubmissions
from afsync.config.times import parse_zone
from afsync.core.resources import Job
from afsync.core.series import Occurrence
from afsync.core.state import Recorded
from afsync.errors import ConfigError, Problem


class Upcoming(Struct, frozen=True):
    """The `jobs` by address; `dates` of series that cannot be read that far ahead, with what is wrong there; and the
    dates for which a sheet has no row."""

    jobs: Mapping[str, Job] = field(default_factory=dict)
    dates: tuple[Occurrence, ...] = ()
    without_row: tuple[Occurrence, ...] = ()
    problems: tuple[Problem, ...] = ()


def upcoming(
    files: LoadedProject, at_moment: LoadedProject, recorded: Recorded, now: datetime, until: datetime
) -> Upcoming:
    """What `files` declare up to `until` besides what they do `at_moment`. A mistake in one series, which is no mistake
    of the plan yet, hides no other."""
    timed = files.timed_submissions
    if timed is None:
        return Upcoming()
    ahead = _Ahead(files, at_moment.desired.jobs, recorded, now, until)
    try:
        return ahead.found(timed)
    except ConfigError:
        return ahead.one_by_one(timed)


class _Ahead(Struct, frozen=True):
    """A look at what `files` declare after `now`, until a moment, besides the `known` jobs."""

    files: LoadedProject
    known: Mapping[str, Job]
    recorded: Recorded
    now: datetime
    until: datetime

    def found(self, timed: TimedSubmissions) -> Upcoming:
        """What all of `timed` come to. Raises ConfigError."""
        wider = _with(timed, lambda own: max(own, self.until - self.now))
        further = expand(replace(self.files, timed_submissions=wider), self.recorded, self.now)
        jobs = {a: j for a, j in further.desired.jobs.items() if a not in self.known}
        without_row = further.occurrences.without_row if further.occurrences else ()
        return Upcoming({a: j for a, j in jobs.items() if j.schedule and j.schedule.utc <= self.until}, (), without_row)

    def one_by_one(self, timed: TimedSubmissions) -> Upcoming:
        """What each of them comes to, with the dates and the problems of those in which something is wrong."""
        result = Upcoming()
        for key, part in _parts(timed):
            try:
                found = self.found(part)
            except ConfigError as error:
                dates = self._dates(timed.series[key]) if key in timed.series else ()
                found = Upcoming(dates=dates, problems=error.problems)
            result = Upcoming(
                {**result.jobs, **found.jobs},
                (*result.dates, *found.dates),
                (*result.without_row, *found.without_row),
                (*result.problems, *found.problems),
            )
        return result

    def _dates(self, declared: DeclaredSeries) -> tuple[Occurrence, ...]:
        known = self.recorded.series.get(declared.job.key)
        today = self.now.astimezone(parse_zone(declared.zone)).date()
        series = declared.series(date.fromisoformat(known.since) if known else today)
        rows = declared.rows
        return tuple(
            o
            for o in series.between(self.now, self.until)
            if o.address not in self.known and (rows is None or o.instance in rows.rows)
        )


def _parts(timed: TimedSubmissions) -> Iterator[tuple[str, TimedSubmissions]]:
    yield "", replace(timed, series={}, listed={})
    for key, series in timed.series.items():
        yield key, replace(timed, series={key: series}, listed={})
    for key, rows in timed.listed.items():
        yield key, replace(timed, series={}, listed={key: rows})


def _with(timed: TimedSubmissions, horizon: Callable[[timedelta], timedelta]) -> TimedSubmissions:
    """The same with other horizons."""
    return replace(
        timed,
        series={key: replace(s, horizon=horizon(s.horizon)) for key, s in timed.series.items()},
        listed={key: replace(s, horizon=horizon(s.horizon)) for key, s in timed.listed.items()},
        horizons={address: horizon(own) for address, own in timed.horizons.items()},
    )


def entering(project: LoadedProject, recorded: Recorded, now: datetime, until: datetime) -> tuple[Job, ...] | None:
    """The jobs that enter the horizon between `now` and `until` (UTC), of a project as it is at `now`. None where
    something is wrong with one of them, which is an error once that is declared."""
    timed = project.timed_submissions
    if timed is None or until <= now:
        return ()
    wider = _with(timed, lambda own: own + (until - now))
    all_single = replace(project.desired, jobs={**project.desired.jobs, **project.waiting})
    try:
        then = expand(replace(project, timed_submissions=wider, desired=all_single), recorded, now)
    except ConfigError:
        return None
    return tuple(job for address, job in then.desired.jobs.items() if address not in project.desired.jobs)
