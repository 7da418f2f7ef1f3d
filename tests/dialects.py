"""Which dialect a test of a suite runs in: the cases of a test take turns, and AFSYNC_SCALE=10 runs everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

DIALECTS = ("documented", "deployed", "router")
ALIKE = ("deployed", "router")
"""They differ in what becomes of a job, hardly in the wire, so a test with a single case takes one of these two."""
SHARED = ("tests/scenarios/", "tests/takeover/", "tests/service/")
"""Where it is so. A test that is parametrized with dialects itself runs in all of those."""


def out_of_turn(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """What is not run: of a test with several cases all dialects but one of each, else one of those that are alike."""
    for number, (_, cases) in enumerate(sorted(_by_case(items).items())):
        for turn, case in enumerate(cases):
            chosen = {DIALECTS[(turn + number) % 3]} if len(cases) > 1 else {"documented", ALIKE[number % 2]}
            yield from (item for dialect, item in case.items() if dialect not in chosen)


def _by_case(items: Iterable[pytest.Item]) -> dict[str, list[dict[str, pytest.Item]]]:
    """The tests, their cases, and each by dialect."""
    tests: dict[str, dict[str, dict[str, pytest.Item]]] = {}
    for item in items:
        params = dict(item.callspec.params) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        dialect = str(params.pop("dialect", ""))
        if not dialect or not item.nodeid.startswith(SHARED) or _chooses_itself(item):
            continue
        assert isinstance(item, pytest.Function)
        case = "-".join(part for part in item.callspec.id.split("-") if part != dialect)
        tests.setdefault(item.nodeid.partition("[")[0], {}).setdefault(case, {})[dialect] = item
    return {test: list(cases.values()) for test, cases in tests.items()}


def _chooses_itself(item: pytest.Item) -> bool:
    return any("dialect" in str(mark.args[0]) for mark in item.iter_markers("parametrize") if mark.args)
