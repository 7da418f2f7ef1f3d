"""What all tests share: figures that a test found end up under the results."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.dialects import EVERYTHING, out_of_turn

# Tests start thousands of commands. Where no bytecode is written, compiling takes longer than most of what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The shared pieces assert too; registered here, before anything can have imported them.
pytest.register_assert_rewrite("tests.harness", "tests.scenarios.world")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The cases of a suite are shared among the dialects."""
    dropped = [] if EVERYTHING else list(out_of_turn(items))
    if dropped:
        left = set(dropped)
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in left]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests recorded with `record_property("figure", …)`."""
    figures = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in sorted(figures):
            terminalreporter.write_line(figure)
