"""Made-up projects with their states and accounts, and what applying a plan makes of them: all of it values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind, address_of
from afsync.core.fingerprints import fingerprint
from afsync.core.moved_records import moved
from afsync.core.plan.actions import Action, Retire, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.records import Deposed, Record, RecordedJob, RecordedTemplate
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.resources import EMPTY, Desired, Job, Template
from afsync.core.state import Intent, Phase, Recorded
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    ago,
    an_intent,
    at,
    desired,
    echoes,
)

STATUSES = (
    *("queued", "running", "scheduled", "complete", "complete", "processing", "publishing", "published"),
    *("failed", "non-compliant", "cancelled", "queued_scheduled", "weird"),
)
T = TypeVar("T")

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A machine that is busy with something else is no failure."""

TEMPLATE_KEYS = ("t1", "t2", "t3")
JOB_KEYS = ("j1", "j2", "j3", "j4")


class World(Struct, frozen=True):
    """What a plan is made from."""

    desired: Desired
    recorded: Recorded
    remote: Remote
    options: Options

    @property
    def plan(self) -> Plan:
        return make_plan(self.desired, self.recorded, self.remote, NOW, self.options)


# --- making them up ---

_times = st.sampled_from([None, None, PAST, AHEAD, LATER])
_protection = st.sampled_from([None, None, True, False])
_reruns = st.sampled_from([None, None, "1", "2"])
_tones = st.sampled_from(["hype", "calm"])


@st.composite
def templates(draw: st.DrawFn, key: str) -> Template:
    ignored = ("tone",) if draw(st.booleans()) and draw(st.booleans()) else ()
    name = draw(st.sampled_from(["One", "Two", "Three"]))
    return a_template(key, name=name, tone=draw(_tones), prevent_destroy=draw(_protection), ignore_changes=ignored)


@st.composite
def jobs(draw: st.DrawFn, key: str, made_from: tuple[str, ...]) -> Job:
    """A job as the loader would let it through: it names a template that is declared."""
    job = a_job(
        key,
        schedule=draw(_times),
        rerun=draw(_reruns),
        allow_duplicate=draw(st.booleans()),
        prevent_destroy=draw(_protection),
        ignore_changes=draw(st.sampled_from([(), (), ("tone",), ("schedule",), ("tone", "template")])),
        topic=draw(st.sampled_from(["a", "b", None])),
        tone=draw(_tones),
        template=draw(st.sampled_from([None, *made_from])),
    )
    return replace(job, approve=draw(st.sampled_from([None, None, None, f"job_{key}", "job_0"])))


def _one_of(declared: list[T], fresh: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """One of those declared, or another."""
    return st.sampled_from(declared) | fresh if declared else fresh


def _some(keys: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), unique=True)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A project that was applied some time ago, edited since, in an account that did not stand still."""
    declared = [draw(templates(k)) for k in draw(_some(TEMPLATE_KEYS))]
    made_from = tuple(t.key for t in declared)
    recorded_templates = {k: draw(_one_of(declared, templates(k))) for k in draw(_some(TEMPLATE_KEYS))}
    records: dict[str, Record] = {
        address_of(Kind.TEMPLATE, k): a_recorded_template(t, id=f"tpl_{k}", prevent_destroy=draw(st.booleans()))
        for k, t in recorded_templates.items()
    }
    all_jobs = [draw(jobs(k, made_from)) for k in draw(_some(JOB_KEYS))]
    for key in draw(_some(JOB_KEYS)):
        records[address_of(Kind.JOB, key)] = draw(_records(key, all_jobs))
    intents = tuple(draw(_intents(seq)) for seq in range(1, 1 + draw(st.integers(0, 2))))
    intents = tuple({i.address: i for i in intents}.values())
    state = a_recorded(records, intents=intents, deposed=draw(_deposed()))
    return World(
        desired(*declared, *all_jobs),
        state,
        draw(_remotes(state)),
        Options(
            replace=frozenset(draw(_some(("job.j1", "job.j2", "template.t1")))) if draw(st.booleans()) else frozenset(),
            destroy=draw(st.sampled_from([False] * 9 + [True])),
            exclusive=draw(st.booleans()),
        ),
    )


@st.composite
def _records(draw: st.DrawFn, key: str, declared: list[Job]) -> RecordedJob:
    """Most often of what is declared there, or of what is declared elsewhere now."""
    here = [j for j in declared if j.key == key]
    job = draw(_one_of(here * 3 + declared, jobs(key, TEMPLATE_KEYS)))
    return a_recorded_job(
        job,
        id=f"job_{key}",
        schedule=draw(st.sampled_from([job.schedule, job.schedule, at(AHEAD)])),
        rerun=draw(st.sampled_from([job.rerun, job.rerun, None])),
        status=draw(st.sampled_from(STATUSES)),
        credits=draw(st.sampled_from([None, 1, 3])),
        prevent_destroy=draw(st.booleans()),
        staged=draw(st.booleans()),
        approved=draw(st.booleans()),
    )


@st.composite
def _intents(draw: st.DrawFn, seq: int) -> Intent:
    if draw(st.booleans()):
        return an_intent(draw(templates(draw(st.sampled_from(TEMPLATE_KEYS)))), seq=seq, when=ago(minutes=5))
    return an_intent(
        draw(jobs(draw(st.sampled_from(JOB_KEYS)), TEMPLATE_KEYS)),
        seq=seq,
        when=ago(minutes=draw(st.sampled_from([1, 60]))),
        phase=draw(st.sampled_from(Phase)),
        balance=draw(st.sampled_from([None, 46, 47])),
    )


def _deposed() -> st.SearchStrategy[tuple[Deposed, ...]]:
    return st.sampled_from([(), (), (Deposed("tpl_0", "template.t1"),), (Deposed("tpl_0", "template.gone"),)])


@st.composite
def _remotes(draw: st.DrawFn, state: Recorded) -> Remote:
    """Templates and jobs that are recorded, changed or gone, and others that are not."""
    made: list[RemoteTemplate] = [
        a_remote_template(r.id, str(r.declared["name"])) for r in state.templates.values() if draw(st.booleans())
    ]
    made += [
        a_remote_template(f"tpl_{n}", draw(st.sampled_from(["One", "Two", "Old"])), created_at=ago(minutes=4))
        for n in range(draw(st.integers(0, 2)))
    ]
    strangers = [
        a_remote_job(
            f"job_{n}", draw(st.sampled_from(STATUSES)), created_at=ago(minutes=59), **echoes(draw(jobs("x", ())))
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    known, missing = [], []
    for record in state.jobs.values():
        match draw(st.sampled_from(["same", "same", "same", "other", "missing", "unlisted"])):
            case "same":
                known.append(a_remote_job(record.id, record.status))
            case "other":
                known.append(a_remote_job(record.id, draw(st.sampled_from(STATUSES))))
            case "missing":
                missing.append(record.id)
    times: dict[str, datetime] | None = None
    if draw(st.booleans()):
        times = {j.id: t for j in known if (t := draw(st.sampled_from([None, AHEAD, LATER]))) is not None}
    return a_remote(
        *strangers,
        a_remote_job("job_known", "published", created_at=ago(days=40)),
        *known,
        *made,
        missing=missing,
        publish_times=times,
        balance=draw(st.sampled_from([None, 0, 46])),
    )


# --- what applying does ---


@dataclass
class Account:
    """The account and the state while a plan is carried out."""

    recorded: Recorded
    templates: dict[str, RemoteTemplate]
    jobs: dict[str, RemoteJob]
    times: dict[str, datetime]
    numbers: count[int] = field(default_factory=lambda: count(100))

    def keep(self, address: str, record: Record) -> None:
        self.recorded = self.recorded.with_resource(address, record)

    def drop(self, address: str) -> None:
        self.recorded = self.recorded.without_resource(address)


def applied(world: World) -> World:
    """The world after its plan was carried out without a hitch: what the engine would do, on values.

    The jobs that are submitted are queued at the head of the list; nothing else moves on by itself.
    """
    plan, remote = world.plan, world.remote
    state = apply_resolutions(world.recorded, plan.resolutions)
    state = replace(state, resources={**state.resources, **plan.refreshed}, suspected=plan.suspected)
    state = replace(state, trust=plan.trust, watched=plan.watched)
    account = Account(state, dict(remote.templates), dict(remote.jobs), dict(remote.publish_times or {}))
    account.recorded = moved(state, [c for c in plan.changes if c.action is Action.MOVE])
    for step in Step:
        for change in plan.changes:
            if step in change.steps:
                _take(step, change, account)
    after = replace(
        remote,
        templates=account.templates,
        jobs=account.jobs,
        publish_times=None if remote.publish_times is None else account.times,
        covered=frozenset() if remote.publish_times is None else frozenset(account.jobs),
    )
    made = {c.address for c in plan.changes if {Step.SUBMIT_JOB, Step.CREATE_TEMPLATE} & {*c.steps}}
    return World(world.desired, account.recorded, after, replace(world.options, replace=world.options.replace - made))


def _take(step: Step, change: Change, account: Account) -> None:
    match step:
        case Step.MOVE:
            pass  # all of them are one write
        case Step.CREATE_TEMPLATE:
            _create_template(change, account)
        case Step.RETIRE_JOB:
            _retire(change, account)
        case Step.UPLOAD:
            pass
        case Step.SUBMIT_JOB:
            _submit(change, account)
        case Step.SET_SCHEDULE:
            _set_schedule(change, account)
        case Step.APPROVE:
            record = _job_at(change.address, account)
            account.keep(change.address, replace(record, approved=True))
            account.jobs[record.id] = replace(account.jobs.get(record.id, a_remote_job(record.id)), status="published")
        case Step.DELETE_TEMPLATE:
            _delete_template(change, account)
        case Step.FORGET:
            _forget(change, account)


def _job_at(address: str, account: Account) -> RecordedJob:
    record = account.recorded.resources[address]
    assert isinstance(record, RecordedJob)
    return record


def _create_template(change: Change, account: Account) -> None:
    template = change.after
    assert isinstance(template, Template)
    protected = change.before.prevent_destroy if change.before else False
    id = change.id if change.action is Action.ADOPT and change.id else f"tpl_{next(account.numbers)}"
    old = account.recorded.resources.get(change.address)
    if old is not None and old.id in account.templates:
        deposed = (*account.recorded.deposed, Deposed(old.id, change.address))
        account.recorded = replace(account.recorded, deposed=deposed)
    account.templates[id] = account.templates.get(id, RemoteTemplate(id, template.name, NOW, EMPTY))
    account.keep(
        change.address,
        RecordedTemplate(
            id,
            fingerprint(Kind.TEMPLATE, template.values),
            template.values,
            protected if template.prevent_destroy is None else template.prevent_destroy,
            NOW,
        ),
    )


def _retire(change: Change, account: Account) -> None:
    record = _job_at(change.address, account)
    assert record.id == change.id
    match change.retire:
        case Retire.CANCEL:
            account.jobs[record.id] = replace(account.jobs.get(record.id, a_remote_job(record.id)), status="cancelled")
        case Retire.UNSCHEDULE:
            account.times.pop(record.id, None)
    if change.action is Action.DELETE:
        account.drop(change.address)


def _submit(change: Change, account: Account) -> None:
    job = change.after
    assert isinstance(job, Job)
    if job.template is not None:
        record = account.recorded.resources[job.template]
        assert record.id in account.templates, "a job is only ever made from a template that is there"
    id = f"job_{next(account.numbers)}"
    protected = change.before.prevent_destroy if change.before else False
    account.jobs = {id: RemoteJob(id, "queued", NOW, echoes(job)), **account.jobs}
    account.keep(
        change.address,
        RecordedJob(
            id,
            fingerprint(Kind.JOB, job.values),
            job.values,
            credits=change.credits.spend,
            rerun=job.rerun,
            prevent_destroy=protected if job.prevent_destroy is None else job.prevent_destroy,
            created_at=NOW,
        ),
    )


def _set_schedule(change: Change, account: Account) -> None:
    job, record = change.after, _job_at(change.address, account)
    assert isinstance(job, Job)
    if job.schedule is None:
        account.times.pop(record.id, None)
    else:
        assert job.schedule.utc > NOW, "a publish time is only ever set to a moment still ahead"
        account.times[record.id] = job.schedule.utc
    account.keep(change.address, replace(record, schedule=job.schedule))


def _delete_template(change: Change, account: Account) -> None:
    """The record's own, or a deposed one."""
    recorded = account.recorded
    owned = {r.id for r in recorded.resources.values()} | {d.id for d in recorded.deposed}
    assert change.id in owned, "a template that the state does not own is never deleted"
    account.templates.pop(str(change.id), None)
    if change.action is Action.DELETE and change.before is not None:
        account.drop(change.address)
    else:
        _drop_deposed(change, account)


def _forget(change: Change, account: Account) -> None:
    if change.before is None:
        _drop_deposed(change, account)
    else:
        account.drop(change.address)


def _drop_deposed(change: Change, account: Account) -> None:
    kept = tuple(d for d in account.recorded.deposed if d.id != change.id)
    account.recorded = replace(account.recorded, deposed=kept)


# --- nonsense ---

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
_FIELDS = ("topic", "tone", "entry", "format", "platforms", "addOns", "urls", "url", "name", "durationMins")
_MOMENTS = st.integers(-5_000_000, 5_000_000).map(lambda minutes: NOW + timedelta(minutes=minutes))


def _bodies() -> st.SearchStrategy[Mapping[str, Any]]:
    return st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4)


@st.composite
def strange_worlds(draw: st.DrawFn) -> World:
    """Worlds whose account answers whatever JSON can hold, at any time, under any status."""
    world = draw(worlds())
    remote = world.remote
    jobs = {
        id: replace(job, status=draw(st.text(max_size=4)), echo=draw(_bodies()), created_at=draw(_MOMENTS))
        for id, job in remote.jobs.items()
    }
    made = {id: replace(t, echo=draw(_bodies())) for id, t in remote.templates.items()}
    times = None if remote.publish_times is None else {id: draw(_MOMENTS) for id in jobs}
    raw = a_job("raw", fromTemplateId=draw(st.sampled_from(["tpl_0", "tpl_none"])), topic=None)
    intents = tuple(
        replace(i, at=draw(_MOMENTS), server_time=draw(st.none() | _MOMENTS)) for i in world.recorded.intents
    )
    return World(
        replace(world.desired, jobs={**world.desired.jobs, raw.address: raw}),
        replace(world.recorded, intents=intents),
        replace(remote, jobs=jobs, templates=made, publish_times=times),
        replace(world.options, quarantine=draw(st.sampled_from([0.0, 600.0, timedelta(days=1).total_seconds()]))),
    )
