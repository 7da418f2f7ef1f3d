"""The connection under a request, for whoever wants to break it."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """Offered by the server under `scope["state"]["line"]`; in-process there is none."""

    number: int
    """Which connection to its host it is, from 1."""

    @property
    def lost(self) -> bool:
        """Whether either side has closed it."""
        ...

    def write(self, data: bytes) -> None:
        """Put bytes on the wire, past the HTTP machinery."""
        ...

    def close(self) -> None:
        """Send what is under way, then close."""
        ...

    def reset(self) -> None:
        """Close with a TCP reset."""
        ...

    def pause(self) -> None:
        """Read no more from it."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def refuse(self, seconds: float) -> None:
        """Accept no connections for a while, as a service that is being restarted."""
        ...
