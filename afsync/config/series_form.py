"""The fields of one occurrence: put together, and checked where they were filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import ValidationError, convert

from afsync.config.problems import Fault
from afsync.config.shape import JobPart

OWN_KEYS = frozenset({"repeat", "rows", "except", "horizon", "keep", "zone"})
"""What a job says of its series, and what is no field of its occurrences."""
_INSTEAD = (frozenset({"url", "urls", "file", "fileId"}), frozenset({"template", "fromTemplateId"}))
"""An exception or a row that gives one of these takes it in place of the others."""


def merged(fields: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the job, and what an occurrence says instead."""
    gone = {name for group in _INSTEAD if group & own.keys() for name in group}
    return {**{k: v for k, v in fields.items() if k not in gone}, **own}


def explained(fields: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the form of an occurrence, by its fields."""
    try:
        convert(fields, JobPart)
        return []
    except (ValidationError, ValueError):
        pass
    # Imported here: the models take long to load, and most projects never get this far.
    from afsync.config.messages import check
    from afsync.config.resource_models import JobPart as Model

    return check(Model, fields)[1]
