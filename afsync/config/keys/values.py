"""The types of single values in the files, closed lists of words among them, each with what it accepts beyond a type of
Python. What a word means is said where a key takes it. `check_…` returns the value as it is, or raises InvalidValue."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from afsync.config.durations import duration_seconds, parse_span, watch_seconds
from afsync.config.keys.part import Check
from afsync.config.problems import BROKEN, Code, InvalidValue
from afsync.config.times import parse_zone
from afsync.core.addresses import ADDRESS, KEY
from afsync.core.regex import regex
from afsync.core.remote_account import EMULATOR
from afsync.core.state_place import BadPlace, is_elsewhere, state_place

Platform = Literal["tiktok", "youtube", "instagram"]
Format = Literal["short", "long"]
PublishMode = Literal["immediate", "scheduled", "manual"]
UnscheduledMode = Literal["immediate", "manual"]
Publisher = Literal["service", "held"]
Profile = Literal["broadcast_desk", "vertical_reel", "live_event"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PolicyRule = Literal[
    "allowed_platforms",
    "require_staging",
    "require_proven_schedule",
    "min_lead",
    "max_per_day",
    "blackouts",
    "publish_windows",
    "spacing",
    "max_gap",
    "budget",
]
Per = Literal["day", "week", "month"]
NotifyEvent = Literal["plan", "applied", "failed", "waits", "not_kept", "published"]
NotifyForm = Literal["slack", "webhook"]
Entry = Literal["fetch", "upload", "compose", "generate"]
Json = str | int | float | bool | list[Any] | dict[str, Any]
"""Any value; passed on as it is."""
Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0)]


def must_be_text(value: Any, hint: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(Code.WRONG_TYPE, "it must be a text", hint)
    return value


def check_of_text(parse: Callable[[str], object], hint: str) -> Callable[[Any], Any]:
    """A check by `parse` of what must be a text; the hint is for what is none."""

    def check(value: Any) -> Any:
        parse(must_be_text(value, hint))
        return value

    return check


def as_text(parse: Callable[[str], object]) -> Callable[[Any], Any]:
    """A check by `parse` that comes before the check of the type: the message about `10` is then that a unit is
    missing, not that it is not text."""

    def check(value: Any) -> Any:
        if isinstance(value, str | int | float):
            parse(str(value))
        return value

    return check


def _has_form(
    form: re.Pattern[str], said: str, hint: str, code: Code = Code.BAD_KEY, shown: int = 120
) -> Callable[[str], str]:
    """A check of the form of a text; `said` is what is wrong with one that has another."""

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise InvalidValue(code, f"`{value[:shown]}` {said}", hint)
        return value

    return check


# --- names and ids ---

_KEY = "begin with a letter or a digit, then use letters, digits, `.`, `_`, `-`; at most 100 of them"
ResourceKey = Annotated[str, Check(_has_form(KEY, "cannot be a key", _KEY))]
Address = Annotated[str, Check(_has_form(ADDRESS, "is not an address", "write it as job.KEY or template.KEY"))]
_CHANNEL = "begin with a small letter, then use small letters, digits and `-`; at most 40 of them"
ChannelName = Annotated[
    str, Check(_has_form(regex(r"[a-z][a-z0-9-]{0,39}"), "cannot be the name of a channel", _CHANNEL))
]
"""The name of an environment variable is made of it."""

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
VariableName = Annotated[
    str, Check(_has_form(_VARIABLE, "cannot be the name of a variable", "use letters, digits and `_`"))
]

_UUID = regex(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_LINEAGE = "restore the one that `afsync init` wrote: it ties these files to their state"
Lineage = Annotated[
    str, Check(_has_form(_UUID, "is not a UUID", _LINEAGE, Code.BAD_FORM, 60), schema={"format": "uuid"})
]

_IDENTIFIER = regex(r"\A\S(?:[^\t\n\r\f\v]*\S)?\Z")
"""An account's name may hold a space, and the ids of its jobs then do."""
_NO_ID = "is not an id: it begins or ends with a space, or holds a tab"
Identifier = Annotated[
    str,
    Meta(min_length=1, max_length=500),
    Check(_has_form(_IDENTIFIER, _NO_ID, "copy it from the service", Code.BAD_FORM, 60)),
]

# --- URLs ---

_LONGEST_URL: Final = 2048
_ORDINARY_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[!-~]*)?", re.ASCII)
"""Most URLs are nothing else, and need no closer look."""


def check_url(value: str) -> str:
    """An http(s) URL without credentials."""
    if _ORDINARY_URL.fullmatch(value) and len(value) <= _LONGEST_URL:
        return value
    hint = "write it as https://clips.twitch.tv/your-clip"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidValue(Code.BAD_URL, f"`{value[:80]}` is not a URL", hint) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", value) or len(value) > _LONGEST_URL:
        raise InvalidValue(Code.BAD_URL, f"`{value[:80]}` is not an http(s) URL", hint)
    if parts.username is not None or parts.password is not None:
        raise InvalidValue(Code.BAD_URL, "the URL holds a user name or a password", "remove what stands before the `@`")
    return value


def check_base_url(value: str) -> str:
    """The service's URL, https except on loopback, or `emulator`."""
    if value == EMULATOR:
        return value
    check_url(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment:
        raise InvalidValue(Code.BAD_URL, "a base URL has no `?` and no `#`", "end it with the version, as in …/v1")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InvalidValue(
            Code.BAD_URL, "http is accepted for this machine only: the API key would be readable", "use https"
        )
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return bool(ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


Url = Annotated[str, Check(check_url, schema={"pattern": "^https?://"})]
BaseUrl = Annotated[str, Check(check_base_url, schema={"pattern": f"^(https?://.+|{EMULATOR})$"})]

# --- times ---


def check_zone(value: str) -> str:
    """An IANA time zone."""
    parse_zone(value)
    return value


Zone = Annotated[str, Check(check_zone)]
Duration = Annotated[str, Check(as_text(duration_seconds), first=True, schema={"pattern": "^[0-9]+(s|m|h)$"})]
Watch = Annotated[str, Check(as_text(watch_seconds), first=True, schema={"pattern": "^[0-9]+(s|m|h|d)$"})]
Span = Annotated[
    str,
    Check(
        check_of_text(parse_span, "write it as 14d or 36h"),
        first=True,
        schema={"type": "string", "pattern": "^[0-9]+(h|d)$"},
    ),
]

# --- where the state is ---

_RESERVED = frozenset(
    {"", ".afsync", "afsync.yaml", "afsync.yml", ".gitignore"}
    | {f".afsync/{name}" for name in ("lock", "afsync.schema.json", "emulator.db")}
)
"""What cannot be a state, because it is something else."""

_BESIDE_STATES: Final = (".lock", ".journal", ".guard", ".backup", ".format-1", ".tmp")
"""How the names of what lies beside a state end."""


def check_state_path(value: str) -> str:
    """A path below afsync.yaml, on any system; or where a state can be kept elsewhere."""
    if is_elsewhere(value):
        try:
            state_place(value)
        except BadPlace as error:
            raise InvalidValue(Code.BAD_FORM, error.message, error.hint) from None
        return value
    if value.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", value) or re.match(r"[A-Za-z]:", value):
        raise InvalidValue(
            Code.OUTSIDE_PROJECT, f"`{value[:80]}` is outside of the project", "use a path below afsync.yaml"
        )
    parts = [part.casefold() for part in re.split(r"[/\\]", value) if part not in ("", ".")]
    reserved = parts[:1] == [".git"] or parts[:2] == [".afsync", "history"] or "/".join(parts) in _RESERVED
    if reserved or parts[-1].endswith(_BESIDE_STATES) or value.endswith(("/", "\\")) or not value.isprintable():
        raise InvalidValue(Code.BAD_FORM, f"`{value[:80]}` is kept for something else", "use `.afsync/state.json`")
    return value


StatePath = Annotated[str, Meta(min_length=1), Check(check_state_path)]

# --- numbers, lists, values of several types ---


def check_number(value: int) -> int:
    """How many of something are allowed."""
    if value < 0:
        raise InvalidValue(Code.OUT_OF_RANGE, "it must be at least 0", "use 0 to allow none")
    return value


_PERCENT = regex(r"(\d{1,3}(?:\.\d{1,3})?)%", re.ASCII)


def deletes_percent(value: str) -> float:
    """`30%` as 30.0."""
    found = _PERCENT.fullmatch(value)
    if found is None or float(found[1]) > 100:
        raise InvalidValue(
            Code.BAD_FORM, f"`{value[:40]}` is not a number or a percentage from 0% to 100%", "write it as 5 or as 30%"
        )
    return float(found[1])


def check_deletes(value: Any) -> Any:
    """An integer or a percentage."""
    match value:
        case bool():
            pass
        case int():
            return check_number(value)
        case str():
            deletes_percent(value)
            return value
    raise InvalidValue(Code.WRONG_TYPE, "it must be an integer or a percentage", "write it as 5 or as 30%")


Deletes = Annotated[
    int | str,
    Check(
        check_deletes,
        first=True,
        schema={"type": ["integer", "string"], "minimum": 0, "pattern": r"^[0-9]{1,3}(\.[0-9]+)?%$"},
    ),
]


def check_unique(values: Sequence[str]) -> Sequence[str]:
    """A list in which nothing stands twice."""
    if len(set(values)) == len(values):
        return values
    for value in values:
        if values.count(value) > 1:
            raise InvalidValue(Code.DUPLICATE_ITEM, f"`{value}` is listed twice", "keep one of them")
    return values


Unique = Check(check_unique)
Platforms = Annotated[list[Platform], Meta(min_length=1), Unique]


def check_scalar(value: Any) -> Any:
    """A text, a number, true or false. What is broken was reported already, and passes."""
    if value is not BROKEN and not isinstance(value, str | int | float):
        raise InvalidValue(Code.WRONG_TYPE, "it must be a text, a number, true or false", "write a value such as 2")
    return value


MOST_ITEMS: Final = 100
"""How many items a variable holds that is a list."""


def check_variable(value: Any) -> Any:
    """The same, or a list of these."""
    items = value if isinstance(value, list) else [value]
    if any(item is not BROKEN and not isinstance(item, str | int | float) for item in items):
        raise InvalidValue(
            Code.WRONG_TYPE, "a variable is a text, a number, true, false, or a list of these", "write one"
        )
    if len(items) > MOST_ITEMS:
        raise InvalidValue(
            Code.OUT_OF_RANGE, f"a variable holds at most {MOST_ITEMS} items", "write the list where it is used"
        )
    return value


_SCALARS = ["string", "number", "boolean"]
Scalar = Annotated[str | int | float | bool, Check(check_scalar, first=True, schema={"type": _SCALARS})]

Variable = Annotated[
    Any,
    Check(
        check_variable,
        first=True,
        schema={"type": [*_SCALARS, "array"], "items": {"type": _SCALARS}, "maxItems": MOST_ITEMS},
    ),
]
