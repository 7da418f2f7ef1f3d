"""A YAML document as a tree of values that know where they stand."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, field

from afsync.config.problems import BROKEN

MAX_DEPTH: Final = 64


class Node(Struct):
    """A value and where it stands (from 1). `text` is a scalar as written; `size` counts it and all below it."""

    line: int
    column: int
    value: Any = None
    text: str | None = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Node] = field(default_factory=dict)
    size: int = 1
    height: int = 1


def put(mapping: Node, key: Node, node: Node) -> None:
    """Adds an entry to a mapping."""
    name = key.value
    mapping.keys[name] = key
    mapping.children[name] = node
    mapping.value[name] = node.value
    grow(mapping, node)


def grow(parent: Node, child: Node) -> None:
    """Counts `child` and what is below it in its parent."""
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)


def merge(into: Node, source: Node) -> bool:
    """What `<<: source` means in YAML 1.1: what `into` holds already wins, then the first of a list.

    False when `source` is neither a mapping nor a list of mappings.
    """
    sources = list(source.children.values()) if isinstance(source.value, list) else [source]
    for one in sources:
        if one.value is BROKEN:
            continue
        if not isinstance(one.value, dict):
            return False
        for name, child in one.children.items():
            if isinstance(name, str) and name not in into.keys:
                put(into, one.keys[name], child)
    return True
