"""The problems of one load, as they are found."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from afsync.config.document import Document
from afsync.config.problems import Code, Fault, Wrong
from afsync.config.project import PROJECT_FILE
from afsync.errors import ConfigError, Location, Problem, Severity


class Report:
    """Collects problems from every stage, so that all of them can be told in one go."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []

    @property
    def clean(self) -> bool:
        return not self._problems

    def faults(self, document: Document, faults: Iterable[Fault]) -> None:
        self._problems += [document.problem(fault) for fault in faults]

    def warning(self, document: Document, fault: Fault) -> None:
        """What is allowed, and may not be meant."""
        self._warnings.append(replace(document.problem(fault), severity=Severity.WARNING))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """In the order of the problems; each once."""
        return tuple(sorted(dict.fromkeys(self._warnings), key=_order))

    def syntax(self, document: Document) -> None:
        """What is wrong with the YAML of `document` itself."""
        self._problems += document.problems()

    def file(self, file: str, wrong: Wrong) -> None:
        """A file that could not be read at all."""
        self._problems.append(Problem(wrong.code, wrong.message, wrong.hint, location=Location(file, wrong.line)))

    def error(self) -> ConfigError:
        """All problems: those of afsync.yaml first, then by file, line and column; each once."""
        return ConfigError(_zone_once(sorted(dict.fromkeys(self._problems), key=_order)))


def _zone_once(problems: list[Problem]) -> tuple[Problem, ...]:
    """`problems` with a single one for all publish times that lack a time zone: one line is what they all need."""
    lacking = [p for p in problems if _lacks_zone(p)]
    if len(lacking) < 2:
        return tuple(problems)
    first = lacking[0]
    told = replace(first, message=f"{first.message} (and {len(lacking) - 1} more like it)")
    return tuple(told if p is first else p for p in problems if p is first or not _lacks_zone(p))


def _lacks_zone(problem: Problem) -> bool:
    """Whether it is about the publish time of a job; what a policy says about days is another matter."""
    return problem.code == Code.NO_TIMEZONE and problem.address is not None


def _order(problem: Problem) -> tuple[bool, str, int, int]:
    place = problem.location or Location("")
    return place.file != PROJECT_FILE, place.file, place.line or 0, place.column or 0
