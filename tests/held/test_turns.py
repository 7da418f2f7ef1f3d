"""Which dialects a test runs in: a helper that asks for the dialect counts as much as asking oneself."""

from __future__ import annotations

from tests.dialects import helpers, names_it
from tests.held import test_publishing
from tests.scenarios import test_job_table


def test_helpers_that_ask_for_the_dialect_are_found() -> None:
    assert helpers() == {"dialect", "known", "tells_costs"}


def test_a_test_that_uses_one_depends_on_the_dialect() -> None:
    assert names_it(test_publishing.test_another_time_is_a_change_of_the_state_only)
    assert names_it(test_job_table.test_no_longer_declared_and_open_is_cancelled), "it asks itself"
    assert not names_it(test_publishing.test_later_than_late_a_person_decides)
