"""How structs stand in JSON: which fields are always written, and which only where they differ from their default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from threading import RLock
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from msgspec import Struct

from afsync.core.addresses import Kind
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob, RecordedTemplate
from afsync.store.canonical_json import Object, instant_text

FORMAT = 2
"""The newest format that can be read. A document is written in the oldest one that knows all its fields."""

PREFIXES = {RecordedJob: f"{Kind.JOB}.", RecordedTemplate: f"{Kind.TEMPLATE}."}
"""How an address begins, by what is recorded there."""


def _default(given: Any) -> Any:
    """A default as a value: msgspec keeps the factory of one that is not shared."""
    return given.factory() if hasattr(given, "factory") else given


PLAIN = frozenset({str, int, bool, dict, type(None)})
"""What is JSON as it stands."""


class StructLayout(NamedTuple):
    """The fields of a struct: its tag, those of format 1, which are always written, and the others with their
    defaults."""

    tag: Mapping[str, Any]
    first: tuple[str, ...]
    new: tuple[tuple[str, Any], ...]


@cache
def layout(cls: type[Struct]) -> StructLayout:
    names, defaults = cls.__struct_fields__, cls.__struct_defaults__
    given = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    # As text, because evaluating annotations takes longer than reading a small state.
    written = {n: a for c in reversed(cls.__mro__) for n, a in vars(c).get("__annotations__", {}).items()}
    new = tuple((name, _default(given[name])) for name in names if str(written[name]).startswith("New["))
    config = cls.__struct_config__
    tag = {} if config.tag_field is None else {config.tag_field: config.tag}
    # In the order of the file, which costs less to sort.
    return StructLayout(tag, tuple(sorted(name for name in names if name not in dict(new))), new)


class JsonWriter:
    """Turns values into JSON. `format` is the oldest format that has all the fields that were written so far."""

    def __init__(self) -> None:
        self.format = 1

    def json(self, value: Any) -> Any:
        if type(value) is datetime:
            return instant_text(value)
        if isinstance(value, Struct):
            return self._object(value)
        return [self.json(v) for v in value] if type(value) is tuple else value

    def part(self, value: Any) -> Any:
        """A part of a state. Those that are mappings come in the order of their keys."""
        if isinstance(value, Mapping):
            return {key: self.json(entry) for key, entry in sorted(value.items())}
        return self.json(value)

    def parts(self, recorded: Recorded) -> Object:
        """Everything that a state holds, under its own keys."""
        _, first, new = layout(Recorded)
        written = [*first, *self._used(recorded, new)]
        return {name: self.part(getattr(recorded, name)) for name in written}

    def _object(self, value: Struct) -> Object:
        tag, first, new = layout(type(value))
        written = (*first, *self._used(value, new)) if new else first
        result = {name: v if type(v := getattr(value, name)) in PLAIN else self.json(v) for name in written}
        result.update(tag)
        return result

    def _used(self, value: Struct, new: tuple[tuple[str, Any], ...]) -> list[str]:
        """The fields of format 2 that have another value than their default."""
        used = [name for name, default in new if getattr(value, name) != default]
        if used:
            self.format = FORMAT
        return used


BUILDING = RLock()
"""What msgspec knows of a type is found out when that is first used. Where two threads do so at once, it crashes."""


def bare(of: Any) -> Any:
    """A type without its annotations."""
    return get_args(of)[0] if get_origin(of) is Annotated else of
