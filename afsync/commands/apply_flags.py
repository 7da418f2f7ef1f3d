"""What the flags of `apply`, `approve` and `destroy` ask for, beside the request itself: how to ask and to report."""

from __future__ import annotations

from msgspec import Struct

from afsync.app.preparation import ApplyRequest
from afsync.commands.reports import TEXT, Reports


class ApplyFlags(Struct, frozen=True):
    """What the command line asks for. `plan_file` is the name of a saved plan."""

    request: ApplyRequest
    auto_approve: bool = False
    reports: Reports = Reports()
    plan_file: str | None = None

    @property
    def quiet(self) -> bool:
        """Whether a report is printed, and nothing for people."""
        return self.reports.printed != TEXT

    @property
    def unattended(self) -> bool:
        """Whether no question is asked: that was said, a plan was reviewed, or the files allow it within bounds."""
        return self.auto_approve or self.plan_file is not None or self.request.bounds is not None

    @property
    def title(self) -> str:
        return self.request.title

    @property
    def kind(self) -> str:
        return "approve" if self.request.approve else "destroy" if self.request.destroy else "apply"
