"""One file of a project: its references replaced, its form checked, and everything wrong in it reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.config.declarations import Parsed
from afsync.config.document import Document
from afsync.config.interpolation import Scope, interpolate, refuse
from afsync.config.keys.part import fits
from afsync.config.keys.project import IncludedFile, ProjectFile
from afsync.config.keys.values import MOST_ITEMS
from afsync.config.occurrence_fields import interpolate_jobs, without_later
from afsync.config.policy import policy_faults
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, Diagnostics, InvalidValue
from afsync.core.text import Effort, closest

_REFERENCING = frozenset({"defaults", "templates", "jobs"})
"""The sections in which `${var.…}` means something."""

_KNOWN = ProjectFile.__struct_encode_fields__


def read_variables(main: Document, scope: Scope, report: Report) -> dict[str, Any]:
    """The values of `vars`, with the environment filled in; not checked yet."""
    faults = Diagnostics()
    section = main.value.get("vars") if isinstance(main.value, dict) else None
    values: dict[str, Any] = interpolate(section, ("vars",), scope, faults) if isinstance(section, dict) else {}
    report.faults(main, faults)
    return values


def is_usable(variable: object) -> bool:
    """Whether it may be used; of any other, what is wrong is said where it is declared."""
    return isinstance(variable, str | int | float) or (isinstance(variable, list) and len(variable) <= MOST_ITEMS)


def parse_main(main: Document, variables: Mapping[str, Any], scope: Scope, report: Report) -> Parsed:
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
    right, faults = (True, []) if fits(value, ProjectFile) else _explained(value)
    report.faults(main, policy_faults(value) if right else faults)
    return parsed


def parse_included(document: Document, scope: Scope, report: Report) -> Parsed:
    parsed = _interpolated(document, scope, report) if document.value is not None else None
    if parsed is None:
        return Parsed(document, {})
    value = _settled(parsed)
    if not fits(value, IncludedFile):
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
    from afsync.config.form_problems import explained

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
