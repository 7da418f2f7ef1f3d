"""From the files of a project to what they declare: reads, checks everything, and reports all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afsync.config.declared import Declared, Parsed, check_imports, collect, imports_of
from afsync.config.enums import BODY_ORDER
from afsync.config.files import Media
from afsync.config.interpolation import Scope
from afsync.config.jobs import JobContext, ResolvedJob, build_job, job_reader
from afsync.config.parsed_file import is_usable, parse_included, parse_main, read_variables
from afsync.config.policy import DeclaredPolicy, policy_of
from afsync.config.problems import BROKEN, Code, Diagnostic, InvalidValue
from afsync.config.project import LoadedProject, SourceFile, limits_of, settings_of
from afsync.config.report import Report
from afsync.config.sources import read_sources
from afsync.config.times import parse_zone
from afsync.core.resources import Desired, Template

if TYPE_CHECKING:
    from afsync.config.calendar import Calendar
    from afsync.config.workspace import Workspace


SERIES_KEYS = frozenset({"repeat", "rows", "except", "horizon", "keep"})
"""What a job says about when it is submitted."""

_REPEATING = frozenset({"repeat", "rows"})
"""What makes a job a series."""


def load(root: Path, *, environ: Mapping[str, str], workspace: Workspace | None = None) -> LoadedProject:
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
    variables = read_variables(sources.main, first, report)
    scope = Scope(environ, {k: v if is_usable(v) else BROKEN for k, v in variables.items()}, first.spent)
    main = parse_main(sources.main, variables, scope, report)
    parsed = [main, *(parse_included(d, scope, report) for d in sources.included)]
    # Of a file of which no more problems are shown, what else it declares is not judged.
    files = [file for file in parsed if not report.full(file.document)]
    complete = sources.complete and len(files) == len(parsed)
    templates, jobs = collect("templates", files, report), collect("jobs", files, report)
    addresses = _places(templates, jobs)
    special = {key: job for key, job in jobs.items() if not SERIES_KEYS.isdisjoint(job.fields)}
    check_imports(files, addresses, report, complete=complete)
    imports = imports_of(files)
    defaults = _defaults(main)
    context = JobContext(
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
    return LoadedProject(
        root, desired, settings, files_read, places, policy, report.warnings, calendar, zone=context.zone
    )


def _state_said_twice(workspace: Workspace) -> Diagnostic:
    message = f"`state` is not used here: {workspace.locate('state')} says where the state of every account is"
    return Diagnostic(Code.NOT_ALLOWED_HERE, ("state",), message, "remove the line", at_key=True)


def _calendar(
    jobs: Mapping[str, Declared], main: Parsed, context: JobContext, scope: Scope, report: Report
) -> Calendar | None:
    """What is submitted as time passes; reports what is wrong with it."""
    # Imported here: most projects have no series, and what that takes is long to load.
    from afsync.config.calendar import read_calendar

    return read_calendar(tuple(_by_key(jobs)), main.value, context, scope, report)


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
