"""Which fields differ between two bodies. The only place that knows deepdiff."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from afsync.core.plan import FieldChange
from afsync.core.resources import Kind, Values, fingerprint, normalise, plain


def fields(kind: Kind, before: Values, after: Values) -> tuple[FieldChange, ...]:
    """The differing fields, sorted by path. Lists are compared and shown whole."""
    if fingerprint(kind, before) == fingerprint(kind, after):
        return ()
    old, new = normalise(kind, before), normalise(kind, after)
    written = plain(before), plain(after)
    paths = {tuple(p) for p in _differences(_whole(old), _whole(new))}
    return tuple(
        FieldChange(".".join(p), _shown(written[0], old, p), _shown(written[1], new, p)) for p in sorted(paths)
    )


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[list[str]]:
    # Imported here: most plans compare by fingerprint and never get this far, and the import is slow.
    from deepdiff import DeepDiff

    tree = DeepDiff(old, new, view="tree", verbose_level=0, threshold_to_diff_deeper=0, ignore_private_variables=False)
    return [level.path(output_format="list") for levels in tree.values() for level in levels]


def _whole(value: Any) -> Any:
    """`value` with every list as one text, so that it is compared as a whole, and `[1]` is not `[true]`."""
    match value:
        case dict():
            return {k: _whole(v) for k, v in value.items()}
        case list():
            return "\0" + json.dumps(value, sort_keys=True)
        case _:
            return value


def _shown(written: Any, normalised: Any, path: tuple[str, ...]) -> Any:
    """A text as it is written, which its normalised form may hide; everything else normalised."""
    value = _get(written, path)
    return value if isinstance(value, str) else _get(normalised, path)


def _get(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values
