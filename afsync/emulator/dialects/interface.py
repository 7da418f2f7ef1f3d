"""What the endpoints ask of a dialect. It only translates: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from afsync.emulator.accounts import Account
from afsync.emulator.jobs import Job
from afsync.emulator.templates import Template

Json = dict[str, Any]
Answer = tuple[int, Json]
"""A status code and a body."""


class Limits(Struct, frozen=True):
    """Requests in 60 seconds and submissions at once (None: as many as one likes), per key."""

    rpm: int
    concurrent: int | None


class NewTemplate(Struct, frozen=True):
    """What a `POST /templates` asks for."""

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
    def presigned_uploads(self) -> bool: ...

    def limits(self, account: Account) -> Limits: ...
    def account(self, account: Account) -> Json: ...
    def status(self, job: Job, now: int) -> str: ...
    def list_item(self, job: Job, now: int) -> Json: ...
    def job(self, job: Job, now: int) -> Json: ...
    def submitted(self, job: Job, account: Account, now: int, ahead: int) -> Answer: ...
    def approved(self, job: Job, platforms: list[str]) -> Json: ...
    def publish_time(self, body: Mapping[str, Any]) -> int | None: ...
    def scheduled(self, job: Job) -> Json: ...
    def schedule_row(self, job: Job, now: int) -> Json: ...
    def new_template(self, body: Mapping[str, Any]) -> NewTemplate: ...
    def template_created(self, template: Template) -> Answer: ...
    def template_row(self, template: Template) -> Json: ...
    def moment(self, ms: int, salt: int) -> str | int: ...
