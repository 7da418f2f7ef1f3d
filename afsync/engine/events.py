"""The events that the engine reports while it works, each after what it reports is on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from afsync.core.outcomes import Outcome
from afsync.core.plan.actions import Step
from afsync.core.plan.changes import Change
from afsync.errors import Problem


class ChangeStarted(Struct, frozen=True):
    change: Change
    step: Step


class SubmissionStarted(Struct, frozen=True):
    """A change that began with another step gets to its submission."""

    change: Change


class SubmissionDone(Struct, frozen=True):
    """The submission of a change is paid for and recorded as `id`; the change still needs other steps."""

    change: Change
    id: str
    credits: int | None


class ChangeDone(Struct, frozen=True):
    outcome: Outcome


class Warned(Struct, frozen=True):
    problem: Problem


class BecameDue(Struct, frozen=True):
    """The publish time of held jobs has come during the run: these changes are made next."""

    changes: tuple[Change, ...]


class Uploading(Struct, frozen=True):
    """`sent` of `size` bytes of one file are sent."""

    change: Change
    sent: int
    size: int


Event: TypeAlias = ChangeStarted | SubmissionStarted | SubmissionDone | ChangeDone | Warned | BecameDue | Uploading
Tell: TypeAlias = Callable[[Event], None]
