"""The fields of one occurrence: `${occurrence.…}` and `${row.…}` filled in, put together, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from msgspec.structs import replace

from afsync.config.interpolation import Later, Scope, interpolate
from afsync.config.keys.part import fits
from afsync.config.keys.resources import EXCEPTION_KEYS, SERIES_KEYS, JobFields, JobPart
from afsync.config.problems import Code, Diagnostic, Path

REQUESTS_OF_ONE = frozenset({"rerun", "approve"})
"""What a person asks for of one submission, be it over or not."""

_FIXED = frozenset({"repeat", "rows", "zone", "horizon", "keep", *REQUESTS_OF_ONE, *EXCEPTION_KEYS})
"""What is the same for all occurrences, or belongs to one."""

_OF_JOB = frozenset(JobPart.__struct_encode_fields__)
_OF_EXCEPTION = frozenset(JobFields.__struct_encode_fields__) | EXCEPTION_KEYS


def interpolate_jobs(jobs: Mapping[str, Any], scope: Scope, faults: list[Diagnostic]) -> dict[str, Any]:
    """The section `jobs` with references replaced. What names an occurrence is a `Later` in the fields of a series."""
    series = replace(scope, later=True)
    result: dict[str, Any] = {}
    for key, job in jobs.items():
        repeats = isinstance(job, dict) and ("repeat" in job or "rows" in job)
        result[key] = interpolate(job, ("jobs", key), series if repeats else scope, faults)
        if repeats:
            faults.extend(misplaced(result[key], ("jobs", key)))
    return result


def without_later(jobs: Mapping[str, Any]) -> dict[str, Any]:
    """The section without the fields that are filled in later, for the check of its form; a key that means nothing at
    its place stays, whatever its value."""
    return {
        key: _settled(job) if isinstance(job, dict) and ("repeat" in job or "rows" in job) else job
        for key, job in jobs.items()
    }


def has_later(value: Any) -> bool:
    match value:
        case Later():
            return True
        case dict():
            return any(map(has_later, value.values()))
        case list():
            return any(map(has_later, value))
        case _:
            return False


def refers_to_row(value: Any) -> bool:
    """Whether a field says itself how a row is used in it."""
    match value:
        case Later():
            return "${row." in value.text
        case dict():
            return any(map(refers_to_row, value.values()))
        case list():
            return any(map(refers_to_row, value))
        case _:
            return False


def filled(
    fields: Mapping[str, Any], at: Callable[[str], Path], scope: Scope, faults: list[Diagnostic]
) -> dict[str, Any]:
    """The fields for one occurrence, whose names are in the scope; `at` is where one stands. What comes out empty, as
    of an empty cell, is not set."""
    found = {name: _filled(value, at(name), scope, faults) for name, value in fields.items()}
    return {name: value for name, value in found.items() if value != "" or not has_later(fields[name])}


def _filled(value: Any, path: Path, scope: Scope, faults: list[Diagnostic]) -> Any:
    match value:
        case Later(text):
            return interpolate(text, path, scope, faults)
        case dict():
            return {key: _filled(inner, (*path, key), scope, faults) for key, inner in value.items()}
        case list():
            return [_filled(inner, (*path, place), scope, faults) for place, inner in enumerate(value)]
        case _:
            return value


def _settled(job: dict[str, Any]) -> dict[str, Any]:
    fields, exceptions = _without_later(job, _OF_JOB), job.get("except")
    if isinstance(exceptions, dict):
        fields["except"] = {
            key: _without_later(given, _OF_EXCEPTION) if isinstance(given, dict) else given
            for key, given in exceptions.items()
            if isinstance(given, dict) or not has_later(given)
        }
    return fields


def _without_later(fields: dict[str, Any], known: Set[str]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field not in known or not has_later(value)}


def misplaced(job: Mapping[str, Any], path: Path) -> Iterator[Diagnostic]:
    """What names an occurrence where it has to be known before there are any."""
    yield from _fixed(job, path, _OF_JOB)
    exceptions = job.get("except")
    for key, given in exceptions.items() if isinstance(exceptions, dict) else ():
        if isinstance(given, dict):
            yield from _fixed(given, (*path, "except", key), _OF_EXCEPTION)
        elif has_later(given):
            yield _written_out("except", (*path, "except", key))
    if has_later(exceptions) and not isinstance(exceptions, dict):
        yield _written_out("except", (*path, "except"))


def _fixed(fields: Mapping[str, Any], path: Path, known: Set[str]) -> Iterator[Diagnostic]:
    for field, value in fields.items():
        if field in _FIXED and field in known and has_later(value):
            yield _written_out(field, (*path, field))


def _written_out(field: str, path: Path) -> Diagnostic:
    message = f"`{field}` has to be written out here, without `${{occurrence.…}}` or `${{row.…}}`"
    return Diagnostic(Code.BAD_INTERPOLATION, path, message, "write the value itself")


OWN_KEYS = SERIES_KEYS | {"zone"}
"""What a job says of its series, and what is no field of its occurrences."""

_INSTEAD = (frozenset({"url", "urls", "file", "fileId"}), frozenset({"template", "fromTemplateId"}))
"""An exception or a row that gives one of these takes it in place of the others."""


def merged(fields: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the job, and what an occurrence says instead."""
    gone = {name for group in _INSTEAD if group & own.keys() for name in group}
    return {**{k: v for k, v in fields.items() if k not in gone}, **own}


def explained(fields: Mapping[str, Any]) -> list[Diagnostic]:
    """What is wrong with the form of an occurrence, by its fields."""
    if fits(fields, JobPart):
        return []
    # Imported here: the models take long to load, and most projects never get this far.
    from afsync.config.form_problems import check

    return check(JobPart, fields)[1]
