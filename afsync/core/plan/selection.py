"""The selected part of a plan: the changes asked for, and the templates that these need."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from afsync.core.addresses import matches
from afsync.core.command_lines import FlagName
from afsync.core.decisions.notices import contradicts
from afsync.core.moved_records import moved_together
from afsync.core.plan.actions import Action, Reason, Step
from afsync.core.plan.changes import Change, Decision
from afsync.core.plan.facts import Options
from afsync.core.resources import Job
from afsync.core.text import count
from afsync.errors import Problem, Severity


def selected(options: Options, *known_by: str) -> bool:
    """Whether something is selected that has these addresses: by any of them, unless one is left out."""
    wanted = not options.target or any(matches(a, options.target) for a in known_by)
    return wanted and not any(matches(a, options.exclude) for a in known_by)


def select(decision: Decision, options: Options) -> Decision:
    """The selected changes and the templates they are submitted from, with a notice where that is not all."""
    if not options.target and not options.exclude:
        return decision
    names = _names(decision, options)
    chosen = [c for c in decision.changes if c.address in names]
    needed = {c.after.template for c in chosen if Step.SUBMIT_JOB in c.steps and isinstance(c.after, Job)} - names
    brought = [c for c in decision.changes if c.address in needed and c.action is not Action.DELETE]
    withheld = tuple(c for c in decision.withheld if c.address in names)
    left_out = len(decision.changes) + len(decision.withheld) - len(chosen) - len(brought) - len(withheld)
    others = {n.address for n in decision.notices if n.address and contradicts(n)} - names
    notices = [*_partial(left_out, len(others)), *(_along(c, options) for c in brought)]
    return replace(
        decision,
        changes=(*chosen, *brought),
        withheld=withheld,
        notices=(*notices, *(n for n in decision.notices if not n.address or n.address in names)),
        violations=(
            *(v for v in decision.violations if not v.address or v.address in names or v.code in _MISSING_TIME),
            *(_without_time(c) for c in decision.changes if c.reason is Reason.UNSET and c.address not in names),
        ),
    )


_MISSING_TIME = (Reason.UNSET, Reason.SCHEDULE_NOT_KEPT)
"""Said of a job whatever is selected: it may be published at any moment."""


def _without_time(change: Change) -> Problem:
    text = f"the publish time of {change.address} ({change.id}) is not set, and the selection leaves that out"
    hint = f"apply without {FlagName.TARGET} and {FlagName.EXCLUDE}, or with this job: that sets it"
    return Problem(Reason.UNSET.value, text, hint, Severity.ERROR, change.address, field="schedule")


def _names(decision: Decision, options: Options) -> set[str]:
    """The selected addresses. What moves has two, and more where others change places with it."""
    addresses = {c.address for c in (*decision.changes, *decision.withheld)}
    addresses |= {p.address for p in (*decision.notices, *decision.violations) if p.address}
    former = moved_together(decision.changes)
    return {a for a in addresses if selected(options, a, *former.get(a, ()))}


def _partial(left_out: int, others: int) -> Iterator[Problem]:
    """`others` are those without a change that are not what the files say."""
    if left_out:
        text = f"this plan is partial: {count(left_out, 'other change')} left out by the selection"
    elif others:
        text = f"this plan is partial: {count(others, 'other notice')} left out by the selection"
    else:
        return
    hint = f"plan without {FlagName.TARGET} and {FlagName.EXCLUDE} to see all"
    yield Problem("partial", text, hint, Severity.WARNING)


def _along(change: Change, options: Options) -> Problem:
    although = ", although it is excluded" if matches(change.address, options.exclude) else ""
    text = f"{change.address} comes along{although}: a selected job is made from it"
    hint = "exclude the job as well, if the template is to stay as it is" if although else None
    return Problem("dependency", text, hint, Severity.NOTE, change.address)
