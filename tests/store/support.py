"""A state with something of everything in it, and stores to keep it in."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from afsync.core.records import (
    UNSEEN,
    Approval,
    Cost,
    CostKind,
    Deposed,
    Effect,
    Finding,
    Forgotten,
    Publish,
    RecordedJob,
    StagingIgnored,
    Trust,
    Upload,
    Watched,
)
from afsync.core.recovery.resolution import record_of, replace_intent
from afsync.core.state import Account, Intent, Phase, Purpose, Recorded, Scan
from afsync.store.disk import Disk
from afsync.store.local import LocalStore
from afsync.store.paths import Paths
from afsync.store.state_text import decode_bytes
from tests.builders import (
    AHEAD,
    BASE_URL,
    LINEAGE,
    NOW,
    a_job,
    a_recorded_job,
    a_recorded_template,
    a_template,
    an_intent,
    at,
)

OTHER_LINEAGE = "0190f1c2-0000-7000-8000-000000000002"


def paths(root: Path, state: str = ".afsync/state.json") -> Paths:
    return Paths(root / state, root / ".afsync")


def a_store(root: Path, disk: Disk | None = None, state: str = ".afsync/state.json") -> LocalStore:
    return LocalStore(paths(root, state), afsync_version="0.1.0", disk=disk)


def job_number(number: int) -> RecordedJob:
    return a_recorded_job(a_job(f"show-{number}", topic=f"Show {number}"), id=f"job_{number}")


def with_job(recorded: Recorded, number: int) -> Recorded:
    """The next state: one more job, or another status of one that is there."""
    address, record = f"job.show-{number}", job_number(number)
    if address in recorded.resources:
        record = replace(record, status="complete")
    return following(recorded, resources={**recorded.resources, address: record})


def following(recorded: Recorded, **changes: object) -> Recorded:
    return replace(recorded, serial=recorded.serial + 1, **changes)


def opened(recorded: Recorded, number: int) -> tuple[Recorded, Intent]:
    """The next state: a submission is about to happen."""
    intent = an_intent(a_job(f"show-{number}"), seq=recorded.counter + 1, when=NOW, phase=Phase.WRITTEN)
    return following(recorded, counter=intent.seq, intents=(*recorded.intents, intent)), intent


def submitted(recorded: Recorded, intent: Intent, resource_id: str) -> Recorded:
    """The next state: it was made."""
    return following(replace_intent(recorded, intent, record_of(intent, resource_id, "queued", NOW)))


def everything(serial: int = 7) -> Recorded:
    """Every part filled, every kind of value used."""
    job = a_job(
        "best", schedule=at(AHEAD, "2026-11-27 13:00"), rerun="2", topic='Grüße "quoted" \\ \n 🎬', addOns={"a": 1}
    )
    scan = Scan(NOW, ("job_8",), ("job_8", "job_9"), 45)
    return Recorded(
        lineage=LINEAGE,
        serial=serial,
        counter=5,
        account=Account("user_1", BASE_URL),
        resources={
            "template.weekly": a_recorded_template(prevent_destroy=True),
            'job.show["2026-12-07"]': a_recorded_job(
                id="job_7", credits=None, created_at=None, staged=True, approved=True
            ),
            "job.held": a_recorded_job(
                id="job_10",
                publish=Publish.HELD,
                schedule_repeats=1,
                schedule_finding=Finding.LOST,
                approval=Approval(NOW, "alice@host", ("tiktok",)),
                approved_at=NOW,
                publish_finding=Finding.LOST,
                published_on=("tiktok",),
                failed_on=("youtube",),
            ),
            "job.best": a_recorded_job(job, status="scheduled"),
        },
        uploads={"ab" * 32: Upload("file_1", 1000), "cd" * 32: Upload("file_2", 0)},
        deposed=(Deposed("tpl_0", "template.weekly"),),
        intents=(
            an_intent(a_job("lost"), seq=4, scans=(scan, Scan(NOW)), foreign=("job_6",), outcome="reset"),
            an_intent(
                a_job("held"),
                seq=3,
                purpose=Purpose.APPROVAL,
                job_id="job_10",
                platforms=("tiktok",),
                publish=Publish.HELD,
            ),
            an_intent(a_template("new"), seq=5, phase=Phase.WRITTEN, server_time=None, balance=None),
        ),
        foreign=("job_5", "job_6"),
        decisions=({"address": "job.old", "seq": 1, "decision": "absent", "id": None, "why": "not in the list"},),
        applied_plans=("plan-1", "plan-2"),
        trust={Effect.SCHEDULE: Trust(3, 1, NOW, NOW), Effect.CANCEL: UNSEEN},
        costs={CostKind.SHORT: Cost(1, NOW), CostKind.GENERATE: Cost(30, NOW, 2)},
        staging_ignored=StagingIgnored("job_5", NOW),
        watched={"job_4": Watched("job.gone", job_number(4), NOW, AHEAD, Finding.LOST)},
        forgotten={"job_3": Forgotten("job.over", job_number(3), NOW)},
    )


def decode(text: str) -> Recorded:
    """The state in a text."""
    return decode_bytes(text.encode("utf-8", "surrogatepass")).recorded
