"""Problems as a Code Climate report, which GitLab shows in merge requests (`artifacts: reports: codequality`)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from afsync.errors import Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.problems import in_repository, one_line
from afsync.output.values import escape_control

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def codeclimate(problems: Sequence[Problem], prefix: str, main: str) -> str:
    """The report. `prefix` is the project's folder in the repository; what has no place is shown at `main`."""
    seen: Counter[str] = Counter()
    return json_text([_issue(p, prefix, main, seen) for p in problems])


def _issue(problem: Problem, prefix: str, main: str, seen: Counter[str]) -> dict[str, Any]:
    at = problem.location
    path = in_repository(prefix, at.file if at else main)
    # Without the line: a problem that only moved is not a new one. The same one again is distinguished by its number.
    identity = "\0".join((problem.code, path, problem.message))
    seen[identity] += 1
    numbered = f"{identity}\0{seen[identity]}".encode("utf-8", "surrogatepass")
    return {
        "type": "issue",
        "check_name": problem.code,
        "description": escape_control(one_line(problem)),
        "severity": _SEVERITIES[problem.severity],
        "categories": ["Bug Risk"],
        "fingerprint": hashlib.sha256(numbered).hexdigest(),
        "location": {"path": escape_control(path), "lines": {"begin": (at.line if at else None) or 1}},
    }
