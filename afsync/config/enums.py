"""The closed lists of words in the files. What each means is said where `config.keys` uses it."""

from __future__ import annotations

from typing import Literal

Platform = Literal["tiktok", "youtube", "instagram"]
Format = Literal["short", "long"]
PublishMode = Literal["immediate", "scheduled", "manual"]
UnscheduledMode = Literal["immediate", "manual"]
Publisher = Literal["service", "held"]
Profile = Literal["broadcast_desk", "vertical_reel", "live_event"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PolicyRule = Literal[
    "allowed_platforms",
    "require_staging",
    "require_proven_schedule",
    "min_lead",
    "max_per_day",
    "blackouts",
    "publish_windows",
    "spacing",
    "max_gap",
    "budget",
]
Per = Literal["day", "week", "month"]
NotifyEvent = Literal["plan", "applied", "failed", "waits", "not_kept", "published"]
NotifyForm = Literal["slack", "webhook"]
Entry = Literal["fetch", "upload", "compose", "generate"]
