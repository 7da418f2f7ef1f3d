"""What the engine needs of the service. `api.client` provides it; simulations provide their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from afsync.core.outcome import Answer
from afsync.core.recorded import Recorded
from afsync.core.remote import Lookups, Remote
from afsync.engine.events import Tell
from afsync.engine.interrupt import Stop


class Writer(Protocol):
    """The calls that change something. The free ones raise ApiError and may be repeated; the two that create
    return an Answer, never raise, and are never repeated by the writer itself."""

    def submit_job(self, body: dict[str, Any]) -> Answer: ...

    def create_template(self, body: dict[str, Any]) -> Answer: ...

    def cancel(self, job_id: str) -> str | None:
        """None when it is cancelled or gone; else the status that made it too late."""

    def set_schedule(self, job_id: str, at: datetime | None) -> None: ...

    def delete_template(self, template_id: str) -> None: ...

    def upload(self, file: BinaryIO, *, filename: str, size: int, progress: Callable[[int], None]) -> str:
        """The id of the uploaded file."""


class OpenFile(Protocol):
    """Opens a file of the project for reading, and checks that it still is what was planned."""

    def __call__(self, path: str, sha256: str) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside that a run touches, passed in so that a test can be in charge of all of it.

    `look` fetches what the service shows (a read). `clock` is our own time (UTC), `new_id` a fresh uuid.
    """

    writer: Writer
    look: Callable[[Lookups, Recorded], Remote]
    open_file: OpenFile
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    stop: Stop
    tell: Tell
