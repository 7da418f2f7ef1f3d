"""A state that is plainly right, read in one go. `store.document` is the authority: it explains what does not fit here.

The file of ten thousand jobs is read in a third of the time. `tests/store/test_shape.py` compares the two. A key that
stands twice goes unnoticed here; `store.format` counts lines for that, which leaves those within one value, under a
checksum that is right: no accident leaves such a file.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder

from afsync.core.recorded import Record, RecordedJob, RecordedTemplate
from afsync.core.resources import Kind, Schedule, kind_of
from afsync.store.fields import utc

Text = Annotated[str, Meta(min_length=1)]


class _Part(Struct, forbid_unknown_fields=True, gc=False):
    """Nothing may be left out, so nothing has a default."""


class SchedulePart(_Part):
    written: str
    utc: str
    zone: str | None


class ResourcePart(_Part, tag_field="kind"):
    id: Text
    fingerprint: Text
    declared: dict[str, Any]
    prevent_destroy: bool
    created_at: str | None


class TemplatePart(ResourcePart, tag="template"):
    schedule: None
    status: None
    credits: None
    rerun: None


class JobPart(ResourcePart, tag="job"):
    schedule: SchedulePart | None
    status: Text
    credits: int | None
    rerun: str | None
    staged: bool
    approved: bool


FIELDS = {part: len(part.__struct_fields__) + 1 for part in (TemplatePart, JobPart)}
"""How many each has, its `kind` included."""


class StateFile(_Part):
    """Of the rest there is little, and the authority reads it."""

    format: Any
    afsync: Any
    folded: Any
    checksum: Any
    lineage: Any
    serial: Any
    counter: Any
    account: Any
    resources: dict[str, TemplatePart | JobPart]
    uploads: Any
    deposed: Any
    intents: Any
    foreign: Any
    decisions: Any
    applied_plans: Any


_DECODER = Decoder(StateFile)


def read(data: bytes) -> StateFile | None:
    """The state in `data`. None says no more than that it may not be one."""
    try:
        return _DECODER.decode(data)
    except (MsgspecError, ValueError, RecursionError):
        return None


def records(state: StateFile) -> dict[str, Record] | None:
    """What it records, by address; None where the authority would refuse one."""
    try:
        return {address: _record(address, resource) for address, resource in state.resources.items()}
    except ValueError:
        return None


def _record(address: str, resource: TemplatePart | JobPart) -> Record:
    made = None if resource.created_at is None else utc(resource.created_at)
    if isinstance(resource, JobPart) and kind_of(address) is Kind.JOB:
        at = resource.schedule
        return RecordedJob(
            resource.id,
            resource.fingerprint,
            resource.declared,
            None if at is None else Schedule(at.written, utc(at.utc), at.zone),
            resource.status,
            resource.credits,
            resource.rerun,
            resource.prevent_destroy,
            made,
            resource.staged,
            resource.approved,
        )
    if isinstance(resource, TemplatePart) and kind_of(address) is Kind.TEMPLATE:
        return RecordedTemplate(resource.id, resource.fingerprint, resource.declared, resource.prevent_destroy, made)
    raise ValueError
