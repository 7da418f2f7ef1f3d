"""Accounts side by side: each is worked on by one thread, what they print comes out in a stable order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

from afsync.core.account_results import AccountResult
from afsync.errors import AfsyncError, ConfigError, Exit, Problem
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.config.workspace import Member
    from afsync.engine.interrupt import Stops

One = Callable[["Member"], AccountResult]
Redraw = Callable[[], AbstractContextManager[None]]
"""What is printed within it goes above what a display shows."""
Display = Callable[[Callable[[], Iterable[str]]], AbstractContextManager[Redraw]]
"""Shows the names of the accounts that are worked on."""

_LOOK = 0.1
"""Seconds between two looks at whether a signal came."""
_PATIENCE = 10.0
"""Seconds that what only reads gets after a signal to come to its end."""


class _Work:
    """The accounts that are left, those that run, and the results."""

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
        """Start so many threads, or as many as can be started; without any, do the work in this one."""
        for number in range(threads):
            try:
                threading.Thread(target=self.go_on, name=f"afsync-account-{number}", daemon=True).start()
            except (RuntimeError, MemoryError):
                if number == 0:
                    self.go_on()
                return

    def go_on(self) -> None:
        """Run one account after the other, until none is left."""
        while (taken := self._take()) is not None:
            index, member = taken
            try:
                result = self._one(member)
            except BaseException as error:  # whatever it is, the other accounts go on
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
    on_signal: Callable[[int], None] = lambda _: None,
    display: Display = lambda _: nullcontext(nullcontext),
) -> tuple[AccountResult, ...]:
    """Run `one` for each member in up to `jobs` threads. Returns the results in the order of `members`; each is given
    to `on_result` as soon as all before it are there.

    After a signal, or with `fail_fast` after a failure, nothing more is begun; `on_signal` then takes the number of
    accounts that run. What was begun is waited for, even if this raises, but what `reads_only` only for a short time.
    """
    work = _Work(members, one, stops, fail_fast=fail_fast)
    found: dict[int, AccountResult] = {}
    next_index = 0
    try:
        with display(lambda: [m.name for m in tuple(work.running.values())]) as redraw:
            work.begin(min(jobs, len(members)))
            for came in _arriving(work, stops, on_signal, reads_only=reads_only):
                found.update(came)
                while next_index in found:
                    with redraw():
                        on_result(found[next_index])
                    next_index += 1
    except BaseException:
        work.close()
        for _ in _arriving(work, stops, on_signal, reads_only=reads_only):
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


def _arriving(
    work: _Work, stops: Stops, on_signal: Callable[[int], None], *, reads_only: bool
) -> Iterator[dict[int, AccountResult]]:
    """The results since the last look, until all are there; after a signal, what only reads gets `_PATIENCE`."""
    waited = 0.0
    while not work.over:
        if stops.main.asked.is_set():
            if not waited:
                on_signal(len(work.running))
            work.close()
            waited += _LOOK
            if reads_only and waited > _PATIENCE:
                return
        came = {}
        with suppress(queue.Empty):
            index, came[index] = work.done.get(timeout=_LOOK)
            work.running.pop(index)
        yield came


def problems_of(error: BaseException) -> tuple[Problem, ...]:
    match error:
        case ConfigError():
            return error.problems
        case AfsyncError():
            return (Problem("stopped", error.message, error.hint),)
        case _:
            return (Problem("stopped", f"a bug in afsync: {type(error).__name__}", "see the log, and report it"),)


def broken(member: Member, error: BaseException) -> AccountResult:
    """For one of which not even the failure could be shown."""
    problems = problems_of(error)
    text = "".join(f"Error: {problem.message}\n  {escape_control(str(error))}\n" for problem in problems)
    return AccountResult(member.name, member.directory, Exit.ERROR, problems=problems, output=text)


def not_begun(member: Member) -> AccountResult:
    return AccountResult(member.name, member.directory, begun=False)


def interrupted(member: Member, code: int = Exit.INTERRUPTED) -> AccountResult:
    """For one that only read, and was left alone when the signal came."""
    problem = Problem("interrupted", "it was interrupted while it read; nothing was changed")
    return AccountResult(member.name, member.directory, code, problems=(problem,), output=f"{problem.message}\n")
