"""What the engine needs from outside, passed in so that tests and simulations can control all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from msgspec import Struct

from afsync.core.answers import Answer
from afsync.core.plan.plan import Plan
from afsync.core.remote_account import Lookups, ReadBack, Remote
from afsync.core.resources import Desired, Values
from afsync.core.state import Recorded
from afsync.engine.events import Tell
from afsync.engine.interrupt import Stop


class Writer(Protocol):
    """The calls that change something (`api.writer`). The free ones raise ApiError. Those that submit or approve return
    an Answer, raise only Interrupted while they wait to be sent, and are never repeated by the writer."""

    def ready(self) -> None:
        """Wait until a submission would leave at once; raises Interrupted when a signal comes first."""

    def estimate(self, requests: int) -> float:
        """Seconds until the last of so many more requests could be sent under the rate limit."""

    def submit_job(self, body: Values) -> Answer: ...

    def create_template(self, body: Values) -> Answer: ...

    def cancel(self, job_id: str) -> str | None:
        """None when it is cancelled or gone; else the status that made it too late."""

    def set_schedule(self, job_id: str, at: datetime | None) -> None: ...

    def delete_template(self, template_id: str) -> None: ...

    def approve(self, job_id: str, platforms: tuple[str, ...]) -> Answer:
        """Publish a produced job, on these of its platforms where some are named. Committed also where the answer was
        lost and the job shows that it is published."""

    def upload(self, file: BinaryIO, *, filename: str, size: int, progress: Callable[[int], None]) -> str: ...


class OpenFile(Protocol):
    """Opens a file of the project for reading. Raises PlanStale when it is not the planned one any more."""

    def __call__(self, path: str, sha256: str) -> AbstractContextManager[BinaryIO]: ...


class ReadingBack(Protocol):
    """Reads the newest jobs, publish times, templates and the balance as asked for, and the results of the jobs
    `results`. Raises ApiError."""

    def __call__(
        self, *, jobs: bool, times: bool, templates: bool, balance: bool, results: Sequence[str]
    ) -> ReadBack: ...


class Due(Struct, frozen=True):
    """For publishing what becomes due during a run: `desired` is what the files say; `judge` reads the jobs whose time
    has come and returns the plan that `apply --due` would make now. It raises ApiError."""

    desired: Desired
    judge: Callable[[Recorded], Plan]


class Dependencies(Struct, frozen=True):
    """`look` fetches what the service shows (a read), `read_back` what it shows of a run at its end. `clock` is our own
    time (UTC), `new_id` a fresh uuid. `who` is written down beside what a person decides. `due` is None where nothing
    is published besides what is planned."""

    writer: Writer
    look: Callable[[Lookups], Remote]
    open_file: OpenFile
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    stop: Stop
    tell: Tell
    who: str = "afsync"
    read_back: ReadingBack | None = None
    due: Due | None = None
