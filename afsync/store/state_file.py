"""A state file as a value, read from JSON with the place of what is wrong, and what must hold between its parts.

Neither this module nor `core.state`, `core.records` and `core.resources` have `from __future__ import annotations`:
msgspec would compile each annotation, whenever afsync starts, to know what to decode.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import attrgetter
from types import NoneType
from typing import Annotated, Any, TypeVar

from msgspec import Meta, ValidationError, convert

from afsync.core.addresses import ADDRESS, kind_of
from afsync.core.records import Record, Sha256, Text
from afsync.core.state import Intent, Recorded
from afsync.store.canonical_json import BUILDING, FORMAT, PREFIXES, InvalidDocument, shown

T = TypeVar("T")

_ID = attrgetter("id")
_BEGINS: Mapping[type, str] = {**PREFIXES, NoneType: ""}


class StateFile(Recorded, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A state file: the state, and what the file says of itself. An unknown key is refused, not ignored: the next
    write would drop what another version of afsync keeps there."""

    format: Annotated[int, Meta(ge=1, le=FORMAT, description="1, or 2 where a field is used that 0.1 does not know.")]
    afsync: Annotated[Text, Meta(description="The version of afsync that wrote it.")]
    folded: Annotated[Sha256 | None, Meta(description="The sha256 of the journal that was taken in by this write.")]
    checksum: Annotated[Sha256, Meta(description="The sha256 of the file with these 64 digits left out.")]

    def recorded(self) -> Recorded:
        return Recorded(*[getattr(self, name) for name in Recorded.__struct_fields__])


def from_json(value: Any, of: type[T]) -> T:
    """Parsed JSON as a value of this type. InvalidDocument, with the place, when it is not one."""
    try:
        with BUILDING:
            return convert(value, of)
    except (ValidationError, ValueError, RecursionError) as error:
        check(value, of)
        raise InvalidDocument(f"has a value of a wrong form: {error}") from None


def check(value: Any, of: Any) -> None:
    """InvalidDocument, with the place, when parsed JSON is not a value of this type, or lacks what format 1 writes."""
    from afsync.store.json_problems import problem

    found = problem(value, of)
    if found is not None:
        raise InvalidDocument(found)


def check_whole(recorded: Recorded) -> None:
    """Check the parts against each other: records of the kind their address says, one address per id, and intents."""
    records = recorded.resources
    check_kinds(records)
    if len(set(zip(map(type, records.values()), map(_ID, records.values()), strict=True))) != len(records):
        raise InvalidDocument(_shared_id(records))
    check_intents(recorded)


def check_kinds(records: Mapping[str, Record | None]) -> None:
    """Every key is an address, and every record of the kind that it says; None stands for one that is gone."""
    if not all(map(ADDRESS.fullmatch, records)):
        wrong = next(address for address in records if not ADDRESS.fullmatch(address))
        raise InvalidDocument(f"{shown(wrong)} is not an address such as template.weekly or job.best-cs2")
    if all(map(str.startswith, records, map(_BEGINS.__getitem__, map(type, records.values())))):
        return
    for address, record in records.items():
        if record is not None and not address.startswith(_BEGINS[type(record)]):
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
