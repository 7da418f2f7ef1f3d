"""What a run leaves where CI looks: the step summary, outputs and annotations of plans, outcomes and drift."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from afsync.commands.ci import append_output, append_summary, in_github, publish_problems
from afsync.core.drift import differences
from afsync.errors import Problem, Severity
from afsync.output.ci_formats import outputs
from afsync.output.drift import drift_markdown
from afsync.output.outcomes_markdown import outcome_problem, outcomes_markdown
from afsync.output.plan_markdown import plan_markdown

if TYPE_CHECKING:
    from afsync.config.project import LoadedProject
    from afsync.core.apply_verification import Verification
    from afsync.core.outcomes import Outcome
    from afsync.core.plan.plan import Plan


def publish_plan(plan: Plan, root: Path, title: str = "", calendar: Sequence[str] = ()) -> None:
    """In GitHub Actions: the step summary, the outputs, and annotations. Elsewhere nothing."""
    if not in_github():
        return

    append_summary(plan_markdown(plan, title=title, calendar=calendar))
    append_output(outputs(plan))
    publish_problems((*plan.blocking, *plan.violations, *_warnings(plan)), root)


def publish_outcomes(
    outcomes: Sequence[Outcome],
    project: LoadedProject,
    title: str = "",
    looked: Verification | None = None,
    settle: float = 0.0,
) -> None:
    """In GitHub Actions: the outcomes in the step summary, and an annotation for each change that went wrong."""
    if not in_github() or not outcomes:
        return

    append_summary(outcomes_markdown(outcomes, title=title, looked=looked, settle=settle))
    wrong = (outcome_problem(o, project.locate(o.change.address)) for o in outcomes)
    publish_problems([p for p in wrong if p is not None], project.root)


def publish_drift(found: Sequence[Problem], root: Path, title: str = "") -> None:
    """In GitHub Actions: what changed outside in the step summary, how much as an output, and annotations."""
    if not in_github():
        return

    append_summary(drift_markdown(found, title=title))
    append_output(f"drift={differences(found)}\n")
    publish_problems(found, root)


def _warnings(plan: Plan) -> list[Problem]:
    return [n for n in plan.notices if n.severity is Severity.WARNING]
