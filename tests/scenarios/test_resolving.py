"""A lost answer, and a person who says what became of it: by the real commands, without a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.scenarios.world import World, a_job

LONG = {"AFSYNC_QUARANTINE": "10m"}


@pytest.fixture
def dialect() -> str:
    """The one that tells enough for a decision without a person."""
    return "deployed"


def lose(world: World, fault: str = "committed-then-close") -> str | None:
    """Submit `job.a`, and lose the answer; the id it was made as, if it was."""
    world.declare(jobs={"a": a_job()})
    world.control.fault(f"POST /jobs#1: {fault}")
    before = {job["job_id"] for job in world.control.jobs(key=world.key)}
    world.applied(code=3, env=LONG)
    return next((j["job_id"] for j in world.control.jobs(key=world.key) if j["job_id"] not in before), None)


@pytest.mark.parametrize("env", [LONG, {"AFSYNC_QUARANTINE": "0s"}], ids=["in quarantine", "after it"])
def test_absent_is_refused_while_one_is_in_sight(world: World, env: dict[str, str]) -> None:
    """Also after the quarantine, when the next apply would take it over."""
    job = lose(world)
    done = world.does("resolve", "job.a", "--absent", code=1, env=env)
    assert f"{job} could be it, so it cannot be called absent" in done.err
    assert f"--foreign {job}" in done.err
    assert len(world.state["intents"]) == 1
    world.applied()
    world.is_settled()
    assert world.ids() == {"job.a": job}


@pytest.mark.parametrize("flag", ["--reason", "--because"])  # the second is its name in 0.1
def test_foreign_then_absent_pays_for_another(world: World, flag: str) -> None:
    job = lose(world)
    world.does("resolve", "job.a", "--foreign", str(job), env=LONG)
    world.does("resolve", "job.a", "--absent", flag, "it is not ours", env=LONG)
    assert [(d["decision"], d["id"], d["why"]) for d in world.state["decisions"]] == [
        ("foreign", job, ""),
        ("absent", None, "it is not ours"),
    ]
    world.applied()
    assert list(world.ids()) == ["job.a"]
    assert world.ids()["job.a"] != job
    world.is_settled()


def test_foreign_then_adopt_pays_for_no_other(world: World) -> None:
    job = lose(world)
    world.does("resolve", "job.a", "--foreign", str(job), env=LONG)
    world.does("resolve", "job.a", "--adopt", str(job), env=LONG)
    assert world.ids() == {"job.a": job}
    world.applied()
    world.is_settled()


@pytest.mark.parametrize("selection", ["--target=job.b", "--exclude=job.a"])
def test_an_apply_of_something_else_is_not_silent_about_it(world: World, selection: str) -> None:
    lose(world)
    world.declare(jobs={"a": a_job(), "b": a_job(topic="B")})
    done = world.applied(selection, code=3, env=LONG)
    assert "job.a" in done.out
    assert done.out.endswith("Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed; 1 unresolved.\n")
    assert done.err == "1 submission unresolved: `afsync intents` shows what can be said of it now.\n"
    assert list(world.ids()) == ["job.b"]
    assert world.applied(selection, "--json", code=3, env=LONG).events[-1]["type"] == "summary"


def test_nor_is_one_that_a_limit_holds_back(world: World) -> None:
    lose(world)
    world.declare(jobs={"a": a_job(), "b": a_job(topic="B")}, limits={"max_creates": 0})
    done = world.applied(code=3, env=LONG)
    assert "Nothing was done" in done.err
    assert world.ids() == {}


def test_import_in_the_files_takes_over_nothing_that_may_be_it(world: World) -> None:
    """It would be found to be absent then, and paid for again."""
    (older,) = world.control.seed(key=world.key, status="published", age=86400, fields={"topic": "Old"})
    job = lose(world)
    world.declare(
        jobs={"a": a_job(), "b": a_job(topic=None), "old": a_job(topic="Old", tone=None)},
        **{"import": {"job.b": job, "job.old": older}},
    )
    done = world.applied(code=3, env=LONG)
    assert world.ids() == {"job.old": older}
    assert f"job.b is to be taken over by `import:`, but {job} may be the submission of job.a" in done.out
    world.does("resolve", "job.a", "--foreign", str(job), env=LONG)
    world.does("resolve", "job.a", "--absent", env=LONG)
    world.applied()
    assert world.ids()["job.b"] == job


def test_ids_that_cannot_be_it(world: World) -> None:
    (other,) = world.submitted(other=a_job(topic="Other"))
    world.declare(jobs={"other": a_job(topic="Other"), "a": a_job()})
    world.control.fault("POST /jobs#1: received-then-close")
    (older,) = world.control.seed(key=world.key, status="published", age=86400, fields={"topic": "Old"})
    world.applied(code=3, env=LONG)
    for said, why in [
        ("job_nowhere", "the account has no job job_nowhere"),
        (other, f"{other} belongs to job.other"),
        (older, f"{older} was there before this submission"),
        ("../jobs", "'../jobs' is not an id"),
    ]:
        assert why in world.does("resolve", "job.a", "--adopt", said, code=1, env=LONG).err
    assert "job_nowhere" in world.does("resolve", "job.a", "--foreign", "job_nowhere", code=1, env=LONG).err
    assert "job.b has no unresolved submission" in world.does("resolve", "job.b", "--absent", code=1).err
    assert [d for d in world.state["decisions"] if d["address"] == "job.a"] == []
    world.does("resolve", "job.a", "--absent", env=LONG)
    world.applied()
    world.is_settled()


def test_a_slow_reading_does_not_date_a_submission_wrongly(world: World) -> None:
    """Where the rate limit held the reading up, the intent still has the service's time of the submission."""
    world.declare(jobs={"a": a_job()})
    world.control.fault("POST /jobs#1: committed-then-close")
    world.control.clear_requests()
    slow = replace(world)

    def now() -> datetime:
        read = any(r["path"].startswith("/v1/jobs") for r in world.control.requests())
        return world.now() + timedelta(seconds=90 if read else 0)

    slow.now = now  # type: ignore[method-assign]
    slow.applied(code=3, env=LONG)
    (intent,), (job,) = world.state["intents"], world.control.jobs(key=world.key)
    written, made = datetime.fromisoformat(intent["server_time"]), datetime.fromisoformat(job["created_at"])
    assert abs((made - written).total_seconds()) < 5
    world.pass_time(minutes=11)
    world.applied()
    assert world.ids() == {"job.a": job["job_id"]}


@pytest.mark.parametrize("fault", ["GET /jobs#*: received-then-status(401)", "GET /jobs#*: received-then-close"])
def test_intents_shows_what_is_recorded_where_the_account_cannot_be_asked(world: World, fault: str) -> None:
    lose(world)
    world.control.fault(fault)
    done = world.does("intents", env=LONG)
    assert "The account could not be asked: " in done.err
    assert "job.a, submitted " in done.out
    assert "the account could not be read, so its outcome is still unknown" in done.out
    assert "--absent" not in done.out, "nothing is advised that nobody looked at"
    (row,) = world.does("intents", "--json", env=LONG).json["intents"]
    assert (row["address"], row["decision"]) == ("job.a", "not_asked")
