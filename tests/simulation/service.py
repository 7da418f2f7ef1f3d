"""A service that loses answers, commits late, lags in its lists, and is used by others too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, BinaryIO

from afsync.core.answers import Answer, Committed, CommittedIdUnknown, Limited, NotSent, Rejected, Unknown
from afsync.core.remote_account import Lookups, Remote, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.core.resources import Values

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ECHOED = ("topic", "tone", "format", "platforms", "entry")


class Crash(BaseException):
    """The process dies here."""


@dataclass
class SimClock:
    """Time that passes only when the simulation says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class SimJob:
    """What the service knows, and what only the simulation knows: who really submitted it (`owner`)."""

    id: str
    body: Mapping[str, Any]
    owner: str | None
    created_at: datetime
    visible_at: datetime
    tie: float = 0.0
    status: str = "queued"
    publish_at: datetime | None = None


@dataclass
class Odds:
    """How likely each mishap is; one scenario draws its own."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    late: float = 0.0
    garbled: float = 0.0
    refused: float = 0.0
    not_sent: float = 0.0
    limited: float = 0.0
    crash: float = 0.0
    foreign: float = 0.0
    lag: float = 0.0


@dataclass
class SimService:
    """One account. `echoes`: the deployed dialect tells some fields back, the documented one none. `coarse`: creation
    times are cut to seconds, and equal ones are listed in any order."""

    random: Random
    clock: SimClock
    odds: Odds
    echoes: bool
    tells_balance: bool
    quarantine: float
    coarse: bool = False
    jobs: list[SimJob] = field(default_factory=list)
    charged: list[datetime] = field(default_factory=list)
    templates: dict[str, RemoteTemplate] = field(default_factory=dict)
    credits: int = 1000
    counter: int = 0
    before_submit: Callable[[], None] | None = None

    # --- what the engine calls ---

    def ready(self) -> None:
        """There is no rate limit."""

    def estimate(self, requests: int) -> float:
        return 0.0

    def submit_job(self, body: Values) -> Answer:
        """One POST, with everything that can befall it."""
        self.clock.advance(0.3)
        if self.before_submit is not None:
            self.before_submit()
        self._foreign(body)
        match self._draw("not_sent", "limited", "refused", "lost_before", "lost_after", "late", "garbled", "crash"):
            case "not_sent":
                return NotSent("connection refused")
            case "limited":
                return Limited(1.0)
            case "refused":
                return Rejected(400, "bad_request", "no")
            case "lost_before":
                return Unknown("read time-out")
            case "lost_after":
                self._commit(body, "declared")
                return Unknown("connection reset")
            case "late":
                self._commit(body, "declared", late=self.random.uniform(1, self.quarantine * 0.9))
                return Unknown("502")
            case "garbled":
                self._commit(body, "declared")
                return CommittedIdUnknown("cut off")
            case "crash":
                if self.random.random() < 0.5:
                    self._commit(body, "declared")
                raise Crash
            case _:
                job = self._commit(body, "declared")
                return Committed(job.id, "queued", 1, None, created_at=job.created_at, server_time=self.clock.now)

    def create_template(self, body: Values) -> Answer:
        self.counter += 1
        made = RemoteTemplate(f"tpl_{self.counter}", str(body["name"]), self.clock.now)
        if self._draw("lost_before"):
            return Unknown("read time-out")
        self.templates[made.id] = made
        return Unknown("reset") if self._draw("lost_after") else Committed(made.id, created_at=self.clock.now)

    def cancel(self, job_id: str) -> str | None:
        job = next((j for j in self.jobs if j.id == job_id), None)
        if job is None or job.status == "cancelled":
            return None
        if job.status in ("complete", "published"):
            return job.status
        job.status = "cancelled"
        return None

    def set_schedule(self, job_id: str, at: datetime | None) -> None:
        if self._draw("crash"):
            raise Crash
        next(j for j in self.jobs if j.id == job_id).publish_at = at

    def approve(self, job_id: str, platforms: tuple[str, ...]) -> Answer:
        raise AssertionError("nothing is staged here")

    def delete_template(self, template_id: str) -> None:
        self.templates.pop(template_id, None)

    def upload(self, file: BinaryIO, *, filename: str, size: int, progress: Callable[[int], None]) -> str:
        raise AssertionError("nothing is uploaded here")

    def look(self, lookups: Lookups) -> Remote:
        """A complete listing of what is visible by now, newest first."""
        seen = [j for j in self.jobs if j.visible_at <= self.clock.now]
        listed = sorted(seen, key=lambda j: (self._told(j), j.tie), reverse=True)
        jobs = {j.id: RemoteJob(j.id, j.status, self._told(j), self._echo(j)) for j in listed}
        return Remote(
            account=RemoteAccount("acct", balance=self._balance() if self.tells_balance else None),
            templates=dict(self.templates),
            jobs=jobs,
            missing=frozenset(i for i in lookups.jobs if i not in jobs),
            head=tuple(jobs)[:100],
            publish_times={j.id: j.publish_at for j in seen if j.publish_at},
            covered=frozenset(jobs),
            server_time=self.clock.now,
            base_url="sim",
        )

    # --- what befalls it ---

    def _draw(self, *names: str) -> str | None:
        point = self.random.random()
        for name in names:
            point -= getattr(self.odds, name)
            if point < 0:
                return name
        return None

    def _commit(self, body: Values, owner: str | None, late: float = 0.0) -> SimJob:
        self.counter += 1
        lag = self.random.uniform(0, self.quarantine * 0.9 - late) if self._draw("lag") else 0.0
        at = self.clock.now + timedelta(seconds=late)
        tie = self.random.random() if self.coarse else self.counter
        job = SimJob(f"job_{self.counter:05}", dict(body), owner, at, at + timedelta(seconds=lag), tie=tie)
        self.jobs.append(job)
        self.charged.append(at)
        return job

    def _balance(self) -> int:
        """What a late commit costs is taken when it comes."""
        return self.credits - sum(at <= self.clock.now for at in self.charged)

    def _told(self, job: SimJob) -> datetime:
        return job.created_at.replace(microsecond=0) if self.coarse else job.created_at

    def _foreign(self, body: Values) -> None:
        """Somebody else submits, sometimes the very same thing."""
        if self._draw("foreign"):
            same = self.random.random() < 0.5
            other = {**body, "topic": body.get("topic") if same else f"other {self.counter}", "url": "https://else"}
            self._commit(other, None)

    def _echo(self, job: SimJob) -> dict[str, Any]:
        return {k: job.body[k] for k in ECHOED if k in job.body} if self.echoes else {}

    def purge(self) -> None:
        """Old finished jobs go away at any place."""
        self.jobs = [j for j in self.jobs if not (j.status == "published" and self.random.random() < 0.5)]

    def produce(self) -> None:
        """Production goes on."""
        for job in self.jobs:
            if job.status == "queued" and job.publish_at is None and self.random.random() < 0.3:
                job.status = "published"
