"""Exported resources as entries of YAML files, and jobs as a sheet that `rows` reads back as the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from afsync.config.document import Document
from afsync.config.edit import AddedEntry
from afsync.config.form_problems import check
from afsync.config.keys.resources import JobPart, TemplatePart
from afsync.config.problems import InvalidValue
from afsync.config.row_fields import FIELDS, rows_of
from afsync.config.scalars import comment, flow, meant
from afsync.config.sheets import parse_delimited
from afsync.config.times import parse_schedule, parse_zone
from afsync.core.addresses import Kind, occurrence_of
from afsync.core.body_fields import BODY_ORDER, sourceless
from afsync.core.export import Exported
from afsync.core.fingerprints import plain
from afsync.core.resources import Job, Schedule
from afsync.core.text import LIKE_FORMULAS


def entry_of(resource: Exported, zone: str | None, defaults: Mapping[str, Any]) -> AddedEntry:
    """The declaration. Fields that `defaults` hold already are left to them."""
    kept, dropped = declarable(resource)
    fields = {k: kept[k] for k in BODY_ORDER if k in kept and kept[k] != defaults.get(k)}
    if resource.publish_at is not None:
        fields["schedule"] = written(resource.publish_at, zone)
    if resource.time_unknown and resource.kind is Kind.JOB:
        fields["lifecycle"] = {"ignore_changes": ["schedule"]}
    said = [resource.id, *([resource.status] if resource.status else [])]
    said += [f"made {resource.created_at:%Y-%m-%d}"] if resource.created_at else []
    said += ["the service does not report its source"] if resource.kind is Kind.JOB and sourceless(kept) else []
    said += [f"it also holds {', '.join(dropped)}, which cannot be declared"] if dropped else []
    return AddedEntry(resource.key, fields, comment("; ".join(said)))


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
        except InvalidValue:
            pass
    return utc.strftime("%Y-%m-%dT%H:%M" + (":%S" if utc.second else "")) + "Z"


_ORDER = ("key", "schedule", *(f for f in BODY_ORDER if f != "schedule"))


class RowToWrite(Struct, frozen=True):
    """A row: the address that it stands for, its key, and its fields as the files would have them."""

    address: str
    key: str
    fields: Mapping[str, Any]


class WrittenSheet(Struct, frozen=True):
    """The text of a sheet, how many rows it has, and what is not in it: addresses, and why."""

    text: str
    size: int
    left_out: tuple[tuple[str, str], ...]


def declared_rows(jobs: Iterable[Job], zone: str | None) -> tuple[list[RowToWrite], list[tuple[str, str]]]:
    """The rows of declared jobs, and those that no row can stand for, with the reason. `zone` is the one in which
    times without an offset are read."""
    jobs = list(jobs)
    parts = {job.key: occurrence_of(job.address) for job in jobs}
    alone = len({p[0] if p else None for p in parts.values()}) == 1
    rows, left_out = [], []
    for job in jobs:
        own = parts[job.key]
        key = job.key if own is None else own[1] if alone else f"{own[0]} {own[1]}"
        if job.prevent_destroy is not None or job.ignore_changes:
            left_out.append((job.address, "its `lifecycle` has no column"))
            continue
        rows.append(RowToWrite(job.address, key, _fields(job, zone)))
    return rows, left_out


def account_rows(found: Iterable[Exported], zone: str | None) -> tuple[list[RowToWrite], list[tuple[str, str]]]:
    """The same of jobs of the account, which an apply takes over by their id."""
    rows, left_out = [], []
    for job in (j for j in found if j.kind is Kind.JOB):
        if job.time_unknown:
            left_out.append((job.id, "the service does not tell its publish time"))
            continue
        kept, _ = declarable(job)
        fields = {**{name: kept[name] for name in BODY_ORDER if name in kept}, "import": job.id}
        if job.publish_at is not None:
            fields["schedule"] = written(job.publish_at, zone)
        rows.append(RowToWrite(job.id, job.key, fields))
    return rows, left_out


def write_sheet(rows: Iterable[RowToWrite], *, strange: bool) -> WrittenSheet:
    """The sheet of these rows, each read back to see that it comes to the same. `strange`: texts are those of others,
    so that none may begin as a formula does."""
    kept, left_out = [], []
    for row in rows:
        why = _unwritable(row, strange=strange)
        if why is None:
            kept.append(row)
        else:
            left_out.append((row.address, why))
    return WrittenSheet(_text(kept), len(kept), tuple(left_out))


def _fields(job: Job, zone: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {**plain(job.values)}
    if job.file is not None:
        fields["file"] = job.file.path
    if job.schedule is not None:
        fields["schedule"] = _time(job.schedule, zone)
    if job.publish_declared:
        fields["publish"] = "held" if job.held else "service"
    if job.rerun is not None:
        fields["rerun"] = job.rerun
    if job.approve is not None:
        fields["approve"] = job.approve
    if job.allow_duplicate:
        fields["allow_duplicate"] = True
    return fields


def _time(schedule: Schedule, zone: str | None) -> str:
    """As it is written where that is read as the same instant, else with Z."""
    try:
        if schedule.zone in (None, zone) and parse_schedule(schedule.written, zone).utc == schedule.utc:
            return schedule.written
    except InvalidValue:
        pass
    return schedule.utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _unwritable(row: RowToWrite, *, strange: bool) -> str | None:
    """Why the row would not be read back as what it is; None where it would."""
    for name, value in row.fields.items():
        if name not in FIELDS:
            return f"its `{name}` has no column"
        if strange and _cell(value).startswith(LIKE_FORMULAS):
            return f"its `{name}` begins like a formula of a spreadsheet"
    read, faults = rows_of(parse_delimited("sheet.csv", _text([row])), "key", {}, dated=False)
    if faults:
        return f"{faults[0].message}"
    again = read.fields.get(row.key)
    if again is None or row.key in read.disabled:
        return "its key cannot be the key of a row"
    different = [name for name, value in row.fields.items() if again.get(name) != value]
    return f"a cell does not hold its `{different[0]}` as it is" if different else None


def _text(rows: list[RowToWrite]) -> str:
    used = {name for row in rows for name in row.fields}
    columns = [name for name in _ORDER if name == "key" or name in used]
    columns += sorted(used - set(columns))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.key, *(_cell(row.fields[c]) if c in row.fields else "" for c in columns[1:])])
    return out.getvalue()
