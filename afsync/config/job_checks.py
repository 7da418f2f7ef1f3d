"""What must hold between the fields of one job, beyond the type of each."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from afsync.config.declarations import Declared
from afsync.config.problems import Code, InvalidValue
from afsync.core.text import Effort, did_you_mean

Finding = tuple[str, InvalidValue]
"""The field it is about, and what is wrong with it."""


def form_of(fields: Mapping[str, Any], body: Mapping[str, Any], *, imported: bool, held: bool) -> tuple[Hashable, ...]:
    """Everything that the checks of a job look at, but for the templates: of two jobs of one form, both are right or
    none."""
    template, mode, entry = fields.get("template"), fields.get("publishMode"), body.get("entry")
    return (
        *fields,
        template if isinstance(template, str) else None,
        mode if isinstance(mode, str) else None,
        entry if isinstance(entry, str) else None,
        imported,
        held,
    )


def check_job(
    job: Declared,
    body: Mapping[str, Any],
    templates: Mapping[str, Declared],
    *,
    complete: bool,
    imports: Collection[str] = (),
    effort: Effort | None = None,
) -> Iterator[Finding]:
    """Everything wrong with `job`, whose `body` has the defaults filled in.

    `complete` is false when a file could not be read: a template it may hold is then not missed.
    What is among the `imports` may lack its source, which the service does not tell. `effort` is shared by all jobs.
    """
    imported = f"job.{job.key}" in imports
    fields = job.fields
    if "template" in fields:
        yield from _template(job, templates, effort, complete=complete)
    if "schedule" not in fields:
        yield from _unscheduled(job, templates)
    elif (mode := job.text("publishMode")) in ("immediate", "manual"):
        hint = "remove one of them; a schedule implies `scheduled`"
        yield "publishMode", InvalidValue(Code.CONFLICT, f"`schedule` does not go with `publishMode: {mode}`", hint)
    match body.get("entry", "fetch"):
        case "upload":
            yield from _upload(job, imported=imported)
        case "fetch":
            yield from _not_uploaded(job)
            if "url" not in fields and "urls" not in fields and not imported:
                hint = "add `url:`, or say with `entry:` where the source comes from"
                if imports:
                    hint += (
                        f"; a job that was taken over needs its line `job.{job.key}: ID` in `import:`, under a new "
                        "key as well"
                    )
                yield "", InvalidValue(Code.MISSING_SOURCE, "a `fetch` job needs `url` or `urls`", hint)
        case "compose" | "generate":
            yield from _not_uploaded(job)


def _template(
    job: Declared, templates: Mapping[str, Declared], effort: Effort | None, *, complete: bool
) -> Iterator[Finding]:
    if job.has("fromTemplateId"):
        message = "`template` and `fromTemplateId` cannot both be set"
        hint = "keep `template` for one declared here, `fromTemplateId` for any other"
        yield "fromTemplateId", InvalidValue(Code.CONFLICT, message, hint)
    key = job.text("template")
    if key is None or key in templates or not complete:
        return
    hint = did_you_mean(key, templates, effort) or "declare it under `templates:`, or use `fromTemplateId` for a raw id"
    yield "template", InvalidValue(Code.UNKNOWN_TEMPLATE, f"there is no template `{key}`", hint)


def _unscheduled(job: Declared, templates: Mapping[str, Declared]) -> Iterator[Finding]:
    if job.text("publishMode") == "scheduled":
        hint = "write `schedule:` with the time; `publishMode` is then not needed"
        yield "publishMode", InvalidValue(Code.MISSING_SCHEDULE, "`publishMode: scheduled` needs a `schedule`", hint)
    template = templates.get(job.text("template") or "")
    if template and not job.has("publishMode") and template.text("publishMode") == "scheduled":
        message = f"the template `{template.key}` says `publishMode: scheduled`, and the job has no `schedule`"
        yield "template", InvalidValue(Code.MISSING_SCHEDULE, message, "write `schedule:` with the time")


def check_held(job: Declared, *, held: bool) -> Iterator[Finding]:
    """What afsync is to publish needs a time for that."""
    if held and not job.has("schedule"):
        hint = "write `schedule:` with the time, or `publish: service` on it"
        message = "a job that is `publish: held` needs a `schedule`: afsync publishes it at that time"
        yield "publish", InvalidValue(Code.MISSING_SCHEDULE, message, hint)


def _upload(job: Declared, *, imported: bool) -> Iterator[Finding]:
    if job.has("file") and job.has("fileId"):
        hint = "keep `file` for one in this project, `fileId` for one that is uploaded already"
        yield "fileId", InvalidValue(Code.CONFLICT, "`file` and `fileId` cannot both be set", hint)
    if not job.has("file") and not job.has("fileId") and not imported:
        hint = "add `file:` with a path below afsync.yaml"
        yield "", InvalidValue(Code.MISSING_SOURCE, "an `upload` job needs `file` or `fileId`", hint)
    for field in ("url", "urls"):
        if job.has(field):
            message = f"an `upload` job has no `{field}`: its source is the file"
            yield field, InvalidValue(Code.CONFLICT, message, "remove it, or use `entry: fetch`")


def _not_uploaded(job: Declared) -> Iterator[Finding]:
    for field in ("file", "fileId"):
        if job.has(field):
            yield field, InvalidValue(Code.WRONG_ENTRY, f"`{field}` is the source of an upload", "add `entry: upload`")
