"""Every row of both tables in one account, one plan and one apply: what it comes to together, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import (
    NOT_ABOUT_IT,
    URL,
    Fields,
    Planned,
    World,
    a_template,
    creation,
    delete,
    reschedule,
    submission,
    valid,
)

WAIT = {"AFSYNC_QUARANTINE": "10m"}
OLD, NEW = "2031-01-06T09:00:00Z", "2031-01-13T09:00:00Z"
"""Publish times, far enough ahead."""


class Fate(Struct, frozen=True):
    """A job as it was first declared (None: it was not), what the service made of it, and as it is declared now.

    `planned` is action, reason, and credits to spend; `told` the code of a notice, `held` that of a violation.
    """

    before: Fields | None
    status: str
    now: Fields | None
    planned: tuple[str, str, int] | None = None
    told: str | None = None
    held: str | None = None


SAME: Fields = {}
FATES: dict[str, Fate] = {
    "new": Fate(None, "", {"schedule": OLD, "template": "edited"}, ("create", "new", 1)),
    "new-long": Fate(None, "", {"format": "long"}, ("create", "new", 2)),
    "new-late": Fate(None, "", {"schedule": "2020-01-01T09:00:00Z"}, held="past_schedule"),
    "new-like-another": Fate(None, "", {"topic": "Theirs"}, held="blocked_lookalike"),
    "same-open": Fate({"schedule": OLD}, "queued", {"schedule": OLD}),
    "same-busy": Fate(SAME, "publishing", SAME),
    "same-produced": Fate({"schedule": OLD}, "complete", {"schedule": OLD}),
    "same-done": Fate(SAME, "published", SAME),
    "same-failed": Fate(SAME, "failed", SAME, told="failed"),
    "same-cancelled": Fate(SAME, "cancelled", SAME, told="cancelled"),
    "same-gone-done": Fate(SAME, "published, then purged", SAME),
    "same-gone-active": Fate(SAME, "purged", SAME, told="missing"),
    "later-open": Fate({"schedule": OLD}, "queued", {"schedule": NEW}, ("reschedule", "schedule_changed", 0)),
    "later-produced": Fate({"schedule": OLD}, "complete", {"schedule": NEW}, ("reschedule", "schedule_changed", 0)),
    "later-busy": Fate({"schedule": OLD}, "publishing", {"schedule": NEW}, told="busy"),
    "later-done": Fate({"schedule": OLD}, "published", {"schedule": NEW}, told="finished"),
    "moved-by-hand": Fate({"schedule": OLD}, "moved", {"schedule": OLD}, ("reschedule", "drift", 0)),
    "edited-open": Fate({"schedule": OLD}, "queued", {"tone": "calm"}, ("replace", "body_changed", 1)),
    "edited-busy": Fate(SAME, "publishing", {"tone": "calm"}, told="busy"),
    "edited-produced": Fate({"schedule": OLD}, "complete", {"schedule": OLD, "tone": "calm"}, told="produced"),
    "edited-done": Fate(SAME, "published", {"tone": "calm"}, told="finished"),
    "again-open": Fate(SAME, "queued", {"rerun": 1}, ("replace", "rerun", 1)),
    "again-staged": Fate({"staging": True}, "complete", {"staging": True, "rerun": 1}, ("replace", "rerun", 1)),
    "again-done": Fate(SAME, "published", {"rerun": 1}, ("create", "rerun", 1)),
    "again-failed": Fate(SAME, "failed", {"rerun": 1}, ("create", "rerun", 1)),
    "again-gone": Fate(SAME, "purged", {"rerun": 1}, ("create", "rerun", 1)),
    "out-open": Fate(SAME, "queued", None, ("delete", "removed", 0)),
    "out-staged": Fate({"staging": True}, "complete", None, ("delete", "removed", 0)),
    "out-busy": Fate(SAME, "publishing", None, told="busy"),
    "out-done": Fate(SAME, "published", None, ("forget", "finished", 0)),
    "out-gone": Fate(SAME, "purged", None, ("forget", "missing", 0)),
    "z-old-name": Fate({"topic": "Renamed"}, "queued", None),
    "z-new-name": Fate(None, "", {"topic": "Renamed"}, ("move", "renamed", 0)),
    "in-doubt": Fate({"tone": "lost"}, "", {"tone": "lost", "format": "long"}, held="unresolved"),
}


def fields_of(key: str, own: Fields) -> Fields:
    return {"url": URL, "topic": f"About {key}", **own}


def body_of(key: str, **more: Any) -> Fields:
    now = FATES[key].now or {}
    own = {name: value for name, value in now.items() if name not in ("rerun", "template", "schedule")}
    return {**fields_of(key, own), **({"publishMode": "scheduled"} if "schedule" in now else {}), **more}


def at_first(world: World) -> None:
    """Everything is declared as it was, applied, and moved on by the service and by people."""
    jobs = {k: fields_of(k, f.before) for k, f in FATES.items() if f.before is not None}
    lost = {"in-doubt": jobs.pop("in-doubt")}
    templates = {
        "edited": a_template(name="Edited"),
        "gone": a_template(name="Gone"),
        "out": a_template(name="Out"),
        "out-gone": a_template(name="Out and gone"),
        "same": a_template(name="Same"),
    }
    world.declare(templates=templates, jobs=jobs)
    world.applied(env=WAIT)
    world.declare(templates=templates, jobs={**jobs, **lost})
    world.control.fault("POST /jobs#1: committed-then-close")
    world.applied(code=3, env=WAIT)
    ids = world.ids()
    for key, fate in FATES.items():
        job = ids.get(f"job.{key}")
        status = fate.status.removesuffix(", then purged")
        if job is not None and status not in ("", "queued", "moved", "purged"):
            world.becomes(status, job)
    world.applied(code=3, env=WAIT)  # sees how they stand now
    moved = {"scheduledAt": NEW, "scheduledPublishAt": NEW}
    world.by_hand("PATCH", f"/jobs/{ids['job.moved-by-hand']}/schedule", moved)
    purged = [ids[f"job.{key}"] for key, fate in FATES.items() if fate.status.endswith("purged")]
    world.control.purge(job_ids=purged)
    for key in ("gone", "out-gone"):
        world.by_hand("DELETE", f"/templates/{ids[f'template.{key}']}")
    # What people did in the account meanwhile.
    world.control.seed(key=world.key, status="published", age=86400, fields={"url": URL, "topic": "Theirs"})
    theirs = a_template(name="Theirs")
    world.by_hand("POST", "/templates", {**theirs, "jobSpec": {k: v for k, v in theirs.items() if k != "name"}})
    for _ in range(2):
        world.by_hand("POST", "/templates", {"name": "Twice", "jobSpec": {}})


def declared_now(world: World) -> None:
    world.declare(
        templates={
            "edited": a_template(name="Edited", tone="calm"),
            "gone": a_template(name="Gone"),
            "made": a_template(name="Made"),
            "same": a_template(name="Same"),
            "taken": a_template(name="Theirs"),
            "twice": a_template(name="Twice"),
        },
        jobs={key: fields_of(key, fate.now) for key, fate in FATES.items() if fate.now is not None},
    )


def expected() -> list[Planned]:
    """By the step in which they are done, then by publish time (none last), then by address."""
    jobs = [
        Planned(f"job.{key}", *fate.planned, spent=int(fate.before is not None))
        for key, fate in sorted(FATES.items(), key=lambda item: (_due(item[1]), item[0]))
        if fate.planned
    ]
    moves, deletes, submissions, schedules, forgets = (
        [change for change in jobs if change.action in actions]
        for actions in (["move"], ["delete"], ["create", "replace"], ["reschedule"], ["forget"])
    )
    return [
        *moves,
        Planned("template.edited", "replace", "template_changed"),
        Planned("template.gone", "create", "missing"),
        Planned("template.made", "create", "new"),
        Planned("template.taken", "adopt", "same_name"),
        *deletes,
        *submissions,
        *schedules,
        Planned("template.out", "delete", "removed"),
        *forgets,
        Planned("template.out-gone", "forget", "missing"),
    ]


def _due(fate: Fate) -> str:
    return str((fate.now or {}).get("schedule") or (fate.before or {}).get("schedule") or "none")


@pytest.mark.parametrize("dialect", ["documented", "deployed"])
def test_every_row_of_both_tables(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect, echo="full", credits=100)
    at_first(world)
    before, was = world.ids(), world.state["resources"]
    declared_now(world)

    document = world.does("plan", "--json", "--detailed-exitcode", code=2, env=WAIT).json
    valid("plan", document)
    assert [Planned.of(change) for change in document["changes"]] == expected()
    notices = {(f"job.{key}", fate.told) for key, fate in FATES.items() if fate.told}
    warnings = {
        (w["address"], w["code"]) for w in document["warnings"] if w["code"] not in (*NOT_ABOUT_IT, "far_ahead")
    }
    assert warnings == notices
    held = {(f"job.{key}", fate.held) for key, fate in FATES.items() if fate.held}
    assert {(v["address"], v["code"]) for v in document["violations"]} == {*held, ("template.twice", "same_name")}
    assert document["summary"] == {
        "add": 11, "change": 3, "destroy": 7, "adopt": 1, "move": 1, "forget": 3, "approve": 0,
    }  # fmt: skip
    balance = 100 - sum(fate.before is not None for fate in FATES.values())
    assert document["credits"] == {"spend": 9, "balance": balance, "after": balance - 9}

    books = len(world.control.ledger(key=world.key))
    with world.watched() as sent:
        done = world.applied(code=3, env=WAIT)
    ids = world.ids()
    assert sent == [
        creation(**a_template(name="Edited", tone="calm")),
        creation(**a_template(name="Gone")),
        creation(**a_template(name="Made")),
        delete(f"/jobs/{before['job.edited-open']}"),
        delete(f"/jobs/{before['job.again-open']}"),
        delete(f"/jobs/{before['job.out-open']}"),
        submission(**body_of("edited-open")),
        submission(a_template(name="Edited", tone="calm"), **body_of("new", fromTemplateId=ids["template.edited"])),
        reschedule(ids["job.new"], OLD),
        submission(**body_of("again-done")),
        submission(**body_of("again-failed")),
        submission(**body_of("again-gone")),
        submission(**body_of("again-open")),
        submission(**body_of("again-staged")),
        submission(**body_of("new-long")),
        reschedule(before["job.moved-by-hand"], OLD),
        reschedule(before["job.later-open"], NEW),
        reschedule(before["job.later-produced"], NEW),
        delete(f"/templates/{before['template.edited']}"),
        delete(f"/templates/{before['template.out']}"),
    ]
    assert document["requests"] == len(sent)
    paid = [entry["amount"] for entry in world.control.ledger(key=world.key)[books:]]
    assert paid == [-1, -1, -1, -1, -1, -1, -1, -2]
    assert world.balance == balance - 9
    counted = "11 added, 3 changed, 7 destroyed; 1 unresolved, 3 held back"
    assert done.out.splitlines()[-1] == f"Apply incomplete. Resources: {counted}."
    assert done.err.splitlines() == [
        "3 changes held back: see above what is to be decided.",
        "1 submission unresolved: `afsync intents` shows what can be said of it now.",
    ]

    assert set(ids) == {
        *(f"job.{k}" for k, f in FATES.items() if (f.now is not None or k == "out-busy") and not f.held),
        *(f"template.{key}" for key in ("edited", "gone", "made", "same", "taken")),
    }
    again = {f"job.{k}" for k, f in FATES.items() if f.before is not None and f.planned and f.planned[2]}
    kept = set(ids) & set(before) - again - {"template.edited", "template.gone"}
    assert {a: ids[a] for a in kept} == {a: before[a] for a in kept}
    assert ids["job.z-new-name"] == before["job.z-old-name"]
    assert all(ids[address] != before[address] for address in again)
    assert {a: world.record(a)["fingerprint"] for a in kept} == {a: was[a]["fingerprint"] for a in kept}
    assert [intent["address"] for intent in world.state["intents"]] == ["job.in-doubt"]
    valid("state", world.state)

    document = world.planned(env=WAIT)
    assert document["changes"] == []
    assert {(v["address"], v["code"]) for v in document["violations"]} == {*held, ("template.twice", "same_name")}
    with world.watched() as sent:
        world.applied(code=3, env=WAIT)
    assert sent == []
