"""The fields that a submission asks for, complete whether or not the service applies the template.

Services have been seen that take only some fields of a template, or assume other defaults than the documented ones. So
a submission repeats all that is declared for it, and names the template beside that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from afsync.core.addresses import Kind
from afsync.core.fingerprints import JOB_DEFAULTS, plain
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.records import RecordedTemplate
from afsync.core.remote_account import Remote, RemoteTemplate
from afsync.core.resources import EMPTY, Job, Values, effective
from afsync.core.text import first_of
from afsync.errors import Problem, Severity

ALWAYS: Mapping[str, Any] = {field: JOB_DEFAULTS[field] for field in ("format", "durationMins")}
"""What is sent where nothing is declared: the documented default, which other versions of the service do not share."""

SERVICE_DECIDES = ("format", "durationMins", "platforms", "staging")
"""What a template that cannot be read may decide for a job that leaves it open."""

_NOT_CONTENT = {"description"}


def reported(template: RemoteTemplate | None) -> bool:
    """Whether the service reports the contents of a template; the documented dialect reports only its name."""
    return template is not None and not _NOT_CONTENT.issuperset(template.echo)


def is_known(record: RecordedTemplate | None, template: RemoteTemplate | None) -> bool:
    """Whether the contents of a template are known: afsync created it, or the service reports them."""
    return (record is not None and record.created) or reported(template)


def requested(job: Job, template: Values = EMPTY, *, known: bool = True) -> dict[str, Any]:
    """The fields of a submission: the job's own, else those of its template, else the documented default. A held job
    stops before publishing, and has no publish mode.

    `template` is what the job's template holds, as far as that is known; unless all of it is `known`, no default is
    filled in, since that would override what the template may say. Whatever has no value is left out.
    """
    own = {k: v for k, v in job.values.items() if k not in ("template", "file")}
    body = {k: plain(v) for k, v in effective(own, template).items() if v not in (None, [], {})}
    if job.held:
        body.pop("publishMode", None)
        body["staging"] = True
    elif job.schedule is not None:
        body["publishMode"] = "scheduled"
    return {**ALWAYS, **body} if known else body


def template_is_known(job: Job, record: RecordedTemplate | None, remote: Remote) -> bool:
    """Whether the job has no template, or one whose contents are known completely."""
    if job.template is not None:
        return is_known(record, remote.templates.get(record.id) if record else None)
    raw = job.values.get("fromTemplateId")
    return raw is None or reported(remote.templates.get(str(raw)))


def template_unknown(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    """A warning for each template that cannot be read and decides something of what this plan submits."""
    open_fields: dict[str, list[tuple[Job, tuple[str, ...]]]] = {}
    submitted = [c for c in changes if c.submits]
    created = {c.address for c in changes if c.kind is Kind.TEMPLATE and c.action in (Action.CREATE, Action.REPLACE)}
    adopted = {c.address: c.id for c in changes if c.kind is Kind.TEMPLATE and c.action is Action.ADOPT}
    for job in (c.after for c in submitted if isinstance(c.after, Job)):
        name = job.template or str(job.values.get("fromTemplateId") or "")
        if not name or name in created or _readable(job, adopted, facts):
            continue
        body = requested(job, facts.template_values(job.values), known=False)
        if missing := tuple(f for f in SERVICE_DECIDES if f not in body):
            open_fields.setdefault(name, []).append((job, missing))
    for name, found in sorted(open_fields.items()):
        yield _unknown(name, found)


def _readable(job: Job, adopted: Mapping[str, str | None], facts: Facts) -> bool:
    if job.template is not None and job.template in adopted:
        return reported(facts.remote.templates.get(adopted[job.template] or ""))
    return template_is_known(job, facts.recorded.templates.get(job.template or ""), facts.remote)


def _unknown(name: str, found: list[tuple[Job, tuple[str, ...]]]) -> Problem:
    job, fields = found[0]
    named = first_of([job.address for job, _ in found])
    open_fields = " and ".join((", ".join(fields[:-1]), fields[-1]) if len(fields) > 1 else fields)
    is_made, its = ("are made", "their") if len(found) > 1 else ("is made", "its")
    text = (
        f"{named} {is_made} from {name}, which afsync did not create and the service does not report: {its} "
        f"{open_fields} {'are' if len(fields) > 1 else 'is'} whatever the service makes of that template"
    )
    hint = "declare them on the job, and they are sent with it"
    return Problem("template_unknown", text, hint, Severity.WARNING, job.address)
