"""What the endpoints ask of any dialect, and what all dialects report of a job and an account.

A dialect only translates: no database, no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.errors import invalid
from afsync.emulator.jobs import EmulatedJob
from afsync.emulator.lifecycle import ProductionPhase
from afsync.emulator.options import EmulatorOptions
from afsync.emulator.templates import EmulatedTemplate

OUTPUT = frozenset({ProductionPhase.PRODUCED, ProductionPhase.PUBLISHING, ProductionPhase.PUBLISHED})


def has_output(job: EmulatedJob, now: int) -> bool:
    """Whether the job's video has been produced."""
    return job.phase(now) in OUTPUT


def score(job: EmulatedJob) -> int:
    """The quality from 70 to 99, derived from the id, so that it stays the same."""
    return 70 + hashlib.sha256(job.id.encode()).digest()[0] % 30


def grade(job: EmulatedJob) -> str:
    """The quality as a letter: A, B or C."""
    return "A" if score(job) >= 90 else "B" if score(job) >= 80 else "C"


def submitted(job: EmulatedJob) -> Json:
    """The fields of the submission that the service reports at all; never the source, nor how it is published."""
    spec = job.fields
    named = ("productionProfile", "contentType", "topic", "tone", "addOns")
    return {
        "entry": spec.get("entry", "fetch"),
        "sourceType": _source_type(spec),
        **{name: spec.get(name) for name in named},
        "format": spec.get("format", "short"),
        "platforms": spec.get("platforms", []),
    }


def subject(job: EmulatedJob) -> str:
    """The job's topic, or `Untitled`."""
    return str(job.fields.get("topic") or "Untitled")


def publish_copy(job: EmulatedJob) -> Json:
    """What is published beside the video."""
    words = [word.lower() for word in subject(job).split() if word.isalnum()]
    return {
        "title": subject(job)[:100],
        "description": f"{subject(job)}. Made with AuraFlux.",
        "hashtags": [f"#{word}" for word in words[:5]],
    }


def portals(job: EmulatedJob, now: int) -> Json:
    """The status of each of the five portals, by name."""
    return dict(zip((f"portal{n}" for n in range(1, 6)), _portal_states(job, now), strict=True))


def _portal_states(job: EmulatedJob, now: int) -> list[str]:
    match job.phase(now):
        case ProductionPhase.QUEUED | ProductionPhase.CANCELLED:
            return ["pending"] * 5
        case ProductionPhase.RUNNING:
            return _running(job, now)
        case ProductionPhase.FAILED | ProductionPhase.NON_COMPLIANT as ended:
            return ["complete"] * 3 + [ended.value, "pending"]
        case ProductionPhase.PRODUCED:
            return ["complete"] * 4 + ["waiting" if job.life.staged else "pending"]
        case ProductionPhase.PUBLISHING:
            return ["complete"] * 4 + ["running"]
        case ProductionPhase.PUBLISHED:
            return ["complete"] * 5


def _running(job: EmulatedJob, now: int) -> list[str]:
    """The four portals of production take equal shares of it."""
    done = 0
    if job.started is not None and job.finished is not None:
        done = min(3, 4 * (now - job.started) // max(1, job.finished - job.started))
    return ["complete"] * done + ["running"] + ["pending"] * (4 - done)


def _source_type(spec: Mapping[str, Any]) -> str:
    entry = spec.get("entry", "fetch")
    if entry != "fetch":
        return {"upload": "file", "compose": "script", "generate": "prompt"}[entry]
    if spec.get("urls"):
        return "multi"
    host = urlsplit(str(spec.get("url", ""))).hostname or ""
    for name in ("twitch", "kick", "youtube"):
        if name in host:
            return name
    return "url"


def limits(account: EmulatedAccount, options: EmulatorOptions, usual: TierLimits) -> TierLimits:
    """What holds for an account: the dialect's numbers, unless the options or the account say otherwise."""
    if options.rpm is not None:
        usual = replace(usual, rpm=options.rpm)
    if options.concurrent is not None:
        usual = replace(usual, concurrent=options.concurrent)
    if account.concurrent is not None:
        usual = replace(usual, concurrent=json.loads(account.concurrent))
    return usual


def description(body: Mapping[str, Any]) -> str | None:
    """A template's description, if there is one."""
    text = body.get("description")
    if text is not None and not isinstance(text, str):
        raise invalid("description must be a string")
    return text


Json = dict[str, Any]

Answer = tuple[int, Json]
"""A status code and a body."""


class TierLimits(Struct, frozen=True):
    """Requests in 60 seconds and submissions at once (None: as many as one likes), per key."""

    rpm: int
    concurrent: int | None


class NewTemplate(Struct, frozen=True):
    """The template that a `POST /templates` asks for; `spec` holds the job fields."""

    name: str
    description: str | None
    spec: Json


class Dialect(Protocol):
    """All times are epoch milliseconds."""

    @property
    def filters_before_paging(self) -> bool: ...
    @property
    def reads_templates(self) -> bool: ...
    @property
    def lenient(self) -> bool:
        """Whether it is the router: next to nothing is checked, and the last write to a job stays."""
        ...

    @property
    def presigned_uploads(self) -> bool: ...

    def limits(self, account: EmulatedAccount) -> TierLimits: ...
    def account(self, account: EmulatedAccount) -> Json: ...
    def status(self, job: EmulatedJob, now: int) -> str: ...
    def list_item(self, job: EmulatedJob, now: int) -> Json: ...
    def job(self, job: EmulatedJob, now: int) -> Json: ...
    def echoed(self, job: EmulatedJob) -> Json: ...
    def own_status(self, job: EmulatedJob, now: int) -> str: ...
    def staging(self, job: EmulatedJob, now: int, /) -> bool: ...
    def publish_copy(self, job: EmulatedJob) -> Json: ...
    def submitted(self, job: EmulatedJob, account: EmulatedAccount, now: int, ahead: int) -> Answer: ...
    def approved(self, job: EmulatedJob, platforms: list[str]) -> Json: ...
    def publish_time(self, body: Mapping[str, Any]) -> Any: ...
    def scheduled(self, job: EmulatedJob) -> Json: ...
    def schedule_row(self, job: EmulatedJob, now: int) -> Json: ...
    def new_template(self, body: Mapping[str, Any]) -> NewTemplate: ...
    def template_created(self, template: EmulatedTemplate) -> Answer: ...
    def template_row(self, template: EmulatedTemplate) -> Json: ...
    def moment(self, ms: int, salt: int, /) -> str | int: ...
