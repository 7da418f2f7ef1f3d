"""Which addresses are meant on the command line, what is allowed, and what an unknown address was meant to be."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.context import Context
from afsync.core.addresses import ADDRESS, matches
from afsync.core.plan.facts import Options
from afsync.core.records import RecordedJob
from afsync.core.resources import Desired, Limits
from afsync.core.state import Recorded
from afsync.core.text import close_address
from afsync.errors import UsageError


class Selection(Struct, frozen=True):
    """What the command line selects and allows, before the project is known."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    allow_empty: bool = False
    ignore_policy: bool = False
    accept_unstaged: bool = False
    ignore_horizon: bool = False
    max_credits: int | None = None
    max_creates: int | None = None
    max_deletes: str | None = None

    def options(self, *, destroy: bool = False) -> Options:

        for address in self.replace:
            if not ADDRESS.fullmatch(address):
                raise UsageError(f"--replace {address}: not an address", "write it as job.KEY or template.KEY")
        return Options(
            replace=frozenset(self.replace),
            target=self.target,
            exclude=self.exclude,
            destroy=destroy,
            allow_empty=self.allow_empty,
            ignore_policy=self.ignore_policy,
            accept_unstaged=self.accept_unstaged,
            ignore_horizon=self.ignore_horizon,
        )

    def limits(self, declared: Limits) -> Limits:
        """The declared limits, with what the command line says instead."""
        if self.max_credits is not None:
            declared = replace(declared, max_credits=self.max_credits)
        if self.max_creates is not None:
            declared = replace(declared, max_creates=self.max_creates)
        if self.max_deletes is not None:
            number, percent = _deletes(self.max_deletes)
            declared = replace(declared, max_deletes=number, max_deletes_percent=percent)
        return declared


def _deletes(text: str) -> tuple[int | None, float | None]:
    """`5` or `30%`."""
    body = text.strip().removesuffix("%")
    if body.isascii() and body.isdigit() and len(body) < 10:
        value = int(body)
        if not text.strip().endswith("%"):
            return value, None
        if value <= 100:
            return None, float(value)
    raise UsageError(f"--max-deletes {text}: not a number or a percentage", "write 5 or 30%")


def check_addresses(context: Context, chosen: Selection, desired: Desired, recorded: Recorded) -> None:
    """An address or glob that matches nothing is a slip of the finger, not an empty selection; of many accounts, in
    all of them."""
    flags = {"--target": chosen.target, "--exclude": chosen.exclude, "--replace": chosen.replace}
    if not any(flags.values()):
        return

    known, everywhere = sorted({*desired.templates, *desired.jobs, *recorded.resources}), context.globs
    for flag, globs in flags.items():
        for glob in globs:
            found = any(matches(address, (glob,)) for address in known)
            if everywhere is not None:
                everywhere.seen(f"{flag} {glob}", found=found)
            elif not found:
                hint = close_address(glob, known) or "`afsync state list` shows what is recorded"
                raise UsageError(f"{flag} {glob}: nothing has this address", hint)


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
