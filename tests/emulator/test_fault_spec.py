"""The language of faults: what it says, and how it says no."""

from __future__ import annotations

import pytest

from afsync.emulator.faults.spec import ACTIONS, POINTS, BadFault, combinations, makes_sense, parse, parse_target


@pytest.mark.parametrize(
    ("text", "method", "path", "first", "last", "point", "action", "argument"),
    [
        ("POST /jobs#2: committed-then-close", "POST", "/jobs", 2, 2, "committed", "close", None),
        ("POST /jobs: received-then-reset", "POST", "/jobs", 1, 1, "received", "reset", None),
        ("GET /jobs#*: headers-then-status(503)", "GET", "/jobs", 1, None, "headers", "status", "503"),
        ("GET /jobs/*#2-4: half-then-stall(1.5)", "GET", "/jobs/*", 2, 4, "half", "stall", "1.5"),
        ("* *: sent-then-hold", "*", "*", 1, 1, "sent", "hold", None),
        ("connection#3: connected-then-reset", None, "", 3, 3, "connected", "reset", None),
        ("POST /jobs:committed-then-bad-job-id(null)", "POST", "/jobs", 1, 1, "committed", "bad-job-id", "null"),
        ("GET /x: received-then-rate-limit(Wed, 21 Oct 2026 07:28:00 GMT)", "GET", "/x", 1, 1, "received",
         "rate-limit", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("GET /jobs/job:1: received-then-rate-limit()", "GET", "/jobs/job:1", 1, 1, "received", "rate-limit", ""),
    ],
)  # fmt: skip
def test_parse(
    text: str, method: str | None, path: str, first: int, last: int | None, point: str, action: str, argument: str
) -> None:
    fault = parse(text)
    assert (fault.text, fault.target.method, fault.target.path) == (text, method, path)
    assert (fault.target.first, fault.target.last) == (first, last)
    assert (fault.point, fault.action, fault.argument) == (point, action, argument)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected 'METHOD /path#N: POINT-then-ACTION'"),
        ("POST /jobs", "expected"),
        ("POST /jobs: close", "expected"),
        ("post /jobs: committed-then-close", "names no request"),
        ("POST jobs: committed-then-close", "names no request"),
        ("POST /jobs#0: committed-then-close", "'#0' is not a count"),
        ("POST /jobs#x: committed-then-close", "'#x' is not a count"),
        ("POST /jobs#4-2: committed-then-close", "'#4-2' is not a count"),
        ("POST /jobs: later-then-close", "no point 'later'; there are connected"),
        ("POST /jobs: sent-then-explode", "no action 'explode'; there are close"),
        ("POST /jobs: sent-then-status", "makes no sense when all of the answer was sent"),
        ("POST /jobs: received-then-cut-json", "makes no sense"),
        ("GET /jobs: received-then-late", "makes no sense"),
        ("POST /templates: received-then-late", "is for 'POST /jobs' only"),
        ("POST /jobs: committed-then-close(3)", "takes nothing in brackets"),
        ("POST /jobs: committed-then-stall(soon)", "'soon' is not a number"),
        ("POST /jobs: committed-then-status(200)", "takes a number from 400 to 599"),
        ("POST /jobs: committed-then-status(500.5)", "takes a number from 400 to 599"),
        ("connection#1: headers-then-close", "a connection can only be"),
        ("connection#1: connected-then-status", "makes no sense"),
        ("connection#1: connected-then-refuse", "a connection can only be"),
    ],
)
def test_what_is_no_fault(text: str, message: str) -> None:
    with pytest.raises(BadFault, match=r".") as refused:
        parse(text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("target", "method", "path", "matches"),
    [
        ("POST /jobs", "POST", "/jobs", True),
        ("POST /jobs", "GET", "/jobs", False),
        ("POST /jobs", "POST", "/jobs/1", False),
        ("GET /jobs/*", "GET", "/jobs/1/result", True),
        ("GET /jobs/*/result", "GET", "/jobs/1/result", True),
        ("GET /jobs/*/result", "GET", "/jobs/1", False),
        ("* /jobs*", "PATCH", "/jobs/1/schedule", True),
        ("GET /a.b", "GET", "/aXb", False),
    ],
)
def test_matching(target: str, method: str, path: str, matches: bool) -> None:
    assert parse_target(target).matches(method, path) is matches


def test_every_combination_that_makes_sense_can_be_written() -> None:
    assert len(POINTS) == 7
    listed = combinations()
    assert len(listed) == len(set(listed)) > 50
    assert {action for _, action in listed} == set(ACTIONS)
    for point, action in listed:
        assert parse(f"POST /jobs: {point}-then-{action}").action == action


def test_those_that_make_none_cannot() -> None:
    for point in POINTS:
        for action in ACTIONS:
            if not makes_sense(point, action):
                with pytest.raises(BadFault):
                    parse(f"POST /jobs: {point}-then-{action}")
