"""From the files of a project to what they declare: reads, checks everything, and reports all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afsync.config.checks import MOST_ITEMS
from afsync.config.declared import Declared, Parsed, check_imports, collect, imports_of
from afsync.config.document import Document
from afsync.config.enums import BODY_ORDER
from afsync.config.files import Media
from afsync.config.interpolation import Scope, interpolate, refuse
from afsync.config.jobs import Context, ResolvedJob, build_job, job_reader
from afsync.config.occurrence_fields import interpolate_jobs, without_later
from afsync.config.policy import DeclaredPolicy, policy_faults, policy_of
from afsync.config.problems import BROKEN, Code, Diagnostic, Diagnostics, Effort, InvalidValue, closest
from afsync.config.project import Project, SourceFile, limits_of, settings_of
from afsync.config.report import Report
from afsync.config.shape import IncludedFileShape, ProjectFileShape, fits
from afsync.config.sources import read_sources
from afsync.config.times import parse_zone
from afsync.core.resources import Desired, Template

if TYPE_CHECKING:
    from afsync.config.calendar import Calendar
    from afsync.config.workspace import Workspace

_REFERENCING = frozenset({"defaults", "templates", "jobs"})
"""The sections in which `${var.…}` means something."""

SERIES_KEYS = frozenset({"repeat", "rows", "except", "horizon", "keep"})
"""What a job says about when it is submitted."""

_REPEATING = frozenset({"repeat", "rows"})
"""What makes a job a series."""

_KNOWN = ProjectFileShape.__struct_encode_fields__


def load(root: Path, *, environ: Mapping[str, str], workspace: Workspace | None = None) -> Project:
    """The project whose afsync.yaml is in `root`, with what it includes and the files it uploads.

    `environ` is what `${env.NAME}` reads; `workspace` the one that the project belongs to. Raises ConfigError with
    every problem of every file, by file and line.
    """
    report = Report()
    member = workspace.member_at(root) if workspace is not None else None
    if workspace is not None:
        environ = workspace.without_keys(environ)
    sources = read_sources(root, report, workspace.shared if workspace is not None else ())
    if sources.main is None:
        raise report.error()
    first = Scope(environ)
    variables = _variables(sources.main, first, report)
    scope = Scope(environ, {k: v if _usable(v) else BROKEN for k, v in variables.items()}, first.spent)
    main = _parse_main(sources.main, variables, scope, report)
    parsed = [main, *(_parse_included(d, scope, report) for d in sources.included)]
    # Of a file of which no more problems are shown, what else it declares is not judged.
    files = [file for file in parsed if not report.full(file.document)]
    complete = sources.complete and len(files) == len(parsed)
    templates, jobs = collect("templates", files, report), collect("jobs", files, report)
    addresses = _places(templates, jobs)
    special = {key: job for key, job in jobs.items() if not SERIES_KEYS.isdisjoint(job.fields)}
    check_imports(files, addresses, report, complete=complete)
    imports = imports_of(files)
    defaults = _defaults(main)
    context = Context(
        templates,
        defaults,
        _zone(main, defaults),
        Media(root),
        complete,
        imports,
        publish=_publisher(main, defaults),
    )
    calendar = _calendar(special, main, context, scope, report) if special else None
    wholes: list[ResolvedJob] = []
    full: set[str] = set()
    read = job_reader(context)
    for job in _by_key(jobs):
        if job.document.file in full or not _REPEATING.isdisjoint(job.fields):
            continue
        wholes.append(whole := read(job))
        if whole.problems:
            report.faults(job.document, [job.fault(wrong, field) for field, wrong in whole.problems])
            if report.full(job.document):
                full.add(job.document.file)
    if not report.clean:
        raise report.error()
    desired = Desired(
        {t.address: t for t in map(_template, _by_key(templates))},
        {j.address: j for j in map(build_job, wholes)},
        limits_of(main.value),
        main.value.get("timezone"),
        imports,
    )
    documents = (sources.main, *sources.included)
    for document in documents:
        report.cut_texts(document)
    sheets = {s.file: s for s in calendar.sheets.values()}.values() if calendar else ()
    files_read = tuple(SourceFile(d.file, d.sha256) for d in (*documents, *sheets))
    places = {**_limits(main), **addresses, "policy": DeclaredPolicy(main.document, "policy", "policy", {})}
    settings, policy = settings_of(main.value), policy_of(main.value)
    if workspace is not None and member is not None:
        settings = workspace.settled(member, settings)
        if workspace.state is not None and "state" in main.value:
            report.warning(main.document, _state_said_twice(workspace))
    return Project(root, desired, settings, files_read, places, policy, report.warnings, calendar, zone=context.zone)


def _state_said_twice(workspace: Workspace) -> Diagnostic:
    message = f"`state` is not used here: {workspace.locate('state')} says where the state of every account is"
    return Diagnostic(Code.NOT_ALLOWED_HERE, ("state",), message, "remove the line", at_key=True)


def _calendar(
    jobs: Mapping[str, Declared], main: Parsed, context: Context, scope: Scope, report: Report
) -> Calendar | None:
    """What is submitted as time passes; reports what is wrong with it."""
    # Imported here: most projects have no series, and what that takes is long to load.
    from afsync.config.calendar import read_calendar

    return read_calendar(tuple(_by_key(jobs)), main.value, context, scope, report)


def _variables(main: Document, scope: Scope, report: Report) -> dict[str, Any]:
    """The values of `vars`, with the environment filled in; not checked yet."""
    faults = Diagnostics()
    section = main.value.get("vars") if isinstance(main.value, dict) else None
    values: dict[str, Any] = interpolate(section, ("vars",), scope, faults) if isinstance(section, dict) else {}
    report.faults(main, faults)
    return values


def _usable(variable: object) -> bool:
    """Whether it may be used; of any other, what is wrong is said where it is declared."""
    return isinstance(variable, str | int | float) or (isinstance(variable, list) and len(variable) <= MOST_ITEMS)


def _parse_main(main: Document, variables: Mapping[str, Any], scope: Scope, report: Report) -> Parsed:
    """afsync.yaml, with everything that is wrong in it reported."""
    if main.value is None:
        wrong = InvalidValue(Code.EMPTY_FILE, "afsync.yaml is empty", "run `afsync init` to fill it")
        report.faults(main, [wrong.at(())])
        return Parsed(main, {})
    parsed = _interpolated(main, scope, report)
    if parsed is None:
        return Parsed(main, {})
    value = _settled(parsed)
    value = {**value, "vars": variables} if isinstance(value.get("vars"), dict) else value
    right, faults = (True, []) if fits(value, ProjectFileShape) else _explained(value)
    report.faults(main, policy_faults(value) if right else faults)
    return parsed


def _parse_included(document: Document, scope: Scope, report: Report) -> Parsed:
    parsed = _interpolated(document, scope, report) if document.value is not None else None
    if parsed is None:
        return Parsed(document, {})
    value = _settled(parsed)
    if not fits(value, IncludedFileShape):
        report.faults(document, _explained(value, included=True)[1])
    return parsed


def _settled(parsed: Parsed) -> Mapping[str, Any]:
    """What the form of the file is checked by: all but what only an occurrence fills in."""
    jobs = parsed.value.get("jobs")
    if not parsed.document.may_refer or not isinstance(jobs, dict):
        return parsed.value
    return {**parsed.value, "jobs": without_later(jobs)}


def _explained(value: Mapping[str, Any], *, included: bool = False) -> tuple[bool, list[Diagnostic]]:
    # Imported here: pydantic and the models take long to load, and most files never get this far.
    from afsync.config.portions import explained

    return explained(value, included=included)


def _interpolated(document: Document, scope: Scope, report: Report) -> Parsed | None:
    """The file's value with references replaced where they may stand, and reported where not."""
    if not isinstance(document.value, dict):
        wrong = InvalidValue(Code.WRONG_TYPE, "the file must be a mapping", "begin it with `version: 1`, then `jobs:`")
        report.faults(document, [wrong.at(())])
        return None
    whole = _well_spelt(document, report)
    if not document.may_refer:
        return Parsed(document, whole)
    faults = Diagnostics()
    value: dict[str, Any] = {}
    for section, content in whole.items():
        if section == "jobs" and isinstance(content, dict):
            value[section] = interpolate_jobs(content, scope, faults)
        elif section in _REFERENCING:
            value[section] = interpolate(content, (section,), scope, faults)
        else:
            value[section] = content
            if section != "vars":
                refuse(content, (section,), faults)
    report.faults(document, faults)
    return Parsed(document, value)


def _well_spelt(document: Document, report: Report) -> dict[str, Any]:
    """The file's value with `Jobs` for `jobs` reported, and read as what it is meant to be: else nothing would be said
    about what stands in it, and every template that it declares would be missed."""
    whole: dict[str, Any] = document.value
    unknown = [key for key, value in whole.items() if key not in _KNOWN and isinstance(value, dict)]
    effort = Effort()
    meant = {closest(key, _KNOWN, effort): key for key in unknown}
    document.spelling = {s: meant[s] for s in ("templates", "jobs") if s in meant and s not in whole}
    if not document.spelling:
        return whole
    sections = {written: section for section, written in document.spelling.items()}
    report.faults(
        document,
        [
            Diagnostic(
                Code.UNKNOWN_KEY, (written,), f"unknown key `{written}`", f"did you mean `{section}`?", at_key=True
            )
            for written, section in sections.items()
        ],
    )
    return {sections.get(key, key): value for key, value in whole.items()}


def _defaults(main: Parsed) -> dict[str, Any]:
    section = main.value.get("defaults")
    job = section.get("job") if isinstance(section, dict) else None
    return job if isinstance(job, dict) else {}


def _publisher(main: Parsed, defaults: Mapping[str, Any]) -> str | None:
    """Who publishes a job that does not say so, if anything says that."""
    api = main.value.get("api")
    of_all = api.get("publish") if isinstance(api, dict) else None
    found = defaults.get("publish") or of_all
    return None if found is None else str(found)


def _zone(main: Parsed, defaults: Mapping[str, Any]) -> str | None:
    """The declared time zone of jobs. UTC stands in for a wrong one, so that no time is blamed for it."""
    name = defaults.get("zone") or main.value.get("timezone")
    if name is None:
        return None
    try:
        return name if isinstance(name, str) and parse_zone(name) else "UTC"
    except InvalidValue:
        return "UTC"


def _limits(main: Parsed) -> dict[str, Declared]:
    """Where each limit is declared, by the code of its breach."""
    section = main.value.get("limits")
    keys = section if isinstance(section, dict) else {}
    return {f"limits.{key}": Declared(main.document, "limits", key, {}) for key in keys}


def _places(templates: Mapping[str, Declared], jobs: Mapping[str, Declared]) -> dict[str, Declared]:
    return {**{f"template.{k}": d for k, d in templates.items()}, **{f"job.{k}": d for k, d in jobs.items()}}


def _by_key(resources: Mapping[str, Declared]) -> Iterable[Declared]:
    return (resources[key] for key in sorted(resources))


def _template(template: Declared) -> Template:
    values = {k: template.fields[k] for k in BODY_ORDER if k in template.fields}
    return Template(template.key, values, *template.lifecycle)
