"""One write, and what an answer that does not say means: read again, and compare.

The bytes of a write are no other run's (a nonce) and no other write's (the serial), so what is found tells all:
ours, it was written; what was there before, it was not; anything else is another's.
"""

from __future__ import annotations

from collections.abc import Callable

from afsync.errors import StateError
from afsync.store.remote.backend import Backend, Conflict, Kept, Unclear


class Overtaken(Exception):
    """Another run has written; `there` is what it wrote, None where there is nothing any more."""

    def __init__(self, there: Kept | None) -> None:
        super().__init__("overtaken")
        self.there = there


def put_once(
    backend: Backend, key: str, data: bytes, if_version: str | None, pause: Callable[[], None] = lambda: None
) -> str:
    """Write, and be sure of it; the new version. The identical bytes go out a second time only when what was there
    before is still there, under the same precondition, so at most one of the two can have an effect.

    Overtaken when another's write is there; StateError when it cannot be written, or nothing says whether it was.
    """
    why = ""
    for again in (True, False):
        try:
            return backend.put(key, data, if_version)
        except Conflict:
            why = "the store reports a conflict but still shows the old version"
        except Unclear as error:
            why = str(error)
        there = backend.get(key)
        if there is not None and there.data == data:
            return there.version
        if (there.version if there else None) != if_version:
            raise Overtaken(there)
        if again:
            pause()
    raise StateError(f"The state could not be written to {backend.name}: {why}.", "run afsync again when it works")
