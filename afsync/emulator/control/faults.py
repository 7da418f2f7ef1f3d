"""Faults, rehearsals and held requests."""

from __future__ import annotations

from typing import Any

from afsync.emulator.control.arguments import BadCall, read
from afsync.emulator.faults import spec
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]
REHEARSABLE = ("seed", "advance", "purge", "account", "edit-template", "clock", "options", "fault")


def index(service: EmulatedService, body: Json) -> Json:
    """What is armed, and how often it was met."""
    read(body)
    return {"faults": [armed.as_json() for armed in service.faults.everything()]}


def add(service: EmulatedService, body: Json) -> Json:
    """Arm a fault, in its textual form."""
    given = read(body, fault=str)
    return service.faults.add(spec.parse(given.get("fault", ""))).as_json()


def remove(service: EmulatedService, body: Json) -> Json:
    """Disarm the fault with this id, or all."""
    given = read(body, id=int)
    return {"count": service.faults.remove(given.get("id"))}


def rehearse(service: EmulatedService, body: Json) -> Json:
    """Have control calls made when a request has been carried out and before its answer is sent."""
    given = read(body, after=str, calls=list)
    calls = given.get("calls", [])
    if "after" not in given or not calls or not all(isinstance(call, dict) and "call" in call for call in calls):
        raise BadCall("give 'after', such as 'GET /jobs#2', and 'calls', such as [{\"call\": \"seed\", …}]")
    if strange := [call["call"] for call in calls if call["call"] not in REHEARSABLE]:
        raise BadCall(f"no call {strange[0]!r}; there are: {', '.join(REHEARSABLE)}")
    return service.faults.rehearse(spec.parse_target(given["after"]), calls).as_json()


def holds(service: EmulatedService, body: Json) -> Json:
    """The requests that are held."""
    read(body)
    return {"holds": [hold.as_json() for hold in service.holds.current()]}


def release(service: EmulatedService, body: Json) -> Json:
    """Let the held request with this id go on (or all); with `drop`, it is dropped instead."""
    given = read(body, id=int, drop=bool)
    released = service.holds.release(given.get("id"), go_on=not given.get("drop", False))
    return {"count": len(released)}
