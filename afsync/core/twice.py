"""What a plan pays for twice, or names alike, although that may not be meant: said before it happens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from afsync.core.actions import Action
from afsync.core.job_notices import keeping
from afsync.core.plan import Change
from afsync.core.recorded import RecordedJob
from afsync.core.resources import Job, Kind, Template, fingerprint, recorded_fingerprint
from afsync.core.text import compared
from afsync.errors import Problem, Severity


def paid_twice(changes: Iterable[Change]) -> tuple[Problem, ...]:
    """A warning for every such submission, at the job that asks for it now."""
    paid = [(c, c.after) for c in changes if isinstance(c.after, Job) and c.action in (Action.CREATE, Action.REPLACE)]
    given_up = {
        recorded_fingerprint(Kind.JOB, c.before.declared, c.before.fingerprint): c
        for c in changes
        if c.action in (Action.REPLACE, Action.DELETE, Action.FORGET) and isinstance(c.before, RecordedJob)
    }
    return (*_identical((c, job) for c, job in paid if c.action is Action.CREATE), *_swapped(paid, given_up))


def named_alike(changes: Iterable[Change], declared: Collection[Template]) -> Iterator[Problem]:
    """A warning for every new template with the name of another."""
    new = {c.address for c in changes if c.action is Action.CREATE and isinstance(c.after, Template)}
    first: dict[str, str] = {}
    for template in sorted(declared, key=lambda t: t.address in new) if new else ():
        other = first.setdefault(compared(template.name), template.address)
        if other != template.address and template.address in new:
            text = (
                f"{other} and {template.address} are both named {template.name!r}; the account shows two of that name"
            )
            yield _warning("same_name", text, "give one of them another `name`", template)


def _identical(new: Iterable[tuple[Change, Job]]) -> Iterator[Problem]:
    """Two new jobs that ask for the very same thing."""
    seen: dict[tuple[str, object], str] = {}
    for change, job in new:
        what = (fingerprint(Kind.JOB, job.values), job.schedule and job.schedule.utc)
        first = seen.setdefault(what, change.address)
        if first != change.address:
            text = f"{first} and {change.address} ask for the same thing at the same time; both will be paid for"
            yield _warning("identical", text, "remove one, if that is not meant", job)


def _swapped(paid: Iterable[tuple[Change, Job]], given_up: dict[str, Change]) -> Iterator[Problem]:
    """A key that was renamed while its old name, or the new one, belonged to something else: a change of both, as it
    is declared."""
    for change, job in paid if given_up else ():
        old = given_up.get(fingerprint(Kind.JOB, job.values))
        if old is None or old is change or (change.before is not None and change.action is Action.CREATE):
            continue
        now = "asks for something else now" if old.action is Action.REPLACE else "is not declared any more"
        kept = "is finished" if old.action is Action.FORGET else "is cancelled"
        text = (
            f"{change.address} asks for what {old.address} was submitted for ({old.id}), and {old.address} {now}: "
            f"{old.id} {kept}, and paid for again as {change.address}"
        )
        yield _warning("swapped", text, f"if {old.address} was renamed, {_keeping(old, change)} keeps {old.id}", job)


def _keeping(old: Change, new: Change) -> str:
    first = " first" if new.before is None else ""
    return keeping(old.address, new.address, taken=new.before is not None) + first


def _warning(code: str, text: str, hint: str, at: Job | Template) -> Problem:
    return Problem(code, text, hint, Severity.WARNING, at.address)
