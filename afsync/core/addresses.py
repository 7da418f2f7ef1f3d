"""Addresses of templates, jobs and occurrences: their form, their parts, and globs over them."""

from __future__ import annotations

import json
import re
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from afsync.core.regex import regex
from afsync.core.text import nfc

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

ADDRESS = re.compile(rf'(?P<kind>template|job)\.(?P<key>{KEY.pattern})(?:\["(?P<instance>[^"\\\[\]]+)"\])?')

_PLAIN_WORD = regex(r"[A-Za-z0-9._-]+")

_PLAIN_SCALAR = regex(r"[A-Za-z_][A-Za-z0-9._|@+-]*")


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
    """The part after the kind: `best-cs2`, `show["2026-12-07"]`."""
    return address.split(".", 1)[1]


def typed(word: str) -> str:
    """An address or an id as it is entered in a shell: in quotes only where it needs them."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    from shlex import quote

    return quote(word)


def in_yaml(word: str) -> str:
    """An id as a value in YAML: in quotes only where it needs them."""
    return word if _PLAIN_SCALAR.fullmatch(word) else json.dumps(word, ensure_ascii=False)


MAIN = "main"
"""The name of the only time of a date, which is left out of an address."""

_INSTANCE = regex(r"(\d{4}-\d\d-\d\d)(?:/([A-Za-z0-9][A-Za-z0-9._-]{0,99}))?", re.ASCII)

_OCCURRENCE = regex(r'job\.(?P<key>[^\[]+)\["(?P<instance>[^"]+)"\]')


def instance_of(day: date, name: str) -> str:
    """`2026-12-07`, `2026-12-07/late`."""
    return day.isoformat() if name == MAIN else f"{day.isoformat()}/{name}"


def parse_instance(text: str) -> tuple[date, str] | None:
    """The date and the name of the time; None for anything else, `…/main` included: an occurrence has one key."""
    found = _INSTANCE.fullmatch(text)
    if found is None or found[2] == MAIN:
        return None
    try:
        return date.fromisoformat(found[1]), found[2] or MAIN
    except ValueError:
        return None


def occurrence_address(series: str, instance: str) -> str:
    return f'job.{series}["{instance}"]'


def occurrence_of(address: str) -> tuple[str, str] | None:
    """The key of the series and the instance, of an address such as `job.show["2026-12-07"]`."""
    found = _OCCURRENCE.fullmatch(address)
    return (found["key"], found["instance"]) if found else None


def matches(address: str, globs: tuple[str, ...]) -> bool:
    """Whether an address matches one of the globs; brackets are literal, since instances are written with them."""
    return any(fnmatchcase(nfc(address), nfc(g).replace("[", "[[]")) for g in globs)
