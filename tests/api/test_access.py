"""Who gets the key: docs/configuration.md#api."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from afsync.api.access import Access, Secret, access, is_loopback
from afsync.errors import AuthError, UsageError

KEY = "af_live_secret"
ENV = {"AURAFLUX_API_KEY": KEY}


def no_file(path: str) -> str:
    raise AssertionError(f"{path} must not be read")


@pytest.mark.parametrize(
    ("yaml", "environ", "base_url"),
    [
        (None, {}, "https://api.auraflux.co/v1"),
        ("https://api.auraflux.co/v1/", {}, "https://api.auraflux.co/v1"),
        ("HTTPS://API.AuraFlux.co:443/v1", {}, "https://api.auraflux.co/v1"),
        ("http://localhost:8080/v1", {}, "http://localhost:8080/v1"),
        ("http://127.0.0.1:1/v1", {}, "http://127.0.0.1:1/v1"),
        ("http://[::1]:8080/v1", {}, "http://[::1]:8080/v1"),
        ("https://staging.example/v1", {"AURAFLUX_API_KEY_HOST": "staging.example"}, "https://staging.example/v1"),
        ("https://staging.example/v1", {"AURAFLUX_API_KEY_HOST": "x, Staging.Example"}, "https://staging.example/v1"),
        ("https://s.example:8443", {"AURAFLUX_API_KEY_HOST": "s.example:8443"}, "https://s.example:8443"),
        ("https://evil.example/v1", {"AURAFLUX_BASE_URL": "https://mine.example/api"}, "https://mine.example/api"),
        ("emulator", {"AURAFLUX_BASE_URL": "http://localhost:9/v1"}, "http://localhost:9/v1"),
        (None, {"AURAFLUX_BASE_URL": "  "}, "https://api.auraflux.co/v1"),
    ],
)
def test_where_the_key_may_go(yaml: str | None, environ: dict[str, str], base_url: str) -> None:
    said = environ.get("AURAFLUX_BASE_URL", "").strip()
    source = "AURAFLUX_BASE_URL" if said else "api.base_url"
    assert access(yaml, ENV | environ, no_file) == Access(base_url, Secret(KEY), source)


@pytest.mark.parametrize(
    ("yaml", "environ", "says"),
    [
        ("https://evil.example/v1", {}, "AURAFLUX_API_KEY_HOST=evil.example"),
        ("https://api.auraflux.co.evil.example/v1", {}, "not sent there unless you allow it"),
        ("https://evil.example/v1", {"AURAFLUX_API_KEY_HOST": "good.example"}, "evil.example"),
        ("http://api.auraflux.co/v1", {}, "use https"),
        (None, {"AURAFLUX_BASE_URL": "http://mine.example/v1"}, "use https"),
        ("http://localhost.evil.example/v1", {}, "use https"),
        ("http://127.0.0.1.evil.example/v1", {}, "use https"),
        ("http://127.1/v1", {}, "use https"),
        ("https://api.auraflux.co@evil.example/v1", {}, "user name or password"),
        ("https://user:af_live_secret@api.auraflux.co/v1", {}, "user name or password"),
        ("https://api.auraflux.co\\@evil.example/v1", {}, "user name or password"),
        ("https://api.auraflux.co\\.evil.example/v1", {}, "is not the URL of an API"),
        ("https://аpi.auraflux.co/v1", {}, "is not the URL of an API"),
        ("ftp://api.auraflux.co/v1", {}, "is not the URL of an API"),
        ("api.auraflux.co/v1", {}, "is not the URL of an API"),
        ("https://api.auraflux.co/v1?x=1", {}, "is not the URL of an API"),
        ("https://api.auraflux.co/v1#x", {}, "is not the URL of an API"),
        ("https:///v1", {}, "is not the URL of an API"),
        ("https://api.auraflux.co:99999/v1", {}, "is not a URL"),
        ("https://[::1/v1", {}, "is not a URL"),
        ("https://api.auraflux.co/v1\n.evil", {}, "is not the URL of an API"),
        ("Emulator", {}, "is not the URL of an API"),
    ],
)
def test_where_the_key_may_not_go(yaml: str | None, environ: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        access(yaml, ENV | environ, no_file)
    text = f"{caught.value.message} {caught.value.hint}"
    assert says in text
    assert KEY not in text


@pytest.mark.parametrize(("yaml", "environ"), [("emulator", {}), (None, {"AURAFLUX_BASE_URL": "emulator"})])
def test_the_emulator_never_gets_the_users_key(yaml: str | None, environ: dict[str, str]) -> None:
    found = access(yaml, ENV | {"AURAFLUX_API_KEY_FILE": "/key"} | environ, no_file)
    assert found.in_process
    assert found.base_url == "emulator"
    assert KEY not in found.key.reveal()


@pytest.mark.parametrize(
    ("environ", "text", "key"),
    [
        ({"AURAFLUX_API_KEY": " af_live_1\r\n"}, None, "af_live_1"),
        ({"AURAFLUX_API_KEY_FILE": "/key"}, "af_live_2\n", "af_live_2"),
        ({"AURAFLUX_API_KEY_FILE": "/key"}, "\ufeffaf_live_3", "af_live_3"),
        ({"AURAFLUX_API_KEY": "", "AURAFLUX_API_KEY_FILE": "/key"}, "af_live_4", "af_live_4"),
        ({"AURAFLUX_API_KEY": "af_live_5", "AURAFLUX_API_KEY_FILE": "/key"}, None, "af_live_5"),
    ],
)
def test_where_the_key_comes_from(environ: dict[str, str], text: str | None, key: str) -> None:
    assert access(None, environ, no_file if text is None else lambda path: text).key.reveal() == key


@pytest.mark.parametrize(
    ("environ", "text", "says"),
    [
        ({}, None, "There is no API key."),
        ({"AURAFLUX_API_KEY": " "}, None, "AURAFLUX_API_KEY is empty."),
        ({"AURAFLUX_API_KEY_FILE": "/key"}, "\n", "The file /key (AURAFLUX_API_KEY_FILE) is empty."),
        ({"AURAFLUX_API_KEY": "af_live se_cret"}, None, "white space, control characters"),
        ({"AURAFLUX_API_KEY": "af_live\r\nX-Evil: se_cret"}, None, "white space, control characters"),
        ({"AURAFLUX_API_KEY": "af_live\x00se_cret"}, None, "white space, control characters"),
        ({"AURAFLUX_API_KEY": "af_live_sé_cret"}, None, "outside ASCII"),
        ({"AURAFLUX_API_KEY": '"af_live_se_cret"'}, None, "quotation marks"),
        ({"AURAFLUX_API_KEY": "Bearer af_live_se_cret"}, None, "the word Bearer"),
        ({"AURAFLUX_API_KEY": "AURAFLUX_API_KEY=af_live_se_cret"}, None, "line of an env file"),
        ({"AURAFLUX_API_KEY": "export KEY = af_live_se_cret"}, None, "line of an env file"),
        ({"AURAFLUX_API_KEY": "se_cret" * 1000}, None, "far too long"),
    ],
)
def test_a_key_that_cannot_be_used(environ: dict[str, str], text: str | None, says: str) -> None:
    with pytest.raises(AuthError) as caught:
        access(None, environ, no_file if text is None else lambda path: text)
    assert says in caught.value.message
    assert caught.value.hint
    assert "se_cret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FileNotFoundError(2, "No such file or directory"), "/key cannot be read: No such file"),
        (IsADirectoryError(21, "Is a directory"), "Is a directory"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "not a text file"),
    ],
)
def test_a_key_file_that_cannot_be_read(error: Exception, says: str) -> None:
    def read(path: str) -> str:
        raise error

    with pytest.raises(AuthError, match=says):
        access(None, {"AURAFLUX_API_KEY_FILE": "/key"}, read)


def test_a_secret_shows_itself_nowhere() -> None:
    found = access(None, ENV, no_file)
    shown = f"{found!r} {found} {found.key!s} {[found.key]} {found.key:}"
    assert KEY not in shown
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(found.key)
    try:
        raise ValueError(found)
    except ValueError:
        assert KEY not in traceback.format_exc()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("localhost.", False),
        ("2130706433", False),
        ("", False),
    ],
)
def test_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here
