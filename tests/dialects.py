"""Which dialect a test of a suite runs in: the cases of a test take turns, and AFSYNC_SCALE=10 runs everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import CodeType, FunctionType

import pytest

DIALECTS = ("documented", "deployed", "router")
ALIKE = ("deployed", "router")
"""They differ in what becomes of a job, hardly in the wire, so a test with a single case takes one of these two."""
SHARED = ("tests/scenarios/", "tests/takeover/", "tests/service/", "tests/held/")
"""Where it is so. A test that is parametrized with dialects itself runs in all of those."""


def out_of_turn(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """What is not run: of a test with several cases, or one that names no dialect, all dialects but one of each case;
    of another one of those that are alike."""
    for number, (_, cases) in enumerate(sorted(_by_case(items).items())):
        for turn, case in enumerate(cases):
            there = [dialect for dialect in DIALECTS if dialect in case]
            once = len(cases) > 1 or not any(
                names_it(item.obj) for item in case.values() if isinstance(item, pytest.Function)
            )
            chosen = {there[(turn + number) % len(there)]} if once else {"documented", ALIKE[number % 2]}
            if chosen & case.keys():
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


def names_it(function: Callable[..., object]) -> bool:
    """Whether what a test expects depends on the dialect: it names it, or a helper of its world that does."""
    return isinstance(function, FunctionType) and not helpers().isdisjoint(_names(function.__code__))


@cache
def helpers() -> frozenset[str]:
    """`dialect`, and what of the worlds of the tests has another result in another dialect."""
    # Imported here: most suites have no world.
    from tests.held.world import HeldWorld

    members = {name: member for cls in HeldWorld.__mro__ for name, member in vars(cls).items() if name[:2] != "__"}
    getters = {name: member.fget if isinstance(member, property) else member for name, member in members.items()}
    code = {name: getter.__code__ for name, getter in getters.items() if isinstance(getter, FunctionType)}
    return frozenset({"dialect"} | {name for name, inner in code.items() if "dialect" in _names(inner)})


def _names(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_varnames)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _chooses_itself(item: pytest.Item) -> bool:
    return any("dialect" in str(mark.args[0]) for mark in item.iter_markers("parametrize") if mark.args)
