"""What the files declare: templates and jobs, their schedules and files, and limits."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from afsync.core.addresses import Kind, address_of

Values = Mapping[str, Any]
"""Field names of the API (plus `template` and `file`) to JSON values."""

EMPTY: Values = MappingProxyType({})


Utc = Annotated[datetime, Meta(tz=True, description="UTC.", extra_json_schema={"pattern": "Z$"})]


class Schedule(Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """A publish time: as it is written, the instant it means (UTC), and the zone it is shown in.

    The zone makes no difference between two of them.
    """

    written: str
    utc: Utc
    zone: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self.utc == other.utc and self.written == other.written

    @property
    def with_zone(self) -> str:
        """As it is written, with the zone where that is not part of it: `2026-12-04 10:00 (Europe/Berlin)`."""
        has_offset = self.written[-1:] in "Zz" or "+" in self.written or "-" in self.written[10:]
        return self.written if self.zone is None or has_offset else f"{self.written} ({self.zone})"


class File(Struct, frozen=True):
    """A file to upload, as it was when it was hashed. `path` is relative to the project root, `size` in bytes."""

    path: str
    sha256: str
    size: int


class Template(Struct, frozen=True):
    """A declared template. `values` are the API's own fields, `name` among them."""

    key: str
    values: Values
    prevent_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return address_of(Kind.TEMPLATE, self.key)

    @property
    def name(self) -> str:
        return str(self.values["name"])


class Job(Struct, frozen=True):
    """A declared job.

    `values` are the API's own fields after defaults and interpolation, as a person would write them in a
    request, except that a template is named by key in `template` and an uploaded file by its sha256 in `file`.
    The schedule, and the `publishMode: scheduled` that comes from it, are not in `values`.
    `prevent_destroy` is None where the files say nothing. `rerun` is compared as text. `approve` is the id of the
    one submission that may be published. `held` says that afsync publishes it at its time, not the service;
    `publish_declared`, that the files say who does.
    """

    key: str
    values: Values
    schedule: Schedule | None = None
    file: File | None = None
    rerun: str | None = None
    allow_duplicate: bool = False
    prevent_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    approve: str | None = None
    held: bool = False
    publish_declared: bool = False

    @property
    def address(self) -> str:
        return address_of(Kind.JOB, self.key)

    @property
    def template(self) -> str | None:
        """The address of the declared template it is made from."""
        key = self.values.get("template")
        return address_of(Kind.TEMPLATE, key) if isinstance(key, str) else None


class Bounds(Struct, frozen=True):
    """The most that is applied unattended: credits spent, and resources destroyed, replacements included."""

    max_credits: int = 0
    max_deletes: int = 0


class Limits(Struct, frozen=True):
    """What a run may do at the most; None where nothing is declared. `max_deletes` is a number or a percentage."""

    max_credits: int | None = None
    max_creates: int | None = None
    max_deletes: int | None = None
    max_deletes_percent: float | None = None


class Desired(Struct, frozen=True):
    """Everything the files say about the account, by address. `imports` maps addresses to ids to take over. `shared`
    are the URLs that a series gives all of its occurrences, by its key."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    limits: Limits = Limits()
    timezone: str | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def get(self, address: str) -> Template | Job | None:
        return self.templates.get(address) or self.jobs.get(address)

    @property
    def paths(self) -> dict[str, str]:
        """The files of the jobs, by sha256."""
        return {job.file.sha256: job.file.path for job in self.jobs.values() if job.file is not None}


_NOT_INHERITED = {"name", "description"}


def effective(values: Values, template: Values = EMPTY) -> dict[str, Any]:
    """The values that the service works with: fields in the body override those of the template."""
    inherited = {k: v for k, v in template.items() if k not in _NOT_INHERITED}
    return {**inherited, **{k: v for k, v in values.items() if v is not None}}
