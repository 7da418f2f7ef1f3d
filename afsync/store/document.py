"""A whole state as a JSON object, and back: its keys, its parts, and what must hold between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from afsync.core.recorded import Record, Recorded, Upload
from afsync.store import fields as f
from afsync.store.fields import Object, Wrong, obj, within
from afsync.store.records import (
    account_json,
    deposed_json,
    intent_json,
    read_account,
    read_deposed,
    read_intent,
    read_record,
    read_upload,
    record_json,
    upload_json,
)

FORMAT = 1
"""Goes up when an older afsync could no longer read what a newer one writes."""

# A key that is not known is refused, not passed over: the next write would drop what another afsync kept there.
KEYS = frozenset({*Recorded.__struct_fields__, "format", "afsync", "folded", "checksum"})
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
SHA256 = re.compile(r"[0-9a-f]{64}")


def recorded_json(recorded: Recorded) -> Object:
    """Everything that `Recorded` holds, under the state's own keys."""
    return {
        "lineage": recorded.lineage,
        "serial": recorded.serial,
        "counter": recorded.counter,
        "account": account_json(recorded.account),
        "resources": {a: record_json(r) for a, r in sorted(recorded.resources.items())},
        "uploads": {sha: upload_json(u) for sha, u in sorted(recorded.uploads.items())},
        "deposed": [deposed_json(d) for d in recorded.deposed],
        "intents": [intent_json(i) for i in recorded.intents],
        "foreign": list(recorded.foreign),
        "decisions": list(recorded.decisions),
        "applied_plans": list(recorded.applied_plans),
    }


def read_recorded(value: Any) -> Recorded:
    """The state that a parsed document describes. Wrong, with the place, when it does not hold together."""
    o = obj(value, KEYS)
    return assembled(o, {a: read_record(a, r) for a, r in f.values(o, "resources").items()})


def assembled(o: Object, resources: Mapping[str, Record]) -> Recorded:
    """The state of these resources and of everything else in the document. Wrong, with the place, as above."""
    recorded = Recorded(
        lineage=lineage(o),
        serial=f.whole(o, "serial"),
        counter=f.whole(o, "counter"),
        account=within("account", read_account, o["account"]),
        resources=resources,
        uploads={sha: read_upload_at(sha, u) for sha, u in f.values(o, "uploads").items()},
        deposed=f.items(o, "deposed", read_deposed),
        intents=f.items(o, "intents", read_intent),
        foreign=f.items(o, "foreign", f.string),
        decisions=f.items(o, "decisions", read_decision),
        applied_plans=f.items(o, "applied_plans", f.string),
    )
    check_whole(recorded)
    return recorded


def lineage(o: Object) -> str:
    value = f.text(o, "lineage")
    if not UUID.fullmatch(value):
        raise Wrong(f"lineage should be a UUID, not {f.shown(value)}")
    return value


def read_upload_at(sha: str, value: Any) -> Upload:
    if not SHA256.fullmatch(sha):
        raise Wrong(f"uploads: {f.shown(sha)} is not a sha256")
    return within(f"uploads.{sha[:12]}…", read_upload, value)


def read_decision(value: Any) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise Wrong(f"should be an object, not {f.shown(value)}")
    return value


def check_whole(recorded: Recorded) -> None:
    """What holds between the parts: one address per id, and what holds for intents."""
    records = recorded.resources
    if len({(type(r), r.id) for r in records.values()}) != len(records):
        raise Wrong(_shared_id(records))
    check_intents(recorded)


def check_intents(recorded: Recorded) -> None:
    """One intent per address, and numbers that were given out."""
    _unique("intents", "address", (i.address for i in recorded.intents))
    _unique("intents", "uuid", (i.uuid for i in recorded.intents))
    _unique("intents", "seq", (str(i.seq) for i in recorded.intents))
    highest = max((i.seq for i in recorded.intents), default=0)
    if highest > recorded.counter:
        raise Wrong(f"counter is {recorded.counter}, but there is an intent numbered {highest}")


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
            raise Wrong(f"{place}: {times} of them have the {key} {value}")
