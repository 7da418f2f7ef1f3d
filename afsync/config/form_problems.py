"""What is wrong with the form of a file, in plain English: from what pydantic finds. A large file is judged a portion
at a time, so that memory stays bounded."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from afsync.config.keys.part import Part, keys_of, part_at
from afsync.config.keys.project import IncludedFile, ProjectFile
from afsync.config.keys.resources import JobPart, TemplatePart
from afsync.config.models import model_of
from afsync.config.problems import BROKEN, MAX_PROBLEMS, NO_VALUE, Code, Diagnostic, Diagnostics, InvalidValue, Path
from afsync.config.series_values import weekday_meant
from afsync.core.text import did_you_mean, one_of

_PORTION: Final = 200
"""How many jobs are explained at a time."""

_MOST: Final = 1_000
"""How many entries of any other list or mapping are."""

_BY_KEY = ("templates", "jobs", "import", "vars")
"""The sections that hold any number of entries."""

_FREE = frozenset({"clipSpec", "effects", "addOns"})
"""Values of any form, which are never wrong."""

_KNOWN = frozenset(key for part in (ProjectFile, JobPart, TemplatePart) for key in keys_of(part))


def explained(value: Mapping[str, Any], *, included: bool) -> tuple[bool, Diagnostics]:
    """Whether afsync.yaml, or a file that it includes, is right in its form, and what is wrong with it that was not
    reported already, as far as it is shown."""
    faults, right = Diagnostics(), True
    cut: list[Diagnostic] = []
    for portion in _portions(value):
        part = _trimmed(portion, (), cut)
        fine, found = check(IncludedFile if included else ProjectFile, part)
        right &= fine
        for fault in found:
            faults.append(fault)
        if len(faults) > MAX_PROBLEMS:
            break
    if not faults and right and cut:
        faults.append(cut[0])
    return right and not cut, faults


def _portions(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The file without what is large, then some of what is large at a time."""
    sections = ((k, value.get(k)) for k in _BY_KEY)
    large = {k: part for k, part in sections if isinstance(part, dict) and len(part) > _PORTION}
    yield {k: part for k, part in value.items() if k not in large} if large else value
    for section, entries in large.items():
        items = iter(entries.items())
        while portion := dict(islice(items, _PORTION)):
            yield {"version": 1, section: portion}


def _trimmed(value: Any, path: Path, cut: list[Diagnostic]) -> Any:
    """`value` with the first entries of what is long. What it then lacks may be what is wrong: that is in `cut`."""
    if isinstance(value, dict):
        kept = value
        if len(value) > _MOST:
            kept = {**dict(islice(value.items(), _MOST)), **{k: value[k] for k in _KNOWN if k in value}}
        result: Any = {k: v if k in _FREE else _trimmed(v, (*path, k), cut) for k, v in kept.items()}
    elif isinstance(value, list):
        result = [_trimmed(item, (*path, n), cut) for n, item in enumerate(value[:_MOST])]
    else:
        return value
    if len(result) < len(value):
        message = f"this has {len(value):,} entries, and something is wrong behind the first {_MOST:,}"
        cut.append(Diagnostic(Code.OUT_OF_RANGE, path, message, "shorten it"))
    return result


_KEY_MARK = "[key]"
"""What pydantic appends to the place of a mapping's key."""

_SECRETS = {"apikey", "key", "token", "secret", "apitoken", "aurafluxapikey", "bearer", "authorization"}
"""What people call the API key, with nothing but its letters."""

_FEW = 7
"""How many choices a message can name."""

_CALLED = {
    **dict.fromkeys(("title", "subject"), ("name", "topic")),
    **dict.fromkeys(("publishat", "publishtime", "publishdate", "scheduledat", "time", "when", "date"), ("schedule",)),
    **dict.fromkeys(("duration", "length", "minutes"), ("durationMins",)),
    **dict.fromkeys(("source", "link", "video"), ("url",)),
    **dict.fromkeys(("platform", "channels", "networks"), ("platforms",)),
    **dict.fromkeys(("zone", "tz"), ("timezone",)),
}
"""What people call a key, with nothing but its letters: more often meant than what is spelt alike."""

_OF_A_FORM = {"schedule", "url", "urls", "base_url", "timezone", "dates", "hours"}
"""Texts that a number in quotes is not yet one of."""

_TYPES = {
    "string_type": "a text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def check(part: type[Part], value: Mapping[str, Any]) -> tuple[bool, list[Diagnostic]]:
    """Whether a file, or a part of one, is right in its form; and everything wrong with it that was not reported
    already."""
    try:
        model_of(part).model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        faults = [fault for detail in details for fault in _fault(part, detail, value)]
        return False, [fault if fault.hint else replace(fault, hint=_for_example(part, fault.path)) for fault in faults]
    return True, []


def _fault(part: type[Part], detail: ErrorDetails, whole: Mapping[str, Any]) -> Iterator[Diagnostic]:
    path, given, context = detail["loc"], detail["input"], detail.get("ctx", {})
    if given is BROKEN:
        return
    at_key = path[-1:] == (_KEY_MARK,)
    path = path[:-1] if at_key else path
    match detail["type"]:
        case kind if given is NO_VALUE and kind != "extra_forbidden":
            yield Diagnostic(Code.NO_VALUE, path, f"`{path[-1]}` has no value", "write one, or remove the line")
        case "value_error":
            yield _own(context["error"], path, at_key=at_key)
        case "extra_forbidden":
            yield _unknown_key(part, path, whole)
        case "missing":
            yield _missing(part, path)
        case "literal_error":
            yield replace(_unknown_value(path, given, context["expected"]), at_key=at_key)
        case kind if kind in _TYPES:
            yield _wrong_type(part, path, given, _TYPES[kind])
        case kind if kind in _BOUNDS:
            word, bound = _BOUNDS[kind]
            message = f"{_name(path)} must be {word} {context[bound]:g}, not {given:g}"
            yield Diagnostic(Code.OUT_OF_RANGE, path, message, None)
        case kind:
            yield _by_length(path, kind, given, context, detail["msg"])


def _own(error: InvalidValue, path: Path, *, at_key: bool) -> Diagnostic:
    """What one of our own checks said."""
    message = re.sub("^it must", f"{_name(path)} must", error.message)
    return Diagnostic(error.code, path, message, error.hint, at_key)


def _by_length(path: Path, kind: str, given: Any, context: Mapping[str, Any], said: str) -> Diagnostic:
    match kind:
        case "string_too_short" | "too_short":
            return Diagnostic(Code.NO_VALUE, path, f"{_name(path)} is empty", "write a value, or remove the line")
        case "string_too_long":
            message = f"{_name(path)} has {len(given)} characters; {context['max_length']} are allowed"
            return Diagnostic(Code.OUT_OF_RANGE, path, message, "shorten it")
        case _:
            return Diagnostic(Code.BAD_FORM, path, f"{_name(path)}: {said}")


def _unknown_key(part: type[Part], path: Path, whole: Mapping[str, Any]) -> Diagnostic:
    key = str(path[-1])
    parent = part_at(part, path[:-1])
    known = set(keys_of(parent)) if parent else set()
    if part is IncludedFile and len(path) == 1 and key in keys_of(ProjectFile):
        hint = "move it there; an included file holds `templates`, `jobs` and `import`"
        return Diagnostic(Code.NOT_ALLOWED_HERE, path, f"`{key}` belongs in afsync.yaml", hint, at_key=True)
    if re.sub("[^a-z]", "", key.lower()) in _SECRETS:
        hint = "keys never stand in files: set AURAFLUX_API_KEY instead, and make a new one if this was shared"
        return Diagnostic(Code.UNKNOWN_KEY, path, f"unknown key `{key}`", hint, at_key=True)
    near = _meant(key, known, _value_at(whole, path[:-1])) or did_you_mean(key, known)
    hint = near or f"remove it; known here: {', '.join(sorted(known))}"
    return Diagnostic(Code.UNKNOWN_KEY, path, f"unknown key `{key}`", hint, at_key=True)


def _meant(key: str, known: Container[str], beside: Container[str]) -> str | None:
    """`did you mean ...?` for what people call by this name, or that it is there already; None for no such name."""
    called = _CALLED.get(re.sub("[^a-z]", "", key.lower()), (key,))
    if "schedule" in called and "on" in known:
        return "write `on` for another day, `at` for another time of day"
    if "on" in known and key in keys_of(JobPart):
        return "move it out of `except`: it is said of the whole series"
    names = [n for n in called if n in known]
    free = [n for n in names if n not in beside]
    if free:
        return f"did you mean `{free[0]}`?"
    return f"remove it: `{names[0]}` is there already" if names else None


def _missing(part: type[Part], path: Path) -> Diagnostic:
    return Diagnostic(Code.MISSING, path, f"`{path[-1]}` is missing", f"add {_example(part, path)}", at_key=True)


def _unknown_value(path: Path, given: Any, expected: str) -> Diagnostic:
    if path == ("version",):
        message = f"`version` must be 1, not {shown(given)}"
        return Diagnostic(
            Code.UNKNOWN_VERSION, path, message, "write `version: 1`; a newer format needs a newer afsync"
        )
    words = re.findall(r"'([^']*)'", expected)
    day = weekday_meant(given) if isinstance(given, str) and path[-2:-1] == ("days",) else None
    near = f"did you mean `{day}`?" if day in words else did_you_mean(given, words)
    if len(words) > _FEW:
        message = f"{_name(path)} cannot be {shown(given)}"
        return Diagnostic(Code.UNKNOWN_VALUE, path, message, near or f"use {one_of(words)}")
    message = f"{_name(path)} must be {one_of(words)}, not {shown(given)}"
    return Diagnostic(Code.UNKNOWN_VALUE, path, message, near or f"use {one_of(words)}")


def _wrong_type(part: type[Part], path: Path, given: Any, wanted: str) -> Diagnostic:
    message = f"{_name(path)} must be {wanted}, not {shown(given)}"
    of_a_form = wanted == "a text" and not _OF_A_FORM.isdisjoint(path[-2:])
    hint = None if of_a_form else _type_hint(given, wanted)
    if wanted == "a list" and path[-1:] == ("days",) and isinstance(given, str) and (day := weekday_meant(given)):
        hint = f"write it as [{day}]"
    if wanted == "a mapping":
        hint = _for_example(part, path) or "write `key: value` lines below it, indented"
    return Diagnostic(Code.WRONG_TYPE, path, message, hint)


def _type_hint(given: Any, wanted: str) -> str | None:
    match wanted, given:
        case "a list", str() | int() | float():
            return f"write it as [{given}]" if len(str(given)) <= 60 else "write it as a list"
        case (("a number" | "an integer"), str()) if re.fullmatch(r"-?\d+(\.\d+)?", given):
            return "remove the quotes; a value from ${env.…} is always text"
        case "true or false", str() if given.lower() in ("yes", "no", "on", "off"):
            return f"`{given}` is text in YAML 1.2: write `{'true' if given.lower() in ('yes', 'on') else 'false'}`"
        case "true or false", str() if given.lower() in ("true", "false"):
            return f"write {given.lower()}, without quotes"
        case "a text", bool() | int() | float():
            return "put it in quotes"
        case "true or false", _:
            return "write true or false"
        case _:
            return None


def _for_example(part: type[Part], path: Path) -> str | None:
    example = _example(part, path)
    return f"write it as {example}" if example else None


def _example(part: type[Part], path: Path) -> str | None:
    """The field at `path`, or the one whose list it is an item of, with a value from its description."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    parent = part_at(part, path[:-1])
    key = keys_of(parent).get(str(path[-1])) if parent else None
    return f"`{path[-1]}: {_as_yaml(key.examples[0])}`" if key and key.examples else None


def _as_yaml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_as_yaml, value))}]"
        case dict():
            return "{" + ", ".join(f"{k}: {_as_yaml(v)}" for k, v in value.items()) + "}"
        case _:
            return str(value)


def shown(value: Any) -> str:
    """A short form of `value` for a message, naming its type where it would not show."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value}"' if len(value) <= 60 else f'the text "{value[:60]}…"'
        case list():
            return "a list"
        case _:
            return "a mapping"


def _name(path: Path) -> str:
    """`platforms`, or `platforms[0]`; the file itself where the path is empty."""
    if not path:
        return "the file"
    *before, last = path
    return f"`{before[-1]}[{last}]`" if isinstance(last, int) and before else f"`{last}`"


def _value_at(whole: Any, path: Path) -> Container[str]:
    """The mapping at `path`."""
    for step in path:
        whole = whole[step]
    return whole if isinstance(whole, dict) else ()
