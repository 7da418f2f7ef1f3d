"""Nothing waits for the disk, in this process and what is forked from it: no test cuts the power of the machine.

What must be synced, and when, is tested with a simulated disk (tests/store/simdisk.py) and at the store's own calls.
"""

from __future__ import annotations

import os


def _checked(fd: int) -> None:
    """As `os.fsync`, it needs a file that is open."""
    os.fstat(fd)


os.fsync = _checked  # type: ignore[assignment]
