"""Exports: what the account holds and no file declares, written into the files and recorded in the state; jobs as a
sheet that `rows` reads back; and all of the account, for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.api.snapshot import fetch
from afsync.app.connection import connect
from afsync.app.files import read_text, write_whole
from afsync.app.locked_state import EVERYTHING, Session, record_all
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.config.edit import AddedEntry, AddedSection, insert, insert_include
from afsync.config.export import WrittenSheet, account_rows, declared_rows, entry_of, writable, write_sheet
from afsync.config.files import PROJECT_FILE
from afsync.config.starter_files import SCHEMA_FILE
from afsync.core.addresses import Kind, matches
from afsync.core.export import Export, Exported, JobSelection, common_defaults, make_export
from afsync.core.plan.facts import Facts, facts_for_import
from afsync.core.remote_account import Remote
from afsync.core.resources import EMPTY
from afsync.core.state import Account, Recorded
from afsync.errors import AfsyncError, StateError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject


Texts = dict[str, str]
"""The new texts of files, by their names relative to the root."""

FOLDER = "account"

TAKEN = "What was taken over. It means nothing more once it is in the state, and is the way back if that is lost."


class ExportLayout(Struct, frozen=True):
    """The files that are written: one (`into`; `-`: none), or with `split` several by kind or by month."""

    into: str
    split: str | None = None

    def file_of(self, resource: Exported) -> str:
        if self.split is None:
            return self.into
        if resource.kind is Kind.TEMPLATE:
            return f"{FOLDER}/templates.yaml"
        month = f"-{resource.publish_at or resource.created_at:%Y-%m}" if resource.created_at else ""
        return f"{FOLDER}/jobs{month if self.split == 'month' else ''}.yaml"


class ExportResult(Struct, frozen=True):
    """What was found, the texts, and the ids of what no file can hold."""

    found: Export
    texts: Texts
    unwritable: tuple[str, ...]


def export(
    session: Session,
    layout: ExportLayout,
    agreed: Callable[[Remote], bool],
    *,
    templates: bool,
    jobs: JobSelection,
    record: bool,
) -> ExportResult | None:
    """Write the files, then the state: what is recorded and not declared would be destroyed by the next apply. None,
    and nothing is written, where the account is not `agreed` to be that of the state."""
    session.refuse_open_submissions()
    facts = session.facts(session.read_account())
    found = make_export(facts, templates=templates, jobs=jobs)
    unwritable = tuple(r.id for r in found.resources if not writable(r))
    found = replace(found, resources=tuple(r for r in found.resources if writable(r)))
    texts = texts_for(found, session.project, layout)
    if layout.into != "-":
        if record and not agreed(facts.remote):
            return None
        _write_checked(session.context, session.project.root, texts)
        if record:
            context = session.context
            session.project = at_moment(context, load_project(context), session.recorded, context.now())
            _record(session, facts, found, jobs)
    return ExportResult(found, texts, unwritable)


def _record(session: Session, facts: Facts, found: Export, jobs: JobSelection) -> None:
    """Record what was written. What is left out is marked as not declared here, where it was asked for at all."""
    facts = replace(facts, desired=session.project.desired, remote=_without_contents(facts.remote))
    recorded = record_all(facts, [(r.address, r.id) for r in found.resources], force=True)
    if jobs is not JobSelection.NONE:
        there = facts.remote.account
        account = recorded.account or Account(there.id, facts.remote.base_url)
        recorded = replace(recorded, foreign=(*recorded.foreign, *found.left_out), account=account)
    session.write(recorded)


def _without_contents(remote: Remote) -> Remote:
    """The account without what it reports of contents: the files say all of that, as far as it can be declared."""
    templates = {i: replace(t, echo=EMPTY) for i, t in remote.templates.items()}
    jobs = {i: replace(j, echo=EMPTY) for i, j in remote.jobs.items()}
    return replace(remote, templates=templates, jobs=jobs)


def texts_for(found: Export, project: LoadedProject, layout: ExportLayout) -> Texts:
    """The files as they will be; those that exist with everything that is in them."""
    if not found.resources:
        return {}
    by_file: dict[str, list[Exported]] = {}
    for resource in found.resources:
        by_file.setdefault(layout.file_of(resource), []).append(resource)
    main = read_text(project.root / PROJECT_FILE)
    defaults = _defaults(found, project, main, layout)
    if defaults:
        main = insert(main, AddedSection("defaults", (AddedEntry("job", defaults),)), PROJECT_FILE)
    texts: Texts = {}
    for name, resources in by_file.items():
        before = main if name == PROJECT_FILE else _before(project.root, name)
        texts[name] = _with(before, name, resources, project.settings.timezone, defaults)
    if layout.into == "-":
        return texts
    read = {(project.root / f.path).resolve() for f in project.files}
    new = [name for name in texts if (project.root / name).resolve() not in read]
    main = texts.get(PROJECT_FILE, main)
    for pattern in _patterns(new, layout):
        main = insert_include(main, pattern, PROJECT_FILE)
    return {**texts, PROJECT_FILE: main} if defaults or new else texts


def _patterns(new: Iterable[str], layout: ExportLayout) -> list[str]:
    return sorted({f"{FOLDER}/*.yaml" if layout.split else name for name in new})


def _before(root: Path, name: str) -> str:
    """What is in the file; for a new one its first lines."""
    if name != "-" and (root / name).exists():
        return read_text(root / name)
    up = "../" * name.count("/")
    return f"# yaml-language-server: $schema={up}{SCHEMA_FILE}\nversion: 1\n"


def _defaults(found: Export, project: LoadedProject, main: str, layout: ExportLayout) -> dict[str, Any]:
    """Common values, where no job and no defaults are declared yet that they would change the meaning of."""
    if project.desired.jobs or project.timed_submissions or layout.into == "-" or "defaults:" in main:
        return {}
    jobs = [r for r in found.resources if r.kind is Kind.JOB]
    return common_defaults(replace(r, values=entry_of(r, None, {}).value) for r in jobs)


def _with(text: str, name: str, resources: Iterable[Exported], zone: str | None, defaults: Mapping[str, Any]) -> str:
    rows = list(resources)
    for section, kind in (("templates", Kind.TEMPLATE), ("jobs", Kind.JOB)):
        held = defaults if kind is Kind.JOB else {}
        entries = tuple(entry_of(r, zone, held) for r in rows if r.kind is kind)
        if entries:
            text = insert(text, AddedSection(section, entries), name)
    imports = tuple(AddedEntry(r.address, r.id) for r in rows)
    return insert(text, AddedSection("import", imports, TAKEN), name)


def _write_checked(context: Context, root: Path, texts: Texts) -> None:
    """Write the files; back to what they were where the project cannot be loaded with them."""
    before = {name: read_text(root / name) if (root / name).exists() else None for name in texts}
    for name, text in texts.items():
        write_whole(root / name, text, root)
    try:
        load_project(context)
    except AfsyncError:
        for name, old in before.items():
            if old is None:
                with suppress(OSError):
                    (root / name).unlink()
            else:
                write_whole(root / name, old, root)
        raise


def sheet_of_declared(context: Context, only: str | None) -> WrittenSheet:
    """The declared jobs as a sheet, or those whose addresses match the glob `only`. The account is not read."""
    project = load_project(context)
    try:
        recorded = read_state(context, project)[0]
    except StateError:
        if project.timed_submissions is not None:
            raise
        recorded = Recorded(project.settings.lineage or "")
    project = at_moment(context, project, recorded, context.now())
    chosen = (j for j in project.desired.jobs.values() if only is None or matches(j.address, (only,)))
    rows, left_out = declared_rows(chosen, project.zone)
    return _sheet(write_sheet(rows, strange=False), left_out)


def sheet_of_account(context: Context, jobs: JobSelection, account: str | None) -> WrittenSheet:
    """Those jobs of the account that are not declared, as a sheet. `account`: the id of the only one it may be."""
    project, recorded, remote = read_whole_account(context, account)
    project = at_moment(context, project, recorded, context.now())
    facts = facts_for_import(project.desired, recorded, remote, context.now())
    rows, left_out = account_rows(make_export(facts, templates=False, jobs=jobs).resources, project.zone)
    return _sheet(write_sheet(rows, strange=True), left_out)


def _sheet(sheet: WrittenSheet, left_out: list[tuple[str, str]]) -> WrittenSheet:
    return replace(sheet, left_out=(*left_out, *sheet.left_out))


def read_whole_account(
    context: Context, account: str | None, *, silent: bool = False
) -> tuple[LoadedProject, Recorded, Remote]:
    """The project, its state and every job of the account. `account`: the id of the only one it may be. With `silent`,
    waits for the rate limit are not reported."""
    project = load_project(context)
    recorded = read_state(context, project)[0]
    service = connect(context, project, writes=False, silent=silent)
    remote = replace(fetch(service.reader, EVERYTHING), base_url=service.base_url)
    check_account(project, recorded, remote, account)
    return project, recorded, remote
