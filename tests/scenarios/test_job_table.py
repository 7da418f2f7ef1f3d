"""The first table of docs/planning.md, row by row, through the real command: what is planned, sent, paid, recorded.

Each test is named after its row: declared, recorded and how it stands in the account, and what happens.
"""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, TOPIC, URL, Planned, World, a_job, delete, post, reschedule

OPEN = {"documented": ("queued", "running"), "deployed": ("queued", "scheduled")}
BUSY = {
    "documented": ("publishing", "ready_to_publish", "never seen before"),
    "deployed": ("processing", "publishing", "queued_scheduled", "ready_to_publish", "never seen before"),
}
FAILED = {"documented": ("failed",), "deployed": ("failed", "non-compliant")}
KEEP = a_job(topic="Something else", url=OTHER_URL)
"""Declared throughout, so that removing the other job does not leave a project with nothing in it."""


def test_declared_and_not_recorded_is_created(world: World) -> None:
    first, second = world.at(days=7), world.at(days=8)
    world.declare(
        jobs={
            "b-now": a_job(platforms=["tiktok", "youtube"], durationMins=2),
            "a-later": a_job(schedule=first, topic="Later"),
            "c-long": a_job(schedule=second, topic="Long", format="long", urls=[OTHER_URL]),
            "d-made": a_job(url=None, entry="generate", prompt="A neon city", topic=None, publishMode="manual"),
        }
    )
    done = world.performs(
        Planned("job.a-later", "create", "new", spend=1),
        Planned("job.b-now", "create", "new", spend=1),
        Planned("job.c-long", "create", "new", spend=2),
        Planned("job.d-made", "create", "new", spend=3),
        says=["  # job.a-later will be submitted (1 credit)", "  + job a-later", "  # job.c-long will be submitted (2 credits)"],
        costs=7,
        sends=[
            post("/jobs", url=URL, topic="Later", tone="hype", publishMode="scheduled"),
            *[],
        ],
    )
    print(done.out)
