"""Accounts side by side that have channels: what each of them tells arrives once, under its own name."""

from __future__ import annotations

from collections import Counter

from tests.notifications.receiver import receiver
from tests.workspace.conftest import Agency, job


def test_the_events_of_each_account_arrive_once(agency: Agency) -> None:
    channel = "notify: {team: {form: webhook, events: [plan, applied, failed]}}\n"
    for name in ("anna", "bert"):
        agency.client(name, job(f"clip-{name}"), channel)
    with receiver() as hook:
        env = {"AFSYNC_NOTIFY_TEAM": hook.url}

        def told() -> Counter[tuple[str, str]]:
            return Counter((m["project"], m["event"]) for m in hook.take())

        agency.does("plan", "--all", "--account", "[ab]*", "--notify", "--title", "Nightly", env=env)
        assert told() == {("anna", "plan"): 1, ("bert", "plan"): 1}
        agency.does("apply", "--all", "--auto-approve", "--title", "Nightly", env=env)
        assert told() == {("anna", "applied"): 1, ("bert", "applied"): 1}
        agency.does("apply", "--all", "--auto-approve", env=env)
        agency.does("status", "--all", env=env)
        agency.does("plan", "--all", "--account", "[ab]*", "--notify", "--title", "Nightly", env=env)
        assert not told()
        agency.control.fault("POST /jobs#1: received-then-status(422)")
        agency.client("bert", job("clip-bert") + job("more"), channel)
        agency.does("apply", "--all", "--auto-approve", code=1, env=env)
        messages = hook.take()
        assert [(m["project"], m["event"]) for m in messages] == [("bert", "failed")]
