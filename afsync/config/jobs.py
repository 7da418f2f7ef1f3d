"""One declared job: checked as a whole, then made into a `Job`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from functools import lru_cache, partial
from typing import Any

from msgspec import Struct, field

from afsync.config.declarations import Declared, text_of
from afsync.config.files import Media
from afsync.config.job_checks import Finding, check_held, check_job, form_of
from afsync.config.problems import InvalidValue
from afsync.config.times import parse_schedule, parse_zone
from afsync.core.body_fields import BODY_ORDER
from afsync.core.resources import File, Job, Schedule
from afsync.core.text import Effort


class JobContext(Struct, frozen=True):
    """What a job's meaning depends on besides itself. `zone` is what times without an offset are local to.

    `complete` is false when a file could not be read, which may hold a template that is missed. `imports` are the
    addresses that are taken over. `publish` is who publishes where a job does not say so;
    None where nothing says so.
    """

    templates: Mapping[str, Declared]
    defaults: Mapping[str, Any]
    zone: str | None
    media: Media
    complete: bool = True
    imports: Collection[str] = ()
    effort: Effort = field(default_factory=Effort)
    publish: str | None = None


class ResolvedJob(Struct, frozen=True):
    """A declared job, read together with what its meaning depends on. `body` has the defaults filled in.

    `problems` is everything wrong with it beyond the types of its fields.
    """

    job: Declared
    body: Mapping[str, Any]
    schedule: Schedule | None
    file: File | None
    publish: str | None
    problems: tuple[Finding, ...]


def job_reader(context: JobContext) -> Callable[[Declared], ResolvedJob]:
    """What reads jobs as wholes, with their problems. It never raises for what was declared."""
    return partial(_read_job, context, set())


def _read_job(context: JobContext, right: set[Hashable], job: Declared) -> ResolvedJob:
    """`right` are the forms in which nothing was wrong; most jobs of a project have the same few."""
    fields = job.fields
    body = _with_defaults(job, context) if context.defaults else fields
    imported = bool(context.imports) and f"job.{job.key}" in context.imports
    publish = fields.get("publish", context.publish)
    held = publish == "held"
    problems: list[Finding] = []
    form = form_of(fields, body, imported=imported, held=held)
    if form not in right:
        problems += check_job(
            job, body, context.templates, complete=context.complete, imports=context.imports, effort=context.effort
        )
        problems += check_held(job, held=held and not imported)
        if not problems:
            right.add(form)
    schedule = file = None
    try:
        written = fields.get("schedule")
        if isinstance(written, str) and written:
            schedule = parse_schedule(written, _zone(fields, context) if "zone" in fields else context.zone)
        elif isinstance(written, Schedule):
            schedule = written  # an occurrence is given its own
    except InvalidValue as wrong:
        problems.append(("schedule", wrong))
    try:
        if "file" in fields and (path := text_of(fields, "file")):
            file = context.media.file(path)
    except InvalidValue as wrong:
        problems.append(("file", wrong))
    return ResolvedJob(job, body, schedule, file, publish, tuple(problems))


def _zone(fields: Mapping[str, Any], context: JobContext) -> str | None:
    """The zone of a job's times. What is none was reported where it is declared."""
    own = fields["zone"]
    try:
        return own if isinstance(own, str) and parse_zone(own) else context.zone
    except InvalidValue:
        return "UTC"


def build_job(whole: ResolvedJob) -> Job:
    """The job. Only for one that has no problems."""
    job, body = whole.job, whole.body
    fields = job.fields
    values = {field: body[field] for field in _described(tuple(body))}
    if whole.file is not None:
        values["file"] = whole.file.sha256
    if whole.schedule is not None:
        values.pop("publishMode", None)
    prevent_destroy, ignore_changes = job.lifecycle if "lifecycle" in fields else (None, ())
    return Job(
        job.key,
        values,
        whole.schedule,
        whole.file,
        _rerun(job) if "rerun" in fields else None,
        fields.get("allow_duplicate", False),
        prevent_destroy,
        ignore_changes,
        fields.get("approve"),
        whole.publish == "held",
        whole.publish is not None,
    )


@lru_cache(maxsize=1000)
def _described(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the fields that are part of the body, in their order. Most jobs of a project have the same few."""
    return tuple(field for field in BODY_ORDER if field in fields and field != "schedule")


def _with_defaults(job: Declared, context: JobContext) -> Mapping[str, Any]:
    """The job's own fields, and a default for each that neither it nor its template sets.

    A body overrides its template, so a default for what the template sets would win over it. None applies with a raw
    `fromTemplateId`, whose template cannot be read here, nor does a default publish mode where there is a schedule.
    """
    if job.has("fromTemplateId"):
        return job.fields
    template = context.templates.get(job.text("template") or "")
    settled = {"publishMode"} if job.has("schedule") else set()
    if template is not None:
        settled.update(template.fields)
    return {**{k: v for k, v in context.defaults.items() if k not in settled}, **job.fields}


def _rerun(job: Declared) -> str:
    """The value as text; a fraction as it was written, so that 1.1 and 1.10 differ."""
    match job.fields["rerun"]:
        case bool(value):
            return str(value).lower()
        case float(value):
            written = job.document.written((*job.path, "rerun"))
            return written if written is not None and "${" not in written else str(value)
        case value:
            return str(value)
