"""The plan of a project, as commands make it, and its files as they were when it was made."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from afsync.commands.project import quarantine
from afsync.errors import PlanStale, Problem

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import Project
    from afsync.core.plan import Plan
    from afsync.core.recorded import Recorded
    from afsync.core.remote import Remote
    from afsync.core.resources import Job, Limits
    from afsync.core.verdict import Options


def checked_plan(
    context: Context,
    project: Project,
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
    from afsync.core.clocks import said_of
    from afsync.core.limits import check_plan
    from afsync.core.planner import facts_at, make_plan
    from afsync.core.policy_check import check_policy
    from afsync.core.sequence import too_late
    from afsync.core.zone_rules import zones_changed

    options = timed(context, options, project)
    plan = make_plan(project.desired, recorded, remote, at, options)
    plan = zones_changed(plan, recorded, _zone_data)
    if project.occurrences is not None and not due:
        from afsync.core.occurrences import with_occurrences

        plan = with_occurrences(plan, project.occurrences, options)
    if due:
        from afsync.core.due import looked_at, only_due

        plan = only_due(plan, looked_at(project.desired, recorded, at))
    facts = facts_at(at, project.desired, recorded, remote, options)
    plan = check_policy(plan, project.policy, facts, () if due else _later(project, recorded, at))
    if due:
        return located(plan, project)
    plan = replace(plan, notices=(*said_of(plan.skew), *plan.notices, *too_late(plan)))
    plan = check_plan(
        plan,
        limits,
        recorded=len(recorded.resources),
        destroy=options.destroy,
        allow_empty=options.allow_empty,
    )
    return located(plan, project, _overridden(limits, project.desired.limits))


def _zone_data(zone: str) -> str | None:
    from afsync.config.zone_data import zone_data

    return zone_data(zone)


def _later(project: Project, recorded: Recorded, at: datetime) -> tuple[Job, ...] | None:
    """What is still to be submitted in the period of the budget, where there is one."""
    budget = project.policy.budget
    if budget is None or project.calendar is None:
        return ()
    from afsync.config.entering import entering

    return entering(project, recorded, at, budget.period(at)[1])


def timed(context: Context, options: Options, project: Project) -> Options:
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


def located(plan: Plan, project: Project, overridden: frozenset[str] = frozenset()) -> Plan:
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


def configuration(project: Project) -> str:
    """The hash of everything the project consists of: its files, and those it uploads."""
    from afsync.core.saved import configuration_hash

    media = {job.file.path: job.file.sha256 for job in project.desired.jobs.values() if job.file}
    return configuration_hash([*((f.path, f.sha256) for f in project.files), *media.items()])


@contextmanager
def open_planned(project: Project, path: str, sha256: str) -> Iterator[BinaryIO]:
    """A file to upload, hashed and sent from one descriptor. PlanStale, before anything is spent, when it is not
    what was planned any more, or changed while it was sent."""
    from afsync.config.files import inside, open_regular
    from afsync.config.problems import Wrong

    hint = "plan again with the file as it is now"
    try:
        with open_regular(inside(project.root, path), path) as (file, _):
            before = _stamp(file)
            if _sha256(file) != sha256:
                raise PlanStale(f"{path} has changed since the plan was made", hint)
            file.seek(0)
            yield file
            if _stamp(file) != before:
                raise PlanStale(f"{path} was written to while it was sent; nothing was submitted with it", hint)
    except Wrong as error:
        raise PlanStale(f"{path} could be read when the plan was made, and cannot any more: {error}", hint) from None


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
