"""What GitHub Actions and GitLab read: annotations, the outputs of a step, the report of a merge request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.core.account_results import Numbers, Overall, total
from afsync.errors import Problem, Severity
from afsync.output.json_text import json_line
from afsync.output.problems import in_repository
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.core.plan.plan import Plan

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def annotation(problem: Problem, prefix: str = "") -> str:
    """A workflow command that shows the problem at its line in the pull request. `prefix` is the project's folder
    in the repository, with a slash at its end, or nothing."""
    fields = {}
    if problem.location is not None:
        fields["file"] = in_repository(prefix, problem.location.file)
        if problem.location.line is not None:
            fields["line"] = str(problem.location.line)
        if problem.location.column is not None:
            fields["col"] = str(problem.location.column)
    fields["title"] = f"afsync: {problem.code}"
    told = (
        [escape_control(problem.message)]
        if problem.hint is None
        else [escape_control(problem.message), escape_control(problem.hint)]
    )
    listed = ",".join(f"{k}={_property(escape_control(v))}" for k, v in fields.items())
    return f"::{_LEVELS[problem.severity]} {listed}::{_data(chr(10).join(told))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def outputs(plan: Plan) -> str:
    """The outputs of a plan: lines for $GITHUB_OUTPUT. Nothing in them comes from files or the service."""
    s = plan.summary
    return _lines(
        Numbers(s.add, s.change, s.destroy, plan.spend),
        changes=bool(plan.changes),
        blocked=bool(plan.blocking or plan.violations),
        fingerprint=plan.fingerprint,
    )


def outputs_of_all(overall: Overall) -> str:
    """The same of many accounts, as sums; without a fingerprint."""
    return _lines(
        total(overall.results),
        changes=any(r.changes for r in overall.results),
        blocked=bool(overall.problems) or any(r.blocked for r in overall.results),
    )


def _lines(numbers: Numbers, *, changes: bool, blocked: bool, fingerprint: str | None = None) -> str:
    values = {
        "has_changes": str(changes).lower(),
        "add": numbers.add or 0,
        "change": numbers.change or 0,
        "destroy": numbers.destroy or 0,
        "credits": numbers.credits or 0,
        "fingerprint": fingerprint,
        "blocked": str(blocked).lower(),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items() if value is not None)


GITLAB_NO_PLAN = json_line({})
"""The same where there is no plan: the widget says that the report failed, and shows no numbers."""


def gitlab_report(plan: Plan) -> str:
    """GitLab's merge-request widget for plans (`artifacts: reports: terraform`)."""
    s = plan.summary
    return json_line({"create": s.add, "update": s.change, "delete": s.destroy})
