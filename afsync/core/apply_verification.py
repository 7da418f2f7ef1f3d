"""The look at the end of an apply: what the service shows of the changes. What it does not show yet, the next plan
judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.outcomes import Applied, Outcome
from afsync.core.plan.actions import Action, Retire
from afsync.core.records import RecordedJob
from afsync.core.remote_account import ReadBack
from afsync.core.resources import Job
from afsync.core.service_statuses import CANCELLED, PUBLISHED, PUBLISHING
from afsync.core.state import Recorded

TIMED = ("scheduled", "queued_scheduled")
"""Statuses that tell of a publish time, where the service does not list the times."""

PAGE = 100
"""How many of the newest jobs are read; what is missing among fewer is missing in the account."""


class Observable(StrEnum):
    """What the service can show of a change. A publish time that is seen shows its submission, too."""

    PUBLISH_TIME = "publish time"
    CANCELLATION = "cancellation"
    SUBMISSION = "submission"
    TEMPLATE = "template"
    APPROVAL = "approval"


class Expected(Struct, frozen=True):
    """One thing that the service accepted: its address and id, its time (UTC), and its platforms (none: all of its
    own); `reported` is what the service reports instead."""

    what: Observable
    address: str
    id: str
    at: datetime | None = None
    platforms: tuple[str, ...] = ()
    reported: str | None = None


class Comparison(Struct, frozen=True):
    """Which changes the account shows, and which not yet. `beyond` is the number of jobs that could not be
    looked for, because they are older than the newest ones, which were read."""

    confirmed: tuple[Expected, ...] = ()
    unconfirmed: tuple[Expected, ...] = ()
    beyond: int = 0

    def counts(self) -> Iterator[tuple[Observable, int, int]]:
        """Of each kind, how many are confirmed, and of how many."""
        for what in Observable:
            found = sum(e.what is what for e in self.confirmed)
            total = found + sum(e.what is what for e in self.unconfirmed)
            if total:
                yield what, found, total


class Verification(Struct, frozen=True):
    """The result of the look at the end: what was seen, and the balance before and after the run where it was read;
    `failed` is why nothing could be read."""

    comparison: Comparison = Comparison()
    before: int | None = None
    after: int | None = None
    failed: str | None = None

    @property
    def spent(self) -> int | None:
        """By how much the balance fell; None where it was not read both times, or rose: others changed it too."""
        if self.before is None or self.after is None or self.rose:
            return None
        return self.before - self.after

    @property
    def rose(self) -> bool:
        """Whether the balance is higher than before, as after a top-up."""
        return self.before is not None and self.after is not None and self.after > self.before


def expected_of(outcomes: Iterable[Outcome]) -> Iterator[Expected]:
    """What the service can show of the changes that were made."""
    for outcome in outcomes:
        if not isinstance(outcome, Applied) or outcome.id is None:
            continue
        change = outcome.change
        if change.action is Action.APPROVE and change.later is None:
            yield Expected(Observable.APPROVAL, change.address, outcome.id, platforms=change.platforms)
        if change.retire is Retire.CANCEL and change.id is not None and outcome.note is None:
            yield Expected(Observable.CANCELLATION, change.address, change.id)
        if change.action not in (Action.CREATE, Action.REPLACE, Action.RESCHEDULE):
            continue
        # The time of a held job is kept here: of it there is nothing to be seen.
        if change.kind is Kind.TEMPLATE:
            yield Expected(Observable.TEMPLATE, change.address, outcome.id)
        elif isinstance(change.after, Job) and change.after.schedule is not None and not change.held:
            yield Expected(Observable.PUBLISH_TIME, change.address, outcome.id, change.after.schedule.utc)
        elif change.action is not Action.RESCHEDULE:
            yield Expected(Observable.SUBMISSION, change.address, outcome.id)


def used_templates(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """The templates that jobs of this run were made from: a service that accepted those has the template."""
    done = (o.change for o in outcomes if isinstance(o, Applied) and o.change.action in (Action.CREATE, Action.REPLACE))
    return frozenset(c.after.template for c in done if isinstance(c.after, Job) and c.after.template)


def compare(wanted: Sequence[Expected], found: ReadBack) -> Comparison:
    """What of it the service shows."""
    confirmed: list[Expected] = []
    unconfirmed: list[Expected] = []
    beyond = 0
    for one in (_as_offered(each, found) for each in wanted):
        is_there = _is_there(one, found)
        if is_there is None:
            beyond += 1
        else:
            (confirmed if is_there else unconfirmed).append(_with_reason(one, found))
    return Comparison(tuple(confirmed), tuple(unconfirmed), beyond)


def _as_offered(one: Expected, found: ReadBack) -> Expected:
    """Where publish times are not reported, what can be seen is the submission."""
    if one.what is not Observable.PUBLISH_TIME or found.publish_times is not None or found.jobs.get(one.id) in TIMED:
        return one
    return replace(one, what=Observable.SUBMISSION)


def _with_reason(one: Expected, found: ReadBack) -> Expected:
    result = found.results.get(one.id) if one.what is Observable.APPROVAL else None
    if result is None or not result.failed:
        return one
    where = (f"{p} failed ({result.reasons[p]})" if p in result.reasons else f"{p} failed" for p in result.failed_on)
    return replace(one, reported=", ".join(where) or None)


def _is_published(one: Expected, found: ReadBack) -> bool:
    """Whether the job is published or about to be; where other platforms were published before, only the result
    says."""
    status, result = found.jobs[one.id], found.results.get(one.id)
    if status == PUBLISHING:
        return True
    if status != PUBLISHED or (result is not None and result.failed):
        return False
    return not one.platforms or (result is not None and set(one.platforms) <= set(result.published_to))


def _is_there(one: Expected, found: ReadBack) -> bool | None:
    """Whether it is shown; None where it could not be read."""
    match one.what:
        case Observable.TEMPLATE:
            return None if found.templates is None else one.id in found.templates
        case Observable.CANCELLATION:
            return found.jobs[one.id] == CANCELLED if one.id in found.jobs else None
        case Observable.APPROVAL if one.id in found.jobs:
            return _is_published(one, found)
        case Observable.PUBLISH_TIME if found.publish_times is not None:
            if one.id in found.publish_times:
                return found.publish_times[one.id] == one.at
            return False if one.id in found.jobs or len(found.jobs) < PAGE else None
        case _ if one.id in found.jobs:
            return True
        case _:
            return None if len(found.jobs) >= PAGE else False


def with_times_seen(recorded: Recorded, comparison: Comparison, found: ReadBack) -> Recorded:
    """The state after the look: a publish time that was seen, or that the service does not report, is no longer waited
    for."""
    silent = found.publish_times is None
    ids = {e.id for e in comparison.confirmed if e.what is Observable.PUBLISH_TIME}
    changed = {
        address: replace(r, schedule_unseen_since=None)
        for address, r in recorded.resources.items()
        if isinstance(r, RecordedJob) and r.schedule_unseen_since is not None and (silent or r.id in ids)
    }
    return replace(recorded, resources={**recorded.resources, **changed}) if changed else recorded
