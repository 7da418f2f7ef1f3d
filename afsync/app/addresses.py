"""Addresses on the command line: what they match, and what was probably meant."""

from __future__ import annotations

from collections.abc import Collection

from afsync.app.context import Context
from afsync.config.problems import close_address
from afsync.core.addresses import matches
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob
from afsync.errors import UsageError


def check_globs(context: Context, globs: tuple[str, ...], known: Collection[str]) -> None:
    """A glob that matches nothing is a slip of the finger, not an empty selection; of many accounts, in all of them."""
    everywhere = context.globs
    for glob in globs:
        found = any(matches(address, (glob,)) for address in known)
        if everywhere is not None:
            everywhere.seen(glob, found=found)
        elif not found:
            raise UsageError(f"no job has the address {glob}", _hint(glob, known))


def check_submitted(addresses: tuple[str, ...], recorded: Recorded, declared: Collection[str]) -> None:
    """UsageError for an address without a submission, with what was probably meant."""
    for address in addresses:
        if address not in recorded.jobs:
            raise _not_submitted(address, recorded, declared)


def submissions(globs: tuple[str, ...], recorded: Recorded, declared: Collection[str]) -> dict[str, RecordedJob]:
    """The recorded jobs that `globs` name, by address. UsageError for one that names nothing that was submitted."""
    found: dict[str, RecordedJob] = {}
    for glob in globs:
        named = {a: r for a, r in sorted(recorded.jobs.items()) if matches(a, (glob,))}
        if not named:
            raise _not_submitted(glob, recorded, declared)
        found |= named
    return found


def _not_submitted(glob: str, recorded: Recorded, declared: Collection[str]) -> UsageError:
    if any(matches(address, (glob,)) for address in declared):
        return UsageError(f"{glob} was not submitted yet", "`afsync plan` shows what would be")
    if any(matches(address, (glob,)) for address in recorded.templates):
        return UsageError(f"{glob} is a template, not a job")
    return UsageError(f"no job has the address {glob}", _hint(glob, recorded.jobs))


def _hint(wrong: str, known: Collection[str]) -> str:
    return close_address(wrong, known) or "`afsync status` shows all jobs"
