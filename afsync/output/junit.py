"""Problems as a JUnit report, which every CI system can show: one test per file, one failure per problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from afsync.errors import Problem
from afsync.output.problems import in_repository, problem_block
from afsync.output.values import escape_control


def junit(problems: Sequence[Problem], files: Sequence[str], prefix: str, main: str) -> str:
    """The report. `files` are those that were read, as far as that is known; `prefix` is the project's folder."""
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
    yield f"{escape(text)}</failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(escape_control(text))
