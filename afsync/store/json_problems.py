"""What is wrong with a JSON value that should be of some type: the first place that does not fit, and why.

The types are those of `core.state` and `core.records`, so there is no second description of a state to keep in step.
Only a document that could not be read in one go comes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from msgspec import Meta, MsgspecError, Struct, convert
from msgspec.structs import fields

from afsync.core.addresses import ADDRESS
from afsync.store.canonical_json import BUILDING, PREFIXES, Object, bare, layout, shown

UTC_TIME = "a UTC time such as 2026-12-01T08:00:00Z"
WORDS = {str: "text", int: "an integer", bool: "true or false", datetime: UTC_TIME, NoneType: "null"}


def problem(value: Any, of: Any) -> str | None:
    """The first thing wrong with `value`, in words that can follow its place; None when it fits."""
    members = list(_members(of))
    structs = _structs(of)
    if type(value) is dict and structs:
        return _object_problem(value, _meant(value, structs))
    for member in map(bare, members):
        if type(value) is dict and get_origin(member) is Mapping:
            return next(_table_problems(value, *get_args(member)), None)
        if type(value) is list and get_origin(member) is tuple:
            return next(_array_problems(value, get_args(member)[0]), None)
    return None if _fits(value, of) else f"should be {' or '.join(map(_wanted, members))}, not {shown(value)}"


def _object_problem(value: Object, of: type[Struct]) -> str | None:
    tag, first, new = layout(of)
    required, known = {*tag, *first}, dict(new).keys()
    missing, unknown = sorted(required - value.keys()), sorted(k[:40] for k in value.keys() - required - known)
    if missing or unknown:
        lacks = [f"lacks {', '.join(missing)}"] if missing else []
        return " and ".join(lacks + ([f"has {', '.join(unknown)}, which this afsync does not know"] if unknown else []))
    for key, kind in tag.items():
        if value[key] != kind:
            return f"{key} should be {kind}, as the address says, not {shown(value[key])}"
    fits = _fits(value, of)
    for name, inner, holds_structs in _fields(of):
        # Decoding gives a field that is missing its default, so structs are looked into all the same.
        text = problem(value[name], inner) if name in value and (holds_structs or not fits) else None
        if text is not None:
            return _placed(name, inner, text)
    return None


@cache
def _fields(of: type[Struct]) -> tuple[tuple[str, Any, bool], ...]:
    """Name and type of every field, and whether there are structs in it."""
    return tuple((field.name, field.type, _holds_structs(field.type)) for field in fields(of))


def _holds_structs(of: Any) -> bool:
    inner = [argument for member in _members(of) for argument in get_args(bare(member)) if argument is not ...]
    return bool(_structs(of)) or any(map(_holds_structs, inner))


def _placed(name: str, of: Any, text: str) -> str:
    """What is wrong with a field, with its name; an address says by itself where it is."""
    if text.startswith("should ") and not _structs(of):
        return f"{name} {text}"
    if ADDRESS.match(text):
        return text
    return f"{name}{text}" if text[0] in ".[" else f"{name}: {text}"


def _table_problems(value: Object, keys: Any, values: Any) -> Iterator[str]:
    for key, entry in value.items():
        if not _fits(key, keys):
            yield f"{shown(key)} is not {_wanted(keys)}"
            return
        structs = [s for s in _structs(values) if key.startswith(PREFIXES.get(s, key + "."))]
        text = problem(entry, structs[0] if structs else values)
        if text is not None:
            yield f"{key}: {text}" if ADDRESS.fullmatch(key) else f".{key[:12]}{'…' * (len(key) > 12)}: {text}"


def _array_problems(value: list[Any], of: Any) -> Iterator[str]:
    found = ((number, problem(item, of)) for number, item in enumerate(value))
    return (f"[{number}]: {text}" for number, text in found if text is not None)


def _meant(value: Object, structs: list[type[Struct]]) -> type[Struct]:
    """The struct that an object says it is; the first of them where it does not say."""
    return next((s for s in structs if layout(s).tag.items() <= value.items()), structs[0])


def _fits(value: Any, of: Any) -> bool:
    try:
        with BUILDING:
            convert(value, of)
    except (MsgspecError, ValueError, RecursionError):
        return False
    if bare(of) is not str:
        return True
    # Decoding leaves a pattern that is only in the schema to `check_kinds`.
    return all(re.search(meta.extra_json_schema["pattern"], value) for meta in _metas(of) if meta.extra_json_schema)


def _members(of: Any) -> Iterator[Any]:
    """The members of a union; of any other type, the type itself."""
    base = bare(of)
    if get_origin(base) in (Union, UnionType):
        for member in get_args(base):
            yield from _members(member)
    else:
        yield of


def _structs(of: Any) -> list[type[Struct]]:
    return [m for m in map(bare, _members(of)) if isinstance(m, type) and issubclass(m, Struct)]


def _wanted(of: Any) -> str:
    base, metas = bare(of), _metas(of)
    for meta in metas:
        if meta.title is not None:
            return meta.title
    if any(meta.ge == 0 for meta in metas):
        return "an integer of at least 0"
    if get_origin(base) is Literal:
        return " or ".join(map(str, get_args(base)))
    if isinstance(base, type) and issubclass(base, Enum):
        return " or ".join(member.value for member in base)
    return WORDS.get(base) or ("an array" if get_origin(base) is tuple else "an object")


def _metas(of: Any) -> list[Meta]:
    return [meta for meta in getattr(of, "__metadata__", ()) if isinstance(meta, Meta)]
