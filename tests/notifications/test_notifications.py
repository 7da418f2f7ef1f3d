"""Each event is sent once, with its price and a link, and no message that cannot be sent changes what a run does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import running
from tests.harness import locked
from tests.notifications.receiver import Receiver, receiver
from tests.scenarios.world import URL, World, a_job

RUN = "https://ci.example/runs/7"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as got:
        yield got


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        world = World(tmp_path, emulator, dialect="documented")
        world.declare()
        world.does("init")
        yield world


def declare(world: World, notify: dict[str, Any] | None = None, **jobs: Any) -> None:
    world.declare(jobs=jobs, notify=notify or {"team": {"form": "webhook"}})


def env(hook: Receiver, **more: str) -> dict[str, str]:
    return {"AFSYNC_NOTIFY_TEAM": hook.url, "AFSYNC_RUN_URL": RUN, **more}


def test_the_life_of_a_job_is_told_once_each(world: World, hook: Receiver) -> None:
    declare(world, one=a_job(staging=True, platforms=["tiktok"]))
    world.applied(env=env(hook))
    (applied,) = hook.take()

    assert applied["event"] == "applied"
    assert applied["title"] == "applied: 1 added, 0 changed, 0 destroyed. Seen: 1 of 1 submissions. Spent: 1 credit."
    assert (applied["credits"], applied["url"], applied["project"]) == (1, RUN, world.root.name)
    assert applied["items"] == [{"address": "job.one", "id": world.ids()["job.one"], "text": "submitted", "credits": 1}]

    world.becomes("complete", world.ids()["job.one"])
    assert world.does("notify", env=env(hook)).out == "team: 1 job waits for an approval\n"
    assert world.does("notify", env=env(hook)).out == "Nothing new.\n"
    (waits,) = hook.take()
    assert waits["items"][0]["text"] == '"Best CS2 plays this week" waits for an approval: `afsync approve job.one`'
    assert (waits["event"], waits["credits"], waits["items"][0]["address"]) == ("waits", 1, "job.one")

    world.does("approve", "job.one", "--auto-approve", env=env(hook))
    world.becomes("published", world.ids()["job.one"])
    world.does("notify", env=env(hook))
    world.does("notify", env=env(hook))
    world.applied(env=env(hook))
    assert hook.events == ["applied", "published"]
    assert world.state["format"] == 2


def test_a_job_that_fails_is_told_by_the_apply_that_sees_it(world: World, hook: Receiver) -> None:
    declare(world, one=a_job(), two=a_job(topic="Other", url=f"{URL}/2"))
    world.applied(env=env(hook))
    hook.take()
    world.becomes("failed", world.ids()["job.one"])
    world.applied(env=env(hook))
    world.applied(env=env(hook))

    (message,) = hook.take()
    assert (message["event"], message["title"]) == ("failed", "1 job failed in production")


def test_slack_gets_a_text_that_mentions_nobody(world: World, hook: Receiver) -> None:
    declare(world, {"team": {}}, one=a_job(topic="<!channel> & `x`"))
    world.applied("--title", "Main", env=env(hook))

    (message,) = hook.take()
    assert message == {
        "text": "*Main*: applied: 1 added, 0 changed, 0 destroyed. Seen: 1 of 1 submissions. Spent: 1 credit.\n"
        f"• `job.one` submitted ({world.ids()['job.one']}, 1 credit)\n"
        f"<{RUN}|the run>"
    }


def test_a_plan_is_told_on_request_and_once(world: World, hook: Receiver) -> None:
    declare(world, one=a_job())
    saved = str(world.root / "plan.json")
    world.does("plan", env=env(hook))
    assert hook.take() == []
    world.does("plan", "--notify", "--out", saved, env=env(hook))
    (message,) = hook.take()
    assert message["title"].startswith("plan ready: 1 to add, 0 to change, 0 to destroy. Credits: 1 to spend, ")
    assert (message["event"], message["credits"]) == ("plan", 1)

    world.does("plan", "--notify", env=env(hook))
    assert hook.take() == []
    world.does("plan", "--notify", "--out", saved, env=env(hook))
    world.does("apply", saved, env=env(hook))
    assert hook.events == ["applied"]


def test_a_plan_is_printed_whoever_holds_the_lock(world: World, hook: Receiver) -> None:
    declare(world, one=a_job())
    with locked(world.root):
        done = world.does("plan", "--notify", env=env(hook))
    assert hook.take() == []
    assert "Plan: 1 to add" in done.out
    assert "Warning: the channels were not notified of this plan: Another run" in done.err


@pytest.mark.parametrize("answer", [500, 302, 404, None])
def test_a_message_that_does_not_arrive_fails_nothing(world: World, hook: Receiver, answer: int | None) -> None:
    declare(world, one=a_job())
    hook.answer = answer
    done = world.applied(env=env(hook))

    assert "Warning: channel team was not notified: " in done.err
    assert hook.url not in done.text
    assert "secret" not in done.text
    assert done.out.endswith("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n")
    assert len(hook.take()) == 1
    world.is_settled()


def test_nothing_listens(world: World, hook: Receiver) -> None:
    declare(world, one=a_job())
    done = world.applied(env={"AFSYNC_NOTIFY_TEAM": "http://127.0.0.1:9/x"})

    assert "Warning: channel team was not notified: no connection" in done.err
    assert world.does("notify", "--test", env={"AFSYNC_NOTIFY_TEAM": "http://127.0.0.1:9/x"}, code=1).out


def test_what_a_refused_message_told_is_told_later(world: World, hook: Receiver) -> None:
    declare(world, one=a_job(staging=True))
    world.applied(env=env(hook))
    world.becomes("complete", world.ids()["job.one"])
    hook.take()
    hook.answer = 503
    world.does("notify", env=env(hook), code=1)
    hook.answer = 200
    world.does("notify", env=env(hook))

    assert hook.events == ["waits", "waits"]


def test_the_same_failure_is_told_once_until_a_run_goes_well(world: World, hook: Receiver) -> None:
    world.declare(jobs={"one": a_job()}, notify={"team": {"form": "webhook"}}, limits={"max_credits": 0})
    for _ in range(2):
        world.applied(env=env(hook), code=4)
    (message,) = hook.take()
    assert message["event"] == "failed"
    assert "held back" in message["title"]

    declare(world, one=a_job())
    told = []
    for _ in range(2):
        world.control.fault("GET /account#*: received-then-status(401)")
        for _ in range(2):
            world.applied(env=env(hook), code=1)
        told += hook.take()
        world.control.clear_faults()
        world.declare(jobs={"one": a_job(tone=f"calm{len(told)}")}, notify={"team": {"form": "webhook"}})
        world.applied(env=env(hook))
        told += hook.take()
    assert [m["event"] for m in told] == ["failed", "applied"] * 2
    assert told[0]["title"].startswith("apply failed: ")


def test_a_run_with_nothing_to_do_goes_well_too(world: World, hook: Receiver) -> None:
    declare(world, one=a_job())
    world.applied(env=env(hook))
    hook.take()
    for _ in range(2):
        world.control.fault("GET /account#*: received-then-status(401)")
        world.applied(env=env(hook), code=1)
        world.control.clear_faults()
        world.applied(env=env(hook))
    assert hook.events == ["failed", "failed"]


def test_what_was_over_before_a_channel_began_is_not_told(world: World, hook: Receiver) -> None:
    world.declare(jobs={"one": a_job(), "two": a_job(topic="B", url=f"{URL}/b", staging=True)})
    world.applied()
    world.becomes("published", world.ids()["job.one"])
    world.becomes("complete", world.ids()["job.two"])
    declare(world, one=a_job(), two=a_job(topic="B", url=f"{URL}/b", staging=True))
    world.does("notify", env=env(hook))

    assert hook.events == ["waits"]


def test_a_limit_has_no_address(world: World, hook: Receiver) -> None:
    world.declare(jobs={"one": a_job()}, notify={"team": {}}, limits={"max_credits": 0})
    world.applied(env=env(hook), code=4)

    (message,) = hook.take()
    assert "\n• " in message["text"] and "``" not in message["text"]


def test_without_any_url_nothing_was_sent(world: World) -> None:
    declare(world, one=a_job())
    for more in ("--test",), ():
        done = world.does("notify", *more, code=1)
        assert (done.out, "AFSYNC_NOTIFY_TEAM is not set" in done.err) == ("Nothing was sent.\n", True)


def test_only_what_a_channel_asks_for(world: World, hook: Receiver) -> None:
    declare(world, {"team": {"form": "webhook", "events": ["published"]}}, one=a_job())
    world.applied(env=env(hook))
    assert hook.take() == []
    world.does("notify", "--test", env=env(hook))
    assert hook.events == ["test"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "is not set"),
        ("http://hooks.example/x", "does not begin with https://"),
        ("https://u:p@hooks.example/x", "holds a user or a password"),
        ("af_live_secret", "is not a URL"),
        ("https://hooks.example/a b", "is not a URL"),
    ],
)
def test_urls_that_are_not_used(world: World, url: str, why: str) -> None:
    declare(world, one=a_job())
    done = world.applied(env={"AFSYNC_NOTIFY_TEAM": url})

    assert f"Warning: channel team is not notified: AFSYNC_NOTIFY_TEAM {why}.\n" in done.err
    assert not url or url not in done.text


def test_the_files_cannot_read_the_url(world: World, hook: Receiver) -> None:
    declare(world, one=a_job(topic="${env.AFSYNC_NOTIFY_TEAM}"))
    done = world.does("validate", env=env(hook), code=1)

    assert hook.url not in done.text


def test_a_channel_with_a_wrong_name(world: World) -> None:
    declare(world, {"Team A": {}}, one=a_job())

    assert "`Team A` cannot be the name of a channel" in world.does("validate", code=1).text


def test_notify_without_channels(world: World) -> None:
    assert "afsync.yaml has no `notify`" in world.does("notify", code=1).err
    assert "afsync.yaml has no `notify`" in world.does("plan", "--notify", code=1).err
