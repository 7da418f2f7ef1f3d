"""One declared job: checked as a whole, then made into a `Job`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afsync.config.declared import Declared
from afsync.config.media import Media
from afsync.config.problems import Wrong
from afsync.config.resource_models import BODY_ORDER
from afsync.config.rules import Finding, check_job
from afsync.config.times import parse_schedule
from afsync.core.resources import File, Job, Schedule


@dataclass(frozen=True, slots=True)
class Context:
    """What a job's meaning depends on besides itself. `zone` is what times without an offset are local to.

    `complete` is false when a file could not be read, which may hold a template that is missed. `imports` are the
    addresses that are taken over.
    """

    templates: Mapping[str, Declared]
    defaults: Mapping[str, Any]
    zone: str | None
    media: Media
    complete: bool = True
    imports: Collection[str] = ()


def problems_of(job: Declared, context: Context) -> Iterator[Finding]:
    """Everything wrong with a job beyond the types of its fields."""
    body, imported = _with_defaults(job, context), f"job.{job.key}" in context.imports
    yield from check_job(job, body, context.templates, complete=context.complete, imported=imported)
    for field, read in (("schedule", _schedule), ("file", _file)):
        try:
            read(job, context)
        except Wrong as wrong:
            yield field, wrong


def build_job(job: Declared, context: Context) -> Job:
    """The job. Only for one that has no problems."""
    schedule, file = _schedule(job, context), _file(job, context)
    fields = _with_defaults(job, context)
    values = {k: fields[k] for k in BODY_ORDER if k in fields and k != "schedule"}
    if file is not None:
        values["file"] = file.sha256
    if schedule is not None:
        values.pop("publishMode", None)
    return Job(
        job.key,
        values,
        schedule=schedule,
        file=file,
        rerun=_rerun(job),
        allow_duplicate=job.fields.get("allow_duplicate", False),
        prevent_destroy=job.prevent_destroy,
        ignore_changes=job.ignore_changes,
        approve=job.text("approve"),
    )


def _with_defaults(job: Declared, context: Context) -> dict[str, Any]:
    """The job's own fields, and a default for each that neither it nor its template sets.

    A body overrides its template, so a default for what the template sets would win over it. None applies with a raw
    `fromTemplateId`, whose template cannot be read here, nor does a default publish mode where there is a schedule.
    """
    if job.has("fromTemplateId"):
        return dict(job.fields)
    template = context.templates.get(job.text("template") or "")
    settled = {"publishMode"} if job.has("schedule") else set()
    if template is not None:
        settled.update(template.fields)
    return {**{k: v for k, v in context.defaults.items() if k not in settled}, **job.fields}


def _schedule(job: Declared, context: Context) -> Schedule | None:
    written = job.text("schedule")
    return None if written is None else parse_schedule(written, context.zone)


def _file(job: Declared, context: Context) -> File | None:
    written = job.text("file")
    return context.media.file(written) if written else None


def _rerun(job: Declared) -> str | None:
    """The value as text; a fraction as it was written, so that 1.1 and 1.10 differ."""
    match job.fields.get("rerun"):
        case None:
            return None
        case bool(value):
            return str(value).lower()
        case float(value):
            written = job.document.written((*job.path, "rerun"))
            return written if written is not None and "${" not in written else str(value)
        case value:
            return str(value)
