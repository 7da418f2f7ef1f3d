"""A part of a plan: what was asked for, and what that needs."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from afsync.core.plan import Action, Change, Step
from afsync.core.resources import Job
from afsync.core.verdict import Options, Verdict
from afsync.errors import Problem, Severity


def matches(address: str, globs: tuple[str, ...]) -> bool:
    """Whether an address matches one of the globs; brackets are literal, since instances are written with them."""
    return any(fnmatchcase(address, g.replace("[", "[[]")) for g in globs)


def selected(address: str, options: Options) -> bool:
    wanted = not options.target or matches(address, options.target)
    return wanted and not matches(address, options.exclude)


def select(verdict: Verdict, options: Options) -> Verdict:
    """The selected changes and the templates they are submitted from, with a notice that says it is a part."""
    if not options.target and not options.exclude:
        return verdict
    chosen = [c for c in verdict.changes if _chosen(c, options)]
    needed = {c.after.template for c in chosen if Step.SUBMIT_JOB in c.steps and isinstance(c.after, Job)}
    brought = [c for c in verdict.changes if c not in chosen and c.address in needed and c.action is not Action.DELETE]
    notices = [_partial(len(verdict.changes) - len(chosen) - len(brought)), *(_along(c) for c in brought)]
    return replace(
        verdict,
        changes=tuple(c for c in verdict.changes if c in chosen or c in brought),
        withheld=tuple(c for c in verdict.withheld if _chosen(c, options)),
        notices=(*notices, *(n for n in verdict.notices if not n.address or selected(n.address, options))),
        violations=tuple(v for v in verdict.violations if not v.address or selected(v.address, options)),
    )


def _chosen(change: Change, options: Options) -> bool:
    return selected(change.address, options) or bool(change.moved_from and selected(change.moved_from, options))


def _partial(left_out: int) -> Problem:
    text = f"this plan is partial: {left_out} other change{'' if left_out == 1 else 's'} left out by the selection"
    return Problem("partial", text, "plan without --target and --exclude to see all", Severity.WARNING)


def _along(change: Change) -> Problem:
    text = f"{change.address} comes along: a selected job is made from it"
    return Problem("dependency", text, None, Severity.NOTE, change.address)
