"""From the files of a project to what they declare: reads, checks everything, and reports all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afsync.config.declarations import Declared, Parsed, check_imports, collect, imports_of
from afsync.config.document import Document
from afsync.config.files import Media
from afsync.config.interpolation import Scope
from afsync.config.jobs import JobContext, ResolvedJob, build_job, job_reader
from afsync.config.keys.project import ProjectFile
from afsync.config.keys.resources import SERIES_KEYS
from afsync.config.parsed_file import is_usable, parse_included, parse_main, read_variables
from afsync.config.policy import DeclaredPolicy, policy_of
from afsync.config.problem_report import Report
from afsync.config.problems import BROKEN, Code, Diagnostic, InvalidValue
from afsync.config.project import LoadedProject, Settings, SourceFile, limits_of, project_part, settings_of
from afsync.config.project_files import read_sources
from afsync.config.times import parse_zone
from afsync.core.body_fields import BODY_ORDER
from afsync.core.resources import Desired, Template

if TYPE_CHECKING:
    from afsync.config.timed_submissions import TimedSubmissions
    from afsync.config.workspace import Workspace


_REPEATING = frozenset({"repeat", "rows"})
"""What makes a job a series."""


def load(root: Path, *, environ: Mapping[str, str], workspace: Workspace | None = None) -> LoadedProject:
    """The project whose afsync.yaml is in `root`, with what it includes and the files it uploads.

    `environ` is what `${env.NAME}` reads; `workspace` the one that the project belongs to. Raises ConfigError with
    every problem of every file, by file and line.
    """
    report = Report()
    if workspace is not None:
        environ = workspace.without_keys(environ)
    sources = read_sources(root, report, workspace.shared if workspace is not None else ())
    if sources.main is None:
        raise report.error()
    main, included, scope = _parse(sources.main, sources.included, environ, report)
    # Of a file of which no more problems are shown, what else it declares is not judged.
    files = [file for file in (main, *included) if not report.full(file.document)]
    complete = sources.complete and len(files) == 1 + len(included)
    templates, jobs = collect("templates", files, report), collect("jobs", files, report)
    addresses = _places(templates, jobs)
    check_imports(files, addresses, report, complete=complete)
    imports = imports_of(files)
    context = _job_context(main, templates, Media(root), imports, complete=complete)
    special = {key: job for key, job in jobs.items() if not SERIES_KEYS.isdisjoint(job.fields)}
    timed = _timed_submissions(special, main, context, scope, report) if special else None
    series = {key for key, job in special.items() if not _REPEATING.isdisjoint(job.fields)}
    resolved = _resolve_jobs([job for job in _by_key(jobs) if job.key not in series], context, report)
    if not report.clean:
        raise report.error()
    part = project_part(main.value)
    desired = Desired(
        {t.address: t for t in map(_template, _by_key(templates))},
        {j.address: j for j in map(build_job, resolved)},
        limits_of(part),
        part.timezone,
        imports,
    )
    documents = (sources.main, *sources.included)
    for document in documents:
        report.cut_texts(document)
    sheets = {s.file: s for s in timed.sheets.values()}.values() if timed else ()
    return LoadedProject(
        root,
        desired,
        _settings(root, main, part, workspace, report),
        tuple(SourceFile(d.file, d.sha256) for d in (*documents, *sheets)),
        {**_limits(main), **addresses, "policy": DeclaredPolicy(main.document, "policy", "policy", {})},
        policy_of(part),
        report.warnings,
        timed,
        zone=context.zone,
    )


def _parse(
    main: Document, included: Sequence[Document], environ: Mapping[str, str], report: Report
) -> tuple[Parsed, list[Parsed], Scope]:
    """afsync.yaml and what it includes, with variables put in; and the scope that has them."""
    first = Scope(environ)
    variables = read_variables(main, first, report)
    scope = Scope(environ, {k: v if is_usable(v) else BROKEN for k, v in variables.items()}, first.spent)
    return parse_main(main, variables, scope, report), [parse_included(d, scope, report) for d in included], scope


def _job_context(
    main: Parsed, templates: Mapping[str, Declared], media: Media, imports: Mapping[str, str], *, complete: bool
) -> JobContext:
    defaults = _defaults(main)
    zone, publish = _zone(main, defaults), _publisher(main, defaults)
    return JobContext(templates, defaults, zone, media, complete, imports, publish=publish)


def _resolve_jobs(jobs: Iterable[Declared], context: JobContext, report: Report) -> list[ResolvedJob]:
    """The jobs, which are no series, with their defaults; of a file, until no more of its problems are shown."""
    resolved: list[ResolvedJob] = []
    full: set[str] = set()
    read = job_reader(context)
    for job in jobs:
        if full and job.document.file in full:
            continue
        resolved.append(one := read(job))
        if one.problems:
            report.faults(job.document, [job.fault(wrong, field) for field, wrong in one.problems])
            if report.full(job.document):
                full.add(job.document.file)
    return resolved


def _settings(root: Path, main: Parsed, part: ProjectFile, workspace: Workspace | None, report: Report) -> Settings:
    """How the project is run; where its workspace says so, as that says."""
    settings = settings_of(part)
    member = workspace.member_at(root) if workspace is not None else None
    if workspace is None or member is None:
        return settings
    if workspace.state is not None and "state" in main.value:
        report.warning(main.document, _state_said_twice(workspace))
    return workspace.settled(member, settings)


def _state_said_twice(workspace: Workspace) -> Diagnostic:
    message = f"`state` is not used here: {workspace.locate('state')} says where the state of every account is"
    return Diagnostic(Code.NOT_ALLOWED_HERE, ("state",), message, "remove the line", at_key=True)


def _timed_submissions(
    jobs: Mapping[str, Declared], main: Parsed, context: JobContext, scope: Scope, report: Report
) -> TimedSubmissions | None:
    """What is submitted as time passes; reports what is wrong with it."""
    # Imported here: most projects have no series, and what that takes is long to load.
    from afsync.config.timed_submissions import read_timed_submissions

    return read_timed_submissions(tuple(_by_key(jobs)), main.value, context, scope, report)


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
