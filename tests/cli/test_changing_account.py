"""From one account to another, as README.md and the error say: the way from the built-in emulator to the real one."""

from __future__ import annotations

from tests.harness import Sandbox


def test_what_the_error_says_leads_out(fresh: Sandbox) -> None:
    fresh.key = "af_live_another_account"
    refused = fresh.does("plan", code=7)
    assert "move this state away, `.afsync` with it, and run `afsync init`" in refused.err
    (fresh.root / ".afsync").rename(fresh.root / ".afsync-emulator")
    fresh.does("init")
    assert fresh.planned()["summary"]["add"] == 3
    fresh.applied()
    fresh.is_settled()
