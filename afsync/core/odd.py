"""What is said of jobs and templates that come in a form that cannot be read: nothing is decided about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from afsync.core.recorded import Recorded
from afsync.core.remote import Remote, RemoteJob, RemoteTemplate, is_known
from afsync.errors import Problem, Severity

MOST = 20
"""So many are named; a service that changed its form needs no longer list."""

HINT = "the others are planned as usual; if this goes on, see whether there is a newer afsync"


def not_known(recorded: Recorded, remote: Remote, said: Iterable[Problem] = ()) -> tuple[Problem, ...]:
    """A warning for each of which something could not be read, or whose status is no known word.

    Of a status it is left out where what is `said` already tells that the job is left alone.
    """
    busy = {problem.address for problem in said if problem.code == "busy"}
    return tuple(_warnings(recorded, remote, busy))[:MOST]


def _warnings(recorded: Recorded, remote: Remote, busy: Collection[str | None]) -> Iterator[Problem]:
    addresses = {record.id: address for address, record in recorded.resources.items()}
    rows: Iterable[RemoteTemplate | RemoteJob] = (*remote.templates.values(), *remote.jobs.values(), *remote.odd)
    for seen in rows:
        address = addresses.get(seen.id)
        kind = "template" if isinstance(seen, RemoteTemplate) else "job"
        named = f"{address} ({seen.id})" if address else f"the {kind} {seen.id}"
        if seen.unreadable is not None:
            yield _warning(f"{named} is not known: {seen.unreadable}; nothing is decided about it", address)
        elif isinstance(seen, RemoteJob) and address and address not in busy and not is_known(seen.status):
            yield _warning(f"{named} has the unknown status `{seen.status}`; nothing is decided about it", address)


def _warning(message: str, address: str | None) -> Problem:
    return Problem("not_known", message, HINT, Severity.WARNING, address)
