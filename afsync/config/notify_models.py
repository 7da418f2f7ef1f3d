"""The format of `notify`. People read the descriptions, in editors and in the docs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from afsync.config.enums import NotifyEvent, NotifyForm
from afsync.config.fields import Unique
from afsync.config.part import Part

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
