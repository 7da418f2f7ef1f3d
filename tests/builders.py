"""Values with defaults, so that a test shows only what matters to it.

A declared job is `job.best`, recorded as `job_1`; a declared template is `template.weekly`, recorded as `tpl_1`. Every
field can be given by the API's name; None takes a default field out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from afsync.config.keys.part import keys_of
from afsync.config.keys.resources import Body
from afsync.core.addresses import Kind
from afsync.core.credits import DOCUMENTED
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.records import Cost, CostKind, Deposed, Effect, Record, RecordedJob, RecordedTemplate, Trust, Upload
from afsync.core.remote_account import NOTHING_READ, Remote, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.core.resources import EMPTY, Desired, File, Job, Schedule, Template, Values, effective
from afsync.core.similarity import echo_of
from afsync.core.state import Account, Intent, Phase, Recorded, Scan

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""The moment of deciding, in all tests."""

PAST = NOW - timedelta(days=1)
AHEAD = NOW + timedelta(days=7)
LATER = NOW + timedelta(days=14)

RECENT = NOW - timedelta(hours=2)
"""When recorded jobs were made."""
OLDER = NOW - timedelta(days=2)
"""When recorded templates were made."""
BEFORE = NOW - timedelta(hours=1)
"""When the answer to a submission was lost: the quarantine is over."""

LINEAGE = "0190f1c2-0000-7000-8000-000000000001"
BASE_URL = "https://api.auraflux.co/v1"
URL = "https://clips.twitch.tv/one"
TOPIC = "Best CS2 plays this week"


def ago(**units: float) -> datetime:
    """`ago(days=3)`: a moment before NOW."""
    return NOW - timedelta(**units)


def at(moment: datetime, written: str | None = None) -> Schedule:
    """A publish time, written as the instant it means unless a test says otherwise."""
    return Schedule(written or moment.isoformat(), moment)


def _values(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**defaults, **given}.items() if v is not None}


def a_template(
    key: str = "weekly", *, prevent_destroy: bool | None = None, ignore_changes: tuple[str, ...] = (), **fields: Any
) -> Template:
    values = _values({"name": "Weekly highlights", "tone": "hype", "platforms": ["tiktok"]}, fields)
    return Template(key, values, prevent_destroy, ignore_changes)


def a_job(
    key: str = "best",
    *,
    schedule: Schedule | datetime | None = None,
    file: File | None = None,
    rerun: str | None = None,
    allow_duplicate: bool = False,
    prevent_destroy: bool | None = None,
    ignore_changes: tuple[str, ...] = (),
    **fields: Any,
) -> Job:
    values = _values({"url": URL, "topic": TOPIC, "tone": "hype"}, fields)
    if file is not None:
        values = {**values, "entry": "upload", "file": file.sha256}
        values.pop("url")
    return Job(
        key,
        values,
        at(schedule) if isinstance(schedule, datetime) else schedule,
        file,
        rerun,
        allow_duplicate,
        prevent_destroy,
        ignore_changes,
    )


def a_file(path: str = "media/intro.mp4", sha256: str = "ab" * 32, size: int = 1000) -> File:
    return File(path, sha256, size)


def a_recorded_template(
    template: Template | None = None, *, id: str = "tpl_1", prevent_destroy: bool = False
) -> RecordedTemplate:
    """The record of `template` after it was made."""
    template = template or a_template()
    return RecordedTemplate(id, fingerprint(Kind.TEMPLATE, template.values), template.values, prevent_destroy, OLDER)


def a_recorded_job(
    job: Job | None = None,
    *,
    id: str = "job_1",
    status: str = "queued",
    credits: int | None = 1,
    prevent_destroy: bool = False,
    staged: bool = False,
    approved: bool = False,
    created_at: datetime | None = RECENT,
    **over: Any,
) -> RecordedJob:
    """The record of `job` after it was submitted and its publish time set; `schedule=` and `rerun=` override."""
    job = job or a_job()
    return RecordedJob(
        id=id,
        fingerprint=fingerprint(Kind.JOB, job.values),
        declared=job.values,
        schedule=over.pop("schedule", job.schedule),
        status=status,
        credits=credits,
        rerun=over.pop("rerun", job.rerun),
        prevent_destroy=prevent_destroy,
        created_at=created_at,
        staged=staged,
        approved=approved,
        **over,
    )


def a_remote_job(
    id: str = "job_1", status: str = "queued", *, created_at: datetime | None = RECENT, **echo: Any
) -> RemoteJob:
    """A job as listed. Echoes nothing unless told to; `echoes(job)` is what the service would tell."""
    return RemoteJob(id, status, created_at, echo or EMPTY)


def echoes(job: Job, template: Template | None = None) -> dict[str, Any]:
    """What the deployed service echoes of a submission of `job`."""
    return {"format": "short", **sent(job, template)}


def sent(job: Job, template: Template | None = None) -> dict[str, Any]:
    """What an intent remembers of a submission of `job`: its echoable fields."""
    return echo_of({"entry": "fetch", **effective(job.values, template.values if template else {})})


def a_remote_template(
    id: str = "tpl_1", name: str = "Weekly highlights", *, created_at: datetime | None = OLDER, **echo: Any
) -> RemoteTemplate:
    return RemoteTemplate(id, name, created_at, echo or EMPTY)


def read_of(jobs: Mapping[str, RemoteJob] = EMPTY, **fields: Any) -> Remote:
    """What was read of an account for `status`."""
    return replace(NOTHING_READ, jobs=jobs, **fields)


def a_remote(
    *things: RemoteJob | RemoteTemplate,
    missing: Iterable[str] = (),
    balance: int | None = 46,
    publish_times: Mapping[str, datetime] | None = None,
    covered: Iterable[str] | None = None,
    per_minute: int | None = None,
) -> Remote:
    """What was fetched: jobs in the order of the list, newest first. With `publish_times`, all of them are covered
    unless `covered` says which."""
    jobs = {t.id: t for t in things if isinstance(t, RemoteJob)}
    if covered is None:
        covered = jobs if publish_times is not None else ()
    return Remote(
        account=RemoteAccount("user_1", "operate", balance, per_minute=per_minute),
        templates={t.id: t for t in things if isinstance(t, RemoteTemplate)},
        jobs=jobs,
        missing=frozenset(missing),
        head=tuple(jobs),
        publish_times=publish_times,
        covered=frozenset(covered),
        server_time=NOW,
        base_url=BASE_URL,
    )


PROVEN = {Effect.SCHEDULE: Trust(3, 0, OLDER, None)}
"""An account that was seen to keep publish times, in which nothing is to be said about that."""
COSTS = {kind: Cost(credits, OLDER) for kind, credits in DOCUMENTED.items()}
"""One that took what the reference says."""


def a_recorded(
    resources: Mapping[str, Record] | None = None,
    *,
    intents: tuple[Intent, ...] = (),
    deposed: tuple[Deposed, ...] = (),
    uploads: Mapping[str, Upload] | None = None,
    foreign: tuple[str, ...] = (),
    serial: int = 7,
    trust: Mapping[Effect, Trust] = PROVEN,
    costs: Mapping[CostKind, Cost] = COSTS,
) -> Recorded:
    return Recorded(
        lineage=LINEAGE,
        serial=serial,
        counter=max([10, *(i.seq for i in intents)]),
        account=Account("user_1", BASE_URL),
        resources=resources or {},
        uploads=uploads or {},
        deposed=deposed,
        intents=intents,
        foreign=foreign,
        trust=trust,
        costs=costs,
    )


def an_intent(
    of: Job | Template | None = None,
    *,
    seq: int = 1,
    when: datetime = BEFORE,
    known: tuple[str, ...] = ("job_known",),
    balance: int | None = 46,
    cost: int = 1,
    phase: Phase = Phase.UNKNOWN,
    echo: Values | None = None,
    scans: tuple[Scan, ...] = (),
    foreign: tuple[str, ...] = (),
    **over: Any,
) -> Intent:
    """An open submission, by default one whose quarantine is over. For templates, nothing was known before."""
    of = of or a_job()
    kind = Kind.JOB if isinstance(of, Job) else Kind.TEMPLATE
    job = of if isinstance(of, Job) else None
    return Intent(
        seq=seq,
        uuid=over.pop("uuid", f"uuid-{seq}"),
        address=of.address,
        kind=kind,
        fingerprint=fingerprint(kind, of.values),
        declared=of.values,
        echo=sent(job) if job and echo is None else echo or EMPTY,
        at=when,
        known=known if job else (),
        server_time=over.pop("server_time", when),
        balance=balance,
        cost=cost if job else 0,
        schedule=job.schedule if job else None,
        rerun=job.rerun if job else None,
        prevent_destroy=of.prevent_destroy or False,
        phase=phase,
        scans=scans,
        foreign=foreign,
        **over,
    )


def desired(*declared: Template | Job) -> Desired:
    return Desired(
        templates={d.address: d for d in declared if isinstance(d, Template)},
        jobs={d.address: d for d in declared if isinstance(d, Job)},
    )


def planned(
    *declared: Template | Job,
    recorded: Recorded | Mapping[str, Record] | None = None,
    remote: Remote | None = None,
    now: datetime = NOW,
    **options: Any,
) -> Plan:
    """The plan for what is declared; `options` are those of `Options`."""
    state = recorded if isinstance(recorded, Recorded) else a_recorded(recorded)
    return make_plan(desired(*declared), state, remote or a_remote(), now, Options(**options))


FREE_FORM: Values = {"clipSpec": {"from": 1, "to": [2, {"deep": None}]}, "effects": [{"zoom": 2}, "cut"]}


def every_field() -> dict[str, Any]:
    """A value for every field that jobs and templates have in common: the last example of its definition."""
    return {name: key.examples[-1] if key.examples else FREE_FORM[name] for name, key in keys_of(Body).items()}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to a JSON value and to everything in it."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))
