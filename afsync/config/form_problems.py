"""What is wrong with the form of a file, found a portion at a time, so that memory stays bounded for a large one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from afsync.config.keys.part import keys_of
from afsync.config.keys.project import IncludedFile, ProjectFile
from afsync.config.keys.resources import JobPart, TemplatePart
from afsync.config.problems import MAX_PROBLEMS, Code, Diagnostic, Diagnostics, Path
from afsync.config.pydantic_problems import check

_PORTION: Final = 200
"""How many jobs are explained at a time."""
_MOST: Final = 1_000
"""How many entries of any other list or mapping are."""

_BY_KEY = ("templates", "jobs", "import", "vars")
"""The sections that hold any number of entries."""
_FREE = frozenset({"clipSpec", "effects", "addOns"})
"""Values of any form, which are never wrong."""
_KNOWN = frozenset(key for part in (ProjectFile, JobPart, TemplatePart) for key in keys_of(part))


def explained(value: Mapping[str, Any], *, included: bool) -> tuple[bool, Diagnostics]:
    """Whether afsync.yaml, or a file that it includes, is right in its form, and what is wrong with it that was not
    reported already, as far as it is shown."""
    faults, right = Diagnostics(), True
    cut: list[Diagnostic] = []
    for portion in _portions(value):
        part = _trimmed(portion, (), cut)
        fine, found = check(IncludedFile if included else ProjectFile, part)
        right &= fine
        for fault in found:
            faults.append(fault)
        if len(faults) > MAX_PROBLEMS:
            break
    if not faults and right and cut:
        faults.append(cut[0])
    return right and not cut, faults


def _portions(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The file without what is large, then some of what is large at a time."""
    sections = ((k, value.get(k)) for k in _BY_KEY)
    large = {k: part for k, part in sections if isinstance(part, dict) and len(part) > _PORTION}
    yield {k: part for k, part in value.items() if k not in large} if large else value
    for section, entries in large.items():
        items = iter(entries.items())
        while portion := dict(islice(items, _PORTION)):
            yield {"version": 1, section: portion}


def _trimmed(value: Any, path: Path, cut: list[Diagnostic]) -> Any:
    """`value` with the first entries of what is long. What it then lacks may be what is wrong: that is in `cut`."""
    if isinstance(value, dict):
        kept = value
        if len(value) > _MOST:
            kept = {**dict(islice(value.items(), _MOST)), **{k: value[k] for k in _KNOWN if k in value}}
        result: Any = {k: v if k in _FREE else _trimmed(v, (*path, k), cut) for k, v in kept.items()}
    elif isinstance(value, list):
        result = [_trimmed(item, (*path, n), cut) for n, item in enumerate(value[:_MOST])]
    else:
        return value
    if len(result) < len(value):
        message = f"this has {len(value):,} entries, and something is wrong behind the first {_MOST:,}"
        cut.append(Diagnostic(Code.OUT_OF_RANGE, path, message, "shorten it"))
    return result
