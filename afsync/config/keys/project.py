"""The keys of afsync.yaml and of the files that it includes. People read the meanings, in editors and in the docs."""

from typing import Annotated, Literal

from msgspec import Meta, field
from msgspec.json import Decoder

from afsync.config.keys.part import LEFT_OUT, Help, Part
from afsync.config.keys.policy import PolicyPart
from afsync.config.keys.resources import JobDefaults, JobPart, TemplatePart
from afsync.config.keys.values import (
    Address,
    BaseUrl,
    ChannelName,
    Count,
    Deletes,
    Duration,
    Identifier,
    Lineage,
    NotifyEvent,
    NotifyForm,
    Publisher,
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
from afsync.core.remote_account import EMULATOR, SERVICE

STATE = ".afsync/state.json"
QUARANTINE = "10m"
LATE = "6h"
SETTLE = "2m"
WATCH = "24h"
HORIZON = "14d"
KEEP = "90d"


class Api(Part):
    """How the service is reached. The key itself comes from the environment: `AURAFLUX_API_KEY`."""

    base_url: Annotated[
        BaseUrl,
        Help(
            "The address of the service. `emulator` is the one built into afsync: no account, no key, no cost.",
            SERVICE,
            EMULATOR,
        ),
    ] = SERVICE
    exclusive: Annotated[
        bool,
        Help(
            "True promises that only afsync submits with this account, so that a submission whose answer was "
            "lost can be resolved without asking, and any job that is not known says that the state is old. "
            "False says that others submit too. Left out: not known.",
            True,
        ),
    ] = LEFT_OUT
    quarantine: Annotated[
        Duration,
        Help(
            "How long after a lost answer a job may still turn up: a number with `s`, `m` or `h`, at most 24h.",
            "10m",
            "90s",
            "1h",
        ),
    ] = QUARANTINE
    publish: Annotated[
        Publisher,
        Help(
            "Who publishes scheduled jobs that do not say so themselves: `service` gives the time to the "
            "service, `held` keeps it here, and afsync publishes them when it has come (`afsync apply "
            "--due`).",
            "held",
        ),
    ] = "service"
    late: Annotated[
        Duration,
        Help(
            "How long after its time a `held` job is still published by itself; after that a person decides. "
            "A number with `s`, `m` or `h`, at most 24h.",
            "6h",
            "30m",
        ),
    ] = LATE
    settle: Annotated[
        Duration,
        Help(
            "How long the service may take to show what it accepted, before a plan decides that it was not kept: a "
            "number with `s`, `m` or `h`, at most 24h.",
            "2m",
            "30s",
        ),
    ] = SETTLE
    watch: Annotated[
        Watch,
        Help(
            "How long a cancelled job is watched, so that one that is produced all the same is noticed: a "
            "number with `s`, `m`, `h` or `d`, at most 30d.",
            "24h",
            "7d",
        ),
    ] = WATCH


class LimitsPart(Part):
    """What one apply may do at the most. `plan` shows a breach, `apply` refuses before anything is sent."""

    max_credits: Annotated[Count, Help("Credits that one apply may spend.", 20)] = LEFT_OUT
    max_creates: Annotated[Count, Help("Resources that one apply may create, replacements included.", 50)] = LEFT_OUT
    max_deletes: Annotated[
        Deletes,
        Help(
            "Resources that one apply may delete, replacements included: a number, or a percentage of what is "
            "recorded. Without it, half of what is recorded, five always.",
            5,
            "30%",
        ),
    ] = LEFT_OUT


class AutoApprovePart(Part):
    """What `apply` may do unattended. A plan beyond that is shown, and refused with exit code 4."""

    max_credits: Annotated[Count, Help("Credits that the plan spends at the most.", 3)] = 0
    max_deletes: Annotated[Count, Help("Resources that the plan destroys at the most, replacements included.", 0)] = 0


Events = Annotated[list[NotifyEvent], Meta(min_length=1), Unique]


class ChannelPart(Part):
    """A channel. Its URL comes from the environment: that of `team` is in `AFSYNC_NOTIFY_TEAM`."""

    form: Annotated[
        NotifyForm,
        Help(
            "The form of the messages: `slack` for Slack and what takes the same (Mattermost, Discord with "
            "`/slack`, Rocket.Chat), `webhook` for a JSON document of afsync's own.",
            "webhook",
        ),
    ] = "slack"
    events: Annotated[
        Events,
        Help(
            "What is sent: `plan` (it has changes; `plan --notify`), `applied`, `failed` (a run, or a job in "
            "production), `waits` (for an approval), `not_kept` (what the service accepted and did not keep), "
            "`published`. Without it, all of them.",
            ["applied", "failed", "waits"],
        ),
    ] = LEFT_OUT


class Defaults(Part):
    """Values for what is not set elsewhere."""

    job: Annotated[
        JobDefaults | None,
        Help(
            "Fields for every job, where neither the job nor its declared template sets them. Jobs made "
            "`fromTemplateId` take none."
        ),
    ] = None


Templates = dict[ResourceKey, TemplatePart]
Jobs = dict[ResourceKey, JobPart]


class IncludedFile(Part):
    """A file that `include` names: templates and jobs, nothing else."""

    version: Annotated[Literal[1], Help("The version of this format.", 1)] = LEFT_OUT
    templates: Annotated[Templates | None, Help("Templates by key.")] = None
    jobs: Annotated[Jobs | None, Help("Jobs by key.")] = None
    imports: Annotated[
        dict[Address, Identifier] | None,
        Help(
            "What the account holds already and is to be taken over: an id for the address of each. Nothing "
            "is sent; once it is in the state, an entry means nothing more.",
            {"job.best-cs2": "job_8f31"},
        ),
    ] = field(default=None, name="import")


class ProjectFile(IncludedFile, kw_only=True):
    """afsync.yaml: an AuraFlux account as code."""

    version: Annotated[Literal[1], Help("The version of this format.", 1)]
    lineage: Annotated[
        Lineage,
        Help(
            "Written by `afsync init`; ties these files to their state. Do not edit it.",
            "0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11",
        ),
    ] = LEFT_OUT
    account: Annotated[
        Identifier,
        Help(
            "The account that these files are for: with the key of any other nothing is sent. Written by "
            "`afsync init` when the key works; not checked against the emulator or a service on this machine.",
            "acct_1a2b3c",
        ),
    ] = LEFT_OUT
    api: Annotated[Api | None, Help("How the service is reached.")] = None
    state: Annotated[
        StatePath,
        Help(
            "Where the state is kept: a path below the directory of this file, a branch of the repository's "
            "remote (`branch:NAME`), or an object in a store (`s3://BUCKET/KEY`, "
            "`az://ACCOUNT/CONTAINER/KEY`; credentials come from the environment).",
            STATE,
            "branch:afsync-state",
            "s3://my-states/channel.json.gz",
        ),
    ] = STATE
    timezone: Annotated[
        Zone,
        Help("The IANA time zone of times written without an offset, and of times shown.", "Europe/Berlin", "UTC"),
    ] = LEFT_OUT
    horizon: Annotated[
        Span,
        Help(
            "How far ahead the occurrences of series are submitted: a number with `h` or `d`. Those behind it "
            "enter as time passes.",
            "28d",
        ),
    ] = HORIZON
    keep: Annotated[
        Span,
        Help("How long after its time an occurrence that ended stays in the state: a number with `h` or `d`.", "90d"),
    ] = KEEP
    limits: Annotated[LimitsPart | None, Help("What one apply may do at the most.")] = None
    auto_approve: Annotated[
        AutoApprovePart,
        Help(
            "What `apply` may do without a terminal and without --auto-approve. A plan beyond that is shown, "
            "and refused with exit code 4.",
            {"max_credits": 3, "max_deletes": 0},
        ),
    ] = LEFT_OUT
    policy: Annotated[PolicyPart | None, Help("What is published where and when, as far as a team allows it.")] = None
    notify: Annotated[
        dict[ChannelName, ChannelPart] | None,
        Help(
            "Where messages about plans, runs and jobs are sent: channels by name. The URL of the channel "
            "`team` is in the environment variable `AFSYNC_NOTIFY_TEAM`, never in a file.",
            {"team": {"events": ["applied", "failed", "waits"]}},
        ),
    ] = None
    include: Annotated[
        list[Text] | None,
        Help(
            "Further files, as patterns relative to this one; `**` stands for any directories. They hold "
            "templates and jobs.",
            ["templates/*.yaml", "calendar/**/*.yaml"],
        ),
    ] = None
    vars: Annotated[
        dict[VariableName, Variable] | None,
        Help(
            "Values to be used as `${var.name}` in templates, jobs and defaults; `${env.AFSYNC_VAR_NAME}` "
            "reads the environment, as does every name that `AFSYNC_ENV` lists where afsync runs.",
            {"show": "Weekly CS2"},
        ),
    ] = None
    defaults: Annotated[Defaults | None, Help("Values for what is not set elsewhere.")] = None


_BUILT = [Decoder(part) for part in (ProjectFile, IncludedFile)]
"""What msgspec knows of a type is found out when that is first used. Where two threads do so at once, it crashes: so it
is done here, while the module is loaded."""
