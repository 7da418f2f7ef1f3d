"""A service, a state and a signal with a point at every request, write and wait, where something can happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from afsync.core.answers import Answer, Unknown
from afsync.core.remote_account import JobResult, Lookups, ReadBack, Remote
from afsync.core.resources import Values
from afsync.core.state import Recorded
from afsync.engine.interrupt import Stop
from afsync.errors import ApiError, Interrupted, StateError, StateLocked
from tests.simulation.effects import Effects
from tests.simulation.runner import SimStore
from tests.simulation.service import Crash

T = TypeVar("T")

WAYS = {
    "request": ("signal", "kill before", "kill after", "lost before", "lost after"),
    "write": ("signal", "kill before", "kill after", "no space", "another run"),
    "wait": ("signal", "kill before", "an hour"),
}
"""What can happen at a point, by what the point is."""
EVERY_WAY = sorted({way for ways in WAYS.values() for way in ways})


@dataclass
class Break:
    """What happens at which point of a run."""

    place: int
    way: str


class Points:
    """The points of one run, counted as it comes to them; at one of them something happens."""

    def __init__(self, stop: Stop, later: Callable[[float], None], break_: Break | None) -> None:
        self.stop, self.later, self.break_ = stop, later, break_
        self.kinds: list[str] = []

    def way(self, kind: str) -> str | None:
        """What happens here, where it is the place."""
        self.kinds.append(kind)
        if self.break_ is None or self.break_.place != len(self.kinds) - 1 or self.break_.way not in WAYS[kind]:
            return None
        if self.break_.way == "signal":
            self.stop.receive(2)
        return self.break_.way

    def request(self, send: Callable[[], T]) -> T:
        """A free request: what is lost raises what the client raises."""
        match self.way("request"):
            case "kill before":
                raise Crash
            case "lost before":
                raise ApiError("the connection was refused")
            case way:
                answer = send()
                if way == "kill after":
                    raise Crash
                if way == "lost after":
                    raise ApiError("the connection was reset")
                return answer

    def submission(self, send: Callable[[], Answer]) -> Answer:
        """A paid one: what is lost is not known."""
        try:
            return self.request(send)
        except ApiError as error:
            return Unknown(error.message)

    def wait(self) -> None:
        """For the rate limit: a signal ends it, and it may be long."""
        match self.way("wait"):
            case "kill before":
                raise Crash
            case "an hour":
                self.later(3600)
        self.stop.check()


class Breakable(Effects):
    """The service, with a point at every request and wait."""

    points: Points

    def ready(self) -> None:
        self.points.wait()

    def submit_job(self, body: Values) -> Answer:
        return self.points.submission(lambda: Effects.submit_job(self, body))

    def create_template(self, body: Values) -> Answer:
        return self.points.submission(lambda: Effects.create_template(self, body))

    def cancel(self, job_id: str) -> str | None:
        return self.points.request(lambda: Effects.cancel(self, job_id))

    def set_schedule(self, job_id: str, at: datetime | None) -> None:
        self.points.request(lambda: Effects.set_schedule(self, job_id, at))

    def delete_template(self, template_id: str) -> None:
        self.points.request(lambda: Effects.delete_template(self, template_id))

    def look(self, lookups: Lookups) -> Remote:
        return self.points.request(lambda: Effects.look(self, lookups))

    def read_back(
        self, *, jobs: bool, times: bool, templates: bool, balance: bool, results: Sequence[str] = ()
    ) -> ReadBack:
        def read() -> ReadBack:
            remote = Effects.look(self, Lookups())
            statuses = {i: job.status for i, job in remote.jobs.items()}
            shown = remote.publish_times if times else None
            return ReadBack(statuses, shown, frozenset(remote.templates) if templates else None)

        return self.points.request(read)

    def result(self, job_id: str) -> JobResult | None:
        job = self.job(job_id)
        if job is None:
            return None
        out = bool(self.lives[job_id].publications)
        row = {"platform": "tiktok", "status": "published" if out else "pending"}
        return JobResult(job_id, job.status, ready=True, platforms=(row,))


class BreakableStore(SimStore):
    """The state, with a point at every write."""

    points: Points

    def write(self, recorded: Recorded, if_version: str) -> str:
        match self.points.way("write"):
            case "kill before":
                raise Crash
            case "no space":
                raise StateError("no space left on device")
            case "another run":
                raise StateLocked("another run wrote in between")
            case way:
                version = super().write(recorded, if_version)
                if way == "kill after":
                    raise Crash
                return version


class Waits(Stop):
    """Waiting is a point, and costs no time of its own."""

    def __init__(self, point: Callable[[], None]) -> None:
        super().__init__()
        self._point = point

    def sleep(self, seconds: float) -> None:
        with suppress(Interrupted):
            self._point()
