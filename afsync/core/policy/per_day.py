"""The rule `max_per_day`: how many publications on one platform a day takes."""

from __future__ import annotations

from collections import Counter
from datetime import date, tzinfo

from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan
from afsync.core.policy.planned_publications import (
    Breach,
    Exempt,
    Publication,
    of_record,
    publication_without_change,
    publications,
    publications_without_plan,
    timed,
)
from afsync.core.policy.rules import Policy
from afsync.core.state.records import RecordedJob

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
