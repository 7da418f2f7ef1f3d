"""Every point of a command at which it can be killed: the system calls that change its state's files, its requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from msgspec import Struct

from afsync.api.exchange import NoResponse
from afsync.api.session import ApiSession
from afsync.store.disk import Disk
from tests.reliability.worker import WRITES

REQUESTS = ("before", "after")
POSTS = (*REQUESTS, "lost before", "lost after")


class Killed(BaseException):
    """The process is gone: nothing that comes after it changes a file or sends a request."""


class Point(Struct, frozen=True):
    """What happens at the so-manieth point (from 0). `before` it or `after` it the process is killed; `torn`: in the
    middle of a write; `lost before` and `lost after`: no answer comes, and the run goes on."""

    place: int
    way: str


def ways_of(kind: str) -> tuple[str, ...]:
    """What can happen at a point, by what it is."""
    if kind in WRITES:
        return ("before", "torn") if kind == "write" else ("before",)
    return POSTS if kind.startswith("POST") else REQUESTS


@contextmanager
def broken_at(point: Point | None = None) -> Iterator[list[str]]:
    """Fills the list with the kinds of the points that were reached; a request is `GET /v1/account`."""
    kinds: list[str] = []
    dead = False

    def reached(kind: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        nonlocal dead
        if dead:
            raise Killed
        kinds.append(kind)
        way = point.way if point is not None and point.place == len(kinds) - 1 else None
        if way is None:
            return call(*args, **options)
        if way not in ways_of(kind):
            way = "before"  # what an earlier run left behind takes a few calls more or less
        lost, dead = way.startswith("lost"), not way.startswith("lost")
        if way == "torn":
            call(*args[:-1], args[-1][: len(args[-1]) // 2])
        if way.endswith("after"):
            call(*args, **options)
        if lost:
            return NoResponse(sent=True, why="the connection was reset")
        raise Killed

    def spoilt(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: reached(name, call, *args)

    send = ApiSession.send

    def sent(self: ApiSession, request: Any, *args: Any, **options: Any) -> Any:
        kind = f"{request.method} /{request.url.split('/', 3)[3]}"
        return reached(kind, send, self, request, *args, **options)

    calls: dict[str, Any] = {name: spoilt(name, getattr(Disk, name)) for name in WRITES}
    with mock.patch.multiple(Disk, **calls), mock.patch.object(ApiSession, "send", sent):
        yield kinds
