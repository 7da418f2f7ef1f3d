"""The closed lists of a plan: actions, reasons, and the steps of each action in their order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from afsync.core.addresses import Kind


class Action(StrEnum):
    """What is done to one address; SYMBOLS says how each is shown."""

    CREATE = "create"
    RESCHEDULE = "reschedule"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    MOVE = "move"
    FORGET = "forget"
    APPROVE = "approve"


class Reason(StrEnum):
    """Why a change is made. A closed list: scripts read it."""

    NEW = "new"
    SCHEDULE_CHANGED = "schedule_changed"
    DRIFT = "drift"
    UNSET = "unset"
    SCHEDULE_NOT_KEPT = "schedule_not_kept"
    SCHEDULE_UNPROVEN = "schedule_unproven"
    CANCEL_UNSEEN = "cancel_unseen"
    CANCEL_NOT_KEPT = "cancel_not_kept"
    CANCEL_UNPROVEN = "cancel_unproven"
    BODY_CHANGED = "body_changed"
    REMOVED = "removed"
    FINISHED = "finished"
    MISSING = "missing"
    RERUN = "rerun"
    REQUESTED = "requested"
    TEMPLATE_CHANGED = "template_changed"
    SAME_NAME = "same_name"
    IMPORTED = "imported"
    IMPORT_OWNED = "import_owned"
    IMPORT_MISSING = "import_missing"
    IMPORT_DIFFERS = "import_differs"
    UNKNOWN_SOURCE = "unknown_source"
    RENAMED = "renamed"
    BLOCKED_LOOKALIKE = "blocked_lookalike"
    PREVENT_DESTROY = "prevent_destroy"
    PAST_SCHEDULE = "past_schedule"
    AMBIGUOUS = "ambiguous"
    BLOCKED_TEMPLATE = "blocked_template"
    POLICY = "policy"
    UNRESOLVED = "unresolved"
    STAGING_IGNORED = "staging_ignored"
    OUTDATED_STATE = "outdated_state"
    NOT_KNOWN = "not_known"
    APPROVE_MISMATCH = "approve_mismatch"
    APPROVE_NOT_STAGED = "approve_not_staged"
    APPROVE_NOT_SUBMITTED = "approve_not_submitted"
    APPROVE_NO_PLATFORM = "approve_no_platform"
    PUBLISH_FAILED = "publish_failed"
    DUE = "due"
    LATE = "late"
    PUBLISH_UNKNOWN = "publish_unknown"
    HORIZON = "horizon"
    TIMEZONE_CHANGED = "timezone_changed"


class Retire(StrEnum):
    """What is done with the old submission of a deleted or replaced job."""

    CANCEL = "cancel"
    """It is open: cancelled."""
    UNSCHEDULE = "unschedule"
    """It is produced: its publish time is taken off, so that it is never published."""
    LEAVE = "leave"
    """It waits for an approval, or is finished: nothing is sent."""


class Step(IntEnum):
    """The order in which things happen (`core.plan.order`); a submission is followed at once by its own publish
    time."""

    MOVE = 0
    PUBLISH_DUE = 1
    CREATE_TEMPLATE = 2
    RETIRE_JOB = 3
    UPLOAD = 4
    SUBMIT_JOB = 5
    SET_SCHEDULE = 6
    APPROVE = 7
    DELETE_TEMPLATE = 8
    FORGET = 9


ORDER: Mapping[tuple[Kind, Action], tuple[Step, ...]] = {
    (Kind.TEMPLATE, Action.MOVE): (Step.MOVE,),
    (Kind.JOB, Action.MOVE): (Step.MOVE,),
    (Kind.TEMPLATE, Action.ADOPT): (Step.CREATE_TEMPLATE,),
    (Kind.TEMPLATE, Action.CREATE): (Step.CREATE_TEMPLATE,),
    (Kind.TEMPLATE, Action.REPLACE): (Step.CREATE_TEMPLATE, Step.DELETE_TEMPLATE),
    (Kind.JOB, Action.DELETE): (Step.RETIRE_JOB,),
    (Kind.JOB, Action.CREATE): (Step.UPLOAD, Step.SUBMIT_JOB, Step.SET_SCHEDULE),
    (Kind.JOB, Action.REPLACE): (Step.RETIRE_JOB, Step.UPLOAD, Step.SUBMIT_JOB, Step.SET_SCHEDULE),
    (Kind.JOB, Action.RESCHEDULE): (Step.SET_SCHEDULE,),
    (Kind.JOB, Action.APPROVE): (Step.APPROVE,),
    (Kind.JOB, Action.ADOPT): (Step.SUBMIT_JOB,),
    (Kind.TEMPLATE, Action.DELETE): (Step.DELETE_TEMPLATE,),
    (Kind.TEMPLATE, Action.FORGET): (Step.FORGET,),
    (Kind.JOB, Action.FORGET): (Step.FORGET,),
}
"""Which steps a change goes through. The only place that says so; planner and engine both read it."""

SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.RESCHEDULE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "<",
    Action.MOVE: "→",
    Action.FORGET: ".",
    Action.APPROVE: "!",
}
