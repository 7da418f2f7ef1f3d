"""A source that a new submission uses although another job has it: a second video is made of it, and paid for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from afsync.core.actions import Action
from afsync.core.instances import occurrence_of
from afsync.core.plan import Change
from afsync.core.recorded import Record, RecordedJob
from afsync.core.remote import ended_badly
from afsync.core.resources import Job
from afsync.errors import Problem, Severity

Source = tuple[str, str]
"""What kind of source, and which."""

_URL = re.compile(r"(?i)https?://([^/?#]*)([^?#]*)([^#]*)")
_NOT_USED = (Action.REPLACE, Action.DELETE)
"""What is recorded under such an address is cancelled."""


def used_again(
    changes: Collection[Change],
    resources: Mapping[str, Record],
    warned: Collection[str | None],
    shared: Mapping[str, Collection[str]],
) -> Iterator[Problem]:
    """A warning for every new submission whose source was used before, but for those that are `warned` of already.

    One with `allow_duplicate` is meant; it counts as a use all the same. So is a URL that a series gives all of its
    occurrences (`shared`): a channel, of which each of them is made.
    """
    paid = sorted((c for c in changes if _is_paid(c)), key=lambda c: c.address)
    if not paid:
        return
    users = _recorded_uses(resources, {c.address for c in changes if c.action in _NOT_USED})
    for change in paid:
        job = change.after
        assert isinstance(job, Job)
        own = _sources(change.before.declared) if isinstance(change.before, RecordedJob) else {}
        series = occurrence_of(job.address)
        meant = {("url", _place(url)) for url in shared.get(series[0], ())} if series else set()
        taken = {
            s: written
            for s, written in _sources(job.values).items()
            if s in users and s not in own and not (series and s in meant and _is_of(series[0], users[s]))
        }
        if taken and not job.allow_duplicate and job.address not in warned:
            source, written = next(iter(taken.items()))
            yield _warning(job, "its file" if source[0] != "url" else written, users[source])
        for source in _sources(job.values):
            users.setdefault(source, change.address)


def _is_of(series: str, user: str) -> bool:
    return user.startswith(f'job.{series}["')


def _is_paid(change: Change) -> bool:
    return change.action in (Action.CREATE, Action.REPLACE) and isinstance(change.after, Job)


def _recorded_uses(resources: Mapping[str, Record], given_up: Collection[str]) -> dict[Source, str]:
    """Every source of a recorded job that something came of, or may, and what it was submitted for."""
    return {
        source: f"{address} ({record.id})"
        for address, record in sorted(resources.items(), reverse=True)
        if isinstance(record, RecordedJob) and not ended_badly(record.status) and address not in given_up
        for source in _sources(record.declared)
    }


def _sources(values: Mapping[str, Any]) -> dict[Source, str]:
    """What the service makes the video from, as it is written: URLs, and files by their contents or their id."""
    urls = values.get("urls")
    named = (values.get("url"), *(urls if isinstance(urls, list | tuple) else ()))
    found = {("url", _place(url)): url for url in named if isinstance(url, str)}
    return found | {(f, values[f]): values[f] for f in ("file", "fileId") if isinstance(values.get(f), str)}


def _place(url: str) -> str:
    """What a URL leads to, however it is written: scheme, case of the host, a last `/` and a fragment aside."""
    found = _URL.match(url)
    return url if found is None else found[1].lower() + found[2].rstrip("/") + found[3]


def _warning(job: Job, named: str, user: str) -> Problem:
    text = f"{job.address} is made from {named}, as {user} is: a video of it is paid for a second time"
    hint = "remove one of them, if that is not meant, or set `allow_duplicate: true` on this one"
    return Problem("same_source", text, hint, Severity.WARNING, job.address)
