"""The parser of yaml-rs, loaded by a thread that does not end.

Its memory allocator (mimalloc) takes the thread that loads it for the main thread: once that one has ended, the process
crashes in the next thread that is given the same place in memory. In a forked process it has ended, unless it was the
main thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

Parser = Callable[..., Any]


class _Loader:
    """The parser of this process, once it was looked for. `keeper` loaded it, where that was not the main thread."""

    def __init__(self, *, sought: bool = False) -> None:
        self.lock = threading.Lock()
        self.sought = sought
        self.parser: Parser | None = None
        self.keeper: threading.Thread | None = None

    def find(self) -> Parser | None:
        if self.sought:  # without the lock, which another thread may have held when this process was forked
            return self.parser
        with self.lock:
            if not self.sought:
                self._load()
                self.sought = True
            return self.parser

    def _load(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._import()
            return
        done = threading.Event()
        self.keeper = threading.Thread(target=self._keep, args=(done,), name="afsync-yaml", daemon=True)
        try:
            self.keeper.start()
        except (RuntimeError, MemoryError):  # there are too many threads: without it, files are only read more slowly
            return
        done.wait()

    def _keep(self, done: threading.Event) -> None:
        try:
            self._import()
        finally:
            done.set()
        threading.Event().wait()

    def _import(self) -> None:
        try:
            from yaml_rs import loads
        except ImportError:  # there is no wheel for this platform
            return
        self.parser = loads


_loader = _Loader()


def _after_fork() -> None:
    """In the child only the thread that forked goes on: what `keeper` loaded is not safe there."""
    global _loader
    if _loader.keeper is not None or not _loader.sought:
        _loader = _Loader(sought=_loader.keeper is not None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def fast_parser() -> Parser | None:
    """`yaml_rs.loads`; None where it is not installed, or not safe."""
    return _loader.find()
