"""How many of the random and the enumerated cases run. Each kind of case always does.

CI runs a share that takes minutes; AFSYNC_SCALE multiplies it (from 10 on, what is enumerated runs in full), and
AFSYNC_SEEDS replaces the number of seeds.
"""

from __future__ import annotations

import os

SCALE = float(os.environ.get("AFSYNC_SCALE", "1"))
EVERYTHING = SCALE >= 10


def scaled(share: int) -> int:
    """This many of something random, times the scale."""
    return max(1, round(share * SCALE))


def seeds(share: int) -> int:
    """This many seeds, or as many as the environment says."""
    return int(os.environ.get("AFSYNC_SEEDS", share))
