"""The language of faults: `POST /jobs#2: committed-then-close` (grammar in docs/emulator.md)."""

from __future__ import annotations

import re

from msgspec import Struct

POINTS = {
    "connected": "before anything was read",
    "headers": "the request's headers were read",
    "received": "its body was read, and nothing done yet",
    "committed": "it was done, and nothing answered",
    "status": "the status line was sent",
    "half": "half of the answer's body was sent",
    "sent": "all of the answer was sent",
}
"""The seven points of a request, in order."""

BREAKS = {
    "close": "the connection is closed",
    "reset": "the connection is reset",
    "stall": "nothing for SECONDS, then it goes on; without a number: until the client gives up",
    "hold": "nothing until a control call releases it",
    "refuse": "the connection is reset, and none is accepted for SECONDS (1)",
}
"""Actions that make sense at every point."""

REPLIES = {
    "status": "an answer with status CODE (500) in the API's form",
    "proxy": "an answer with status CODE (502) and an HTML page, as from a proxy",
    "redirect": "an answer with status CODE (307) that points to the media host",
    "rate-limit": "a 429 with `Retry-After: TEXT` (1)",
    "not-json": "a 200 whose body is not JSON",
}
"""Actions that answer in the service's place."""

SPOILERS = {
    "cut-json": "the answer, its JSON cut in half, with a Content-Length that matches",
    "cut-length": "the answer, cut in half, with the Content-Length of all of it",
    "no-job-id": "the answer without its jobId",
    "bad-job-id": "the answer with VALUE (../../etc) as its jobId; JSON, or else text",
}
"""Actions that spoil the true answer."""

UNDONE = {
    "late": "the connection is closed, and the job is submitted SECONDS (30) later by the emulator's clock",
    "charge": "credits are taken, no job is made, and the answer is 500 job_creation_failed",
}
"""Actions on a `POST /jobs` that was received, and not carried out as it should be."""

ACTIONS = {**BREAKS, **REPLIES, **SPOILERS, **UNDONE}
NUMBERS = frozenset({"stall", "refuse", "late", "status", "proxy", "redirect"})
ARGUMENTS = NUMBERS | {"rate-limit", "bad-job-id"}

_GRAMMAR = "expected 'METHOD /path#N: POINT-then-ACTION', for example 'POST /jobs#2: committed-then-close'"
_FAULT = re.compile(r"(?P<target>.+?)\s*:\s*(?P<point>[a-z]+)-then-(?P<action>[a-z-]+)(?:\((?P<argument>.*)\))?", re.S)
_TARGET = re.compile(r"(?P<what>connection|(?P<method>[A-Z]+|\*) (?P<path>[/*][^\s#]*))(?:#(?P<which>\S+))?")
_WHICH = re.compile(r"(?P<first>[1-9]\d{0,8})(?:-(?P<last>[1-9]\d{0,8}))?")


class BadFault(ValueError):
    """The text describes no fault; the message says why."""


class Target(Struct, frozen=True):
    """Which requests: the `first` to the `last` (None: no end) of those with this method and path.

    `path` starts after `/v1`; `*` stands for any text. A `method` of None means connections, not requests.
    """

    method: str | None
    path: str
    first: int = 1
    last: int | None = 1

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is of this kind."""
        if self.method not in ("*", method):
            return False
        return re.fullmatch(".*".join(map(re.escape, self.path.split("*"))), path) is not None

    def covers(self, number: int) -> bool:
        """Whether the n-th of its kind is meant."""
        return self.first <= number and (self.last is None or number <= self.last)


class InjectedFault(Struct, frozen=True):
    """What happens to its target, and when."""

    text: str
    target: Target
    point: str
    action: str
    argument: str | None = None

    def number(self, default: float) -> float:
        """The argument as a number."""
        return default if self.argument is None else float(self.argument)


def makes_sense(point: str, action: str, method: str = "POST") -> bool:
    """Whether an action can happen at a point."""
    if action in BREAKS:
        return True
    if action in REPLIES:
        return point in ("headers", "received", "committed")
    return point == ("committed" if action in SPOILERS else "received") and (action not in UNDONE or method == "POST")


def combinations() -> list[tuple[str, str]]:
    """Every point with every action that makes sense there."""
    return [(point, action) for point in POINTS for action in ACTIONS if makes_sense(point, action)]


def parse(text: str) -> InjectedFault:
    """The fault that a text describes; BadFault when it describes none."""
    match = _FAULT.fullmatch(text.strip())
    if match is None:
        raise BadFault(f"{text!r}: {_GRAMMAR}")
    target = parse_target(match["target"])
    fault = InjectedFault(text.strip(), target, match["point"], match["action"], match["argument"])
    _check(fault)
    return fault


def parse_target(text: str) -> Target:
    """Which requests, or connections, a text names."""
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        raise BadFault(f"{text!r} names no request; {_GRAMMAR}, or 'connection#N: connected-then-ACTION'")
    first, last = _which(match["which"] or "1")
    return Target(match["method"], match["path"] or "", first, last)


def _which(text: str) -> tuple[int, int | None]:
    if text == "*":
        return 1, None
    match = _WHICH.fullmatch(text)
    if match is None or int(match["last"] or match["first"]) < int(match["first"]):
        raise BadFault(f"'#{text}' is not a count: '#2' is the second, '#2-4' the second to the fourth, '#*' every")
    return int(match["first"]), int(match["last"] or match["first"])


def _check(fault: InjectedFault) -> None:
    point, action, argument = fault.point, fault.action, fault.argument
    if point not in POINTS:
        raise BadFault(f"{fault.text!r}: no point {point!r}; there are {', '.join(POINTS)}")
    if action not in ACTIONS:
        raise BadFault(f"{fault.text!r}: no action {action!r}; there are {', '.join(ACTIONS)}")
    if not makes_sense(point, action, fault.target.method or "connection"):
        raise BadFault(f"{fault.text!r}: {action!r} makes no sense when {POINTS[point]}")
    if fault.target.method is None and (point != "connected" or action == "refuse"):
        raise BadFault(f"{fault.text!r}: a connection can only be connected-then-close, reset, stall or hold")
    if action in UNDONE and fault.target.path != "/jobs":
        raise BadFault(f"{fault.text!r}: {action!r} is for 'POST /jobs' only")
    if argument is not None and action not in ARGUMENTS:
        raise BadFault(f"{fault.text!r}: {action!r} takes nothing in brackets")
    if action in NUMBERS and argument is not None:
        _check_number(fault, argument)


def _check_number(fault: InjectedFault, argument: str) -> None:
    if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", argument) is None:
        raise BadFault(f"{fault.text!r}: {argument!r} is not a number")
    ranges = {"status": (400, 599), "proxy": (400, 599), "redirect": (300, 399)}
    low, high = ranges.get(fault.action, (0, 1_000_000))
    if not low <= float(argument) <= high or (fault.action in ranges and not argument.isdigit()):
        raise BadFault(f"{fault.text!r}: {fault.action} takes a number from {low} to {high}, not {argument}")
