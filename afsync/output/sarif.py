"""Problems as SARIF 2.1.0, which GitHub's code scanning and many editors read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from afsync.__version__ import __version__
from afsync.errors import Location, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.problems import in_repository, one_line
from afsync.output.values import escape_control

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(problems: Sequence[Problem], prefix: str, main: str) -> str:
    """The document. `prefix` is the project's folder in the repository; what has no place is shown at `main`."""
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
