"""Which fields differ between two bodies. The only place that knows deepdiff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.core.plan import FieldChange
from afsync.core.resources import Kind, Values, normalise


def fields(kind: Kind, before: Values, after: Values) -> tuple[FieldChange, ...]:
    """The differing fields, sorted by path. Lists are compared and shown whole."""
    old, new = normalise(kind, before), normalise(kind, after)
    if old == new:
        return ()
    paths = {_path(p) for p in _differences(old, new)}
    return tuple(FieldChange(".".join(p), _get(old, p), _get(new, p)) for p in sorted(paths))


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[list[str | int]]:
    # Imported here: most plans compare by fingerprint and never get this far, and the import is slow.
    from deepdiff import DeepDiff

    tree = DeepDiff(old, new, view="tree", ignore_order=False, verbose_level=0, threshold_to_diff_deeper=0)
    return [level.path(output_format="list") for levels in tree.values() for level in levels]


def _path(raw: list[str | int]) -> tuple[str, ...]:
    parts: list[str] = []
    for part in raw:
        if isinstance(part, int):
            break
        parts.append(part)
    return tuple(parts)


def _get(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values
