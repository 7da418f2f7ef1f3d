"""The Python API: `afsync.open(directory)` gives a `Project`, whose methods are the use cases."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from afsync.app.api_arguments import (
    EVERYTHING,
    check_account,
    check_appliable,
    check_days,
    check_flags,
    check_functions,
    in_utc,
    names,
    project_directory,
    seconds,
)
from afsync.app.apply import apply
from afsync.app.calendar import WEEKS, CalendarRequest, calendar
from afsync.app.context import Context, random_number, utc_now
from afsync.app.plan import PlanRequest, plan, saved_plan
from afsync.app.preparation import ApplyRequest
from afsync.app.project import load_project
from afsync.app.selection import Selection
from afsync.app.state_edit import merge_recoveries
from afsync.app.status import status
from afsync.app.validate import Validation, validate
from afsync.core.calendar import Entries
from afsync.core.job_status import JobStatus
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import SavedPlan
from afsync.core.recovery.resolution import needs_person
from afsync.engine.events import Event
from afsync.engine.run_report import RunReport
from afsync.errors import Exit, Interrupted, LimitRefused, UsageError
from afsync.output.plan_file import decode_plan_file, encode_plan_file
from afsync.store.recoveries import Recovery

if TYPE_CHECKING:
    from afsync.app.preparation import Prepared
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
        target: Iterable[str] = EVERYTHING,
        exclude: Iterable[str] = (),
        replace: Iterable[str] = (),
        destroy: bool = False,
        allow_empty: bool = False,
        ignore_policy: bool = False,
        offline: bool = False,
    ) -> SavedPlan:
        """What would change and what it costs, in credits: `plan.plan.changes`, `plan.plan.spend`. Writes nothing.

        `target` and `exclude` are globs over addresses (`job.*`), `replace` addresses that are submitted again. An
        empty `target` is a UsageError. With `offline` it is planned against the recorded state, without a key; such a
        plan is not for `apply`.
        """
        check_flags(destroy=destroy, allow_empty=allow_empty, ignore_policy=ignore_policy, offline=offline)
        excluded = names("exclude", exclude, all_by_default=False)
        replaced = names("replace", replace, all_by_default=False)
        selection = Selection(names("target", target), excluded, replaced, allow_empty, ignore_policy)
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

        `on_event` takes what happens, each event after it is on disk. If it raises anything, no other change is begun,
        what is in flight is finished and saved, and then this raises that. `account` is the id of the only account that
        may be changed (`plan.plan.account.id`); the first apply to an account needs it, unless afsync.yaml says
        `account:`. `fail_fast` stops at the first change that fails. `lock_timeout` is how long (seconds) to wait for
        another run.

        Raises PlanStale where files, state, account or time are not those of the plan any more, StateLocked where
        another run is at work, and LimitRefused where a limit or a guard forbids all of it: nothing was sent then.
        Whatever fails later is in the report: `report.exit_code` (0 when all was done), `report.outcomes`, and
        `report.stopped`, the error that ended it early.
        """
        check_flags(fail_fast=fail_fast)
        check_account(account)
        heard = _ignore if on_event is None else on_event
        check_functions(on_event=heard)
        listener = ApplyListener(heard)
        check_appliable(plan)
        request = ApplyRequest(
            saved=plan,
            account=account,
            fail_fast=fail_fast,
            lock_timeout=seconds("lock_timeout", lock_timeout),
            unattended=True,
        )
        with self._context() as context:
            applied = apply(context, request, listener)
        listener.raise_again(applied.report)
        assert applied.prepared is not None
        if applied.report is None:
            raise refusal(applied.prepared.plan)
        return applied.report

    def recover(self, *, lock_timeout: float = 0.0) -> tuple[Recovery, ...]:
        """Write into the state what an earlier run did and could not write there any more, and return it: `address`,
        `record.id`, `why`. Needed where the StateError of another method names recovery files; `apply` does it first
        as well, and then its plan is stale."""
        timeout = seconds("lock_timeout", lock_timeout)
        with self._context() as context:
            return merge_recoveries(context, timeout)

    def status(self, *globs: str) -> tuple[JobStatus, ...]:
        """Every job, or those that `globs` match: its phase, its publish time (UTC), its credits, its link. Looks at
        the account for what is not finished yet; writes nothing."""
        selected = names("globs", globs, all_by_default=False)
        with self._context() as context:
            return status(context, selected, links=True)

    def calendar(
        self,
        *,
        first: date | None = None,
        weeks: int = WEEKS,
        only: Iterable[str] = EVERYTHING,
        platforms: Iterable[str] = EVERYTHING,
        live: bool = False,
    ) -> Entries:
        """What is published when, in the weeks from that of `first` (today's otherwise), in the order of time, as it
        is after the plan is applied. Needs no key and no network, unless `live`."""
        check_flags(live=live)
        check_days(first, weeks)
        chosen, places = names("only", only), names("platforms", platforms)
        request = CalendarRequest(first=first, weeks=weeks, only=chosen, platforms=places, live=live, links=live)
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
    if environ is not None and not isinstance(environ, Mapping):
        raise UsageError("environ: not a mapping", "give one like os.environ")
    check_functions(now=now, sleep=sleep, random=random, warn=warn)
    return Project(path, os.environ if environ is None else environ, in_utc(now), sleep, random, warn)


class ApplyListener:
    """The frontend of an apply that shows nothing and is not asked. What the caller's function raises is kept, and
    ends the run as a signal does: it is for the caller alone, and never taken for an error of a change."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.raised: BaseException | None = None

    def planned(self, prepared: Prepared) -> None:
        """It was planned before."""

    def agrees(self, prepared: Prepared, stop: Stop) -> bool:  # noqa: ARG002
        return True

    def progress(self, prepared: Prepared, stop: Stop) -> AbstractContextManager[Tell]:  # noqa: ARG002
        def tell(event: Event) -> None:
            if self.raised is None:
                try:
                    self._on_event(event)
                except BaseException as error:
                    self.raised = error
                    stop.note(signal.SIGINT)

        return nullcontext(tell)

    def raise_again(self, report: RunReport | None) -> None:
        """What the caller's function raised, with a note where something else ended the run as well."""
        if self.raised is None:
            return
        if report is not None and report.stopped is not None and not isinstance(report.stopped, Interrupted):
            self.raised.add_note(f"The run ended as well: {report.stopped}")
        raise self.raised


def refusal(plan: Plan) -> LimitRefused:
    """The error for a plan that is blocked, with the exit code of the command."""
    error = LimitRefused("; ".join(problem.message for problem in plan.blocking), plan.blocking[0].hint)
    if needs_person(plan.resolutions):
        error.exit_code = Exit.UNRESOLVED
    return error


def dump_plan(plan: SavedPlan) -> str:
    """A plan as text, as `afsync plan --out` writes it: without secrets. `load_plan` reads it in another process."""
    check_appliable(plan)
    return encode_plan_file(plan)


def load_plan(text: str) -> SavedPlan:
    """The plan of such a text. PlanStale where it is not exactly what was written."""
    if not isinstance(text, str):
        hint = "give what dump_plan returned, or `afsync plan --out` wrote"
        raise UsageError("load_plan takes the text of a plan", hint)
    return decode_plan_file(text, "text")
