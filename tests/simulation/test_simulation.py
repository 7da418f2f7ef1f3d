"""Many seeded days: never twice, never lost, and how often a person is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scale import seeds
from tests.simulation.runner import simulate

SEEDS = seeds(2000)
PARTS = 8

Recorder = Callable[[str, object], None]


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_paid_twice_and_nothing_is_forgotten(part: int, record_property: Recorder) -> None:
    """A failing seed replays with `simulate(range(SEED, SEED + 1))`."""
    size = SEEDS // PARTS
    total, bad = simulate(range(part * size, (part + 1) * size))
    figure = f"simulation, part {part}: {size} seeds, {total.duplicates} duplicates, {total.losses} losses, "
    figure += f"{total.wrong} wrong adoptions (of look-alikes in shared accounts; {total.mistaken} in exclusive ones), "
    figure += f"{total.asked} questions to a person"
    record_property("figure", figure)
    assert not bad, f"failing seeds: {bad}"
    assert total.in_doubt == 0


def test_the_simulation_can_fail() -> None:
    """A planner that waits too little for late commits does pay twice, and the simulation sees it."""
    seen = (simulate(range(first, first + 50), believed_quarantine=0.0) for first in range(0, 600, 50))
    assert any(total.duplicates and bad for total, bad in seen)
