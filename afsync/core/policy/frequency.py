"""How often is published on one platform: too close together (`spacing`), with too long a gap (`max_gap`), too many
on one day (`max_per_day`)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo

from msgspec import Struct

from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan
from afsync.core.policy.planned_publications import (
    Breach,
    Exempt,
    Publication,
    awaited,
    of_record,
    publication_without_change,
    publications,
    publications_without_plan,
    timed,
)
from afsync.core.policy.rules import Policy
from afsync.core.records import RecordedJob
from afsync.core.text import count
from afsync.errors import Problem, Severity


class Gap(Struct, frozen=True):
    """A span (UTC) in which nothing is published on a platform, longer than `most`. `after` and `before` are the
    addresses of what stands at its ends, empty where nothing known does; `open_end`: it goes on behind the horizon."""

    platform: str
    begins: datetime
    ends: datetime
    most: timedelta
    after: str = ""
    before: str = ""
    open_end: bool = False


class _Taken:
    """The publications on each platform, by time."""

    def __init__(self, spacing: Mapping[str, timedelta]) -> None:
        self._spacing = spacing
        self._times: dict[str, list[tuple[datetime, str]]] = defaultdict(list)

    def add(self, publication: Publication) -> None:
        moment, platform, address = publication
        if platform in self._spacing:
            insort(self._times[platform], (moment, address))

    def near(self, publication: Publication) -> list[tuple[timedelta, str]]:
        """The publications that are too near, nearest first: how far away, and their address."""
        moment, platform, _ = publication
        times, least = self._times[platform], self._spacing.get(platform, timedelta())
        begin, end = bisect_left(times, (moment - least, "")), bisect_left(times, (moment + least, ""))
        found = ((abs(at - moment), other) for at, other in times[begin:end])
        return sorted(each for each in found if each[0] < least)


def too_close(plan: Plan, policy: Policy, facts: Facts, exempt: Exempt) -> dict[int, Breach]:
    """The changes, by their place in the plan, that would be published too near another on the same platform, and why.

    What stays as it is counts first, then what is new, the earlier publish time first.
    """
    if not policy.spacing:
        return {}
    taken = _Taken(policy.spacing)
    found: dict[int, Breach] = {}
    for publication in publications_without_plan(plan, facts):
        taken.add(publication)
    for moment, change, place in timed(plan, facts):
        own = [*publications(change, moment, facts)]
        near = [(p, apart, other) for p in own for apart, other in taken.near(p)]
        forbidden = [each for each in near if not exempt((change.address, each[2]), moment)]
        if near:
            first = (forbidden or near)[0]
            found[place] = _near(*first, policy, facts), (change.address, first[2])
        if forbidden:
            own = [*publication_without_change(change, plan, facts)]
        for publication in own:
            taken.add(publication)
    return found


def _near(publication: Publication, apart: timedelta, other: str, policy: Policy, facts: Facts) -> str:
    moment, platform, address = publication
    at = f"at {moment.astimezone(policy.zone):%a %Y-%m-%d %H:%M %Z}" if moment > facts.now else "now"
    beside = other or "a job that is not recorded"
    where = f"{span(apart)} from {beside}" if apart else f"at the same time as {beside}"
    least = span(policy.spacing[platform])
    return f"{address} would be published on {platform} {at}, {where}, and the policy wants {least} in between"


def find_gaps(plan: Plan, policy: Policy, facts: Facts) -> Iterator[Gap]:
    """Where nothing is published for too long, from the last publication that is known to the end of the horizon."""
    end = facts.now + policy.horizon
    known = sorted(p for p in awaited(plan, facts) if p[1] in policy.max_gap and p[0] <= end)
    for platform, most in sorted(policy.max_gap.items()):
        begins, after = facts.now, ""
        for moment, _, address in (p for p in known if p[1] == platform):
            if moment > facts.now and moment - begins > most:
                yield Gap(platform, begins, moment, most, after, address)
            begins, after = moment, address
        if end - begins > most:
            yield Gap(platform, begins, end, most, after, open_end=True)


def gap_notice(gap: Gap, zone: tzinfo) -> Problem:
    """The notice about a gap, at its rule."""
    begins, ends = (f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}" for at in (gap.begins, gap.ends))
    since = f"{begins} ({gap.after})" if gap.after else begins
    until = f"{ends}, where the horizon ends" if gap.open_end else f"{ends} ({gap.before})"
    text = (
        f"nothing is published on {gap.platform} from {since} to {until}, and the policy wants at most "
        f"{span(gap.most)} in between"
    )
    hint = "add a job in between, or raise `max_gap`"
    return Problem("policy_gap", text, hint, Severity.WARNING, field=f"max_gap/{gap.platform}")


def span(length: timedelta) -> str:
    """`2 hours`, `90 minutes`, `1 day`."""
    minutes = round(length.total_seconds() / 60)
    for size, noun in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and minutes:
            return count(minutes // size, noun)
    return f"{round(length.total_seconds())} seconds"


Slot = tuple[str, date]
"""A platform and a local day."""


def too_many_a_day(plan: Plan, policy: Policy, facts: Facts, exempt: Exempt) -> dict[int, Breach]:
    """By index in the plan, the changes for which there is no room on their day, and why.

    What stays as it is counts first, then what is new, the earlier publish time first. What the account tells
    of jobs that are not recorded counts as well: a rerun or a replacement takes the place of a published one. One for
    which the rule is set aside is named, and takes its place all the same.
    """
    most, zone = policy.max_per_day, policy.zone
    if not most:
        return {}
    taken = Counter(_slot(p, zone) for p in publications_without_plan(plan, facts))
    found: dict[int, Breach] = {}
    for moment, change, place in timed(plan, facts):
        slots = [_slot(p, zone) for p in publications(change, moment, facts)]
        full = next((s for s in slots if s[0] in most and taken[s] >= most[s[0]]), None)
        if full is not None:
            platform, day = full
            text = (
                f"{change.address} would be one more on {platform} on {day:%a %Y-%m-%d}, and the policy allows "
                f"{most[platform]} a day"
            )
            found[place] = text, (change.address,)
            if not exempt((change.address,), moment):
                slots = [_slot(p, zone) for p in publication_without_change(change, plan, facts)]
        taken.update(slots)
    return found


def is_counted(change: Change, policy: Policy, facts: Facts) -> bool:
    """Whether a change lets go of a job that counts for its day: it was published, or is to be, on a day that is not
    over."""
    record = change.before
    if not isinstance(record, RecordedJob):
        return False
    today = facts.now.astimezone(policy.zone).date()
    slots = (_slot(p, policy.zone) for p in of_record(change.address, record, facts))
    return any(platform in policy.max_per_day and day >= today for platform, day in slots)


def _slot(publication: Publication, zone: tzinfo) -> Slot:
    moment, platform, _ = publication
    return platform, moment.astimezone(zone).date()
