"""Whose state it is: ids mean nothing in another account, and a state of another project nothing at all."""

from __future__ import annotations

from afsync.core.recorded import Recorded
from afsync.errors import StateError


def check_owner(recorded: Recorded, *, lineage: str, account_id: str | None, base_url: str) -> None:
    """StateError when the state is of another project, account or service. A state that has seen no account yet goes
    with any; `account_id` is None where the service was not asked."""
    if recorded.lineage != lineage:
        raise StateError(
            f"The state is of another project: its lineage is {recorded.lineage}, that of afsync.yaml {lineage}.",
            "put the right state in its place, or name it with `state:`; `afsync state history` shows what there is",
        )
    known = recorded.account
    if known is not None and (account_id or known.id, base_url) != (known.id, known.base_url):
        raise StateError(
            f"The state belongs to account {known.id} at {known.base_url}, but this is {account_id or known.id} at "
            f"{base_url}.",
            "use the key and `api.base_url` it was made with; to begin anew in this account (after the emulator, say), "
            "move this state away, `.afsync` with it, and run `afsync init`",
        )


def check_pin(where: str, pinned: str | None, account_id: str, base_url: str) -> None:
    """StateError when `pinned`, which was written in `where`, is another account than the one of the key."""
    if pinned is not None and pinned != account_id:
        raise StateError(
            f"The key is of account {account_id} at {base_url}, but {where} says {pinned}.",
            f"use the key of {pinned}; if {account_id} is meant, say so there. Nothing was sent",
        )
