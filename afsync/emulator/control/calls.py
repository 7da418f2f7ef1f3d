"""The table of control calls: by name, for rehearsals, and by method and path, for HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afsync.emulator.control import accounts, data, faults, jobs, settings
from afsync.emulator.service import Service

Json = dict[str, Any]
ControlCall = Callable[[Service, Json], Json]

CALLS: dict[tuple[str, str], ControlCall] = {
    ("GET", "/requests"): settings.requests,
    ("DELETE", "/requests"): settings.clear_requests,
    ("GET", "/clock"): settings.clock,
    ("POST", "/clock"): settings.move_clock,
    ("GET", "/options"): settings.options,
    ("PATCH", "/options"): settings.change_options,
    ("GET", "/accounts"): accounts.index,
    ("POST", "/accounts"): accounts.change,
    ("GET", "/ledger"): accounts.entries,
    ("GET", "/jobs"): jobs.index,
    ("POST", "/jobs/seed"): jobs.seed,
    ("POST", "/jobs/advance"): jobs.advance,
    ("POST", "/jobs/purge"): jobs.purge,
    ("GET", "/templates"): data.templates_index,
    ("PATCH", "/templates"): data.edit_template,
    ("GET", "/uploads"): data.uploads_index,
    ("POST", "/uploads"): data.add_upload,
    ("GET", "/faults"): faults.index,
    ("POST", "/faults"): faults.add,
    ("DELETE", "/faults"): faults.remove,
    ("POST", "/rehearse"): faults.rehearse,
    ("GET", "/holds"): faults.holds,
    ("POST", "/release"): faults.release,
}

NAMES: dict[str, ControlCall] = {
    "seed": jobs.seed,
    "advance": jobs.advance,
    "purge": jobs.purge,
    "account": accounts.change,
    "edit-template": data.edit_template,
    "clock": settings.move_clock,
    "options": settings.change_options,
    "fault": faults.add,
}
"""Those that a rehearsal can make; `faults.REHEARSABLE` names them."""


def perform(service: Service, call: Json) -> Json:
    """Make the call that `{"call": name, ...}` describes."""
    arguments = {name: value for name, value in call.items() if name != "call"}
    return NAMES[call["call"]](service, arguments)
