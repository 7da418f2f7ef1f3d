"""Problems as other programs read them: SARIF, Code Climate, JUnit."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from afsync.__version__ import __version__
from afsync.errors import Location, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.problems import in_repository, one_line, problem_block
from afsync.output.values import escape_control

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(problems: Sequence[Problem], prefix: str, main: str) -> str:
    """SARIF 2.1.0, which GitHub's code scanning and many editors read. `prefix` is the project's folder in the
    repository; what has no place is shown at `main`."""
    codes = sorted({str(p.code) for p in problems})
    driver = {
        "name": "afsync",
        "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": code.replace("_", " ")}} for code in codes],
    }
    results = [_result(p, codes.index(p.code), prefix, p.location or Location(main)) for p in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(problem: Problem, rule: int, prefix: str, at: Location) -> dict[str, Any]:
    path = in_repository(prefix, at.file)
    identity = "\0".join((problem.code, path, problem.message))
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": _text(problem)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(path, errors="surrogatepass")},
                    "region": _region(at),
                }
            }
        ],
        "partialFingerprints": {"afsync/v1": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()},
    }


def _region(at: Location) -> dict[str, int]:
    region = {"startLine": at.line or 1}
    return {**region, "startColumn": at.column} if at.column is not None else region


def _text(problem: Problem) -> str:
    text = escape_control(one_line(problem))
    # `[text](place)` would be a link, which a backslash takes back (SARIF 3.11.6).
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") if "](" in text else text


_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def codeclimate(problems: Sequence[Problem], prefix: str, main: str) -> str:
    """A Code Climate report, which GitLab shows in merge requests (`artifacts: reports: codequality`). `prefix` is the
    project's folder in the repository; what has no place is shown at `main`."""
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


def junit(problems: Sequence[Problem], files: Sequence[str], prefix: str, main: str) -> str:
    """A JUnit report, which every CI system can show: one test per file, one failure per problem.

    `files` are those that were read, as far as that is known; `prefix` is the project's folder.
    """
    by_file: dict[str, list[Problem]] = {file: [] for file in files}
    for problem in problems:
        by_file.setdefault(problem.location.file if problem.location else main, []).append(problem)
    failures = sum(bool(found) for found in by_file.values())
    counts = f'tests="{len(by_file)}" failures="{failures}" errors="0"'
    cases = (line for file, found in by_file.items() for line in _case(in_repository(prefix, file), found))
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="afsync" {counts}>',
            f'  <testsuite name="afsync validate" {counts}>',
            *cases,
            "  </testsuite>",
            "</testsuites>\n",
        ]
    )


_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What `xml.sax.saxutils` does, which takes long to import: it brings an HTTP client along."""


def _case(file: str, problems: Sequence[Problem]) -> Iterator[str]:
    head = f'    <testcase classname="afsync" name={_attribute(file)} file={_attribute(file)}'
    if not problems:
        yield f"{head}/>"
        return
    yield f"{head}>"
    first = problems[0]
    text = "\n\n".join(problem_block(p) for p in problems)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    yield f"      <failure type={_attribute(first.code)} message={_attribute(first.message + more)}>"
    yield f"{text.translate(_XML)}</failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    quote = "'" if '"' in text and "'" not in text else '"'
    return f"{quote}{escape_control(text).translate(_XML).replace(quote, '&quot;')}{quote}"
