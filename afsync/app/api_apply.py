"""An apply by the Python API: who listens to it, the error of one that is blocked, and plans as text."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from afsync.app.api_arguments import check_appliable
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import SavedPlan
from afsync.core.recovery.resolution import needs_person
from afsync.engine.events import Event
from afsync.engine.run_report import RunReport
from afsync.errors import Exit, Interrupted, LimitRefused, UsageError
from afsync.output.plan_file import decode_plan_file, encode_plan_file

if TYPE_CHECKING:
    from afsync.app.preparation import Prepared
    from afsync.engine.events import Tell
    from afsync.engine.interrupt import Stop


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
