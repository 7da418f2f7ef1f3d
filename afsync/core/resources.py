"""What the files declare: templates and jobs, their addresses and fingerprints."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from afsync.core.text import composed

Values = Mapping[str, Any]
"""Field names of the API (plus `template` and `file`) to JSON values."""

EMPTY: Values = MappingProxyType({})

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
ADDRESS = re.compile(rf'(?P<kind>template|job)\.(?P<key>{KEY.pattern})(?:\["(?P<instance>[^"\\\[\]]+)"\])?')

_PLAIN_WORD = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN_SCALAR = re.compile(r"[A-Za-z_][A-Za-z0-9._|@+-]*")


class Kind(StrEnum):
    """The two kinds of resource, spelled as in an address."""

    TEMPLATE = "template"
    JOB = "job"


def address_of(kind: Kind, key: str) -> str:
    """`template.weekly`, `job.best-cs2`."""
    return kind + "." + key  # twice as fast as formatting


def kind_of(address: str) -> Kind:
    """The kind an address begins with; ValueError when it is not an address."""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is not an address such as template.weekly or job.best-cs2")
    return Kind(match["kind"])


def key_of(address: str) -> str:
    """What follows the kind: `best-cs2`, `show["2026-12-07"]`."""
    return address.split(".", 1)[1]


def typed(word: str) -> str:
    """An address or an id as it is typed in a shell: in quotes only where it needs them."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    from shlex import quote

    return quote(word)


def in_yaml(word: str) -> str:
    """An id as a value in YAML: in quotes only where it needs them."""
    return word if _PLAIN_SCALAR.fullmatch(word) else json.dumps(word, ensure_ascii=False)


Utc = Annotated[datetime, Meta(tz=True, description="UTC.", extra_json_schema={"pattern": "Z$"})]


class Schedule(Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """A publish time: as somebody wrote it, the instant it means (UTC), and the zone it is shown in.

    The zone makes no difference between two of them.
    """

    written: str
    utc: Utc
    zone: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self.utc == other.utc and self.written == other.written


class File(Struct, frozen=True):
    """A file to upload, as it was when it was hashed. `path` is relative to the project root, `size` in bytes."""

    path: str
    sha256: str
    size: int


class Template(Struct, frozen=True):
    """A declared template. `values` are the API's own fields, `name` among them."""

    key: str
    values: Values
    prevent_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return address_of(Kind.TEMPLATE, self.key)

    @property
    def name(self) -> str:
        return str(self.values["name"])


class Job(Struct, frozen=True):
    """A declared job.

    `values` are the API's own fields after defaults and interpolation, as a person would write them in a
    request, except that a template is named by key in `template` and an uploaded file by its sha256 in `file`.
    The schedule, and the `publishMode: scheduled` that comes from it, are not in `values`.
    `prevent_destroy` is None where the files say nothing. `rerun` is compared as text. `approve` is the id of the
    one submission that may be published. `held` says that afsync publishes it at its time, not the service;
    `publish_declared`, that the files say who does.
    """

    key: str
    values: Values
    schedule: Schedule | None = None
    file: File | None = None
    rerun: str | None = None
    allow_duplicate: bool = False
    prevent_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    approve: str | None = None
    held: bool = False
    publish_declared: bool = False

    @property
    def address(self) -> str:
        return address_of(Kind.JOB, self.key)

    @property
    def template(self) -> str | None:
        """The address of the declared template it is made from."""
        key = self.values.get("template")
        return address_of(Kind.TEMPLATE, key) if isinstance(key, str) else None


class Bounds(Struct, frozen=True):
    """The most that is applied unattended: credits spent, and resources destroyed, replacements included."""

    max_credits: int = 0
    max_deletes: int = 0


class Limits(Struct, frozen=True):
    """What a run may do at the most; None where nothing is declared. `max_deletes` is a number or a percentage."""

    max_credits: int | None = None
    max_creates: int | None = None
    max_deletes: int | None = None
    max_deletes_percent: float | None = None


class Desired(Struct, frozen=True):
    """Everything the files say about the account, by address. `imports` maps addresses to ids to take over. `shared`
    are the URLs that a series gives all of its occurrences, by its key."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    limits: Limits = Limits()
    timezone: str | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def get(self, address: str) -> Template | Job | None:
        return self.templates.get(address) or self.jobs.get(address)

    @property
    def paths(self) -> dict[str, str]:
        """The files of the jobs, by sha256."""
        return {job.file.sha256: job.file.path for job in self.jobs.values() if job.file is not None}


def plain(value: Any) -> Any:
    """`value` as JSON would hold it: mappings as dicts, tuples as lists, whole floats as ints."""
    match value:
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


JOB_DEFAULTS: Values = MappingProxyType(
    {"format": "short", "durationMins": 1, "publishMode": "immediate", "staging": False}
)
"""What the API assumes where a job made without a template says nothing (API.md, POST /jobs)."""


def normalise(kind: Kind, values: Values) -> dict[str, Any]:
    """`values` in the one form in which equal requests are equal.

    Texts are in NFC; platforms are a set; integers are ints; an empty `addOns` is none; what the API would
    assume anyway is spelled out, but only where no template could say otherwise.
    """
    return _spelt_out(kind, composed(plain(values)))


def _spelt_out(kind: Kind, values: dict[str, Any]) -> dict[str, Any]:
    result = {k: v for k, v in values.items() if v not in (None, {}, [])}
    platforms = result.get("platforms")
    if isinstance(platforms, list) and all(isinstance(p, str) for p in platforms):
        result["platforms"] = sorted(set(platforms))
    if kind is Kind.JOB:
        result.setdefault("entry", "fetch")
        if "template" not in result and "fromTemplateId" not in result:
            result = {**JOB_DEFAULTS, **result}
    return result


def fingerprint(kind: Kind, values: Values) -> str:
    """A hash of the normalised body: 32 hex digits. Two requests that mean the same have the same one."""
    return _hash(kind, normalise(kind, values))


def recorded_fingerprint(kind: Kind, known: Values, known_fingerprint: str) -> str:
    """The fingerprint of what was recorded, as it would be made now: that of texts which are not in NFC was another."""
    if repr(known).isascii():
        return known_fingerprint
    now = fingerprint(kind, known)
    if now == known_fingerprint or _hash(kind, _spelt_out(kind, plain(known))) != known_fingerprint:
        return known_fingerprint
    return now


def _hash(kind: Kind, normalised: Values) -> str:
    text = json.dumps([kind.value, normalised], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_OPEN_FIELDS = frozenset({"addOns", "clipSpec", "effects"})
"""Fields of any JSON, in which Python takes `true` and `1` for equal and the service need not."""


def same_body(values: Values, known: Values, known_fingerprint: str) -> bool:
    """Whether a job's `values` ask for what `known` asked for, whose fingerprint is given. What is written alike needs
    no hash, and that is nearly all of a plan."""
    if values == known and _OPEN_FIELDS.isdisjoint(values):
        return True
    return same_request(Kind.JOB, values, known, known_fingerprint)


def same_request(kind: Kind, values: Values, known: Values, known_fingerprint: str) -> bool:
    """Whether `values` ask for what `known` asked for, whose fingerprint was recorded."""
    wanted = fingerprint(kind, values)
    return wanted == known_fingerprint or wanted == recorded_fingerprint(kind, known, known_fingerprint)
