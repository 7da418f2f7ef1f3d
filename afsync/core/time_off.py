"""Taking a publish time off: a service may refuse it, so nothing is promised, and a refusal is remembered."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.actions import Action, Retire
from afsync.core.plan import Change
from afsync.core.recorded import Recorded, RecordedJob
from afsync.core.resources import Job


def with_refusal(recorded: Recorded, address: str) -> Recorded:
    """The state once the service refused to take the publish time of a job off."""
    record = recorded.resources.get(address)
    if not isinstance(record, RecordedJob):
        return recorded
    return recorded.with_resource(address, replace(record, time_off_refused=True))


def with_warning(change: Change) -> Change:
    """The change, with what a reviewer should know where the service refused the same before."""
    record = change.before
    refused = isinstance(record, RecordedJob) and record.time_off_refused and _takes_time_off(change)
    if not refused or change.warning is not None:
        return change
    text = "the service refused before to take its publish time off, so expect that it fails again and the video is "
    return replace(change, warning=f"{text}published as scheduled: {instead(change)}")


def _takes_time_off(change: Change) -> bool:
    unscheduled = isinstance(change.after, Job) and change.after.schedule is None and not change.sends_nothing
    return change.retire is Retire.UNSCHEDULE or (change.action is Action.RESCHEDULE and unscheduled)


def instead(change: Change) -> str:
    """What can be done where the service refuses."""
    declare = "give it a `schedule:` far ahead instead of none"
    if change.action is Action.DELETE:
        declare = "declare it again as it was, with a `schedule:` far ahead"
    elif change.action is Action.REPLACE:
        declare = "take the new `rerun:` back and give it a `schedule:` far ahead"
    return f"{declare}, which moves it for free, or take {change.id} off manually in AuraFlux"
