"""`${var.x}`, `${env.NAME}` and `${env.NAME:-default}` inside of values; `$${` stands for a literal `${`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field

from afsync.config.problems import BROKEN, MAX_PROBLEMS, Code, Diagnostic, InvalidValue, Path
from afsync.config.scalars import clean
from afsync.core.regex import regex
from afsync.core.text import Effort, closest, did_you_mean

MAX_TEXT: Final = 100_000
"""The longest text a value may become, in characters."""

MAX_EXPANSION: Final = 20_000_000
"""How many characters all references of a project may stand for, together."""

_MOST_WRONG: Final = 10
"""After so many wrong references in one text, the rest of it is not looked at."""


SECRET = "AURAFLUX_API_KEY"
"""Variables that begin so hold the API key or lead to it. A file that could read them could send them away."""

_SECRET_WORDS = "TOKEN|SECRETS?|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|KEYS?|APIKEY|PAT|AUTH|COOKIE|JWT|DSN"
_SECRETIVE = regex(rf"(^|_)({_SECRET_WORDS})(_|$)|^ACTIONS_", re.IGNORECASE)
"""Names that CI systems and people give to secrets. Whoever opens a pull request writes what the plan reads, and the
plan is posted where others see it."""

OWN = "AFSYNC_"
"""How the variables begin that afsync itself is given: where the state is, and how it is reached."""

OPEN = "AFSYNC_VAR_"
"""How the variables begin that are meant for the files."""

LISTED = "AFSYNC_ENV"
"""The variable in which whoever runs afsync lists what else the files may read. The files cannot widen it."""

_CREDENTIALS = regex(
    r"(?:://|^//)\s*(?:[^/?#\s]*|[^/?#\s:@]*:(?!\d+(?:[/?#]|$))\S*)@|^(?!mailto:)[^\s:/@]+:(?!//)[^\s@]+@[^\s@]+$"
)
"""A URL with a user or a password in it, also one without its scheme."""

_TOKEN = regex(r"\$\$\{|\$\{(?P<name>[^${}]*)\}|\$\{")
_KEY = r"[A-Za-z_][A-Za-z0-9_-]*"
_KINDS = ("var", "env", "occurrence", "row")
_NAME = regex(rf"var\.(?P<var>{_KEY})|env\.(?P<env>{_KEY})(?::-(?P<default>(?s:.*)))?", re.ASCII)
_LATER = regex(r"(?<!\$)\$\{(?:occurrence|row)\.")


class Spent(Struct):
    """What the references of a project have used so far: characters, and the search for what misspelt ones mean."""

    characters: int = 0
    effort: Effort = field(default_factory=Effort)

    def count(self, value: Any) -> None:
        """InvalidValue(out_of_range) at the value that is too much; what comes behind it is not counted."""
        before = self.characters
        self.characters += sum(len(item) if isinstance(item, str) else 20 for item in _items(value))
        if before <= MAX_EXPANSION < self.characters:
            message = f"the references up to here stand for more than {MAX_EXPANSION:,} characters, together"
            raise InvalidValue(Code.OUT_OF_RANGE, message, "use shorter variables, or fewer references")

    @property
    def over(self) -> bool:
        return self.characters > MAX_EXPANSION


class Later(Struct, frozen=True):
    """A text that names the occurrence it is for, and is filled in when that is known."""

    text: str


class Scope(Struct, frozen=True):
    """What can be named: the project's variables (None while these themselves are read) and the environment.

    `later`: what names an occurrence is left as a `Later`. `names` are those of one occurrence.
    """

    environ: Mapping[str, str]
    variables: Mapping[str, Any] | None = None
    spent: Spent = field(default_factory=Spent)
    later: bool = False
    names: Callable[[str], str | None] | None = None

    def __repr__(self) -> str:
        return "Scope(…)"  # the environment holds secrets


def interpolate(value: Any, path: Path, scope: Scope, faults: list[Diagnostic]) -> Any:
    """`value` with every reference in it replaced; keys stay as they are. What is wrong is added to `faults`.

    A mapping or list without references is returned itself, not a copy: a large file may hold a million of them.
    """
    match value:
        case str() if "${" in value:
            return _expand(value, path, scope, faults)
        case dict():
            items: Iterable[tuple[Any, Any]] = value.items()
        case list():
            items = enumerate(value)
        case _:
            return value
    result = value
    for key, before in items:
        after = interpolate(before, (*path, key), scope, faults)
        if after is not before:
            result = value.copy() if result is value else result
            result[key] = after
    return result


def refuse(value: Any, path: Path, faults: list[Diagnostic]) -> None:
    """Adds a fault for every reference in `value`, for the parts of a project that hold none."""
    match value:
        case str() if "${" in value:
            message = "references work in `templates`, `jobs`, `defaults` and `vars` only"
            faults.append(Diagnostic(Code.BAD_INTERPOLATION, path, message, "write the value itself here"))
        case dict():
            for key, child in value.items():
                refuse(child, (*path, key), faults)
        case list():
            for index, child in enumerate(value):
                refuse(child, (*path, index), faults)


def _expand(text: str, path: Path, scope: Scope, faults: list[Diagnostic]) -> Any:
    """The new value of `text`, of any type where it is one reference and nothing else; BROKEN when it cannot be had."""
    if scope.later and _LATER.search(text):
        return Later(text)
    if len(faults) > MAX_PROBLEMS:
        return BROKEN  # no more is shown
    parts: list[Any] = []
    end = length = broken = 0
    for token in _TOKEN.finditer(text):
        before, end = text[end : token.start()], token.end()
        try:
            value = _replacement(token, scope, whole=token[0] == text)
            length = _length(length + len(before), value)
            parts += (before, value)
            broken += value is BROKEN
        except InvalidValue as wrong:
            faults.append(wrong.at(path))
            broken += 1
            if wrong.code == Code.OUT_OF_RANGE or broken > _MOST_WRONG:
                break
    if broken:
        return BROKEN
    if len(parts) == 2 and parts[0] == "" and end == len(text):
        return parts[1]
    return "".join([*parts, text[end:]])


def _length(before: int, value: Any) -> int:
    """How long the text is with `value` at its end. InvalidValue(out_of_range)."""
    after = before + len(value) if isinstance(value, str) else before
    if after > MAX_TEXT:
        raise InvalidValue(
            Code.OUT_OF_RANGE, f"this becomes longer than {MAX_TEXT} characters", "use shorter variables"
        )
    return after


def _items(value: Any) -> Any:
    return value if isinstance(value, list) else (value,)


def _replacement(token: re.Match[str], scope: Scope, *, whole: bool) -> Any:
    """What a reference stands for: its value where it is the `whole` text, else that value as text, or BROKEN."""
    if token[0] == "$${":
        return "${"
    if token["name"] is None:
        raise InvalidValue(Code.BAD_INTERPOLATION, "`${` is not closed", "write ${var.name}, or $${ for a literal ${")
    value = BROKEN if scope.spent.over else _look_up(token["name"], scope)
    scope.spent.count(value)
    if whole or value is BROKEN or isinstance(value, str):
        return value
    if isinstance(value, list):
        message = f"`{token[0]}` is a list, which cannot be part of a text"
        raise InvalidValue(Code.BAD_INTERPOLATION, message, "let it be the whole value")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _look_up(name: str, scope: Scope) -> Any:
    if scope.names is not None and (value := scope.names(name)) is not None:
        return value
    found = _NAME.fullmatch(name)
    if found is None and name.startswith(("occurrence.", "row.")):
        message = f"`${{{name[:60]}}}` names an occurrence, and this belongs to none"
        hint = "use `occurrence.` in the fields of a job that has `repeat`, `row.` in one that has `rows`"
        raise InvalidValue(Code.BAD_INTERPOLATION, message, hint)
    if found is None:
        message = f"`${{{name[:60]}}}` is not a reference"
        kind, dot, rest = name.partition(".")
        near = closest(kind, _KINDS, scope.spent.effort) if dot and kind not in _KINDS else None
        hint = "write ${var.name} or ${env.AFSYNC_VAR_NAME}, in a series ${occurrence.date}, or $${ for a literal ${"
        raise InvalidValue(
            Code.BAD_INTERPOLATION, message, f"did you mean `${{{near}.{rest[:60]}}}`?" if near else hint
        )
    return _variable(found["var"], scope) if found["var"] else _environment(found["env"], found["default"], scope)


def _variable(key: str, scope: Scope) -> Any:
    if scope.variables is None:
        raise InvalidValue(
            Code.BAD_INTERPOLATION, "a variable cannot use another one", "write its value out; ${env.…} works"
        )
    if key not in scope.variables:
        hint = (
            did_you_mean(key, scope.variables, scope.spent.effort)
            or f"declare it under `vars:` in afsync.yaml, as `{key}: …`"
        )
        raise InvalidValue(Code.UNKNOWN_VAR, f"there is no variable `{key}`", hint)
    return scope.variables[key]


def _environment(key: str, default: str | None, scope: Scope) -> str:
    if key.upper().startswith(SECRET):
        raise InvalidValue(
            Code.FORBIDDEN_ENV, f"`{key}` cannot be read from YAML", "remove it: the key is sent by itself"
        )
    if _SECRETIVE.search(key):
        message = f"`{key}` is named like a secret, and what YAML reads is shown in every plan"
        raise InvalidValue(Code.FORBIDDEN_ENV, message, "if it is none, give it another name")
    _check_listed(key, scope)
    value = scope.environ.get(key)
    if default is not None and not value:
        return default
    if value is None:
        hint = f"set {key}, or write ${{env.{key}:-…}} with what to use without it"
        raise InvalidValue(Code.UNKNOWN_ENV, f"the environment has no variable `{key}`", hint)
    if _CREDENTIALS.search(value):
        message = f"`{key}` holds a URL with a user or a password, and what YAML reads is shown in every plan"
        raise InvalidValue(Code.FORBIDDEN_ENV, message, "put a URL without it there")
    return clean(value)


def _check_listed(key: str, scope: Scope) -> None:
    """Raises InvalidValue(forbidden_env) for a variable that is not listed for the files: a pull request edits
    them, and its plan is posted."""
    if key.startswith(OPEN) and key != OPEN:
        return
    listed = [name for name in (part.strip() for part in scope.environ.get(LISTED, "").split(",")) if name]
    if key.upper().startswith(OWN):
        message = f"`{key}` is how afsync itself is set up, and cannot be read from YAML"
        raise InvalidValue(Code.FORBIDDEN_ENV, message, f"names that begin with {OPEN} are for the files")
    if key not in listed:
        message = f"`{key}` is not among the variables that these files may read"
        allowed = ",".join([*dict.fromkeys(listed), key])
        hint = f"set {LISTED}={allowed} where afsync runs, or name it {OPEN}{key} there and in ${{env.{OPEN}{key}}}"
        raise InvalidValue(Code.FORBIDDEN_ENV, message, hint)
