"""The closed lists of a plan: actions, the steps of each in their order, and reasons; and the meaning of the codes of
a plan."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from afsync.core.addresses import Kind
from afsync.core.command_lines import INTENTS, RENAME, RESULT, FlagName


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
    """Why a change is made or withheld. A closed list: scripts read it."""

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


STEPS_OF: Mapping[tuple[Kind, Action], tuple[Step, ...]] = {
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
"""The steps of a change, in their order. `Change.steps` leaves out those that the change does not need."""

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

REASONS: Mapping[Reason, str] = {
    Reason.NEW: "It is declared, and not recorded.",
    Reason.SCHEDULE_CHANGED: "Another publish time is declared than is recorded.",
    Reason.DRIFT: "The account has another publish time than is recorded: it was changed outside of afsync.",
    Reason.UNSET: "Its declared publish time was never set; it is set now.",
    Reason.SCHEDULE_NOT_KEPT: "The service lost its publish time, or published it before the time was set. "
    "afsync does not set it again.",
    Reason.SCHEDULE_UNPROVEN: "This account lost a publish time and kept none since. Declare who publishes: `publish`.",
    Reason.CANCEL_UNSEEN: "A job of the same body was cancelled a moment ago, and the service still reports it.",
    Reason.CANCEL_NOT_KEPT: "A job that afsync cancelled is there all the same. Import it, or `state rm` its id.",
    Reason.CANCEL_UNPROVEN: "A cancel was not kept before, so a replacement may give two videos. "
    f"`{FlagName.REPLACE}` does it.",
    Reason.BODY_CHANGED: "What is declared of the job is not what was submitted.",
    Reason.REMOVED: "It is not declared any more.",
    Reason.FINISHED: "It has ended: it leaves the state where it is not declared, and edits come too late for it.",
    Reason.MISSING: "It is recorded, and not in the account any more.",
    Reason.RERUN: "`rerun` has a new value.",
    Reason.REQUESTED: "It was asked for on the command line.",
    Reason.TEMPLATE_CHANGED: "What is declared of the template is not what was created.",
    Reason.SAME_NAME: "The account has a template of this name.",
    Reason.IMPORTED: "It is taken over by `import`.",
    Reason.IMPORT_OWNED: "The id belongs to another address already.",
    Reason.IMPORT_MISSING: "The account has nothing of this id.",
    Reason.IMPORT_DIFFERS: "What has this id is not what is declared.",
    Reason.UNKNOWN_SOURCE: "It is not known what the job is made from, so it cannot be submitted again.",
    Reason.RENAMED: "Its body stands under another key now; nothing is sent.",
    Reason.BLOCKED_LOOKALIKE: "The account has a job that looks like it, or the same was submitted before.",
    Reason.PREVENT_DESTROY: "`lifecycle.prevent_destroy` forbids it.",
    Reason.PAST_SCHEDULE: "The publish time has passed.",
    Reason.AMBIGUOUS: f"It may be one that is recorded under another key. {RENAME} says which.",
    Reason.BLOCKED_TEMPLATE: "Its template cannot be used yet, or does not exist.",
    Reason.POLICY: "The policy forbids it.",
    Reason.UNRESOLVED: f"A submission or an approval of it has an outcome that is not known: {INTENTS}.",
    Reason.STAGING_IGNORED: "The service does not stop such jobs for the review that was asked for.",
    Reason.OUTDATED_STATE: "The account has jobs that this state does not know: it may be older, or a state was lost.",
    Reason.NOT_KNOWN: "The service reports it in a form that cannot be read. Nothing is decided about it.",
    Reason.APPROVE_MISMATCH: "`approve` names another submission than the one that is recorded.",
    Reason.APPROVE_NOT_STAGED: "`approve` names a job that does not wait for an approval.",
    Reason.APPROVE_NOT_SUBMITTED: "`approve` names a submission that is not in the state.",
    Reason.APPROVE_NO_PLATFORM: "It has no platform, so an approval would publish it nowhere.",
    Reason.PUBLISH_FAILED: "It was approved, and is not published, on one platform at least.",
    Reason.DUE: "It is `publish: held`, and its publish time has come.",
    Reason.LATE: "Its publish time came longer ago than `api.late`: a person decides.",
    Reason.PUBLISH_UNKNOWN: "It was taken over, and may be published already: the service does not call it staged.",
    Reason.HORIZON: "It is an occurrence that has come within the horizon.",
    Reason.TIMEZONE_CHANGED: "The rules of its time zone have changed, and so has its publish time.",
}

MEANINGS: Mapping[str, str] = {
    "account_gone": f"An account is gone since {FlagName.CHANGED_SINCE}, and its scheduled videos "
    "will still be published.",
    "account_twice": "An account is in more than one of the reports that are merged.",
    "approval_and_time": "A job waits for a review and has a publish time: what an approval does to that.",
    "approve_waits": "It is approved and not produced yet; an apply after that publishes it.",
    "auto_approve": "The plan goes beyond what `auto_approve` allows without a terminal.",
    "busy": "The service is working on it, so nothing is sent to it now.",
    "cancelled": "It was cancelled, and not by afsync as far as is known. `rerun` submits it again.",
    "change_failed": "A change failed while it was applied.",
    "clock_skew": "The clock of this machine and that of the service differ by more than a minute.",
    "comment": "The comment of a pull request could not be read or written; nothing else depends on it.",
    "cost_unproven": "It is the first job of its kind in this account, which can cost more than estimated.",
    "dependency": "A template comes along because a selected job is made from it.",
    "drift_cancelled": "A job was cancelled outside of afsync.",
    "drift_edited": "A template was edited outside of afsync.",
    "drift_failed": "The production of a job failed.",
    "drift_missing": "What is recorded is not in the account any more.",
    "drift_rescheduled": "A publish time was changed outside of afsync.",
    "drift_undeclared": "A paid job in the account was not submitted from here.",
    "drift_unknown": "Jobs in the account are not in the state, and may have been submitted from here before.",
    "failed": f"Its production failed. {RESULT} can tell why, and `rerun` submits it again.",
    "far_ahead": "A publish time is more than two years ahead; the year may be wrong.",
    "held_not_reached": "It was submitted before `publish: held` was declared, so the service publishes it.",
    "held_without_time": "It is `publish: held` and has no publish time any more; a person publishes it.",
    "horizon_ignored": f"Occurrences that the horizon lets in are left out, by {FlagName.IGNORE_HORIZON}.",
    "identical": "Two new jobs ask for the same thing at the same time.",
    "insufficient_credits": "The plan spends more credits than the account has.",
    "interrupted": "A signal came while an account was read; nothing was changed.",
    "manual_not_certain": "`publishMode: manual` may be ignored. `staging: true` stops before publishing.",
    "max_creates": "The plan adds more than the limit allows.",
    "max_credits": "The plan spends more than the limit allows.",
    "max_deletes": "The plan destroys more than the limit allows.",
    "missed": "An occurrence, or a row, was not submitted, and its time has passed.",
    "moved_finished": "A finished job has another key, or another time, now: nothing is submitted. `rerun` submits it.",
    "no_row": "A sheet has no row for a date of its series.",
    "no_such_address": f"What {FlagName.TARGET} or the like names is in none of the accounts.",
    "not_begun": "No series has an occurrence within its horizon yet.",
    "not_produced": "It is `publish: held`, its time has come, and the service has not produced it.",
    "nothing_declared": "Nothing is declared, and the state is not empty. "
    f"`{FlagName.ALLOW_EMPTY}` says that this is meant.",
    "nothing_recorded": "Nothing is in the state, so there is nothing to destroy.",
    "offline": f"The account was not looked at ({FlagName.OFFLINE}): what could not be checked.",
    "partial": f"The plan shows a part, chosen by {FlagName.TARGET} or {FlagName.EXCLUDE}.",
    "passed": "Its declared publish time has passed, and another one is set and still ahead.",
    "passed_over": "An occurrence was moved to a later time after its own date had passed: it is not submitted.",
    "pipeline": "A step of a pipeline could not do its part; the message says why.",
    "policy_blackout": "It would be published in a time in which the policy publishes nothing.",
    "policy_budget": "It would spend more than the budget of its period.",
    "policy_budget_ahead": "What is planned in a later period spends more than its budget.",
    "policy_exception": "It breaks a rule of the policy, and an exception allows it.",
    "policy_exception_ended": "An exception of the policy allows nothing any more.",
    "policy_gap": "Nothing is published on a platform for longer than the policy wants.",
    "policy_lead": "It would be published with less notice than the policy wants.",
    "policy_per_day": "More would be published on a day than the policy allows.",
    "policy_platforms": "It names platforms that the policy does not allow, or none.",
    "policy_proven_schedule": "The policy wants an account that was seen to keep a publish time.",
    "policy_remembered": "The policy counts what is not declared any more, as far as it is known.",
    "policy_spacing": "It would be published too soon after another one on the same platform.",
    "policy_staging": "The policy wants a review (`staging: true`).",
    "policy_window": "It would be published outside of the windows of the policy.",
    "produced": "It is produced: edits do not reach it. `rerun` submits it again.",
    "publication_unknown": "It was approved, and the service does not report whether it was published.",
    "publication_unseen": "It was approved a moment ago; whether it is published is not seen yet.",
    "resolved": "A lost answer was found, in the plan that was saved.",
    "row_passed": "The time of a row had passed when its sheet was first read with it: it is not submitted.",
    "row_untimed": "A row has no `schedule`, and other rows or columns have times: it is published when produced.",
    "same_source": "It is made from a source that another job was made from: it is paid for a second time.",
    "schedule_unseen": "A publish time was accepted a moment ago and is not seen yet.",
    "shard_missing": "The report of a shard is missing: the outcome of its accounts is unknown.",
    "shard_twice": "There are several reports of one shard.",
    "shards_differ": "The reports that are merged are of runs with different numbers of shards.",
    "stopped": "The run stopped before its end.",
    "swapped": "A key was renamed to one that was taken, so that a job is cancelled and paid for again.",
    "template_unknown": "What a template holds that afsync did not create is not reported by the service.",
    "too_late": "Its publish time passes before it is its turn.",
    "unmatched": "The state is new, and the account has jobs that may be what is to be submitted: was a state lost?",
    "unstaged_accepted": "It was accepted that the service ignores the review.",
}
