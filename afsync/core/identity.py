"""What makes two plans the same one: everything about a change that a reviewer is shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from afsync.core.actions import Reason
from afsync.core.recorded import Record, RecordedJob
from afsync.core.resources import Job, Schedule, Template, plain

if TYPE_CHECKING:
    from afsync.core.plan import Change


def fingerprint_of(lineage: str, account: str, changes: Iterable[Change]) -> str:
    """A short hash. It is the same for a plan that was written to a file and read back. What is published because its
    time has come is no part of it: time passes between a review and the apply."""
    rows = [_row(c) for c in changes if c.reason is not Reason.DUE]
    text = json.dumps([lineage, account, rows], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _row(c: Change) -> list[Any]:
    """All but whether a file is on the service already, which costs nothing and is nobody's decision."""
    return [
        [
            c.address,
            c.action,
            c.reason,
            c.id,
            c.retire,
            c.moved_from,
            _at(c.observed),
            *([_at(c.later)] if c.later else []),
            *([list(c.platforms)] if c.platforms else []),
        ],
        _before(c.before),
        _after(c.after),
        [[f.path, plain(f.before), plain(f.after)] for f in c.fields],
        [c.credits.spend, c.credits.spent],
    ]


def _before(record: Record | None) -> Any:
    if record is None:
        return None
    return [plain(record.declared), _at(record.schedule) if isinstance(record, RecordedJob) else None]


def _after(declared: Template | Job | None) -> Any:
    match declared:
        case None:
            return None
        case Template():
            return plain(declared.values)
        case Job():
            file = declared.file.path if declared.file else None
            publisher = ["held"] if declared.held else []
            return [plain(declared.values), _at(declared.schedule), declared.rerun, file, *publisher]


def _at(schedule: Schedule | None) -> str | None:
    return _second(schedule.utc) if schedule else None


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
