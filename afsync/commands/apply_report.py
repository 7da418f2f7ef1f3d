"""What an apply is asked for on the command line, and its end: the report on every channel, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.app.files import write_private
from afsync.app.preparation import ApplyRequest
from afsync.commands.account_flags import CommandResult
from afsync.commands.ci import append_summary, in_github, publish_error, publish_problems
from afsync.commands.console import Out, in_block, messages, stderr_paint, stdout_paint, warn_unwritten
from afsync.commands.progress import EventLines
from afsync.commands.report_flags import TEXT, Reports
from afsync.core.account_results import Numbers
from afsync.core.outcomes import Unresolved
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.plan import Plan
from afsync.core.recovery.resolution import Ask, Wait, needs_person
from afsync.core.state import Purpose
from afsync.core.text import count
from afsync.engine.run_report import RunReport
from afsync.errors import AfsyncError, Exit, Problem, StateError
from afsync.output.intents import unresolved_noun
from afsync.output.outcomes import Tally, approved_text, outcome_problem, seen_lines, summary_text
from afsync.output.outcomes_markdown import apply_markdown, outcomes_markdown
from afsync.output.plan_text import held_number
from afsync.output.problems import problem_block
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.app.preparation import Prepared
    from afsync.config.project import LoadedProject
    from afsync.core.apply_verification import Verification
    from afsync.core.outcomes import Outcome


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


def outcome(code: int, plan: Plan, done: RunReport | None = None) -> CommandResult:
    """What was done, for a report over many accounts. The balance is known only where nothing was spent."""
    if not in_block():
        return CommandResult(code)

    outcomes, stopped = (done.outcomes, done.stopped) if done else ((), None)
    t = Tally(outcomes)
    unspent = not (t.credits or t.unknown_costs or t.unresolved_credits)
    wrong = [p for p in (outcome_problem(o, None) for o in outcomes) if p is not None]
    if stopped is not None:
        wrong.insert(0, Problem("stopped", stopped.message, stopped.hint))
    return CommandResult(
        code,
        Numbers(t.added, t.changed, t.destroyed, t.credits, plan.balance if unspent else None),
        (*wrong, *plan.blocking, *plan.violations, *plan.notices),
        apply_markdown(plan, outcomes, stopped, "", done.looked if done else None),
        changes=bool(outcomes),
        blocked=bool(plan.blocking or plan.violations),
    )


def refused(plan: Plan, flags: ApplyFlags, out: Out, events: EventLines) -> int:
    events.end(())
    _markdown(flags, out, plan)
    if not flags.quiet:
        messages()("Nothing was done: see above what holds it back.\n")
    return Exit.UNRESOLVED if needs_person(plan.resolutions) else Exit.REFUSED


def finish(prepared: Prepared, done: RunReport, flags: ApplyFlags, out: Out, events: EventLines) -> int:
    events.end(done.outcomes, done.stopped, done.looked)
    if not flags.quiet:
        _finish_text(done.plan, done, out, approving=bool(flags.request.approve), due=flags.request.due)
    elif isinstance(done.stopped, StateError):
        # An id may be written nowhere else, and stdout may lie on the disk that is full.
        _say_stopped(done.stopped)
    _markdown(flags, out, done.plan, done)
    _publish_outcomes(
        done.outcomes, prepared.project, flags.title, done.looked, done.plan.settle, held_number(done.plan)
    )
    publish_problems([v for v in done.plan.violations if v not in prepared.plan.violations], prepared.project.root)
    if done.stopped is not None:
        publish_error(done.stopped)
    warn_unwritten(out.error)
    return done.exit_code


def _markdown(flags: ApplyFlags, out: Out, plan: Plan, done: RunReport | None = None) -> None:
    """The outcomes as Markdown. The changes are made by now, so a file that cannot be written is only a warning."""
    if not flags.reports.wants("markdown"):
        return

    outcomes, stopped, looked = (done.outcomes, done.stopped, done.looked) if done else ((), None, None)
    text = apply_markdown(plan, outcomes, stopped, flags.title, looked)
    if flags.reports.printed == "markdown":
        out(text)
    for file in flags.reports.files_of("markdown"):
        try:
            write_private(Path(file), text)
        except AfsyncError as error:
            messages()(f"Warning: {escape_control(error.message)}\n")


def _finish_text(plan: Plan, done: RunReport, out: Out, *, approving: bool, due: bool) -> None:
    if done.stopped is not None:
        _say_stopped(done.stopped)
    complete, paint = done.stopped is None, stdout_paint()
    if approving:
        seen = "".join(f"{line}\n" for line in seen_lines(done.looked, plan.settle))
        out("\n" + seen + approved_text(done.outcomes, paint, complete=complete) + "\n")
        return
    if due and not (plan.changes or plan.violations or plan.resolutions):
        return
    nothing = not (plan.changes or plan.violations or plan.resolutions)
    held = len({v.address for v in plan.violations if v.code != Reason.UNRESOLVED})
    before = sum(isinstance(r, Wait | Ask) for r in plan.resolutions)
    seen = "".join(f"{line}\n" for line in seen_lines(done.looked, plan.settle))
    summary = summary_text(done.outcomes, paint, complete=complete, held=held, unresolved=before, looked=done.looked)
    out(("" if nothing else "\n") + seen + summary + "\n")
    if held:
        messages()(f"{count(held, 'change')} held back: see above what is to be decided.\n")
    if unresolved := before + Tally(done.outcomes).unresolved:
        noun = unresolved_noun(_unresolved(plan, done))
        messages()(f"{count(unresolved, noun)} unresolved: `afsync intents` shows what can be said of it now.\n")


def _unresolved(plan: Plan, done: RunReport) -> Iterator[Purpose]:
    yield from (r.intent.purpose for r in plan.resolutions if isinstance(r, Wait | Ask))
    for change in (o.change for o in done.outcomes if isinstance(o, Unresolved)):
        yield Purpose.APPROVAL if change.action is Action.APPROVE else Purpose.SUBMISSION


def _say_stopped(error: AfsyncError) -> None:
    messages()(f"\n{problem_block(Problem('stopped', error.message, error.hint), stderr_paint())}\n")


def _publish_outcomes(
    outcomes: Sequence[Outcome],
    project: LoadedProject,
    title: str = "",
    looked: Verification | None = None,
    settle: float = 0.0,
    held: int = 0,
) -> None:
    """In GitHub Actions: the outcomes in the step summary, and an annotation for each change that went wrong."""
    if not in_github() or not outcomes:
        return

    append_summary(outcomes_markdown(outcomes, title=title, looked=looked, settle=settle, held=held))
    wrong = (outcome_problem(o, project.locate(o.change.address)) for o in outcomes)
    publish_problems([p for p in wrong if p is not None], project.root)
