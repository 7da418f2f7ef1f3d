"""Accounts side by side: each is worked on by one thread, what they print comes out in a stable order."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from afsync.commands.block import broken, interrupted, not_begun
from afsync.commands.screen import messages
from afsync.core.workspace import AccountResult
from afsync.output.values import count

if TYPE_CHECKING:
    from afsync.config.workspace import Member
    from afsync.engine.interrupt import Stops

One = Callable[["Member"], AccountResult]
_LOOK = 0.1
"""Seconds between two looks at whether a signal came."""
_PATIENCE = 10.0
"""Seconds that what only reads gets after a signal to come to its end."""


class _Work:
    """What is to be done, by whom it is taken, and what came of it."""

    def __init__(self, members: Sequence[Member], one: One, stops: Stops, *, fail_fast: bool) -> None:
        self._fail_fast = fail_fast
        self._left = list(enumerate(members))[::-1]
        self._one = one
        self._stops = stops
        self._lock = threading.Lock()
        self.closed = False
        self.running: dict[int, Member] = {}
        self.done: queue.SimpleQueue[tuple[int, AccountResult]] = queue.SimpleQueue()

    def begin(self, threads: int) -> None:
        """Begin in so many threads, or in fewer where no more are to be had; without any, do it here."""
        for number in range(threads):
            try:
                threading.Thread(target=self.go_on, name=f"afsync-account-{number}", daemon=True).start()
            except (RuntimeError, MemoryError):
                if number == 0:
                    self.go_on()
                return

    def go_on(self) -> None:
        """Take one after the other, until nothing is left."""
        while (taken := self._take()) is not None:
            index, member = taken
            try:
                result = self._one(member)
            except BaseException as error:  # whatever it is, the others are not stopped
                result = broken(member, error)
            if self._fail_fast and result.failed:
                self.close()
            self.done.put((index, result))

    def _take(self) -> tuple[int, Member] | None:
        with self._lock:
            if self.closed or not self._left or self._stops.main.asked.is_set():
                return None
            index, member = self._left.pop()
            self.running[index] = member
            return index, member

    def close(self) -> None:
        """Nothing more is begun."""
        with self._lock:
            self.closed = True

    @property
    def over(self) -> bool:
        with self._lock:
            return not self.running and (self.closed or not self._left)


def side_by_side(
    members: Sequence[Member],
    one: One,
    *,
    jobs: int,
    stops: Stops,
    fail_fast: bool = False,
    reads_only: bool = False,
    on_result: Callable[[AccountResult], None] = lambda _: None,
) -> tuple[AccountResult, ...]:
    """What came of each, in the order of `members`, and each is given to `on_result` as soon as it is its turn.

    Once a signal came, or with `fail_fast` one failed, nothing more is begun. What was begun comes to its end, even if
    this raises, except that what `reads_only` is not waited for long.
    """
    work = _Work(members, one, stops, fail_fast=fail_fast)
    found: dict[int, AccountResult] = {}
    next_index = 0
    try:
        with _shown(work) as redraw:
            work.begin(min(jobs, len(members)))
            for came in _arriving(work, stops, reads_only=reads_only):
                found.update(came)
                while next_index in found:
                    with redraw():
                        on_result(found[next_index])
                    next_index += 1
    except BaseException:
        work.close()
        for _ in _arriving(work, stops, reads_only=reads_only):
            pass  # a submission in flight is paid for: its id is still to be recorded
        raise
    for index, member in work.running.items():
        found[index] = interrupted(member, stops.main.exit_code)
    for index, member in enumerate(members):
        if index not in found:
            found[index] = not_begun(member)
        if index >= next_index and found[index].begun:
            on_result(found[index])
    return tuple(found[index] for index in range(len(members)))


def _arriving(work: _Work, stops: Stops, *, reads_only: bool) -> Iterator[dict[int, AccountResult]]:
    """What came to its end since the last look, until all did, or what only reads had its time after a signal."""
    waited = 0.0
    while not work.over:
        if stops.main.asked.is_set():
            if not waited:
                _say_interrupted(len(work.running))
            work.close()
            waited += _LOOK
            if reads_only and waited > _PATIENCE:
                return
        came = {}
        with suppress(queue.Empty):
            index, came[index] = work.done.get(timeout=_LOOK)
            work.running.pop(index)
        yield came


def _say_interrupted(running: int) -> None:
    """Without a word it would seem that nothing happens, and the second signal gives submissions up."""
    below = "\n" if sys.stderr.isatty() else ""  # the terminal has just written ^C
    messages()(f"{below}Interrupted: finishing {count(running, 'account')}; nothing more is begun.\n")


@contextmanager
def _shown(work: _Work) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """On a terminal, a line for each account that is being worked on; what is printed goes above them."""
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield _nothing
        return
    from rich.console import Console, Group
    from rich.live import Live
    from rich.spinner import Spinner

    def lines() -> Group:
        named: Iterable[Member] = tuple(work.running.values())
        return Group(*(Spinner("dots", text=member.name) for member in named))

    live = Live(console=Console(stderr=True), get_renderable=lines, refresh_per_second=8, transient=True)

    @contextmanager
    def above() -> Iterator[None]:
        live.stop()
        try:
            yield
        finally:
            live.start()

    live.start()
    try:
        yield above
    finally:
        live.stop()


@contextmanager
def _nothing() -> Iterator[None]:
    yield
