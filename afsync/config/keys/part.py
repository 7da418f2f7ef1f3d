"""What the definitions of the keys are made of, and the quick check that reads a file into them.

The modules of this package do without `from __future__ import annotations`: their annotations are values that are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import NODEFAULT, Struct, ValidationError, convert
from msgspec.structs import fields

LEFT_OUT: Any = None
"""The default of a key that may be left out. msgspec does not check defaults, so a key with an empty value does not
fit. A section that may be empty, as it is when all its entries are commented out, has the type `… | None`."""

Checker = Callable[[Any], object]


class Help:
    """What a key means and examples of its value: for `explain`, the JSON Schema and messages."""

    __slots__ = ("examples", "text")

    def __init__(self, text: str, *examples: Any) -> None:
        self.text, self.examples = text, examples


class Check(Struct, frozen=True, eq=False):
    """What must hold of a value beyond its type: `of` raises InvalidValue.

    `first`: it comes before the check of the type, which then sees what it returned. `schema` is what the JSON Schema
    adds to the type; where it has a `type`, it takes the place of that.
    """

    of: Checker
    first: bool = False
    schema: Mapping[str, Any] = {}


class Lazy(Struct, frozen=True):
    """The type of a value that most files do not have: its module is loaded for those that do."""

    module: str
    name: str

    def type(self) -> Any:
        return getattr(import_module(self.module), self.name)


class Part(Struct, forbid_unknown_fields=True):
    """A mapping without unknown keys. What msgspec does not check of its values is checked here."""

    def __post_init__(self) -> None:
        (_CHECKS.get(type(self)) or _check_of(type(self)))(self)


def fits(value: Mapping[str, Any], part: type[Part]) -> bool:
    """Whether everything in `value` has a known key and a right value. False says no more than that it may not.

    `value` is as the readers of YAML give it: keys are text, and what is broken was reported already.
    """
    try:
        convert(value, part)
    except (ValidationError, ValueError):
        return False
    return True


class Defined(Struct, frozen=True):
    """The definition of one key of a part. `attribute` is its name in Python; `type` is without what it means."""

    key: str
    attribute: str
    type: Any
    meaning: str
    examples: tuple[Any, ...]
    required: bool
    default: Any

    @property
    def may_be_empty(self) -> bool:
        """Whether the key may stand without a value."""
        return NoneType in get_args(get_args(self.type)[0] if get_origin(self.type) is Annotated else self.type)


def keys_of(part: type[Part]) -> dict[str, Defined]:
    """The keys of a part, in the order in which they are defined, those of what it extends first."""
    infos = {info.name: info for info in fields(part)}
    return {infos[name].encode_name: _defined(name, hint, infos[name]) for name, hint in _hints(part).items()}


def _defined(name: str, hint: Any, info: Any) -> Defined:
    type_, *marks = get_args(hint)
    (said,) = (mark for mark in marks if isinstance(mark, Help))
    rest = tuple(mark for mark in marks if not isinstance(mark, Help))
    of = Annotated[(type_, *rest)] if rest else type_
    required = info.default is NODEFAULT
    return Defined(info.encode_name, name, of, said.text, said.examples, required, None if required else info.default)


def _hints(part: type[Part]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(part.__mro__):
        if issubclass(base, Part):
            found.update(base.__annotations__)
    return found


def part_at(part: type[Part], path: tuple[str | int, ...]) -> type[Part] | None:
    """The part that describes the mapping at `path`; None where nothing does."""
    current: Any = part
    for step in path:
        current = _below(current, step)
    return current if _is_part(current) else None


def _below(hint: Any, step: str | int) -> Any:
    """The type of what a value of that type holds at `step`."""
    if _is_part(hint):
        key = keys_of(hint).get(str(step))
        return _plain(key.type) if key else None
    inner = get_args(hint)
    return _plain(inner[-1]) if inner else None


def _plain(hint: Any) -> Any:
    """A type without its marks and without `| None`; what is loaded for it, if it is Lazy."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        lazy = next((mark for mark in marks if isinstance(mark, Lazy)), None)
        return _plain(lazy.type() if lazy else inner)
    if get_origin(hint) in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not NoneType]
        return _plain(options[0]) if len(options) == 1 else hint
    return hint


def _is_part(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Part)


_CHECKS: dict[type[Part], Checker] = {}


def _check_of(part: type[Part]) -> Checker:
    """What checks the values of a part; made once, as code for its attributes: a loop over their names would take
    several times as long, and a file may have thousands of parts."""
    checks = {name: check for name, hint in _hints(part).items() if (check := checker(hint))}
    lines = [f"    if (value := part.{name}) is not None: checks[{name!r}](value)" for name in checks]
    made: dict[str, Any] = {"checks": checks}
    exec("\n".join(["def check(part):", *lines, "    return"]), made)
    _CHECKS[part] = made["check"]
    return _CHECKS[part]


def checker(hint: Any) -> Checker | None:
    """What checks a value of that type, as far as msgspec does not; None where nothing is left to check."""
    checks = tuple(_checks(hint))
    if len(checks) < 2:
        return checks[0] if checks else None
    return lambda value: [check(value) for check in checks]


def _checks(hint: Any) -> Iterator[Checker]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        yield from _checks(inner[0])
        for mark in inner[1:]:
            if isinstance(mark, Check):
                yield mark.of
            elif isinstance(mark, Lazy):
                yield partial(_read, mark)
    elif origin is dict:
        yield from _each(inner[0], dict.keys)
        yield from _each(inner[1], dict.values)
    elif origin is list:
        yield from _each(inner[0], iter)
    elif origin in (Union, UnionType):
        for option in inner:
            yield from _checks(option)


def _each(hint: Any, items: Callable[[Any], Iterable[Any]]) -> Iterator[Checker]:
    if check := checker(hint):
        yield lambda value: [check(item) for item in items(value)]


def _read(lazy: Lazy, value: Any) -> None:
    """Read a value into the type that is loaded for it."""
    type_ = lazy.type()
    marks = get_args(type_)[1:] if get_origin(type_) is Annotated else ()
    for mark in marks:
        if isinstance(mark, Check) and mark.first:
            value = mark.of(value)
    convert(value, type_)
    if check := checker(type_):
        check(value)
