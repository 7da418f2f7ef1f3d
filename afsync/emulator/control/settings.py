"""The clock, the options, and what was seen."""

from __future__ import annotations

from typing import Any

from afsync.emulator.clock import iso, parse_iso
from afsync.emulator.control.arguments import NUMBER, BadCall, read
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]


def clock(service: EmulatedService, body: Json) -> Json:
    """What time it is."""
    read(body)
    return {"now": iso(service.clock.now()), "offset": service.clock.offset_ms / 1000}


def move_clock(service: EmulatedService, body: Json) -> Json:
    """Move it on by `advance` seconds, or `set` it."""
    given = read(body, advance=NUMBER, set=str)
    if len(given) != 1:
        raise BadCall("give either 'advance', in seconds, or 'set', an ISO 8601 time")
    to = parse_iso(given["set"]) if "set" in given else service.clock.now() + round(given["advance"] * 1000)
    if to is None:
        raise BadCall("'set' must be an ISO 8601 time with an offset or Z")
    service.move_clock(to)
    return clock(service, {})


def options(service: EmulatedService, body: Json) -> Json:
    """What is switched on."""
    read(body)
    return service.options.as_json()


def change_options(service: EmulatedService, body: Json) -> Json:
    """Switch something."""
    service.options.update(body)
    return service.options.as_json()


def requests(service: EmulatedService, body: Json) -> Json:
    """What arrived, oldest first; `path` is exact, and so is `method`."""
    given = read(body, method=str, path=str, host=str, since=(int, str))
    least = int(given.pop("since", 0))
    entries = [entry for entry in service.log.entries() if entry.number > least]
    kept = [entry for entry in entries if all(getattr(entry, name) == value for name, value in given.items())]
    return {"requests": [entry.as_json() for entry in kept]}


def clear_requests(service: EmulatedService, body: Json) -> Json:
    """Forget what arrived."""
    read(body)
    service.log.clear()
    return {}
