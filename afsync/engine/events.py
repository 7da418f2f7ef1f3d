"""What the engine tells while it works. Each event is told after what it tells is on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from afsync.core.actions import Step
from afsync.core.outcome import Outcome
from afsync.core.plan import Change
from afsync.errors import Problem


@dataclass(frozen=True, slots=True)
class ChangeStarted:
    change: Change
    step: Step


@dataclass(frozen=True, slots=True)
class ChangeDone:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Warned:
    problem: Problem


@dataclass(frozen=True, slots=True)
class Uploading:
    """`sent` of `size` bytes of one file are on their way."""

    change: Change
    sent: int
    size: int


Event: TypeAlias = ChangeStarted | ChangeDone | Warned | Uploading
Tell: TypeAlias = Callable[[Event], None]
