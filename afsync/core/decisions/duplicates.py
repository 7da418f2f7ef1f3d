"""What a plan probably pays for a second time, which is withheld or warned of, and names alike without need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from afsync.core.addresses import Kind, occurrence_of
from afsync.core.command_lines import IMPORT_NONE, forget_command, import_command
from afsync.core.decisions.notices import move_command
from afsync.core.fingerprints import fingerprint, recorded_fingerprint, same_body
from afsync.core.forgotten import REMEMBERED
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Decision, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import Forgotten, Record, RecordedJob
from afsync.core.regex import regex
from afsync.core.resources import Job, Template
from afsync.core.service_statuses import ended_badly
from afsync.core.text import compared, nfc
from afsync.errors import Problem, Severity

_PAID = (Action.CREATE, Action.REPLACE)
"""What submits a job."""


def paid_twice(changes: Iterable[Change]) -> tuple[Problem, ...]:
    """A warning for every submission that is probably paid for a second time, at the job that asks for it now."""
    paid = [(c, c.after) for c in changes if isinstance(c.after, Job) and c.action in _PAID]
    given_up = {
        recorded_fingerprint(Kind.JOB, c.before.declared, c.before.fingerprint): c
        for c in changes
        if c.action in (Action.REPLACE, Action.DELETE, Action.FORGET) and isinstance(c.before, RecordedJob)
    }
    return (*_identical((c, job) for c, job in paid if c.action is Action.CREATE), *_swapped(paid, given_up))


def same_names(changes: Iterable[Change], declared: Collection[Template]) -> Iterator[Problem]:
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
    return move_command(old.address, new.address, taken=new.before is not None) + first


def _warning(code: str, text: str, hint: str, at: Job | Template) -> Problem:
    return Problem(code, text, hint, Severity.WARNING, at.address)


Source = tuple[str, str]
"""What kind of source, and which."""

_URL = regex(r"(?i)https?://([^/?#]*)([^?#]*)([^#]*)")

_NOT_USED = (Action.REPLACE, Action.DELETE)
"""What is recorded under such an address is cancelled."""


def used_again(
    changes: Collection[Change],
    resources: Mapping[str, Record],
    warned: Collection[str | None],
    shared: Mapping[str, Collection[str]],
) -> Iterator[Problem]:
    """A warning for every new submission whose source was used before, except those in `warned`.

    One with `allow_duplicate` is meant; it counts as a use all the same. So is a URL that a series gives all of its
    occurrences (`shared`): a channel, of which each of them is made.
    """
    paid = [(c, c.after) for c in changes if isinstance(c.after, Job) and c.action in _PAID]
    if not paid:
        return
    users = _recorded_uses(resources, {c.address for c in changes if c.action in _NOT_USED})
    for change, job in sorted(paid, key=lambda both: both[0].address):
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
            yield _used_again_warning(job, "its file" if source[0] != "url" else written, users[source])
        for source in _sources(job.values):
            users.setdefault(source, change.address)


def _is_of(series: str, user: str) -> bool:
    return user.startswith(f'job.{series}["')


def _recorded_uses(resources: Mapping[str, Record], given_up: Collection[str]) -> dict[Source, str]:
    """The sources of recorded jobs that were produced or may be, and what each was submitted for."""
    return {
        source: f"{address} ({record.id})"
        for address, record in sorted(resources.items(), reverse=True)
        if isinstance(record, RecordedJob) and not ended_badly(record.status) and address not in given_up
        for source in _sources(record.declared)
    }


def _sources(values: Mapping[str, Any]) -> dict[Source, str]:
    """The sources that the service makes the video from, as written: URLs, and files by their contents or their id."""
    urls = values.get("urls")
    named = (values.get("url"), *(urls if isinstance(urls, list | tuple) else ()))
    found = {("url", _place(url)): url for url in named if isinstance(url, str)}
    return found | {(f, values[f]): values[f] for f in ("file", "fileId") if isinstance(values.get(f), str)}


def _place(url: str) -> str:
    """The place that a URL leads to, whatever the spelling of its scheme, host, last `/` and fragment."""
    found = _URL.match(url)
    return url if found is None else found[1].lower() + found[2].rstrip("/") + found[3]


def _used_again_warning(job: Job, named: str, user: str) -> Problem:
    text = f"{job.address} is made from {named}, as {user} is: a video of it is paid for a second time"
    hint = "remove one of them, if that is not meant, or set `allow_duplicate: true` on this one"
    return Problem("same_source", text, hint, Severity.WARNING, job.address)


def paid_before(change: Change, job: Job, facts: Facts) -> Decision | None:
    """The decision about a submission that asks for what was submitted from here and left the state without a
    cancellation; None for all others. `--replace` is not questioned."""
    twin = submitted_before(job, facts)
    if twin is None or change.reason is Reason.REQUESTED:
        return None
    job_id = twin.record.id
    another = "another `rerun`" if job.allow_duplicate else "`allow_duplicate: true` on it, or another `rerun`"
    take = f"import it with {import_command(change.address, job_id)}, which is free; "
    if change.before is not None:  # the address has a submission already
        forget = forget_command(change.address)
        take = f"undo the edit; or forget {change.before.id} with {forget} (it goes on) and {take}"
    return withhold(
        replace(change, reason=Reason.BLOCKED_LOOKALIKE, id=job_id),
        f"{change.address} asks for what {job_id} was submitted for (as {twin.address}), which left the state on "
        f"{twin.at:%Y-%m-%d} and was not cancelled: a second video of it would be made and paid for",
        f"{take}to pay for another, set {another}; {IMPORT_NONE} says that nothing in the account is declared here",
    )


def submitted_before(job: Job, facts: Facts) -> Forgotten | None:
    """The remembered job that asked for the same as a declared one. `allow_duplicate` permits another one, except for
    the very occurrence of a series that was submitted, since a series has `allow_duplicate` permanently."""
    if not facts.recorded.forgotten or (job.allow_duplicate and occurrence_of(job.address) is None):
        return None
    known = {*facts.recorded.foreign, *(r.id for r in facts.recorded.jobs.values())}
    newest_first = sorted(facts.recorded.forgotten.items(), key=lambda entry: (entry[1].at, entry[0]), reverse=True)
    found = (f for i, f in newest_first if i not in known)
    mine = (f for f in found if not job.allow_duplicate or f.address == job.address)
    return next((f for f in mine if _is_the_same(job, f, facts)), None)


def _is_the_same(job: Job, entry: Forgotten, facts: Facts) -> bool:
    """Whether it is the same submission. Under another address, another publish time means another show. Where the time
    of the old job was taken off, occurrences are compared by key, since all of a series may have the same body."""
    seen, record = facts.remote.jobs.get(entry.record.id), entry.record
    if facts.now - entry.at > REMEMBERED or (seen is not None and ended_badly(seen.status)):
        return False
    if asks_again(job, record):
        return False
    if job.address != entry.address and (_at_another_time(job, record) or _is_another_occurrence(job, entry)):
        return False
    return same_body(job.values, record.declared, record.fingerprint)


def asks_again(job: Job, record: RecordedJob) -> bool:
    """Whether `rerun` asks for another submission than the recorded one."""
    return job.rerun is not None and (record.rerun is None or nfc(job.rerun) != nfc(record.rerun))


def _is_another_occurrence(job: Job, entry: Forgotten) -> bool:
    wanted, known = occurrence_of(job.address), occurrence_of(entry.address)
    timed = job.schedule is not None and entry.record.schedule is not None
    return wanted is not None and not timed and (known is None or wanted[1] != known[1])


def _at_another_time(job: Job, record: RecordedJob) -> bool:
    wanted, known = job.schedule, record.schedule
    return wanted is not None and known is not None and wanted.utc != known.utc
