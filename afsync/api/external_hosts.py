"""Hosts that are not the API's: where files are put and fetched. They never get the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from afsync.api.access import Access, is_loopback
from afsync.api.api_errors import error_for
from afsync.api.exchange import Abandoned, Exchange, Reply, Result
from afsync.api.session import MIB, ApiSession
from afsync.api.wire import excerpt, printable
from afsync.core.links import text_without_signed
from afsync.errors import ApiError, BadAnswer, Refused, Unreachable

Sink: TypeAlias = Callable[[bytes], None]
Begin: TypeAlias = Callable[[int, Mapping[str, str]], Sink | None]
"""Called with status and headers of an answer. What it returns takes the body; None: it is for an error message."""


def may_go_to(url: str, access: Access) -> bool:
    """Whether `url`, which the service named, is one that files may go to or come from."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    # Plain http only where everything stays on this machine.
    plain = parts.scheme == "http" and (access.in_process or (is_loopback(host) and is_loopback(access.host)))
    return bool(host) and url.isascii() and url.isprintable() and (parts.scheme == "https" or plain)


class Streaming(Exchange):
    """An exchange whose body goes to a sink as it comes, so that its size does not matter."""

    def __init__(self, begin: Begin) -> None:
        super().__init__(MIB)
        self._begin = begin
        self._sink: Sink | None = None

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        super().answered(status, headers)
        self._sink = self._begin(status, headers)

    def received(self, chunk: bytes) -> None:
        if self._sink is None:
            super().received(chunk)
            return
        with self._lock:
            if self._given_up:
                raise Abandoned
            self._sink(chunk)


def get(
    session: ApiSession, url: str, headers: Mapping[str, str], begin: Begin, abandoned: Callable[[], bool]
) -> Reply:
    """GET `url`, without the key. An answer of 4xx is returned when it is one of `begin`'s; else raises ApiError."""
    if not may_go_to(url, session.access):
        shown = printable(text_without_signed(url), 120)
        raise BadAnswer(f"The service names a link that is not safe to open: {shown}.")
    result = session.get_elsewhere(url, headers, Streaming(begin), abandoned)
    if isinstance(result, Reply) and result.complete and (200 <= result.status <= 299 or result.status == 416):
        return result
    raise _error(result, printable(urlsplit(url).hostname or "", 100))


def _error(result: Result, host: str) -> ApiError:
    what = "GET of a file"
    if not isinstance(result, Reply):
        return error_for(result, what, host)
    if 200 <= result.status <= 299:
        return Unreachable(f"{host} broke off while it sent the file.", "the same command goes on where it stopped")
    if 300 <= result.status <= 399:
        return BadAnswer(f"{host} redirects ({result.status}); afsync follows no redirects.", "open the link manually")
    if result.status >= 500:
        return Unreachable(f"{host} answered {result.status}.", "try again later")
    detail = excerpt(result.body)
    return Refused(
        f"{host} refuses the file ({result.status}): {detail}.", status=result.status, code=None, detail=detail
    )
