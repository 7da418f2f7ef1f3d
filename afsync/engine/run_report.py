"""The result of a run, and the exit code that it has."""

from __future__ import annotations

from msgspec import Struct

from afsync.core.apply_verification import Verification
from afsync.core.outcomes import Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.plan import Plan
from afsync.core.recovery.resolution import needs_person
from afsync.errors import AfsyncError, Exit


class RunReport(Struct, frozen=True):
    """The plan, including what became due while it was carried out; one outcome per change, in its order; the error
    that ended the run early, if any; and what the service showed at the end."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    stopped: AfsyncError | None = None
    looked: Verification | None = None

    @property
    def complete(self) -> bool:
        """Whether all was done: nothing failed, is unresolved, or was held back, and nothing ended the run early."""
        return self.exit_code == Exit.OK

    @property
    def exit_code(self) -> Exit:
        """What a script learns. An unresolved submission weighs more than a failed change, that more than a guard."""
        stopped = self.stopped.exit_code if self.stopped else Exit.OK
        if stopped in (Exit.STATE, Exit.LOCKED, Exit.INTERRUPTED, Exit.TERMINATED, Exit.STALE):
            return stopped
        # Whatever was selected: an open submission is never passed over in silence.
        if self._any(Unresolved) or needs_person(self.plan.resolutions):
            return Exit.UNRESOLVED
        if stopped:
            return stopped
        if self._any(Failed, NotAttempted):
            return Exit.ERROR
        return Exit.REFUSED if self.plan.violations else Exit.OK

    def _any(self, *kinds: type[Outcome]) -> bool:
        return any(isinstance(outcome, kinds) for outcome in self.outcomes)
