"""The Python API: `afsync.open(directory)` gives a `Project`, whose methods are the use cases."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from afsync.app.api_arguments import check_appliable, project_directory
from afsync.app.apply import apply
from afsync.app.calendar import WEEKS, CalendarRequest, calendar
from afsync.app.context import Context, random_number, utc_now
from afsync.app.plan import PlanRequest, plan, saved_plan
from afsync.app.preparation import ApplyRequest, Prepared
from afsync.app.project import load_project
from afsync.app.selection import Selection
from afsync.app.status import status
from afsync.app.validate import Validation, validate
from afsync.core.calendar import Entries
from afsync.core.phases import JobStatus
from afsync.core.plan.saved_plan import SavedPlan
from afsync.engine.events import Event
from afsync.engine.executor import RunReport
from afsync.errors import LimitRefused

if TYPE_CHECKING:
    from afsync.engine.events import Tell
    from afsync.engine.interrupt import Stop


class Project(Struct, frozen=True):
    """A project in a directory. Every method reads the files again, and keeps nothing open.

    `environ` is where the key (`AURAFLUX_API_KEY`) and the variables of the files come from. `now` gives the time
    (UTC), `sleep` waits (seconds), `random` gives numbers from 0 to 1 for the pauses between retries. `warn` takes
    warnings and notices of long waits, as text with its line ends.

    Raises, besides what each method says: ConfigError for files with errors (not by `validate`), UsageError for an
    argument that means nothing, StateError for a state that cannot be read or belongs to another project or account,
    AuthError for a key that is missing or not accepted, ApiError for a service that refuses or does not answer. All of
    them are AfsyncError, with `message`, `hint` and `exit_code`.
    """

    directory: Path
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    warn: Callable[[str], None]

    def validate(self) -> Validation:
        """What is wrong with the files. Needs no key, no state and no network."""
        with self._context() as context:
            return validate(context)

    def plan(
        self,
        *,
        target: Sequence[str] = (),
        exclude: Sequence[str] = (),
        replace: Sequence[str] = (),
        destroy: bool = False,
        allow_empty: bool = False,
        ignore_policy: bool = False,
        offline: bool = False,
    ) -> SavedPlan:
        """What would change and what it costs, in credits: `plan.plan.changes`, `plan.plan.spend`. Writes nothing.

        `target` and `exclude` are globs over addresses (`job.*`), `replace` addresses that are submitted again. With
        `offline` it is planned against the recorded state, without a key; such a plan is not for `apply`.
        """
        selection = Selection(_names(target), _names(exclude), _names(replace), allow_empty, ignore_policy)
        with self._context() as context:
            request = PlanRequest(selection, destroy=destroy, offline=offline)
            return saved_plan(plan(context, load_project(context), request))

    def apply(
        self,
        plan: SavedPlan,
        *,
        on_event: Callable[[Event], None] | None = None,
        account: str | None = None,
        fail_fast: bool = False,
        lock_timeout: float = 0.0,
    ) -> RunReport:
        """Do exactly what `plan` says, once, under the lock, and report an outcome for each change.

        `on_event` takes what happens, each event after it is on disk; it must not raise. `account` is the id of the
        only account that may be changed; the first apply to an account needs it, unless afsync.yaml says `account:`.
        `fail_fast` stops at the first change that fails. `lock_timeout` is how long (seconds) to wait for another run.

        Raises PlanStale where files, state, account or time are not those of the plan any more, StateLocked where
        another run is at work, and LimitRefused where a limit or a guard forbids all of it: nothing was sent then.
        Whatever fails later is in the report: `report.outcomes`, and `report.stopped`, the error that ended it early.
        """
        check_appliable(plan)
        request = ApplyRequest(
            saved=plan, account=account, fail_fast=fail_fast, lock_timeout=lock_timeout, unattended=True
        )
        with self._context() as context:
            applied = apply(context, request, _Silent(on_event or _ignore))
        assert applied.prepared is not None
        if applied.report is None:
            blocking = applied.prepared.plan.blocking
            raise LimitRefused("; ".join(problem.message for problem in blocking), blocking[0].hint)
        return applied.report

    def status(self, *globs: str) -> tuple[JobStatus, ...]:
        """Every job, or those that `globs` match: its phase, its publish time (UTC), its credits, its link. Looks at
        the account for what is not finished yet; writes nothing."""
        with self._context() as context:
            return status(context, globs, links=True)

    def calendar(
        self,
        *,
        first: date | None = None,
        weeks: int = WEEKS,
        only: Sequence[str] = (),
        platforms: Sequence[str] = (),
        live: bool = False,
    ) -> Entries:
        """What is published when, in the weeks from that of `first` (today's otherwise), in the order of time, as it
        is after the plan is applied. Needs no key and no network, unless `live`."""
        request = CalendarRequest(
            first=first, weeks=weeks, only=_names(only), platforms=_names(platforms), live=live, links=live
        )
        with self._context() as context:
            return calendar(context, request).found

    def __repr__(self) -> str:
        """Without the environment: the key is in it."""
        return f"<afsync.Project {str(self.directory)!r}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("directory", self.directory)]

    @contextmanager
    def _context(self) -> Iterator[Context]:
        made = Context(
            self.directory,
            command="afsync (Python)",
            environ=self.environ,
            now=self.now,
            sleep=self.sleep,
            random=self.random,
            say=self.warn,
        )
        with made.closing:
            yield made


class _Silent(Struct, frozen=True):
    """The frontend of an apply that shows nothing and is not asked."""

    on_event: Callable[[Event], None]

    def planned(self, prepared: Prepared) -> None:
        """It was planned before."""

    def agrees(self, prepared: Prepared, stop: Stop) -> bool:  # noqa: ARG002
        return True

    def progress(self, prepared: Prepared, stop: Stop) -> AbstractContextManager[Tell]:  # noqa: ARG002
        return nullcontext(self.on_event)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """One name is as good as a sequence of one."""
    return (given,) if isinstance(given, str) else tuple(given)


def _ignore(_: object) -> None:
    """Nothing is wanted of it."""


def open_project(
    directory: str | os.PathLike[str] = ".",
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    random: Callable[[], float] = random_number,
    warn: Callable[[str], None] = _ignore,
) -> Project:
    """The project in `directory`, also after the current directory has changed; nothing is read yet. UsageError where
    there is no such directory."""
    path = project_directory(directory)
    return Project(path, os.environ if environ is None else environ, now, sleep, random, warn)
