"""Exported resources as entries for the files: only what can be declared, the rest named in a comment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from afsync.config.document import Document
from afsync.config.emit import comment, flow, meant
from afsync.config.insertion import Entry
from afsync.config.messages import check
from afsync.config.problems import Wrong
from afsync.config.resource_models import JobPart, TemplatePart
from afsync.config.times import parse_schedule, parse_zone
from afsync.config.words import BODY_ORDER
from afsync.core.addresses import Kind
from afsync.core.fingerprints import plain
from afsync.core.takeover.adoption import sourceless
from afsync.core.takeover.export import Exported


def entry_of(resource: Exported, zone: str | None, defaults: Mapping[str, Any]) -> Entry:
    """The declaration. Fields that `defaults` hold already are left to them."""
    kept, dropped = declarable(resource)
    fields = {k: kept[k] for k in BODY_ORDER if k in kept and kept[k] != defaults.get(k)}
    if resource.publish_at is not None:
        fields["schedule"] = written(resource.publish_at, zone)
    if resource.time_unknown and resource.kind is Kind.JOB:
        fields["lifecycle"] = {"ignore_changes": ["schedule"]}
    said = [resource.id, *([resource.status] if resource.status else [])]
    said += [f"made {resource.created_at:%Y-%m-%d}"] if resource.created_at else []
    said += ["its source is not told"] if resource.kind is Kind.JOB and sourceless(kept) else []
    said += [f"it also holds {', '.join(dropped)}, which cannot be declared"] if dropped else []
    return Entry(resource.key, fields, comment("; ".join(said)))


def writable(resource: Exported) -> bool:
    """Whether it can be declared at all: a template needs a name that a file can hold."""
    return resource.kind is Kind.JOB or "name" in declarable(resource)[0]


def declarable(resource: Exported) -> tuple[dict[str, Any], list[str]]:
    """The fields that a file may hold, and the names of the others."""
    job = resource.kind is Kind.JOB
    kept: dict[str, Any] = {}
    for name, value in plain(resource.values).items():
        probe = {name: value} if job or name == "name" else {"name": "x", name: value}
        _, faults = check(JobPart, probe) if job else check(TemplatePart, probe)
        if not faults and value is not None and not (job and name == "publishMode") and _readable(value):
            kept[name] = value
    return kept, sorted(set(resource.values) - set(kept))


def _readable(value: Any) -> bool:
    """Whether a file can hold the value: no control characters, nothing nested too deeply, no endless number."""
    document = Document("", f"x: {flow(value)}\n")
    return not document.marks and bool(document.value == {"x": meant(value)})


def written(moment: datetime, zone: str | None) -> str:
    """A publish time as a person would write it: local where that is unmistakable, else with Z."""
    utc = moment.astimezone(UTC)
    if zone is not None:
        local = moment.astimezone(parse_zone(zone))
        text = local.strftime("%Y-%m-%d %H:%M" + (":%S" if local.second else ""))
        try:
            if parse_schedule(text, zone).utc == utc:
                return text
        except Wrong:
            pass
    return utc.strftime("%Y-%m-%dT%H:%M" + (":%S" if utc.second else "")) + "Z"
