"""The format of the files. People read the descriptions, in editors and in the docs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from afsync.config.enums import NotifyEvent, NotifyForm, Publisher
from afsync.config.fields import (
    Address,
    BaseUrl,
    ChannelName,
    Deletes,
    Identifier,
    Lineage,
    Part,
    Quarantine,
    ResourceKey,
    Span,
    StatePath,
    Text,
    Unique,
    Variable,
    VariableName,
    Watch,
    Zone,
)
from afsync.config.policy_models import PolicyPart
from afsync.config.resource_models import JobDefaults, JobPart, TemplatePart
from afsync.config.settings import HORIZON, KEEP, LATE, QUARANTINE, SETTLE, STATE, WATCH
from afsync.core.remote_account import EMULATOR, SERVICE


class Api(Part):
    """How the service is reached. The key itself comes from the environment: `AURAFLUX_API_KEY`."""

    base_url: BaseUrl = Field(
        SERVICE,
        description="The address of the service. `emulator` is the one built into afsync: no account, no key, no cost.",
        examples=[SERVICE, EMULATOR],
    )
    exclusive: bool | None = Field(
        None,
        description="True promises that only afsync submits with this account, so that a submission whose answer "
        "was lost can be resolved without asking, and any job that is not known says that the state is old. False says "
        "that others submit too. Left out: not known.",
        examples=[True],
    )
    quarantine: Quarantine = Field(
        QUARANTINE,
        description="How long after a lost answer a job may still turn up: a number with `s`, `m` or `h`, at most 24h.",
        examples=["10m", "90s", "1h"],
    )
    publish: Publisher = Field(
        "service",
        description="Who publishes scheduled jobs that do not say so themselves: `service` gives the time to the "
        "service, `held` keeps it here, and afsync publishes them when it has come (`afsync apply --due`).",
        examples=["held"],
    )
    late: Quarantine = Field(
        LATE,
        description="How long after its time a `held` job is still published by itself; after that a person decides. A "
        "number with `s`, `m` or `h`, at most 24h.",
        examples=["6h", "30m"],
    )
    settle: Quarantine = Field(
        SETTLE,
        description="How long what the service accepted may stay unseen before a plan judges that it was not kept: a "
        "number with `s`, `m` or `h`, at most 24h.",
        examples=["2m", "30s"],
    )
    watch: Watch = Field(
        WATCH,
        description="How long a cancelled job is watched, so that one that is produced all the same is noticed: a "
        "number with `s`, `m`, `h` or `d`, at most 30d.",
        examples=["24h", "7d"],
    )


class LimitsPart(Part):
    """What one apply may do at the most. `plan` shows a breach, `apply` refuses before anything is sent."""

    max_credits: int | None = Field(None, ge=0, description="Credits that one apply may spend.", examples=[20])
    max_creates: int | None = Field(
        None, ge=0, description="Resources that one apply may create, replacements included.", examples=[50]
    )
    max_deletes: Deletes = Field(
        None,
        description="Resources that one apply may delete, replacements included: a number, or a percentage of what is "
        "recorded. Without it, half of what is recorded, five always.",
        examples=[5, "30%"],
    )


class AutoApprovePart(Part):
    """What `apply` may do unattended. A plan beyond that is shown, and refused with exit code 4."""

    max_credits: int = Field(0, ge=0, description="Credits that the plan spends at the most.", examples=[3])
    max_deletes: int = Field(
        0, ge=0, description="Resources that the plan destroys at the most, replacements included.", examples=[0]
    )


class Defaults(Part):
    """Values for what is not set elsewhere."""

    may_be_empty = frozenset({"job"})

    job: JobDefaults | None = Field(
        None,
        description="Fields for every job, where neither the job nor its declared template sets them. Jobs made "
        "`fromTemplateId` take none.",
    )


Templates = dict[ResourceKey, TemplatePart]

Jobs = dict[ResourceKey, JobPart]


class IncludedFile(Part):
    """A file that `include` names: templates and jobs, nothing else."""

    may_be_empty = frozenset({"templates", "jobs", "imports", "import"})

    version: Literal[1] | None = Field(None, description="The version of this format.", examples=[1])
    templates: Templates | None = Field(None, description="Templates by key.")
    jobs: Jobs | None = Field(None, description="Jobs by key.")
    imports: dict[Address, Identifier] | None = Field(
        None,
        alias="import",
        description="What the account holds already and is to be taken over: an id for the address of each. Nothing "
        "is sent; once it is in the state, an entry means nothing more.",
        examples=[{"job.best-cs2": "job_8f31"}],
    )


class ProjectFile(IncludedFile):
    """afsync.yaml: an AuraFlux account as code."""

    may_be_empty = IncludedFile.may_be_empty | frozenset(
        {"api", "limits", "policy", "notify", "include", "vars", "defaults"}
    )

    version: Literal[1] = Field(description="The version of this format.", examples=[1])
    lineage: Lineage | None = Field(
        None,
        description="Written by `afsync init`; ties these files to their state. Do not edit it.",
        examples=["0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11"],
    )
    account: Identifier | None = Field(
        None,
        description="The account that these files are for: with the key of any other nothing is sent. Written by "
        "`afsync init` when the key works; not checked against the emulator or a service on this machine.",
        examples=["acct_1a2b3c"],
    )
    api: Api | None = Field(None, description="How the service is reached.")
    state: StatePath = Field(
        STATE,
        description="Where the state is kept: a path below the directory of this file, a branch of the repository's "
        "remote (`branch:NAME`), or an object in a store (`s3://BUCKET/KEY`, `az://ACCOUNT/CONTAINER/KEY`; credentials "
        "come from the environment).",
        examples=[STATE, "branch:afsync-state", "s3://my-states/channel.json.gz"],
    )
    timezone: Zone | None = Field(
        None,
        description="The IANA time zone of times written without an offset, and of times shown.",
        examples=["Europe/Berlin", "UTC"],
    )
    horizon: Span = Field(
        HORIZON,
        description="How far ahead the occurrences of series are submitted: a number with `h` or `d`. Those behind it "
        "enter as time passes.",
        examples=["28d"],
    )
    keep: Span = Field(
        KEEP,
        description="How long after its time an occurrence that ended stays in the state: a number with `h` or `d`.",
        examples=["90d"],
    )
    limits: LimitsPart | None = Field(None, description="What one apply may do at the most.")
    auto_approve: AutoApprovePart | None = Field(
        None,
        description="What `apply` may do without a terminal and without --auto-approve. A plan beyond that "
        "is shown, and refused with exit code 4.",
        examples=[{"max_credits": 3, "max_deletes": 0}],
    )
    policy: PolicyPart | None = Field(None, description="What is published where and when, as far as a team allows it.")
    notify: dict[ChannelName, ChannelPart] | None = Field(
        None,
        description="Where messages about plans, runs and jobs are sent: channels by name. The URL of the channel "
        "`team` is in the environment variable `AFSYNC_NOTIFY_TEAM`, never in a file.",
        examples=[{"team": {"events": ["applied", "failed", "waits"]}}],
    )
    include: list[Text] | None = Field(
        None,
        description="Further files, as patterns relative to this one; `**` stands for any directories. They hold "
        "templates and jobs.",
        examples=[["templates/*.yaml", "calendar/**/*.yaml"]],
    )
    vars: dict[VariableName, Variable] | None = Field(
        None,
        description="Values to be used as `${var.name}` in templates, jobs and defaults; `${env.AFSYNC_VAR_NAME}` "
        "reads the environment, as does every name that `AFSYNC_ENV` lists where afsync runs.",
        examples=[{"show": "Weekly CS2"}],
    )
    defaults: Defaults | None = Field(None, description="Values for what is not set elsewhere.")


Events = Annotated[list[NotifyEvent], Field(min_length=1), Unique]


class ChannelPart(Part):
    """A channel. Its URL comes from the environment: that of `team` is in `AFSYNC_NOTIFY_TEAM`."""

    form: NotifyForm = Field(
        "slack",
        description="The form of the messages: `slack` for Slack and what takes the same (Mattermost, Discord with "
        "`/slack`, Rocket.Chat), `webhook` for a JSON document of afsync's own.",
        examples=["webhook"],
    )
    events: Events | None = Field(
        None,
        description="What is sent: `plan` (it has changes; `plan --notify`), `applied`, `failed` (a run, or a job in "
        "production), `waits` (for an approval), `not_kept` (what the service accepted and did not keep), `published`. "
        "Without it, all of them.",
        examples=[["applied", "failed", "waits"]],
    )
