"""One change of a plan: one action on one address, the fields that differ, and its credits; and the decision about an
address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from afsync.core.addresses import Kind, kind_of
from afsync.core.fingerprints import fingerprint, normalise, plain
from afsync.core.plan.actions import STEPS_OF, SYMBOLS, Action, Reason, Retire, Step
from afsync.core.records import Publish, Record, RecordedJob
from afsync.core.resources import Job, Schedule, Template, Values
from afsync.errors import Problem, Severity


class FieldChange(Struct, frozen=True):
    """One field that differs: its path as it is written in the files (`addOns.shoppable.active`), and both values."""

    path: str
    before: Any
    after: Any


class Credits(Struct, frozen=True):
    """`spend`: the estimate for this change; `spent`: what its predecessor is known to have cost."""

    spend: int = 0
    spent: int = 0


class Change(Struct, frozen=True):
    """One action on one address.

    `before` is what is recorded, `after` what is declared. `id` is the remote id that is acted upon: the old
    submission, or the template or job taken over. `retire` says how an old submission is taken out. `observed`
    is a publish time read back from the service where it is not what was recorded. `moved_from` is the address
    at which it was recorded before. `later`: the approval is only recorded now, and publishes at this time.
    `platforms` are those that an approval publishes to; empty means all platforms of the job.
    """

    address: str
    action: Action
    reason: Reason
    before: Record | None = None
    after: Template | Job | None = None
    id: str | None = None
    fields: tuple[FieldChange, ...] = ()
    credits: Credits = Credits()
    retire: Retire | None = None
    observed: Schedule | None = None
    moved_from: str | None = None
    uploads: bool = False
    later: Schedule | None = None
    warning: str | None = None
    platforms: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.address)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that this change goes through."""
        if self.reason is Reason.DUE:
            return (Step.PUBLISH_DUE,)
        skip = set()
        if not self.uploads:
            skip.add(Step.UPLOAD)
        job = self.after
        if self.action is not Action.RESCHEDULE and isinstance(job, Job) and (job.schedule is None or job.held):
            skip.add(Step.SET_SCHEDULE)
        return tuple(s for s in STEPS_OF[self.kind, self.action] if s not in skip)

    @property
    def held(self) -> bool:
        """Whether afsync publishes the job at its time, not the service."""
        job = self.after if isinstance(self.after, Job) else None
        if isinstance(self.before, RecordedJob) and not self.submits:
            unknown = self.before.publish is Publish.UNKNOWN
            return job is not None and job.held if unknown else self.before.publish is Publish.HELD
        return job is not None and job.held

    @property
    def submits(self) -> bool:
        """Whether a job is submitted, which costs credits; what is taken over goes through the same step for free."""
        return self.kind is Kind.JOB and self.action in (Action.CREATE, Action.REPLACE)

    def sends(self, step: Step) -> bool:
        """Whether a step takes a request; the others only affect the state: a key or a take-over that is recorded, an
        old submission that is left as it is, a publish time that afsync keeps, an approval that waits for it."""
        match step:
            case Step.MOVE | Step.FORGET:
                return False
            case Step.RETIRE_JOB:
                return self.retire is not Retire.LEAVE
            case Step.SET_SCHEDULE:
                return not self.held
            case _:
                return self.action is not Action.ADOPT and self.later is None

    @property
    def due(self) -> datetime | None:
        """The time (UTC) at which the job is about to be published: changes are made in this order."""
        wanted = self.after.schedule if isinstance(self.after, Job) else None
        known = self.before.schedule if isinstance(self.before, RecordedJob) else None
        schedule = wanted or known
        return schedule.utc if schedule else None

    @property
    def first_time(self) -> bool:
        """Whether the change only sets the first publish time of a job."""
        now = self.before.schedule if isinstance(self.before, RecordedJob) else None
        return self.action is Action.RESCHEDULE and now is None and self.observed is None

    @property
    def symbol(self) -> str:
        if self.action is Action.REPLACE:
            return "+/-" if self.kind is Kind.TEMPLATE else "-/+"
        return SYMBOLS[self.action]


def reschedule(declared: Job, record: RecordedJob, reason: Reason, *, observed: Schedule | None = None) -> Change:
    """The change that sets, moves or takes off the publish time of a recorded job."""
    return Change(
        declared.address,
        Action.RESCHEDULE,
        reason,
        before=record,
        after=declared,
        id=record.id,
        credits=Credits(spent=record.credits or 0),
        observed=observed,
    )


def approval(
    address: str, record: RecordedJob, declared: Job | None = None, reason: Reason = Reason.REQUESTED
) -> Change:
    """The change that publishes a recorded submission."""
    spent = Credits(spent=record.credits or 0)
    return Change(address, Action.APPROVE, reason, before=record, after=declared, id=record.id, credits=spent)


def differing_fields(kind: Kind, before: Values, after: Values) -> tuple[FieldChange, ...]:
    """The differing fields, sorted by path. Lists are compared and shown whole."""
    if fingerprint(kind, before) == fingerprint(kind, after):
        return ()
    old, new = normalise(kind, before), normalise(kind, after)
    written = plain(before), plain(after)
    paths = {tuple(p) for p in _differences(_whole(old), _whole(new))}
    return tuple(
        FieldChange(".".join(p), _shown(written[0], old, p), _shown(written[1], new, p)) for p in sorted(paths)
    )


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[list[str]]:
    # Imported here: most plans compare by fingerprint and never get this far, and the import is slow.
    from deepdiff import DeepDiff

    tree = DeepDiff(old, new, view="tree", verbose_level=0, threshold_to_diff_deeper=0, ignore_private_variables=False)
    return [level.path(output_format="list") for levels in tree.values() for level in levels]


def _whole(value: Any) -> Any:
    """`value` with every list as one text, so that it is compared as a whole, and `[1]` is not `[true]`."""
    match value:
        case dict():
            return {k: _whole(v) for k, v in value.items()}
        case list():
            return "\0" + json.dumps(value, sort_keys=True)
        case _:
            return value


def _shown(written: Any, normalised: Any, path: tuple[str, ...]) -> Any:
    """A text as it is written, which its normalised form may hide; everything else normalised."""
    value = _get(written, path)
    return value if isinstance(value, str) else _get(normalised, path)


def _get(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


class Decision(Struct, frozen=True):
    """The decision about one address: changes, changes withheld until a person decides, notices and violations."""

    changes: tuple[Change, ...] = ()
    withheld: tuple[Change, ...] = ()
    notices: tuple[Problem, ...] = ()
    violations: tuple[Problem, ...] = ()

    def __add__(self, other: Decision) -> Decision:
        return Decision(
            self.changes + other.changes,
            self.withheld + other.withheld,
            self.notices + other.notices,
            self.violations + other.violations,
        )


NOTHING = Decision()


def do(change: Change) -> Decision:
    return Decision(changes=(change,))


def note(address: str, code: str, message: str, hint: str | None = None) -> Decision:
    return Decision(notices=(Problem(code, message, hint, Severity.NOTE, address),))


def warn(address: str, code: str, message: str, hint: str | None = None, field: str | None = None) -> Decision:
    return Decision(notices=(Problem(code, message, hint, Severity.WARNING, address, field=field),))


def withhold(change: Change, message: str, hint: str, field: str | None = None) -> Decision:
    """A change that waits for a person; its reason is also the code of the violation. `field` is the field to edit."""
    problem = Problem(change.reason.value, message, hint, Severity.ERROR, change.address, field=field)
    return Decision(withheld=(change,), violations=(problem,))
