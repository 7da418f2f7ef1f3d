"""The values of `core.state.recorded` as JSON objects, and back; and what must hold between the parts of a state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from threading import RLock
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from msgspec import Meta, Struct, ValidationError, convert

from afsync.core.addresses import ADDRESS, Kind, kind_of
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Intent, Record, RecordedJob, RecordedTemplate
from afsync.core.state.values import Sha256, Text
from afsync.store.canonical_json import InvalidDocument, Object, instant_text, shown

FORMAT = 2
"""The newest format that can be read. A document is written in the oldest one that knows all its fields."""

T = TypeVar("T")

PREFIXES = {RecordedJob: f"{Kind.JOB}.", RecordedTemplate: f"{Kind.TEMPLATE}."}
"""How an address begins, by what is recorded there."""


def _default(given: Any) -> Any:
    """A default as a value: msgspec keeps the factory of one that is not shared."""
    return given.factory() if hasattr(given, "factory") else given


PLAIN = frozenset({str, int, bool, dict, type(None)})
"""What is JSON as it stands."""


class StateFile(Recorded, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A state file: the state, and what the file says of itself. A key that is not known is refused, not passed over:
    the next write would drop what another afsync kept there."""

    format: Annotated[int, Meta(ge=1, le=FORMAT, description="1, or 2 where a field is used that 0.1 does not know.")]
    afsync: Annotated[Text, Meta(description="The version of afsync that wrote it.")]
    folded: Annotated[Sha256 | None, Meta(description="The sha256 of the journal that was taken in by this write.")]
    checksum: Annotated[Sha256, Meta(description="The sha256 of the file with these 64 digits left out.")]

    def recorded(self) -> Recorded:
        return Recorded(*[getattr(self, name) for name in Recorded.__struct_fields__])


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


def from_json(value: Any, of: type[T]) -> T:
    """Parsed JSON as a value of this type. Wrong, with the place, when it is not one."""
    try:
        with BUILDING:
            return convert(value, of)
    except (ValidationError, ValueError, RecursionError) as error:
        check(value, of)
        raise InvalidDocument(f"has a value of a wrong form: {error}") from None


def check(value: Any, of: Any) -> None:
    """Wrong, with the place, when parsed JSON is not a value of this type. All that format 1 writes must be there."""
    from afsync.store.json_problems import problem

    found = problem(value, of)
    if found is not None:
        raise InvalidDocument(found)


def check_whole(recorded: Recorded) -> None:
    """What holds between the parts: records of the kind their address says, one address per id, and intents."""
    records = recorded.resources
    check_kinds(records)
    if len({(type(r), r.id) for r in records.values()}) != len(records):
        raise InvalidDocument(_shared_id(records))
    check_intents(recorded)


def bare(of: Any) -> Any:
    """A type without its annotations."""
    return get_args(of)[0] if get_origin(of) is Annotated else of


def check_kinds(records: Mapping[str, Record | None]) -> None:
    """Every key is an address, and every record of the kind that it says; None stands for one that is gone."""
    if not all(map(ADDRESS.fullmatch, records)):
        wrong = next(address for address in records if not ADDRESS.fullmatch(address))
        raise InvalidDocument(f"{shown(wrong)} is not an address such as template.weekly or job.best-cs2")
    for address, record in records.items():
        if record is not None and not address.startswith(PREFIXES[type(record)]):
            raise InvalidDocument(
                f"{address}: kind should be {kind_of(address)}, as the address says, not '{record.kind}'"
            )


def check_intent_kinds(intents: Iterable[Intent]) -> None:
    for number, intent in enumerate(intents):
        kind = kind_of(intent.address)
        if intent.kind is not kind:
            raise InvalidDocument(f"intents[{number}]: kind should be {kind}, as the address says, not '{intent.kind}'")


def check_intents(recorded: Recorded) -> None:
    """One intent per address, of the kind it says, and numbers that were given out."""
    check_intent_kinds(recorded.intents)
    _unique("intents", "address", (i.address for i in recorded.intents))
    _unique("intents", "uuid", (i.uuid for i in recorded.intents))
    _unique("intents", "seq", (str(i.seq) for i in recorded.intents))
    highest = max((i.seq for i in recorded.intents), default=0)
    if highest > recorded.counter:
        raise InvalidDocument(f"counter is {recorded.counter}, but there is an intent numbered {highest}")


def _shared_id(records: Mapping[str, Record]) -> str:
    owners: dict[tuple[type, str], str] = {}
    for address, record in sorted(records.items()):
        other = owners.setdefault((type(record), record.id), address)
        if other != address:
            return f"{other} and {address} both have the id {record.id}"
    raise AssertionError("no id is shared")


def _unique(place: str, key: str, values: Iterable[str]) -> None:
    for value, times in Counter(values).items():
        if times > 1:
            raise InvalidDocument(f"{place}: {times} of them have the {key} {value}")
