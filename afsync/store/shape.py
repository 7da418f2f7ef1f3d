"""A state that is plainly right, read in one go. `store.document` is the authority: it explains what does not fit here.

The file of ten thousand jobs is read in a third of the time. `tests/store/test_shape.py` compares the two. Only a key
that stands twice goes unnoticed here, under a checksum that is right: no accident leaves such a file.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder

from afsync.core.recorded import Record, RecordedJob, RecordedTemplate
from afsync.core.resources import ADDRESS
from afsync.core.resources import Schedule as PublishTime

Text = Annotated[str, Meta(min_length=1)]


class _Part(Struct, forbid_unknown_fields=True, gc=False):
    """Nothing may be left out, so nothing has a default."""


class Schedule(_Part):
    written: str
    utc: str
    zone: str | None


class Resource(_Part, tag_field="kind"):
    id: Text
    fingerprint: Text
    declared: dict[str, Any]
    prevent_destroy: bool
    created_at: str | None


class Template(Resource, tag="template"):
    schedule: None
    status: None
    credits: None
    rerun: None


class Job(Resource, tag="job"):
    schedule: Schedule | None
    status: Text
    credits: int | None
    rerun: str | None
    staged: bool
    approved: bool


class State(_Part):
    """Of the rest there is little, and the authority reads it."""

    format: Any
    afsync: Any
    folded: Any
    checksum: Any
    lineage: Any
    serial: Any
    counter: Any
    account: Any
    resources: dict[str, Template | Job]
    uploads: Any
    deposed: Any
    intents: Any
    foreign: Any
    decisions: Any
    applied_plans: Any


_DECODER = Decoder(State)


def read(data: bytes) -> State | None:
    """The state in `data`. None says no more than that it may not be one."""
    try:
        return _DECODER.decode(data)
    except (MsgspecError, ValueError, RecursionError):
        return None


def records(state: State) -> dict[str, Record] | None:
    """What it records, by address; None where the authority would refuse one."""
    try:
        return {address: _record(address, resource) for address, resource in state.resources.items()}
    except ValueError:
        return None


def _record(address: str, resource: Template | Job) -> Record:
    found = ADDRESS.fullmatch(address)
    made = None if resource.created_at is None else _utc(resource.created_at)
    if isinstance(resource, Job) and found and address.startswith("job."):
        at = resource.schedule
        return RecordedJob(
            resource.id,
            resource.fingerprint,
            resource.declared,
            None if at is None else PublishTime(at.written, _utc(at.utc), at.zone),
            resource.status,
            resource.credits,
            resource.rerun,
            resource.prevent_destroy,
            made,
            resource.staged,
            resource.approved,
        )
    if isinstance(resource, Template) and found and address.startswith("template."):
        return RecordedTemplate(resource.id, resource.fingerprint, resource.declared, resource.prevent_destroy, made)
    raise ValueError


def _utc(text: str) -> datetime:
    if text[-1:] != "Z" or text[10:11] != "T":
        raise ValueError
    return datetime.fromisoformat(text)
