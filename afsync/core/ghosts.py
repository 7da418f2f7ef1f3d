"""Rows of the job list that no submission stands behind: what the service keeps of one that it refused."""

from __future__ import annotations

from afsync.core.remote import Remote


def ghosts(remote: Remote) -> frozenset[str]:
    """Ids of jobs that are `pending` and tell neither entry nor topic, in a list where others do tell their entry."""
    pending = [j for j in remote.jobs.values() if j.status == "pending"]
    silent = [j.id for j in pending if not j.echo.get("entry") and not j.echo.get("topic")]
    told = bool(silent) and any(j.echo.get("entry") for j in remote.jobs.values())
    return frozenset(silent) if told else frozenset()
