"""Everything that can go wrong in a way we planned for.

    AfsyncError                 exit 1   a message and what to do about it
    ├── UsageError              exit 1   flags or arguments that make no sense
    ├── ConfigError             exit 1   problems in the user's files, all of them at once
    ├── ApiError                exit 1   the service said no, or could not be understood
    │   ├── AuthError           exit 1   401 or 403: the key, or what it may do
    │   ├── Refused             exit 1   the API refused one call, in its own error form
    │   ├── Unreachable         exit 1   nothing was sent, or no answer came to a read
    │   └── BadAnswer           exit 1   an answer that is not what the API promises
    ├── LimitRefused            exit 4   a limit, a policy, or not enough credits
    ├── StateLocked             exit 5   another run is at work
    ├── PlanStale               exit 6   a saved plan that no longer holds
    ├── StateError              exit 7   the state is missing, damaged or of another project
    └── Interrupted             exit 130 or 143

`cli` is the only place where one of these becomes text and an exit code.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct


class Exit(IntEnum):
    """The exit codes, one meaning each."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    UNRESOLVED = 3
    REFUSED = 4
    LOCKED = 5
    STALE = 6
    STATE = 7
    INTERRUPTED = 130
    TERMINATED = 143


class Severity(StrEnum):
    """How bad a problem is; only errors stop anything."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Location(Struct, frozen=True):
    """A place in a file. Lines and columns count from 1; `text` is the line itself, to be shown."""

    file: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        parts = [self.file, self.line, self.column]
        return ":".join(str(p) for p in parts if p is not None)


class Problem(Struct, frozen=True):
    """One thing a person should know: what is wrong, where, and what to do about it.

    `code` is one snake_case word of a closed list, for scripts; `message` says what was wrong and
    why, `hint` what to do. `field` is the field of the resource that it is about, where it is about one.
    """

    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    address: str | None = None
    location: Location | None = None
    field: str | None = None


class AfsyncError(Exception):
    """A failure that is explained to the user in one block, without a traceback."""

    exit_code: Exit = Exit.ERROR

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AfsyncError):
    """Flags or arguments that make no sense together."""


class ConfigError(AfsyncError):
    """The files have problems; all of them are listed."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in the configuration.")
        self.problems = problems

    def __str__(self) -> str:
        """The first problem with its place, for whoever shows only this."""
        if not self.problems:
            return self.message
        first, more = self.problems[0], len(self.problems) - 1
        place = f"{first.location}: " if first.location else ""
        return f"{place}{first.message}" + (f" (and {more} more)" if more else "")


class ApiError(AfsyncError):
    """A call to the service did not do what was asked."""


class AuthError(ApiError):
    """401 or 403: the key is missing, wrong, or may not do this. Nothing else will work either."""


class Refused(ApiError):
    """The API refused one call in its own error form, so nothing was done.

    `status` is the HTTP status, `code` the API's error word (None when it wrote a sentence), `detail` its own words.
    """

    def __init__(self, message: str, *, status: int, code: str | None, detail: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.code = code
        self.detail = detail


class Unreachable(ApiError):
    """The service could not be reached, or did not answer a read in time."""


class BadAnswer(ApiError):
    """An answer that is not what the API promises; it never reads as "nothing there".

    `status` is the HTTP status where that is what is wrong.
    """

    def __init__(self, message: str, hint: str | None = None, *, status: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status


class LimitRefused(AfsyncError):
    """A limit or a policy was breached, or the credits do not suffice."""

    exit_code = Exit.REFUSED


class Unsettled(AfsyncError):
    """What is asked for has to wait until an open submission or approval is decided."""

    exit_code = Exit.UNRESOLVED


class StateLocked(AfsyncError):
    """Another run holds the lock, or wrote the state in between."""

    exit_code = Exit.LOCKED


class PlanStale(AfsyncError):
    """A saved plan that is stale, expired or already applied."""

    exit_code = Exit.STALE


class StateError(AfsyncError):
    """The state is missing, damaged, of another project, or could not be written."""

    exit_code = Exit.STATE


class Interrupted(AfsyncError):
    """A signal asked us to stop; the state is saved."""

    def __init__(self, message: str, *, exit_code: Exit = Exit.INTERRUPTED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
