"""The keys of templates, jobs and `defaults.job`. People read the meanings, in editors and in the docs.

What was written is what is sent: reading converts no value.
"""

from typing import Annotated, Any

from msgspec import Meta, field

from afsync.config.keys.part import LEFT_OUT, Help, Lazy, Part
from afsync.config.keys.values import (
    Entry,
    Format,
    Identifier,
    Json,
    Platforms,
    Profile,
    Publisher,
    PublishMode,
    Scalar,
    Span,
    Text,
    Unique,
    UnscheduledMode,
    Url,
    Zone,
)
from afsync.core.body_fields import BodyField

_SERIES = "afsync.config.keys.series"
"""Most projects have no series, and what reads them takes long to load."""


class Lifecycle(Part):
    """How afsync treats a resource after its creation."""

    prevent_destroy: Annotated[
        bool,
        Help(
            "True refuses to delete or replace the resource. Kept in the state, so removing the whole block "
            "does not lift it; write `false` to do so.",
            True,
        ),
    ] = LEFT_OUT
    ignore_changes: Annotated[
        list[BodyField], Unique, Help("Fields whose later edits are no difference.", ["tone", "schedule"])
    ] = LEFT_OUT


class Body(Part):
    """The fields of a production that jobs, templates and defaults have in common, named as in the API."""

    topic: Annotated[
        str,
        Meta(min_length=1, max_length=500),
        Help("What the video is about, for script and metadata; at most 500 characters.", "Best CS2 plays this week"),
    ] = LEFT_OUT
    tone: Annotated[Text, Help("How it should sound.", "hype", "calm", "educational")] = LEFT_OUT
    format: Annotated[Format, Help("`short` is at most 60 seconds. The service assumes `short`.", "short", "long")] = (
        LEFT_OUT
    )
    durationMins: Annotated[
        float, Meta(ge=1, le=120), Help("The length aimed at, in minutes. The service assumes 1.", 1, 12.5)
    ] = LEFT_OUT
    platforms: Annotated[Platforms, Help("Where it is published.", ["tiktok"], ["youtube", "instagram"])] = LEFT_OUT
    publishMode: Annotated[
        PublishMode,
        Help(
            "When it is published after production. The service assumes `immediate`; a `schedule` implies "
            "`scheduled`, which cannot be used without one.",
            "immediate",
            "manual",
        ),
    ] = LEFT_OUT
    staging: Annotated[bool, Help("True stops before publishing, for review. The service assumes false.", True)] = (
        LEFT_OUT
    )
    contentType: Annotated[Text, Help("The kind of content.", "clips", "news", "sports")] = LEFT_OUT
    productionProfile: Annotated[Profile, Help("The way it is produced.", "vertical_reel")] = LEFT_OUT
    prompt: Annotated[Text, Help("What to generate, for `entry: generate`.", "A neon city at night, in the rain")] = (
        LEFT_OUT
    )
    clipSpec: Annotated[dict[str, Any], Help("How clips are cut; passed on as it is.")] = LEFT_OUT
    effects: Annotated[Json, Help("Effects of the production; passed on as they are.")] = LEFT_OUT
    streamer: Annotated[Text, Help("The streamer whom the clips show.", "your-channel")] = LEFT_OUT
    addOns: Annotated[
        dict[str, Any], Help("Paid or optional extras; passed on as they are.", {"shoppable": {"active": True}})
    ] = LEFT_OUT


class JobDefaults(Body):
    """What fills the fields that neither a job nor its declared template sets."""

    entry: Annotated[Entry, Help("Where the source comes from.", "fetch")] = LEFT_OUT
    publishMode: Annotated[
        UnscheduledMode, Help("When it is published; not applied to jobs that have a `schedule`.", "manual")
    ] = LEFT_OUT
    publish: Annotated[Publisher, Help("Who publishes them at their `schedule`; wins over `api.publish`.", "held")] = (
        LEFT_OUT
    )
    zone: Annotated[
        Zone, Help("The IANA time zone of their times without an offset; wins over `timezone`.", "America/New_York")
    ] = LEFT_OUT


class TemplatePart(Body, kw_only=True):
    """A saved template of the account. It cannot be edited there: a change creates a new one and deletes the old."""

    name: Annotated[Text, Help("The name shown in the account.", "Weekly highlights")]
    description: Annotated[Text, Help("A note for people.", "For the Monday show")] = LEFT_OUT
    lifecycle: Annotated[
        Lifecycle, Help("How afsync treats the template after its creation.", {"prevent_destroy": True})
    ] = LEFT_OUT


class JobFields(Body):
    """What a job and a single occurrence of one can say."""

    entry: Annotated[
        Entry,
        Help(
            "Where the source comes from: a URL, an uploaded file, a script only, or generated video. The "
            "service assumes `fetch`.",
            "fetch",
            "upload",
        ),
    ] = LEFT_OUT
    template: Annotated[
        Text, Help("The key of a template declared in these files; the job's own fields win.", "weekly")
    ] = LEFT_OUT
    fromTemplateId: Annotated[Identifier, Help("The id of a template that these files do not declare.", "tpl_abc")] = (
        LEFT_OUT
    )
    url: Annotated[
        Url,
        Help(
            "The source of a `fetch` job: Twitch clip or VOD, Kick, YouTube, direct MP4.",
            "https://clips.twitch.tv/your-clip",
        ),
    ] = LEFT_OUT
    urls: Annotated[
        list[Url],
        Meta(min_length=1),
        Help("Several sources: a multi-clip job.", ["https://clips.twitch.tv/one", "https://clips.twitch.tv/two"]),
    ] = LEFT_OUT
    file: Annotated[
        Text,
        Help(
            "The file of an `upload` job: MP4 or MOV, at most 500 MB, below the directory of afsync.yaml. "
            "Uploaded once, however many jobs use it.",
            "media/intro.mp4",
        ),
    ] = LEFT_OUT
    fileId: Annotated[Identifier, Help("The id of a file that was uploaded by other means.", "file_abc")] = LEFT_OUT
    publish: Annotated[
        Publisher,
        Help(
            "Who publishes it at its `schedule`. `service`: the service is given the time. `held`: it is "
            "submitted so that it stops before publishing, and afsync publishes it when its time has come "
            "(`afsync apply --due`). Counts at the submission; later edits do not reach it. Else "
            "`defaults.job` or `api` says it.",
            "held",
        ),
    ] = LEFT_OUT
    rerun: Annotated[
        Scalar,
        Help(
            "Another value than before submits a finished job again, for new credits. Compared as text.",
            1,
            "2026-12-01",
        ),
    ] = LEFT_OUT
    approve: Annotated[
        Identifier,
        Help(
            "The id of the submission that may be published, for a `staging` job that was reviewed. For any "
            "other submission nothing is published, and the plan says so.",
            "job_8f31",
        ),
    ] = LEFT_OUT
    allow_duplicate: Annotated[
        bool, Help("True submits the job although one in the account looks like it; else it is withheld.", True)
    ] = LEFT_OUT
    lifecycle: Annotated[
        Lifecycle, Help("How afsync treats the job after its submission.", {"ignore_changes": ["schedule"]})
    ] = LEFT_OUT


class JobPart(JobFields):
    """One paid production, or with `repeat` a series of them. It cannot be edited after its submission, except for its
    publish time."""

    schedule: Annotated[
        Text,
        Help(
            "When it is published: local to `timezone`, or with an offset or Z. Changing it later is free.",
            "2026-12-01 09:00",
            "2026-12-01T09:00:00Z",
            "2026-12-01 09:00+01:00",
        ),
    ] = LEFT_OUT
    zone: Annotated[
        Zone,
        Help(
            "The IANA time zone of its times without an offset, and in which they are shown; else `timezone`.",
            "America/New_York",
        ),
    ] = LEFT_OUT
    repeat: Annotated[
        dict[str, Any],
        Lazy(_SERIES, "RepeatPart"),
        Help(
            "When it repeats: one submission for every date of the rule, known by that date.",
            {"every": "week", "days": ["mon"], "at": "09:00", "from": "2026-12-07"},
        ),
    ] = LEFT_OUT
    exceptions: Annotated[
        dict[str, Any],
        Lazy(_SERIES, "Exceptions"),
        Help(
            "By date of the rule (`2026-12-28`, or `2026-12-28/late` for a named time): `skip`, or what is "
            "different about that occurrence.",
            {"2026-12-28": "skip", "2027-01-04": {"at": "11:00"}},
        ),
    ] = field(default=LEFT_OUT, name="except")
    rows: Annotated[
        str | dict[str, Any],
        Lazy(_SERIES, "RowsOf"),
        Help(
            "A sheet: each row is an occurrence, or with `repeat` fills the occurrence of its date. The path "
            "of a .csv, .tsv, .xlsx, .ods, .json or .yaml file, or `{file: …, key: …, sheet: …, where: "
            "{COLUMN: VALUE}}`.",
            "episodes.csv",
            {"file": "recaps.csv", "key": "date"},
        ),
    ] = LEFT_OUT
    horizon: Annotated[
        Span, Help("How far ahead it is submitted, with or without `repeat`; wins over that of the file.", "14d")
    ] = LEFT_OUT
    keep: Annotated[
        Span,
        Help("How long after its time an occurrence that ended stays in the state; wins over the file's.", "90d"),
    ] = LEFT_OUT


SERIES_KEYS = frozenset({"repeat", "rows", "except", "horizon", "keep"})
"""What a job says about when it is submitted."""

EXCEPTION_KEYS = frozenset({"on", "at", "import"})
"""What an exception says of its occurrence, besides fields of the job."""
