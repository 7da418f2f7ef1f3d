"""A plan with its policy and limits checked, the options that a project adds to it, and the files that it is of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.app.project import quarantine
from afsync.config.times import zone_data
from afsync.core.clocks import skew_warning
from afsync.core.occurrence_notices import with_occurrences, zones_changed
from afsync.core.plan.facts import facts_for_plan
from afsync.core.plan.limits import check_plan
from afsync.core.plan.only_due import looked_at, only_due
from afsync.core.plan.order import too_late
from afsync.core.plan.planner import make_plan
from afsync.core.plan.saved_plan import configuration_hash
from afsync.core.policy.check import check_policy
from afsync.core.recovery.lost_answers import resolve
from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.plan.facts import Options
    from afsync.core.plan.plan import Plan
    from afsync.core.recovery.resolution import Resolution
    from afsync.core.remote_account import Remote
    from afsync.core.resources import Job, Limits
    from afsync.core.state import Recorded


def checked_plan(
    context: Context,
    project: LoadedProject,
    recorded: Recorded,
    remote: Remote,
    at: datetime,
    options: Options,
    limits: Limits,
    *,
    due: bool = False,
) -> Plan:
    """The plan with its policy and limits checked; what the policy holds back does not count for the limits. `due`:
    only what is published because its time has come."""
    options = timed(context, options, project)
    plan = make_plan(project.desired, recorded, remote, at, options)
    plan = zones_changed(plan, recorded, zone_data)
    if project.occurrences is not None and not due:
        plan = with_occurrences(plan, project.occurrences, options)
    if due:
        plan = only_due(plan, looked_at(project.desired, recorded, at))
    facts = facts_for_plan(at, project.desired, recorded, remote, options)
    plan = check_policy(plan, project.policy, facts, () if due else _later(project, recorded, at))
    if due:
        return located(plan, project)
    plan = replace(plan, notices=(*skew_warning(plan.skew), *plan.notices, *too_late(plan)))
    plan = check_plan(
        plan,
        limits,
        recorded=len(recorded.resources),
        destroy=options.destroy,
        allow_empty=options.allow_empty,
    )
    return located(plan, project, _overridden(limits, project.desired.limits))


def _later(project: LoadedProject, recorded: Recorded, at: datetime) -> tuple[Job, ...] | None:
    """What is still to be submitted in the period of the budget, where there is one."""
    budget = project.policy.budget
    if budget is None or project.timed_submissions is None:
        return ()
    from afsync.config.beyond_horizon import entering

    return entering(project, recorded, at, budget.period(at)[1])


def timed(context: Context, options: Options, project: LoadedProject) -> Options:
    """The options with what the project says of waiting for lost answers and for what was accepted."""
    settings = project.settings
    return replace(
        options,
        quarantine=quarantine(context, project),
        exclusive=settings.exclusive,
        late=settings.late,
        settle=settings.settle,
        watch=settings.watch,
    )


def _overridden(limits: Limits, declared: Limits) -> frozenset[str]:
    """The limits that are not those of the files; what breaches one of these is not wrong in a file."""
    names = {name for name in limits.__struct_fields__ if getattr(limits, name) != getattr(declared, name)}
    return frozenset(name.removesuffix("_percent") for name in names)


def located(plan: Plan, project: LoadedProject, overridden: frozenset[str] = frozenset()) -> Plan:
    """The plan with the places in the files of whatever it has to say about declared resources and limits."""

    def place(problem: Problem) -> Problem:
        if problem.code in overridden:
            return problem
        of_policy = problem.code.startswith("policy_")
        address = problem.address or ("policy" if of_policy else f"limits.{problem.code}")
        return replace(problem, location=project.locate(address, problem.field))

    return replace(
        plan,
        notices=(*project.warnings, *map(place, plan.notices)),
        violations=tuple(map(place, plan.violations)),
        blocking=tuple(map(place, plan.blocking)),
    )


def resolve_with(
    context: Context, project: LoadedProject, recorded: Recorded, remote: Remote
) -> tuple[Resolution, ...]:
    """What can be said now of every open submission."""

    exclusive = bool(project.settings.exclusive)
    return resolve(recorded, remote, context.now(), quarantine=quarantine(context, project), exclusive=exclusive)


def configuration(project: LoadedProject) -> str:
    """The hash of everything the project consists of: its files, and those it uploads."""

    media = {job.file.path: job.file.sha256 for job in project.desired.jobs.values() if job.file}
    return configuration_hash([*((f.path, f.sha256) for f in project.files), *media.items()])
