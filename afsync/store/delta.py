"""What one write changed, as a small JSON object: made by comparing two states, and played back onto one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from operator import is_not
from typing import Any, TypeVar

from msgspec.structs import replace

from afsync.core.recorded import Intent, Record, Recorded
from afsync.store import fields as f
from afsync.store.document import read_decision, read_upload_at
from afsync.store.fields import Object, Wrong, within
from afsync.store.records import (
    account_json,
    deposed_json,
    intent_json,
    read_account,
    read_deposed,
    read_intent,
    read_record,
    record_json,
    upload_json,
)

T = TypeVar("T")

_TO_JSON: Mapping[str, Callable[[Any], Any]] = {
    "account": account_json,
    "applied_plans": list,
    "counter": int,
    "decisions": list,
    "deposed": lambda deposed: [deposed_json(d) for d in deposed],
    "foreign": list,
    "serial": int,
}
"""The parts that are written whole when they change: they are small."""

KEYS = frozenset({*_TO_JSON, "intents", "resources", "uploads"})
assert {*KEYS, "lineage"} == set(Recorded.__struct_fields__), "every part of a state is in a delta"


def changed_resources(old: Recorded, new: Recorded) -> Mapping[str, Record | None]:
    """The records that are other objects in `new`, by address; None for what is gone."""
    return _changed(old.resources, new.resources)


def delta(old: Recorded, new: Recorded, resources: Mapping[str, Record | None]) -> Object:
    """What has to be known besides `old` to have `new`, whose changed resources are given. Only parts that are other
    objects are looked at.

    `intents` lists the open ones in order: one that did not change by its uuid, any other in full.
    """
    parts: Object = {key: write(getattr(new, key)) for key, write in _TO_JSON.items() if _differ(old, new, key)}
    if resources:
        parts["resources"] = {a: r and record_json(r) for a, r in resources.items()}
    uploads = _changed(old.uploads, new.uploads)
    if uploads:
        parts["uploads"] = {sha: u and upload_json(u) for sha, u in uploads.items()}
    if old.intents is not new.intents:
        before = {i.uuid: i for i in old.intents}
        parts["intents"] = [i.uuid if before.get(i.uuid) is i else intent_json(i) for i in new.intents]
    return parts


def read_delta(parts: Object, before: Sequence[Intent]) -> dict[str, Any]:
    """The parts that changed, by name; of resources and uploads only those that did, None for what is gone. `before`
    are the intents that were open. Wrong when it is not a change of a state."""
    unknown = parts.keys() - KEYS
    if unknown or "serial" not in parts:
        raise Wrong(f"is not a change of a state: {', '.join(sorted(unknown)) or 'it has no serial'}")
    news = {key: read(parts) for key, read in _FROM_JSON.items() if key in parts}
    if "intents" in parts:
        known = {i.uuid: i for i in before}
        news["intents"] = f.items(parts, "intents", lambda value: _intent(known, value))
    for key, read in (("resources", read_record), ("uploads", read_upload_at)):
        if key in parts:
            news[key] = {k: None if v is None else read(k, v) for k, v in f.values(parts, key).items()}
    return news


class Replay:
    """A state that deltas are played back onto. The records are copied once, not for every delta."""

    def __init__(self, base: Recorded) -> None:
        self._recorded = base
        self._resources = dict(base.resources)
        self._uploads = dict(base.uploads)

    @property
    def serial(self) -> int:
        return self._recorded.serial

    def play(self, parts: Object) -> None:
        """Wrong when the delta is not one, or does not fit."""
        news = read_delta(parts, self._recorded.intents)
        _put(self._resources, news.pop("resources", {}))
        _put(self._uploads, news.pop("uploads", {}))
        self._recorded = replace(self._recorded, **news)

    def result(self) -> Recorded:
        return replace(self._recorded, resources=self._resources, uploads=self._uploads)


_FROM_JSON: Mapping[str, Callable[[Object], Any]] = {
    "account": lambda o: within("account", read_account, o["account"]),
    "applied_plans": lambda o: f.items(o, "applied_plans", f.string),
    "counter": lambda o: f.whole(o, "counter"),
    "decisions": lambda o: f.items(o, "decisions", read_decision),
    "deposed": lambda o: f.items(o, "deposed", read_deposed),
    "foreign": lambda o: f.items(o, "foreign", f.string),
    "serial": lambda o: f.whole(o, "serial"),
}


def _differ(old: Recorded, new: Recorded, key: str) -> bool:
    before, after = getattr(old, key), getattr(new, key)
    return before is not after and bool(before != after)


def _changed(old: Mapping[str, T], new: Mapping[str, T]) -> dict[str, T | None]:
    """What is another object in `new`; None for what is gone. At C speed, because a run writes thousands of times."""
    if old is new:
        return {}
    changed: dict[str, T | None] = dict(compress(new.items(), map(is_not, new.values(), map(old.get, new))))
    added = sum(key not in old for key in changed)
    if len(new) - added != len(old):
        changed |= dict.fromkeys(old.keys() - new.keys())
    return changed


def _put(table: dict[str, T], news: Mapping[str, T | None]) -> None:
    for key, value in news.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _intent(open_intents: Mapping[str, Intent], value: Any) -> Intent:
    if not isinstance(value, str):
        return read_intent(value)
    if value not in open_intents:
        raise Wrong(f"no intent {f.shown(value)} was open")
    return open_intents[value]
