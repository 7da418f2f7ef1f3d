"""The files of a plan: their hash, and one to upload, which has to be what was planned."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from afsync.config.files import inside, open_regular
from afsync.config.problems import InvalidValue
from afsync.core.plan.saved_plan import configuration_hash
from afsync.errors import PlanStale

if TYPE_CHECKING:
    from afsync.config.project import LoadedProject


def configuration(project: LoadedProject) -> str:
    """The hash of everything the project consists of: its files, and those it uploads."""

    media = {job.file.path: job.file.sha256 for job in project.desired.jobs.values() if job.file}
    return configuration_hash([*((f.path, f.sha256) for f in project.files), *media.items()])


@contextmanager
def open_planned(project: LoadedProject, path: str, sha256: str) -> Iterator[BinaryIO]:
    """A file to upload, hashed and sent from one descriptor. PlanStale, before anything is spent, when it is not
    what was planned any more, or changed while it was sent."""

    hint = "plan again with the file as it is now"
    try:
        with open_regular(inside(project.root, path), path) as (file, _):
            before = _stamp(file)
            if _sha256(file) != sha256:
                raise PlanStale(f"{path} has changed since the plan was made", hint)
            file.seek(0)
            yield file
            if _stamp(file) != before:
                raise PlanStale(f"{path} was written to while it was sent; nothing was submitted with it", hint)
    except InvalidValue as error:
        raise PlanStale(f"{path} could be read when the plan was made, and cannot any more: {error}", hint) from None


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
