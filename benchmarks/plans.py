"""Large plans, made in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.remote_account import Remote, RemoteAccount
from afsync.core.resources import Desired, Job, Schedule
from afsync.core.state import Recorded

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_plan_of(changes: int) -> Plan:
    """So many submissions, each with a publish time of its own."""
    jobs = {}
    for n in range(changes):
        at = NOW + timedelta(hours=n + 1)
        values = {"url": f"https://clips.twitch.tv/{n}", "topic": f"Clip number {n}", "platforms": ["tiktok"]}
        job = Job(f"job-{n:05}", values, Schedule(at.isoformat(), at, "Europe/Berlin"))
        jobs[job.address] = job
    return make_plan(Desired({}, jobs), Recorded("bench"), Remote(RemoteAccount("bench", balance=100_000)), NOW)
