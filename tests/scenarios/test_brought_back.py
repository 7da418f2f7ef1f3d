"""A job that is removed once its video is made, and declared again: it is not paid for a second time by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.harness import lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import URL, Fields, World, a_job

OTHER = a_job(url="https://clips.twitch.tv/other", topic="Other")


def brought_back(world: World, job: Fields, status: str = "complete") -> str:
    """The id of `job.a`, produced, removed by an apply, and declared again."""
    (made, _) = world.submitted(a=job, other=OTHER)
    world.becomes(status, made)
    world.declare(jobs={"other": OTHER})
    world.applied()
    assert "job.a" not in world.ids()
    world.declare(jobs={"a": job, "other": OTHER})
    return made


@pytest.fixture(params=["immediate", "scheduled", "held", "no topic"])
def job(request: pytest.FixtureRequest, world: World) -> Fields:
    match request.param:
        case "immediate":
            return a_job()
        case "scheduled":
            if world.dialect == "router":
                pytest.skip("there it is published as soon as it is produced, and that is named instead")
            return a_job(schedule=world.at(days=2), platforms=["tiktok"])
        case "held":
            return a_job(schedule=world.at(days=2), platforms=["tiktok"], publish="held")
        case _:
            return a_job(topic=None)


def test_is_held_back_and_can_be_taken_over_as_it_was(world: World, job: Fields) -> None:
    early = world.dialect == "deployed" and "schedule" in job  # there no publish time can be taken off
    made = brought_back(world, job, "published" if early else "complete")
    balance = world.balance

    assert f"afsync import job.a {made}" in world.does("plan").out
    with world.watched() as sent:
        world.applied(code=4)
    assert sent == [] and world.balance == balance

    world.does("import", "job.a", made)
    assert world.record("job.a").get("publish") == ("held" if job.get("publish") == "held" else None)
    assert "forgotten" not in world.state
    with world.watched() as sent:
        world.applied()
    assert world.ids()["job.a"] == made and not any(s.path == "/jobs" for s in sent)


def again(world: World, **over: Any) -> int:
    """How many jobs an apply submits."""
    world.declare(jobs={"a": a_job(topic=None, **over), "other": OTHER})
    with world.watched() as sent:
        world.applied()
    return lines(sent).count("POST /jobs")


@pytest.mark.parametrize("over", [{"allow_duplicate": True}, {"rerun": 1}, {"tone": "calm"}])
def test_another_can_be_asked_for(world: World, over: Fields) -> None:
    brought_back(world, a_job(topic=None))
    assert again(world, **over) == 1


def test_a_person_says_that_none_is_declared_here(world: World) -> None:
    brought_back(world, a_job(topic=None))
    world.does("import", "--none")
    assert again(world) == 1


def test_import_match_takes_over_what_was_submitted_for_it(world: World) -> None:
    made = brought_back(world, a_job(topic=None))
    world.does("import", "--match", "--auto-approve")
    assert world.ids()["job.a"] == made
    with world.watched() as sent:
        world.applied()
    assert "POST /jobs" not in lines(sent)


def test_what_was_made_against_its_cancel_is_known_after_its_watch(make_world: MakeWorld) -> None:
    world = make_world("router")
    job = a_job(topic=None)
    (made, _) = world.submitted(a=job, other=OTHER)
    world.declare(jobs={"other": OTHER})
    world.applied()
    world.becomes("complete", made)
    for hours in (1, 30, 30):
        world.pass_time(hours=hours)
        world.applied()
    assert made not in world.state.get("watched", {}) and made in world.state["forgotten"]
    world.declare(jobs={"a": job, "other": OTHER})
    with world.watched() as sent:
        assert f"afsync import job.a {made}" in world.applied(code=4).out
    assert sent == []


EDITED = "https://clips.twitch.tv/edited"


@pytest.mark.parametrize("status", ["complete", "queued"])
def test_an_edit_back_to_what_a_replacement_left_behind(world: World, status: str) -> None:
    """`git revert` of a replacement: the first video is there, and is not paid for a second time."""
    first = a_job(topic=None, staging=True, platforms=["tiktok"])
    (made,) = world.submitted(a=first)
    world.becomes("complete", made)
    world.declare(jobs={"a": {**first, "url": EDITED, "rerun": 1}})
    world.applied()
    second = world.ids()["job.a"]
    if status != "queued":
        world.becomes(status, second)
    world.declare(jobs={"a": {**first, **({} if status == "queued" else {"rerun": 1, "url": URL})}})

    with world.watched() as sent:
        done = world.call("apply", "--auto-approve")
    assert sent == [] and world.ids()["job.a"] == second
    if status == "queued":
        assert done.code == 4 and made in done.text and "state rm job.a` (it goes on)" in done.text
        with world.watched() as sent:
            world.does("apply", "--auto-approve", "--replace", "job.a")
        assert "POST /jobs" in lines(sent)


@pytest.mark.parametrize("status", ["complete", "published"])
def test_a_rerun_that_is_taken_back(world: World, status: str) -> None:
    job = a_job(topic=None, url=URL, rerun=1)
    (made,) = world.submitted(a=job)
    world.becomes(status, made)
    world.declare(jobs={"a": {**job, "rerun": 2}})
    world.applied()
    second = world.ids()["job.a"]
    assert second != made
    world.declare(jobs={"a": job})
    with world.watched() as sent:
        assert made in world.applied(code=4).text
    assert sent == [] and world.ids()["job.a"] == second
    world.declare(jobs={"a": {**job, "rerun": 3}})
    world.applied()
    assert world.ids()["job.a"] not in (made, second)


def test_what_waits_is_edited_to_what_was_removed(world: World) -> None:
    made = brought_back(world, a_job(topic=None))
    world.declare(jobs={"other": a_job(topic=None)})
    with world.watched() as sent:
        assert made in world.applied(code=4).text
    assert sent == []


def test_what_failed_is_submitted_again(world: World) -> None:
    brought_back(world, a_job(topic=None), "failed")
    assert again(world) == 1


def test_after_a_month_it_is_not_remembered(world: World) -> None:
    brought_back(world, a_job(topic=None))
    world.pass_time(days=31)
    world.declare(jobs={"b": a_job(topic=None, url=URL), "other": OTHER})
    with world.watched() as sent:
        world.applied()
    assert lines(sent).count("POST /jobs") == 1


@pytest.mark.parametrize("job", ["scheduled"], indirect=True)
@pytest.mark.parametrize("dialect", ["documented"])
def test_under_another_key_another_time_is_another_show(world: World, job: Fields) -> None:
    brought_back(world, job, "published")
    world.declare(jobs={"b": job, "other": OTHER})
    world.applied(code=4)
    world.declare(jobs={"b": {**job, "schedule": world.at(days=9)}, "other": OTHER})
    world.applied()
    assert "job.b" in world.ids()


def test_a_series_under_another_key_is_the_same_show_at_the_same_time(world: World) -> None:
    day = (world.now() + timedelta(days=3)).date().isoformat()
    show = {"url": URL, "platforms": ["tiktok"], "repeat": {"dates": [day], "at": "12:00"}}

    def declare(**shows: Fields) -> None:
        world.declare(jobs={**shows, "other": OTHER}, horizon="9d")

    declare(show=show)
    world.applied()
    made = world.ids()[f'job.show["{day}"]']
    world.becomes("published" if world.dialect == "deployed" else "complete", made)
    declare()
    world.applied()

    declare(show={**show, "allow_duplicate": True})  # a series has it for good
    assert made in world.applied(code=4).out
    declare(daily=show)
    assert made in world.does("plan").out
    with world.watched() as sent:
        world.applied(code=4)
    assert sent == []
