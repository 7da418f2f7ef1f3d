"""An apply broken at every request, write and wait: no publish time is missing in silence."""

from __future__ import annotations

import pytest

from afsync.core.decisions import jobs
from afsync.core.plan import planner
from afsync.core.recovery.resolution import Absent
from afsync.core.state import Recorded
from tests.scale import seeds
from tests.simulation.interruptions import cases, rest_of, search
from tests.simulation.test_simulation import Recorder

SEEDS = seeds(300) // 150
"""Projects; of each, every point of an apply is broken in every way: about 300 cases in the three dialects."""


def test_every_declared_time_is_set_or_named(record_property: Recorder) -> None:
    """A failing case replays with `BrokenApply(SEED, DIALECT, BREAK).run_to_rest()`."""
    bad, endings = search(range(SEEDS))
    told = ", ".join(f"{n} {how}" for how, n in sorted(endings.items()))
    record_property("figure", f"interruptions: {endings.total()} cases ({told}), {len(bad)} bad")
    assert not bad, f"failing cases: {bad}"
    assert {"documented all set", "deployed all set"} <= endings.keys()


def _first_problem() -> str:
    """What the first failing case of a few projects says."""
    found = (rest_of(seed, dialect, first)[1] for seed in range(3) for dialect, first in cases(seed))
    return next((problems[0] for problems in found if problems), "nothing")


def test_the_search_sees_a_time_that_counts_as_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule that a time which was never set is missing, times are lost."""
    monkeypatch.setattr(jobs, "time_never_set", lambda declared, record: False)
    assert "exit 0 without the times of" in _first_problem()


def test_the_search_sees_what_is_paid_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a lost answer counts as a submission that was not made, it is made again."""

    def not_made(recorded: Recorded, *_: object, **__: object) -> tuple[Absent, ...]:
        return tuple(Absent(i, "taken for granted") for i in recorded.submissions)

    monkeypatch.setattr(planner, "resolve", not_made)
    assert "1 paid twice" in _first_problem()


def test_the_search_sees_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("job.j0")

    monkeypatch.setattr(jobs, "decide_unset", broken)
    assert "KeyError" in _first_problem()
