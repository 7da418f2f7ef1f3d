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
