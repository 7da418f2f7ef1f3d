"""Which service to talk to, and with which key: who may receive the API key is decided here and nowhere else."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from afsync.core.regex import regex
from afsync.core.remote_account import EMULATOR, SERVICE
from afsync.errors import AuthError, UsageError

SERVICE_HOST = "api.auraflux.co"
IN_PROCESS_URL = "http://emulator/v1"
EMULATOR_KEY = "af_live_emulator"
"""The key of the built-in emulator. It opens nothing else; the user's own key never goes there."""

IN_FILES = "api.base_url"
VARIABLE = "AURAFLUX_BASE_URL"

_PORTS = {"https": 443, "http": 80}


class Secret:
    """An API key. It shows itself to `reveal` only: not in repr, str, format, copies of state or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str:
        raise TypeError("a key is not written anywhere")


class Access(Struct, frozen=True):
    """Where to go, and the key that may go there.

    `base_url` is what a state remembers: the URL without a slash at its end, or `emulator`. `root` is the URL that
    paths are put behind. `source` is where that was said, for people.
    """

    base_url: str
    key: Secret
    source: str = IN_FILES

    @property
    def in_process(self) -> bool:
        return self.base_url == EMULATOR

    @property
    def root(self) -> str:
        return IN_PROCESS_URL if self.in_process else self.base_url

    @property
    def host(self) -> str:
        return urlsplit(self.root).hostname or ""

    @property
    def place(self) -> str:
        """The host, with the port where one was given."""
        return urlsplit(self.root).netloc


def access(
    yaml_base_url: str | None, environ: Mapping[str, str], read_file: Callable[[str], str], key: str | None = None
) -> Access:
    """Decide from `api.base_url` in the files and the environment.

    `key` is where a workspace says that the key is, `env:NAME` or `file:PATH`: then it is taken from nowhere else.
    `read_file` reads the file that AURAFLUX_API_KEY_FILE names; it may raise OSError or UnicodeError.
    Raises UsageError for a service that must not get the key, AuthError where there is no usable key.
    """
    said = environ.get(VARIABLE, "").strip()
    written, source = said or (yaml_base_url or "").strip() or SERVICE, VARIABLE if said else IN_FILES
    if written == EMULATOR:
        return Access(EMULATOR, Secret(EMULATOR_KEY), source)
    url = _checked(written, source)
    if not said:
        _check_host(url, environ.get("AURAFLUX_API_KEY_HOST", ""))
    return Access(
        _canonical(url), _key(environ, read_file) if key is None else _key_at(key, environ, read_file), source
    )


def said_outside(environ: Mapping[str, str]) -> str | None:
    """AURAFLUX_BASE_URL as a state remembers it; None where it is not set. UsageError where it is no such URL."""
    written = environ.get(VARIABLE, "").strip()
    return _canonical(_checked(written, VARIABLE)) if written not in ("", EMULATOR) else written or None


HOST = regex(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*")
"""A host name, whose labels have at most 63 characters, or an IP address."""


def is_loopback(host: str) -> bool:
    """Whether `host` is certainly this machine: `localhost`, or an address of the loopback network."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_real(base_url: str) -> bool:
    """Whether what is done there counts: neither the emulator nor a service on this machine."""
    return base_url != EMULATOR and not is_loopback(urlsplit(base_url).hostname or "")


def _checked(written: str, source: str) -> SplitResult:
    if "@" in written:
        raise UsageError(
            f"{source} contains a user name or password.", "remove it; the key comes from AURAFLUX_API_KEY"
        )
    try:
        url = urlsplit(written)
        host, _ = url.hostname or "", url.port
    except ValueError:
        raise UsageError(f"{source} is not a URL: {written!r}.", f"write it like {SERVICE}") from None
    plain = bool(HOST.fullmatch(host)) and written.isprintable() and " " not in written and "\\" not in written
    if url.scheme not in _PORTS or not host or not plain or url.query or url.fragment:
        shown = re.split(r"[?#]", written)[0]  # what follows may be a token
        raise UsageError(f"{source} is not the URL of an API: {shown!r}.", f"write it like {SERVICE}, or `{EMULATOR}`")
    if url.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"{source} is {written!r}: over plain http the key could be read in transit.",
            "use https; plain http is for this machine only (localhost)",
        )
    return url


def _canonical(url: SplitResult) -> str:
    host = url.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = "" if url.port in (None, _PORTS[url.scheme]) else f":{url.port}"
    return f"{url.scheme}://{shown}{port}{url.path.rstrip('/')}"


def _check_host(url: SplitResult, allowed: str) -> None:
    """UsageError unless the key may go to the host: a cloned project must not be able to send it elsewhere."""
    host = url.hostname or ""
    names = {name.strip().lower() for name in allowed.split(",")}
    if host == SERVICE_HOST or is_loopback(host) or host in names or f"{host}:{url.port}" in names:
        return
    raise UsageError(
        f"These files name another service, {host}; the API key is not sent there unless you allow it.",
        f"if you trust it, set AURAFLUX_API_KEY_HOST={host}, or AURAFLUX_BASE_URL={_canonical(url)}",
    )


def _key(environ: Mapping[str, str], read_file: Callable[[str], str]) -> Secret:
    if environ.get("AURAFLUX_API_KEY", "").strip():
        return _usable(environ["AURAFLUX_API_KEY"], "AURAFLUX_API_KEY")
    path = environ.get("AURAFLUX_API_KEY_FILE", "").strip()
    if path:
        return _in_file(path, "AURAFLUX_API_KEY_FILE", read_file)
    empty = "AURAFLUX_API_KEY" in environ
    raise AuthError(
        "AURAFLUX_API_KEY is empty." if empty else "There is no API key.",
        "set AURAFLUX_API_KEY (keys are made in the account's settings), or AURAFLUX_API_KEY_FILE; "
        f"to try afsync without an account, set `api.base_url: {EMULATOR}`",
    )


def _key_at(key: str, environ: Mapping[str, str], read_file: Callable[[str], str]) -> Secret:
    """The key of one account of a workspace."""
    kind, _, name = key.partition(":")
    if kind == "file":
        return _in_file(name, "`key` of the workspace", read_file)
    if environ.get(name, "").strip():
        return _usable(environ[name], name)
    said = "is empty" if name in environ else "is not set"
    hint = "the workspace file says that this account's key is there; no other is used"
    raise AuthError(f"There is no API key: {name} {said}.", f"set {name}: {hint}")


def _in_file(path: str, said_by: str, read_file: Callable[[str], str]) -> Secret:
    try:
        text = read_file(path)
    except OSError as error:
        raise AuthError(f"{said_by}: {path} cannot be read: {error.strerror or error}.") from None
    except UnicodeError:
        raise AuthError(f"{said_by}: {path} is not a text file.") from None
    return _usable(text.removeprefix("\ufeff"), f"The file {path} ({said_by})")


def _usable(text: str, where: str) -> Secret:
    """The key, trimmed. The message about what is wrong with it does not show it."""
    value = text.strip()
    wrong = None
    if not value:
        wrong = "is empty"
    elif value.lower().startswith("bearer "):
        wrong = "begins with the word Bearer; give the key alone"
    elif re.match(r"(export\s+)?[A-Z_]+\s*=", value):
        wrong = "looks like a line of an env file; give the key alone"
    elif value[0] in "\"'" or value[-1] in "\"'":
        wrong = "has quotation marks around the key; remove them"
    elif not all("!" <= c <= "~" for c in value):
        wrong = "holds white space, control characters or letters outside ASCII inside the key"
    elif len(value) > 4096:
        wrong = "is far too long for a key"
    if wrong:
        raise AuthError(f"{where} {wrong}.", "copy the key again from the account's settings; it looks like af_live_…")
    return Secret(value)
