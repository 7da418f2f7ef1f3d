"""Seeded days in every dialect: nothing is claimed that is not so, published twice, or public without its review."""

from __future__ import annotations

import os

import pytest

from tests.simulation.days import Days, walk
from tests.simulation.effects import Effects
from tests.simulation.test_simulation import Recorder

SEEDS = int(os.environ.get("AFSYNC_SEEDS", "300"))
PARTS = 2

IN_EVERY_DIALECT = (
    "a lost answer",
    "paid twice",
    "published twice",
    "public without review",
    "published unasked",
    "held and",
    "public before",
)
"""What does not depend on the service keeping what it accepts."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("dialect", ["documented", "deployed"])
def test_what_is_said_is_so(dialect: str, part: int, record_property: Recorder) -> None:
    """A failing seed replays with `Days(SEED, DIALECT).days()`."""
    size = SEEDS // PARTS
    bad, claims = walk(dialect, range(part * size, (part + 1) * size))
    record_property(
        "figure", f"days, {dialect}, part {part}: {size} seeds, {sum(claims.values())} claims, {len(bad)} bad"
    )
    assert not bad, f"failing seeds: {bad}"


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_paid_or_published_twice_where_effects_are_lost(part: int, record_property: Recorder) -> None:
    size = SEEDS // PARTS
    bad, claims = walk("router", range(part * size, (part + 1) * size))
    bad = {seed: some for seed, all_ in bad.items() if (some := [p for p in all_ if p.startswith(IN_EVERY_DIALECT)])}
    record_property("figure", f"days, router, part {part}: {size} seeds, {sum(claims.values())} claims, {len(bad)} bad")
    assert not bad, f"failing seeds: {bad}"


@pytest.mark.parametrize(
    ("call", "false"),
    [("set_schedule", ("scheduled", "rescheduled")), ("cancel", ("cancelled", "replaced: cancelled"))],
)
def test_the_audit_can_fail(call: str, false: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that keeps nothing of what it accepts makes false claims, and the audit sees them."""
    monkeypatch.setattr(Effects, call, lambda *args: None)
    found = {p.split(": job")[0] for seed in range(60) for p in Days(seed, "deployed").days()}
    assert found & set(false)
