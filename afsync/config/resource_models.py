"""The format of templates, jobs and defaults, field by field. People read the descriptions, in editors and in the docs.

Validation is strict and never changes a value, so what was written is what is sent.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from afsync.config.enums import BodyField, Entry, Format, Platform, Profile, Publisher, PublishMode, UnscheduledMode
from afsync.config.fields import (
    Day,
    Identifier,
    InstanceKey,
    Part,
    RowsOf,
    Scalar,
    Span,
    Text,
    Unique,
    Url,
    WallTime,
    Zone,
)
from afsync.config.series_checks import without_skips
from afsync.config.series_models import RepeatPart

Platforms = Annotated[list[Platform], Field(min_length=1), Unique]


class Lifecycle(Part):
    """How afsync treats a resource after its creation."""

    prevent_destroy: bool | None = Field(
        None,
        description="True refuses to delete or replace the resource. Kept in the state, so removing the whole block "
        "does not lift it; write `false` to do so.",
        examples=[True],
    )
    ignore_changes: Annotated[list[BodyField], Unique] | None = Field(
        None,
        description="Fields whose later edits are no difference.",
        examples=[["tone", "schedule"]],
    )


class Body(Part):
    """The fields of a production that jobs, templates and defaults have in common, named as in the API."""

    topic: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="What the video is about, for script and metadata; at most 500 characters.",
        examples=["Best CS2 plays this week"],
    )
    tone: Text | None = Field(None, description="How it should sound.", examples=["hype", "calm", "educational"])
    format: Format | None = Field(
        None, description="`short` is at most 60 seconds. The service assumes `short`.", examples=["short", "long"]
    )
    durationMins: float | None = Field(
        None, ge=1, le=120, description="The length aimed at, in minutes. The service assumes 1.", examples=[1, 12.5]
    )
    platforms: Platforms | None = Field(
        None, description="Where it is published.", examples=[["tiktok"], ["youtube", "instagram"]]
    )
    publishMode: PublishMode | None = Field(
        None,
        description="When it is published after production. The service assumes `immediate`; a `schedule` implies "
        "`scheduled`, which cannot be used without one.",
        examples=["immediate", "manual"],
    )
    staging: bool | None = Field(
        None, description="True stops before publishing, for review. The service assumes false.", examples=[True]
    )
    contentType: Text | None = Field(None, description="The kind of content.", examples=["clips", "news", "sports"])
    productionProfile: Profile | None = Field(None, description="The way it is produced.", examples=["vertical_reel"])
    prompt: Text | None = Field(
        None, description="What to generate, for `entry: generate`.", examples=["A neon city at night, in the rain"]
    )
    clipSpec: dict[str, JsonValue] | None = Field(None, description="How clips are cut; passed on as it is.")
    effects: JsonValue = Field(None, description="Effects of the production; passed on as they are.")
    streamer: Text | None = Field(None, description="The streamer whom the clips show.", examples=["your-channel"])
    addOns: dict[str, JsonValue] | None = Field(
        None, description="Paid or optional extras; passed on as they are.", examples=[{"shoppable": {"active": True}}]
    )


class JobDefaults(Body):
    """What fills the fields that neither a job nor its declared template sets."""

    entry: Entry | None = Field(None, description="Where the source comes from.", examples=["fetch"])
    publishMode: UnscheduledMode | None = Field(
        None, description="When it is published; not applied to jobs that have a `schedule`.", examples=["manual"]
    )
    publish: Publisher | None = Field(
        None, description="Who publishes them at their `schedule`; wins over `api.publish`.", examples=["held"]
    )
    zone: Zone | None = Field(
        None,
        description="The IANA time zone of their times without an offset; wins over `timezone`.",
        examples=["America/New_York"],
    )


class TemplatePart(Body):
    """A saved template of the account. It cannot be edited there: a change creates a new one and deletes the old."""

    name: Text = Field(description="The name shown in the account.", examples=["Weekly highlights"])
    description: Text | None = Field(None, description="A note for people.", examples=["For the Monday show"])
    lifecycle: Lifecycle | None = Field(
        None,
        description="How afsync treats the template after its creation.",
        examples=[{"prevent_destroy": True}],
    )


class JobFields(Body):
    """What a job and a single occurrence of one can say."""

    entry: Entry | None = Field(
        None,
        description="Where the source comes from: a URL, an uploaded file, a script only, or generated video. "
        "The service assumes `fetch`.",
        examples=["fetch", "upload"],
    )
    template: Text | None = Field(
        None,
        description="The key of a template declared in these files; the job's own fields win.",
        examples=["weekly"],
    )
    fromTemplateId: Identifier | None = Field(
        None, description="The id of a template that these files do not declare.", examples=["tpl_abc"]
    )
    url: Url | None = Field(
        None,
        description="The source of a `fetch` job: Twitch clip or VOD, Kick, YouTube, direct MP4.",
        examples=["https://clips.twitch.tv/your-clip"],
    )
    urls: Annotated[list[Url], Field(min_length=1)] | None = Field(
        None,
        description="Several sources: a multi-clip job.",
        examples=[["https://clips.twitch.tv/one", "https://clips.twitch.tv/two"]],
    )
    file: Text | None = Field(
        None,
        description="The file of an `upload` job: MP4 or MOV, at most 500 MB, below the directory of afsync.yaml. "
        "Uploaded once, however many jobs use it.",
        examples=["media/intro.mp4"],
    )
    fileId: Identifier | None = Field(
        None, description="The id of a file that was uploaded by other means.", examples=["file_abc"]
    )
    publish: Publisher | None = Field(
        None,
        description="Who publishes it at its `schedule`. `service`: the service is given the time. `held`: it is "
        "submitted so that it stops before publishing, and afsync publishes it when its time has come (`afsync apply "
        "--due`). Counts at the submission; later edits do not reach it. Else `defaults.job` or `api` says it.",
        examples=["held"],
    )
    rerun: Scalar = Field(
        None,
        description="Another value than before submits a finished job again, for new credits. Compared as text.",
        examples=[1, "2026-12-01"],
    )
    approve: Identifier | None = Field(
        None,
        description="The id of the submission that may be published, for a `staging` job that was reviewed. For any "
        "other submission nothing is published, and the plan says so.",
        examples=["job_8f31"],
    )
    allow_duplicate: bool | None = Field(
        None,
        description="True submits the job although one in the account looks like it; else it is withheld.",
        examples=[True],
    )
    lifecycle: Lifecycle | None = Field(
        None,
        description="How afsync treats the job after its submission.",
        examples=[{"ignore_changes": ["schedule"]}],
    )


class ExceptPart(JobFields):
    """What is different about one occurrence of a series: any field of the job, and when it is published."""

    on: Day | None = Field(
        None, description="Another day; it stays the occurrence of its own date.", examples=["2027-01-12"]
    )
    at: WallTime | None = Field(None, description="Another time of day.", examples=["11:00"])
    imports: Identifier | None = Field(
        None,
        alias="import",
        description="The id of a job of the account that is taken over as this occurrence.",
        examples=["job_8f31"],
    )


class JobPart(JobFields):
    """One paid production, or with `repeat` a series of them. It cannot be edited after its submission, except for its
    publish time."""

    schedule: Text | None = Field(
        None,
        description="When it is published: local to `timezone`, or with an offset or Z. Changing it later is free.",
        examples=["2026-12-01 09:00", "2026-12-01T09:00:00Z", "2026-12-01 09:00+01:00"],
    )
    zone: Zone | None = Field(
        None,
        description="The IANA time zone of its times without an offset, and in which they are shown; else `timezone`.",
        examples=["America/New_York"],
    )
    repeat: RepeatPart | None = Field(
        None,
        description="When it repeats: one submission for every date of the rule, known by that date.",
        examples=[{"every": "week", "days": ["mon"], "at": "09:00", "from": "2026-12-07"}],
    )
    exceptions: Annotated[dict[InstanceKey, ExceptPart], BeforeValidator(without_skips)] | None = Field(
        None,
        alias="except",
        description="By date of the rule (`2026-12-28`, or `2026-12-28/late` for a named time): `skip`, or what is "
        "different about that occurrence.",
        examples=[{"2026-12-28": "skip", "2027-01-04": {"at": "11:00"}}],
    )
    rows: RowsOf | None = Field(
        None,
        description="A sheet: each row is an occurrence, or with `repeat` fills the occurrence of its date. "
        "The path of a .csv, .tsv, .xlsx, .ods, .json or .yaml file, or `{file: …, key: …, sheet: …, where: {COLUMN: "
        "VALUE}}`.",
        examples=["episodes.csv", {"file": "recaps.csv", "key": "date"}],
    )
    horizon: Span | None = Field(
        None,
        description="How far ahead it is submitted, with or without `repeat`; wins over that of the file.",
        examples=["14d"],
    )
    keep: Span | None = Field(
        None,
        description="How long after its time an occurrence that ended stays in the state; wins over the file's.",
        examples=["90d"],
    )
