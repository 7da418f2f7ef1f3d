"""Declarations for what the account holds and the files do not: which of it, under which keys, with which fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from afsync.core.addresses import KEY, Kind, address_of
from afsync.core.fingerprints import JOB_DEFAULTS
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import RemoteJob, RemoteTemplate
from afsync.core.resources import Values
from afsync.core.service_statuses import Group, group_of

LONGEST_KEY = 60
_ASSUMED: Values = {"entry": "fetch", **JOB_DEFAULTS}


class JobSelection(StrEnum):
    """Which jobs: none, those in which something can still happen, or those that were produced as well."""

    NONE = "none"
    ACTIVE = "active"
    ALL = "all"


class Exported(Struct, frozen=True):
    """One declaration to write.

    `publish_at` is the publish time (UTC) where the service tells it; `time_unknown` where it has one, perhaps, and
    does not tell it.
    """

    address: str
    key: str
    id: str
    values: Values
    status: str | None = None
    created_at: datetime | None = None
    publish_at: datetime | None = None
    time_unknown: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.JOB if self.status is not None else Kind.TEMPLATE


class Export(Struct, frozen=True):
    """The declarations to write, and the ids of jobs that are left out because nothing can happen to them any more."""

    resources: tuple[Exported, ...]
    left_out: tuple[str, ...]


def make_export(facts: Facts, *, templates: bool, jobs: JobSelection) -> Export:
    """Everything that is neither recorded nor said by a person not to be ours. Oldest first, so keys stay stable."""
    known = facts.owned | set(facts.desired.imports.values())
    taken = {*facts.desired.templates, *facts.desired.jobs, *facts.recorded.resources}
    there = (t for t in facts.remote.templates.values() if t.unreadable is None)
    found = [t for t in there if templates and t.id not in known]
    strangers = [j for j in facts.remote.jobs.values() if j.id not in known]
    chosen = [j for j in strangers if _wanted(j, jobs, facts)]
    keep = {j.id for j in chosen}
    template_keys = _keys(Kind.TEMPLATE, ((t.id, t.name) for t in sorted(found, key=_age)), taken)
    job_keys = _keys(Kind.JOB, ((j.id, str(j.echo.get("topic", ""))) for j in sorted(chosen, key=_age)), taken)
    resources = [_template(t, template_keys[t.id]) for t in sorted(found, key=_age)]
    resources += [_job(j, job_keys[j.id], facts) for j in sorted(chosen, key=_age)]
    return Export(tuple(resources), tuple(j.id for j in strangers if j.id not in keep))


def _age(seen: RemoteTemplate | RemoteJob) -> tuple[float, str]:
    return (seen.created_at.timestamp() if seen.created_at else 0.0, seen.id)


def _wanted(job: RemoteJob, jobs: JobSelection, facts: Facts) -> bool:
    """A declared job that failed or was cancelled would only be warned of in every plan, so none is."""
    at = facts.remote.publish_time(job.id)
    group = group_of(job.status, waits=at is not None and at > facts.now)
    match jobs:
        case JobSelection.NONE:
            return False
        case JobSelection.ACTIVE:
            return group in (Group.OPEN, Group.BUSY, Group.PRODUCED)
        case JobSelection.ALL:
            return group not in (Group.FAILED, Group.CANCELLED)


def _template(seen: RemoteTemplate, key: str) -> Exported:
    values = {"name": seen.name, **seen.echo}
    return Exported(address_of(Kind.TEMPLATE, key), key, seen.id, values, created_at=seen.created_at)


def _job(seen: RemoteJob, key: str, facts: Facts) -> Exported:
    at = facts.remote.publish_time(seen.id)
    ahead = at if at is not None and at > facts.now and not at.microsecond else None
    values = {k: v for k, v in seen.echo.items() if v != _ASSUMED.get(k)}
    unknown = not facts.remote.reports_time_of(seen.id) or (at is not None and ahead is None)
    address = address_of(Kind.JOB, key)
    return Exported(address, key, seen.id, values, seen.status, seen.created_at, ahead, unknown)


def _keys(kind: Kind, named: Iterable[tuple[str, str]], taken: set[str]) -> Mapping[str, str]:
    """An own, valid key for each id: from its name, with a number behind it where an older one has that already."""
    keys: dict[str, str] = {}
    taken = set(taken)
    for resource_id, name in named:
        base = slug(name) or slug(resource_id) or str(kind)
        key, number = base, 1
        while address_of(kind, key) in taken:
            number += 1
            key = f"{base}-{number}"
        taken.add(address_of(kind, key))
        keys[resource_id] = key
    return keys


def slug(text: str) -> str:
    """`Best CS2 plays: this week!` as `best-cs2-plays-this-week`; empty where nothing of it can be in a key."""
    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    short = words if len(words) <= LONGEST_KEY else words[: LONGEST_KEY + 1].rsplit("-", 1)[0][:LONGEST_KEY]
    return short if KEY.fullmatch(short) else ""


def common_defaults(jobs: Iterable[Exported]) -> dict[str, object]:
    """Values for `defaults.job`: of a field that every job has, the value that most of them have."""
    rows = [j.values for j in jobs]
    if len(rows) < 3:
        return {}
    shared = [
        f
        for f in ("entry", "tone", "format", "contentType", "productionProfile", "platforms")
        if all(f in r for r in rows)
    ]
    result: dict[str, object] = {}
    for field in shared:
        seen = [r[field] for r in rows]
        best = max(seen, key=seen.count)
        if seen.count(best) * 2 > len(rows):
            result[field] = best
    return result
