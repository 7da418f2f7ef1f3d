"""The decision about one address."""

from __future__ import annotations

from msgspec import Struct

from afsync.core.plan.changes import Change
from afsync.errors import Problem, Severity


class Decision(Struct, frozen=True):
    """The decision about one address: changes, changes withheld until a person decides, notices and violations."""

    changes: tuple[Change, ...] = ()
    withheld: tuple[Change, ...] = ()
    notices: tuple[Problem, ...] = ()
    violations: tuple[Problem, ...] = ()

    def __add__(self, other: Decision) -> Decision:
        return Decision(
            self.changes + other.changes,
            self.withheld + other.withheld,
            self.notices + other.notices,
            self.violations + other.violations,
        )


NOTHING = Decision()


def do(change: Change) -> Decision:
    return Decision(changes=(change,))


def note(address: str, code: str, message: str, hint: str | None = None) -> Decision:
    return Decision(notices=(Problem(code, message, hint, Severity.NOTE, address),))


def warn(address: str, code: str, message: str, hint: str | None = None, field: str | None = None) -> Decision:
    return Decision(notices=(Problem(code, message, hint, Severity.WARNING, address, field=field),))


def withhold(change: Change, message: str, hint: str, field: str | None = None) -> Decision:
    """A change that waits for a person; its reason is also the code of the violation. `field` is the field to edit."""
    problem = Problem(change.reason.value, message, hint, Severity.ERROR, change.address, field=field)
    return Decision(withheld=(change,), violations=(problem,))
