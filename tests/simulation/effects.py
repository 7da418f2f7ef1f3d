"""The simulated service with what really becomes of a job: production, publish times, approvals, in each dialect.

In the router, production and people write the same status field and the last write stays: a cancel stops nothing, a
publish time is gone when production writes next, and what is not staged is published as soon as it is produced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from afsync.core.answers import Answer, Committed, Rejected, Unknown
from afsync.core.apply_verification import PAGE
from afsync.core.remote_account import Lookups, Preview, ReadBack, Remote
from afsync.core.resources import Values
from afsync.errors import Refused, Unreachable
from tests.simulation.service import ECHOED, Crash, SimJob, SimService

QUEUE = timedelta(seconds=15)
PUBLISHING = timedelta(seconds=20)
ENDED = ("complete", "published", "failed")
ALIVE = ("queued", "scheduled", "running", "passed", "complete", "publishing", "published")


@dataclass
class Publication:
    """`by`: production, or the approval of afsync or of a person."""

    at: datetime
    by: str


@dataclass
class Life:
    """What really happens to one job, whatever its status says."""

    starts: datetime
    ends: datetime
    staged: bool
    mode: str
    fails: bool = False
    cost: int = 1
    stage: int = 0
    approvals: list[tuple[datetime, str, bool]] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    cancelled: bool = False
    asked_for: datetime | None = None
    """The publish time that it was last asked to have, kept or not."""
    requests: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    """When it was asked to have which."""
    by_person: list[datetime] = field(default_factory=list)
    """When a person approved it."""
    stopped_by_person: bool = False


@dataclass
class Effects(SimService):
    """One account in one dialect. `lives` holds what the simulation knows of each job by id. `ignores_staging`: nothing
    stops for a review, as it tells in its answers."""

    dialect: str = "deployed"
    ignores_staging: bool = False
    lives: dict[str, Life] = field(default_factory=dict)
    bodies: dict[str, Values] = field(default_factory=dict)
    by: str = "afsync"
    asked: Callable[[SimJob], None] | None = None
    """Hears of every approval of afsync that arrives."""

    @property
    def router(self) -> bool:
        return self.dialect == "router"

    def job(self, job_id: str) -> SimJob | None:
        return next((j for j in self.jobs if j.id == job_id), None)

    # --- what the engine calls ---

    def submit_job(self, body: Values) -> Answer:
        answer = super().submit_job(body)
        if not isinstance(answer, Committed):
            return answer
        told = None if self.router else self.lives[answer.id].cost
        return replace(
            answer, credits=told, staging=None if self.dialect == "documented" else self.lives[answer.id].staged
        )

    def create_template(self, body: Values) -> Answer:
        known = set(self.templates)
        answer = super().create_template(body)
        self.bodies |= {made: dict(body) for made in self.templates.keys() - known}
        return answer

    def cancel(self, job_id: str) -> str | None:
        self.pass_on()
        if self._draw("crash"):
            raise Crash
        return self.stop(job_id)

    def stop(self, job_id: str) -> str | None:
        """What a cancel does, whoever sends it."""
        job = self.job(job_id)
        if job is None:
            return None
        if job.status in ENDED:
            return job.status
        job.status = "cancelled"
        self.lives[job_id].cancelled = True
        return None

    def set_schedule(self, job_id: str, at: datetime | None) -> None:
        self.pass_on()
        if self._draw("crash"):
            raise Crash
        job = self.job(job_id)
        if job is None:
            raise Refused("not found", status=404, code="not_found", detail="not found")
        if at is None and self.dialect != "documented":
            detail = "scheduledPublishAt is required (ISO 8601)"
            raise Refused(detail, status=400, code="bad_request", detail=detail)
        kept = job.status not in ENDED if self.router else job.status not in ("published", "failed", "cancelled")
        if not kept and not self.router:
            raise Refused("it is over", status=409, code="conflict", detail="it is over")
        self.lives[job_id].asked_for = at
        self.lives[job_id].requests.append((self.clock.now, at))
        if kept:
            job.publish_at = at
            if self.router or (self.dialect == "deployed" and job.status == "queued"):
                job.status = "scheduled"
        if self._draw("crash"):
            raise Crash

    def approve(self, job_id: str, platforms: tuple[str, ...]) -> Answer:
        self.pass_on()
        fate = self._draw("crash", "lost_before", "lost_after")
        if fate == "crash" and self.random.random() < 0.5:
            raise Crash
        if fate == "lost_before":
            return Unknown("read time-out")
        answer = self.publish(job_id, self.by)
        if fate == "crash":
            raise Crash
        if fate == "lost_after" and isinstance(answer, Committed):
            shown = self.job(job_id)
            seen = shown is not None and shown.status in ("publishing", "published")
            return answer if seen else Unknown("connection reset")
        return answer

    def publish(self, job_id: str, by: str) -> Answer:
        """What an approval does, whoever sends it."""
        job = self.job(job_id)
        if job is None or job.status not in ("complete", "published"):
            return Rejected(422, "no_output", "there is no output yet")
        if by == self.by and self.asked is not None:
            self.asked(job)
        life = self.lives[job_id]
        if not self.router and (not life.staged or life.approvals):
            return Rejected(409, "not_staged", "it does not wait for an approval")
        works = not self.router or (bool(job.body.get("platforms")) and self.random.random() < 0.7)
        life.approvals.append((self.clock.now + PUBLISHING, by, works))
        if by != self.by:
            life.by_person.append(self.clock.now)
        job.status = "publishing"
        return Committed(job_id, "publishing")

    def look(self, lookups: Lookups) -> Remote:
        self.pass_on()
        remote = super().look(lookups)
        ahead = {j.id: j.publish_at for j in self.jobs if j.id in remote.jobs and j.publish_at and self.shows_time(j)}
        told = [j for j in remote.jobs.values() if self.ignores_staging or (self.router and j.status == "complete")]
        staging = {j.id: Preview(staging=self.lives[j.id].staged, status=j.status) for j in told}
        return replace(remote, publish_times=ahead, previews=staging)

    def read_back(
        self, *, jobs: bool, times: bool, templates: bool, balance: bool, results: Sequence[str] = ()
    ) -> ReadBack:
        """What the service shows at the end of a run, its newest jobs only; sometimes it cannot be reached."""
        self.pass_on()
        if self._draw("not_sent"):
            raise Unreachable("connection refused")
        shown = sorted((j for j in self.jobs if j.visible_at <= self.clock.now), key=self._told, reverse=True)[:PAGE]
        return ReadBack(
            jobs={j.id: j.status for j in shown} if jobs else {},
            publish_times={j.id: j.publish_at for j in shown if j.publish_at and self.shows_time(j)} if times else None,
            templates=frozenset(self.templates) if templates else None,
            balance=self._balance() if balance and self.tells_balance else None,
        )

    def shows_time(self, job: SimJob) -> bool:
        """Whether the list of publish times has it."""
        if self.router:
            return job.status in ("queued", "scheduled")
        return job.publish_at is not None and job.publish_at > self.clock.now

    # --- what happens by itself ---

    def _commit(self, body: Values, owner: str | None, late: float = 0.0) -> SimJob:
        job = super()._commit(body, owner, late)
        work = timedelta(seconds=self.random.choice([60, 180, 900, 4000]))
        starts = job.created_at + QUEUE
        effective = dict(body) if self.router else {**self._of_template(body), **body}
        mode = "immediate" if self.router else str(effective.get("publishMode", "immediate"))
        fails = self.random.random() < 0.05
        staged = effective.get("staging") is True and not self.ignores_staging
        life = Life(starts, starts + work, staged, mode, fails)
        if self.router:
            self.charged.pop()
            life.cost = 0
        self.lives[job.id] = life
        return job

    def _of_template(self, body: Values) -> Mapping[str, Any]:
        return self.bodies.get(str(body.get("fromTemplateId")), {})

    def _echo(self, job: SimJob) -> dict[str, Any]:
        if self.router:
            return {"platforms": [], "format": None, **{k: job.body[k] for k in ECHOED if k in job.body}}
        return super()._echo(job)

    def pass_on(self) -> None:
        """Everything that is due by now, in the order in which it happens to each job."""
        for job in self.jobs:
            if job.created_at <= self.clock.now:
                self._live(job, self.lives[job.id])

    def _live(self, job: SimJob, life: Life) -> None:
        now = self.clock.now
        stopped = job.status == "cancelled" and not self.router
        if stopped:
            return
        if life.stage == 0 and life.starts <= now:
            life.stage = 1
            self._written(job, "running")
        if life.stage == 1 and life.ends <= now:
            life.stage = 2
            self._written(job, "failed" if life.fails else "complete")
            if not life.fails and not life.staged and self._at_once(job, life):
                life.publications.append(Publication(life.ends, "production"))
                job.status = "complete" if self.router else "published"
        if life.stage == 2 and job.status == "complete" and not life.staged and not self.router:
            at = job.publish_at
            if at is not None and at <= now:
                life.publications.append(Publication(max(at, life.ends), "production"))
                job.status = "published"
        self._end_of_approvals(job, life)

    def _at_once(self, job: SimJob, life: Life) -> bool:
        return self.router or (life.mode == "immediate" and job.publish_at is None)

    def _written(self, job: SimJob, status: str) -> None:
        job.status = status
        if self.router:
            job.publish_at = None

    def _end_of_approvals(self, job: SimJob, life: Life) -> None:
        for at, by, works in [a for a in life.approvals if a[0] <= self.clock.now]:
            life.approvals.remove((at, by, works))
            if works:
                life.publications.append(Publication(at, by))
                job.status = "published"
            else:
                job.status, life.staged = "complete", True

    def purge(self) -> None:
        """Old finished jobs go away, but the simulation remembers what became of them."""
        self.pass_on()
        super().purge()

    def produce(self) -> None:
        """Production goes by the clock here."""
        self.pass_on()
