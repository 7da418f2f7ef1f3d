"""What the rest of afsync knows of a store: compare-and-swap on a whole state, and a way out when a write fails."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from afsync.core.recorded import Record, Recorded


class Store(Protocol):
    """Where states are kept. A version is an opaque text that changes with every write.

    Two writers that read the same version cannot both win: the second write raises StateLocked and changes
    nothing. An object store would do the same with a conditional PUT. Anything that is wrong with what is kept,
    or with keeping it, is a StateError; after one that came from a write nothing more is written.
    """

    def read(self) -> tuple[Recorded, str]:
        """The newest state whose write was acknowledged, and its version. Writes nothing."""

    def write(self, recorded: Recorded, if_version: str) -> str:
        """Make `recorded` durable if `if_version` is still the newest; the new version. The serial must have grown.

        How it is kept is the store's business: a small change costs a small write. Changes are found by the
        identity of the records, so `recorded` should be made from what was read or written last.
        """

    def fold(self) -> None:
        """Bring what is kept into its final form, at the end of a run. Loses nothing when it is left out."""

    def rescue(self, address: str, record: Record, why: str) -> Path | None:
        """Keep a record that could not be written somewhere else; None when not even that works. Never raises."""
