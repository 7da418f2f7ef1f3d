"""Whether a store compares before it writes, which is all that keeps two runs apart: tried on a key of its own."""

from __future__ import annotations

from contextlib import suppress

from afsync.errors import StateError
from afsync.store.remote.backend import Backend, Conflict, Unclear
from afsync.store.remote.writing import Overtaken, put_once

HINT = "afsync pays only with a store that compares: use another one, or let its operator put that right"


def prove(backend: Backend, nonce: str) -> None:
    """A second create and a stale update must fail, and what was acknowledged must be there. StateError otherwise."""
    key = f"{backend.key}.proof-{nonce}"
    data = [f"proof {nonce} {number}\n".encode() for number in range(4)]
    try:
        first = put_once(backend, key, data[0], None)
        _must_fail(backend, key, data[1], None, "accepts a second create: it overwrites what is there")
        second = put_once(backend, key, data[2], first)
        _must_fail(backend, key, data[3], first, "accepts a stale update: it overwrites what another run wrote")
        there = backend.get(key)
    except Overtaken as error:
        what = "loses" if error.there is None else "changes"
        raise StateError(f"{backend.name} {what} a write that it has acknowledged.", HINT) from None
    if there is None or there.data != data[2]:
        raise StateError(f"{backend.name} does not show a write that it has acknowledged.", HINT)
    _remove(backend, key, second)


def _must_fail(backend: Backend, key: str, data: bytes, if_version: str | None, otherwise: str) -> None:
    try:
        backend.put(key, data, if_version)
    except Conflict:
        return
    except Unclear as error:
        raise StateError(
            f"{backend.name} does not answer clearly: {error}.", "run afsync again when it works"
        ) from None
    raise StateError(f"{backend.name} {otherwise}.", HINT)


def _remove(backend: Backend, key: str, version: str) -> None:
    # One that is left is small, and has no meaning.
    with suppress(Conflict, Unclear):
        backend.delete(key, version)
