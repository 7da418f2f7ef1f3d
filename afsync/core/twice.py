"""What a plan pays for twice although that may not be meant: said before it happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from afsync.core.actions import Action
from afsync.core.plan import Change
from afsync.core.recorded import RecordedJob
from afsync.core.resources import Job, Kind, fingerprint, typed
from afsync.errors import Problem, Severity


def paid_twice(changes: Iterable[Change]) -> tuple[Problem, ...]:
    """A warning for every such submission, at the job that is new."""
    new = [(c, c.after) for c in changes if c.action is Action.CREATE and isinstance(c.after, Job)]
    replaced = {
        c.before.fingerprint: c for c in changes if c.action is Action.REPLACE and isinstance(c.before, RecordedJob)
    }
    return (*_identical(new), *_swapped(new, replaced))


def _identical(new: Iterable[tuple[Change, Job]]) -> Iterator[Problem]:
    """Two new jobs that ask for the very same thing."""
    seen: dict[tuple[str, object], str] = {}
    for change, job in new:
        what = (fingerprint(Kind.JOB, job.values), job.schedule and job.schedule.utc)
        first = seen.setdefault(what, change.address)
        if first != change.address:
            text = f"{first} and {change.address} ask for the same thing at the same time; both will be paid for"
            yield _warning("identical", text, "remove one, if that is not meant", job)


def _swapped(new: Iterable[tuple[Change, Job]], replaced: dict[str, Change]) -> Iterator[Problem]:
    """A key that was renamed while its old name was given to something else: a change of both, as it is declared."""
    for change, job in new if replaced else ():
        old = replaced.get(fingerprint(Kind.JOB, job.values))
        if old is not None and change.before is None:
            text = (
                f"{change.address} asks for what {old.address} was submitted for ({old.id}), and {old.address} for "
                f"something else now: {old.id} is cancelled, and paid for again as {change.address}"
            )
            rename = f"`afsync state mv {typed(old.address)} {typed(change.address)}`"
            hint = f"if {old.address} was renamed, {rename} first keeps {old.id}"
            yield _warning("swapped", text, hint, job)


def _warning(code: str, text: str, hint: str, job: Job) -> Problem:
    return Problem(code, text, hint, Severity.WARNING, job.address)
