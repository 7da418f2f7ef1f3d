"""Holds what afsync says against what is so: at the moment it is said, and when the seed ends.

Words that only say what was asked for are no claims. A claim that turned out false later is taken back where a plan
made after that names the submission.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from afsync.core.apply_verification import Expected, Observable, Verification
from afsync.core.job_status import JobPhase, JobStatus, Until, is_settled
from afsync.core.outcomes import Applied, Outcome
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Options
from afsync.core.plan.order import NEVER
from afsync.core.plan.plan import Plan
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Desired, Job
from afsync.core.state import Recorded
from afsync.engine.events import ChangeDone, Event, SubmissionDone
from afsync.output.apply_json import outcome_json, seen_fields, summary_json
from afsync.output.outcomes import outcome_line, seen_lines, submitted_line, summary_text
from tests.simulation.effects import Effects, Life
from tests.simulation.service import SimJob

TIME_SENT, TIME_OFF = "publish time sent", "publish time taken off"
LINE = re.compile(r"(?P<address>\S+): (?P<word>[a-z ]+?) after [^(:]*(?:\((?P<told>[^)]*)\))?(?:: (?P<note>.*))?")
MADE = re.compile(r"(?P<address>\S+): submitted as (?P<id>\S+?)(?: \((?P<told>[^)]*)\))?; setting its publish time")
SETTLE = Options().settle
NAMES_THE_TIME = ("publish time not kept", "not known whether at its publish time", "publish time not set")
"""Notes of `afsync status` that take back what was said of a publish time."""
CREDITS = re.compile(r"(\d+) credits?")
SPENT = re.compile(r"Spent: (\d+) credits?(?:, by the balance.*)?\.")
OF_STATE = ("moved", "forgotten", "taken over", "taken out")
"""Words about the state file, or about a job that was left as it is."""


@dataclass
class Promise:
    """What was said of one job and is to be so until it is taken back. `lapsed`: the files asked for something else."""

    what: str
    address: str
    id: str
    said: datetime
    at: datetime | None = None
    lapsed: datetime | None = None


@dataclass
class Audit:
    """The claims of one seed. `false` are those that were not so, `made` how many of each kind there were."""

    service: Effects
    urls: dict[str, str]
    false: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    named: dict[str, list[datetime]] = field(default_factory=dict)
    looks: list[datetime] = field(default_factory=list)
    looked_at: dict[str, list[datetime]] = field(default_factory=dict)
    """When a plan looked at a submission that the state held."""

    def edited(self, address: str, at: datetime | None) -> None:
        """The files ask for this publish time from now on."""
        for promise in self.promises:
            if promise.what == "time" and promise.address == address and promise.at != at and promise.lapsed is None:
                promise.lapsed = self.service.clock.now

    def tell(self, event: Event) -> None:
        """One event of the engine, as it is printed and as it is written."""
        match event:
            case SubmissionDone(change, job_id, credits):
                made = MADE.fullmatch(submitted_line(change, job_id, credits))
                assert made is not None
                self._check("submitted", change.address, made["id"], self._is_made(change.address, made["id"]))
                self._credits(change.address, made["id"], made["told"] or "")
            case ChangeDone(outcome):
                self._outcome(outcome)

    def _outcome(self, outcome: Outcome) -> None:
        text = outcome_line(outcome).splitlines()[0]
        written = json.loads(outcome_json(outcome, self.service.clock.now))
        assert (written["outcome"] == "applied") is isinstance(outcome, Applied)
        if not isinstance(outcome, Applied):
            return
        said = LINE.fullmatch(text)
        assert said is not None, text
        self._word(outcome, said["word"], str(outcome.id))
        if outcome.change.address.startswith("job.") and said["told"]:
            self._credits(outcome.change.address, str(outcome.id), said["told"])
            if said["word"] in ("submitted", "replaced") and written["credits"] is not None:
                true = self.service.lives[str(outcome.id)].cost
                self._check("credits of JSON", outcome.change.address, str(outcome.id), written["credits"] == true)

    def _word(self, outcome: Applied, word: str, job_id: str) -> None:
        change = outcome.change
        address, job = change.address, self.service.job(job_id)
        if change.later is not None or (word == "rescheduled" and _is_held(change)):
            return  # the state keeps it; nothing is sent
        wanted = change.after.schedule.utc if isinstance(change.after, Job) and change.after.schedule else None
        match word:
            case "submitted":
                self._check(word, address, job_id, self._is_made(address, job_id))
            case "replaced" if address.startswith("job."):
                self._check(word, address, job_id, self._is_made(address, job_id))
                self._cancelled(word, address, str(change.id))
            case "cancelled":
                self._cancelled(word, address, job_id)
            case "publish time sent" | "publish time taken off":
                asked = self._life(job_id).asked_for
                self._check(word, address, job_id, asked == wanted and (word == TIME_OFF) is (wanted is None))
                self.promises.append(Promise("time", address, job_id, self.service.clock.now, wanted))
            case "removed":
                left = job is None or job.owner is None or job.publish_at is None or self._life(job_id).staged
                self._check(word, address, job_id, left)
            case "approved" | "published":
                self._check(word, address, job_id, self._is_approved(job_id))
            case "created" | "replaced":
                self._check(word, address, job_id, job_id in self.service.templates)
            case "deleted":
                self._check(word, address, job_id, job_id not in self.service.templates)
            case _:
                assert word in OF_STATE, f"no audit knows the word {word!r}"
        if word in ("submitted", "replaced") and wanted is not None and not _is_held(change):
            self.promises.append(Promise("time", address, job_id, self.service.clock.now, wanted))

    def _cancelled(self, word: str, address: str, job_id: str) -> None:
        job = self.service.job(job_id)
        self._check(f"{word}: cancelled", address, job_id, job is None or job.status == "cancelled")
        self.promises.append(Promise("cancel", address, job_id, self.service.clock.now))

    def summary(self, outcomes: Sequence[Outcome], made: set[str], looked: Verification | None) -> None:
        """The last lines of an apply, in which these jobs were `made`."""
        text = summary_text(outcomes, complete=True, looked=looked)
        written = json.loads(summary_json(outcomes, self.service.clock.now, looked))
        true = sum(self.service.lives[job_id].cost for job_id in made & self.service.lives.keys())
        for line in text.splitlines():
            if (spent := SPENT.fullmatch(line)) is not None:
                self._check("spent", "the run", line, int(spent[1]) == true)
        if written["credits"] is not None:
            self._check("spent in JSON", "the run", str(written["credits"]), written["credits"] == true)

    def looked(self, looked: Verification | None) -> None:
        """What an apply says that it has seen at its end, as text and as JSON."""
        if looked is None:
            return
        text, written = "\n".join(seen_lines(looked, SETTLE)), seen_fields(looked)
        assert (looked.failed is not None) is text.startswith("Seen: unknown")
        for what in Observable:
            wanted = [e for e in (*looked.comparison.confirmed, *looked.comparison.unconfirmed) if e.what is what]
            there = sum(map(self._is_there, wanted))
            if wanted:
                plural = f"{what.value}s"
                self._check(f"seen: {plural}", "the run", text, f"{there} of {len(wanted)} {plural}" in text)
                told = written[plural.replace(" ", "_")]
                self._check(f"seen in JSON: {plural}", "the run", str(told), told == {"seen": there, "of": len(wanted)})
        for one in looked.comparison.unconfirmed:
            self._check("does not show it yet", one.address, one.id, one.id in text and not self._is_there(one))

    def _is_there(self, one: Expected) -> bool:
        """Whether the account shows it now."""
        if one.what is Observable.TEMPLATE:
            return one.id in self.service.templates
        job = self.service.job(one.id)
        if job is None or job.visible_at > self.service.clock.now:
            return False
        match one.what:
            case Observable.PUBLISH_TIME:
                return job.publish_at == one.at and self.service.shows_time(job)
            case Observable.CANCELLATION:
                return job.status == "cancelled"
            case Observable.APPROVAL:
                return self._is_approved(one.id)
            case _:
                return self._is_made(one.address, one.id)

    def status(self, jobs: Sequence[JobStatus]) -> None:
        """The lines of `afsync status`, read at this moment."""
        for told in jobs:
            if told.id is None:
                continue
            job, life = self.service.job(told.id), self._life(told.id)
            if job is None or job.visible_at > self.service.clock.now:
                continue
            self._check("status", told.address, told.id, told.status == job.status)
            if told.phase is JobPhase.WAITING_FOR_APPROVAL:
                waits = life.staged and not any(p.by == "production" for p in life.publications)
                self._check("waits for approval", told.address, told.id, waits or self.hidden(told.id))
            if is_settled(told, Until.PUBLISHED) and told.phase is JobPhase.DONE and told.publishes:
                self._check("status: published", told.address, told.id, bool(life.publications))
            if told.note is not None and any(name in told.note for name in NAMES_THE_TIME):
                self.named.setdefault(told.id, []).append(self.service.clock.now)

    def planned(self, plan: Plan, desired: Desired, recorded: Recorded) -> None:
        """What a plan names, and, where it says `No changes`, whether the account is what is declared."""
        self.looks.append(self.service.clock.now)
        for record in recorded.jobs.values():
            self.looked_at.setdefault(record.id, []).append(self.service.clock.now)
        problems = [*plan.notices, *plan.violations, *plan.blocking]
        text = "\n".join(f"{p.address} {p.message} {p.hint}" for p in problems)
        for promise in self.promises:
            about = [p for p in problems if p.address == promise.address]
            hidden = any(p.code == "busy" and "does not report its publish time" in p.message for p in about)
            if promise.id in text or hidden or any("kept" in p.code for p in about):
                self.named.setdefault(promise.id, []).append(self.service.clock.now)
        if plan.changes or plan.violations or plan.resolutions:
            return
        for address, job in desired.jobs.items():
            if address in text:
                continue
            self._check("no changes", address, "", self._matches(job, recorded))

    def _matches(self, job: Job, recorded: Recorded) -> bool:
        record = recorded.jobs.get(job.address)
        if record is None:
            return False
        made = self.service.job(record.id)
        if made is None or made.owner is None:
            return True
        if made.status == "cancelled" or self._unreviewed(record, made):
            return False
        if job.schedule is None or self.service.clock.now >= job.schedule.utc or self._life(record.id).fails:
            return self._is_made(job.address, record.id)
        life = self._life(record.id)
        if record.approved:
            return bool(life.publications or life.approvals)  # the approval overtook its time
        if life.publications and life.publications[0].by != "production":
            return True  # approved by the files, or by a person
        if record.publish is Publish.HELD:
            return not life.publications
        early = any(p.at < job.schedule.utc for p in life.publications)
        return not early and made.publish_at == job.schedule.utc

    def _unreviewed(self, record: RecordedJob, made: SimJob) -> bool:
        """Whether it is still produced although it will not stop for its review, in a service that tells so."""
        asked = record.declared.get("staging") is True and not record.approved
        alive = made.status in ("queued", "scheduled", "running", "passed")
        return self.service.ignores_staging and asked and alive

    def end(self, desired: Desired) -> None:
        """What was promised is so, or was taken back by name."""
        for promise in self.promises:
            life, until = self._life(promise.id), self._until(promise)
            after = [p for p in life.publications if p.by == "production" and promise.said < p.at < until]
            broken = after if promise.what == "cancel" else [p for p in after if promise.at and p.at < promise.at]
            if broken and self._shows(promise, broken[0].at, until, desired):
                told = any(at >= broken[0].at for at in self.named.get(promise.id, ()))
                self._check(f"{promise.what} at the end", promise.address, promise.id, told)

    def _until(self, promise: Promise) -> datetime:
        """When another time was asked for, by the files or by a run that was cut off."""
        asked = (when for when, at in self._life(promise.id).requests if when > promise.said and at != promise.at)
        return min(filter(None, (promise.lapsed, next(asked, None))), default=NEVER)

    def _shows(self, promise: Promise, broken: datetime, until: datetime, desired: Desired) -> bool:
        """Whether what the service showed told of it while it mattered. A time that was broken and has passed between
        two looks is no different from one that was kept, where the status is `published` in the end; and what left the
        files before the next look is not spoken of any more."""
        if promise.what == "cancel":
            return True
        judged = promise.said + timedelta(seconds=SETTLE)
        looked = any(max(broken, judged) <= at < min(until, promise.at or NEVER) for at in self.looks)
        job, declared = self.service.job(promise.id), desired.jobs.get(promise.address)
        unclear = job is not None and job.status == "complete" and declared is not None
        return looked or unclear

    # --- what is so ---

    def hidden(self, job_id: str) -> bool:
        """Whether a person's act hid from every plan that it did not stop for its review. Of one that a person approved
        before any plan had it in the state, the service shows what it shows of one that had stopped. One that a person
        cancelled, and that left the files before it was in the state, is not looked at again."""
        life, ours = self._life(job_id), self.looked_at.get(job_id, [])
        if not self.service.router:
            return False
        approved = min(life.by_person, default=None)
        if approved is not None and not any(at < approved for at in ours):
            return True
        return life.stopped_by_person and not ours

    def _life(self, job_id: str) -> Life:
        return self.service.lives[job_id]

    def _is_approved(self, job_id: str) -> bool:
        """By afsync, whosever job it is: one that was taken over by a person's decision can be another's."""
        life = self._life(job_id)
        return any(by == "afsync" for _, by, _ in life.approvals) or any(p.by == "afsync" for p in life.publications)

    def _is_made(self, address: str, job_id: str) -> bool:
        job = self.service.job(job_id)
        if job is None:
            return job_id in self.service.lives
        return job.owner == "declared" and job.body["url"] == self.urls[address]

    def _credits(self, address: str, job_id: str, told: str) -> None:
        if (said := CREDITS.search(told)) is not None:
            self._check("credits", address, job_id, int(said[1]) == self._life(job_id).cost)

    def _check(self, what: str, address: str, job_id: str, so: bool) -> None:
        self.made[what] = self.made.get(what, 0) + 1
        if not so:
            self.false.append(f"{what}: {address} {job_id} at {self.service.clock.now:%m-%d %H:%M:%S}")


def _is_held(change: Change) -> bool:
    """Whether afsync keeps the time of the submission that it is about."""
    before = change.before if isinstance(change.before, RecordedJob) else None
    if change.action is Action.RESCHEDULE and before is not None and before.publish is not Publish.UNKNOWN:
        return before.publish is Publish.HELD
    return isinstance(change.after, Job) and change.after.held
