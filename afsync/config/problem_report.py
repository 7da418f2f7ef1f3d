"""The problems of one load, as they are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Protocol, TypeVar

from msgspec.structs import replace

from afsync.config.document import Document
from afsync.config.files import PROJECT_FILE
from afsync.config.problems import MAX_PROBLEMS, Code, Diagnostic, InvalidValue
from afsync.errors import ConfigError, Location, Problem, Severity

T = TypeVar("T")


class Source(Protocol):
    """A file that problems are about."""

    @property
    def file(self) -> str: ...

    def problem(self, fault: Diagnostic, /) -> Problem: ...


class Report:
    """Collects problems from every stage, so that all of them can be told in one go."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._counts: Counter[str] = Counter()

    @property
    def clean(self) -> bool:
        return not self._problems

    def faults(self, document: Source, faults: Iterable[Diagnostic]) -> None:
        self._problems += [document.problem(fault) for fault in self._counted(document.file, faults)]

    def warning(self, document: Document, fault: Diagnostic) -> None:
        """What is allowed, and may not be meant."""
        self._warnings.append(replace(document.problem(fault), severity=Severity.WARNING))

    def cut_texts(self, document: Document) -> None:
        """The same of texts that may be shorter than they were meant."""
        found = document.problems(document.cuts[:MAX_PROBLEMS])
        if len(document.cuts) > MAX_PROBLEMS:
            message = f"there are more warnings of this file: {MAX_PROBLEMS} are shown"
            found.append(Problem(Code.MORE_PROBLEMS, message, "fix these first", location=Location(document.file)))
        self._warnings += [replace(problem, severity=Severity.WARNING) for problem in found]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """In the order of the problems; each once."""
        return tuple(sorted(dict.fromkeys(self._warnings), key=_order))

    def syntax(self, document: Document) -> None:
        """What is wrong with the YAML of `document` itself."""
        self._problems += document.problems(self._counted(document.file, document.marks))

    def full(self, document: Document) -> bool:
        """Whether nothing more is shown of this file."""
        return self._counts[document.file] > MAX_PROBLEMS

    def _counted(self, file: str, found: Iterable[T]) -> list[T]:
        """As many as are still shown of this file."""
        room = MAX_PROBLEMS - self._counts[file]
        taken = list(islice(found, max(0, room) + 1))
        self._counts[file] += len(taken)
        return taken[: max(0, room)]

    def file(self, file: str, wrong: InvalidValue) -> None:
        """A file that could not be read at all."""
        self._problems.append(Problem(wrong.code, wrong.message, wrong.hint, location=Location(file, wrong.line)))

    def error(self) -> ConfigError:
        """All problems: those of afsync.yaml first, then by file, line and column; each once."""
        more = (_more(file) for file, count in sorted(self._counts.items()) if count > MAX_PROBLEMS)
        return ConfigError((*_zone_once(sorted(dict.fromkeys(self._problems), key=_order)), *more))


def _more(file: str) -> Problem:
    message = f"there is more wrong in this file: {MAX_PROBLEMS} problems of it are shown"
    return Problem(Code.MORE_PROBLEMS, message, "fix these first", location=Location(file))


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
