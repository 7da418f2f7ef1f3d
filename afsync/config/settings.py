"""How a project is run: what afsync.yaml says of it, and what holds where it says nothing."""

from __future__ import annotations

from msgspec import Struct

from afsync.config.durations import quarantine_seconds, watch_seconds
from afsync.core.notification_channels import Channel
from afsync.core.remote_account import SERVICE
from afsync.core.resources import Bounds

PROJECT_FILE = "afsync.yaml"
STATE = ".afsync/state.json"
QUARANTINE = "10m"
LATE = "6h"
SETTLE = "2m"
WATCH = "24h"
HORIZON = "14d"
KEEP = "90d"


class Settings(Struct, frozen=True):
    """How this project is run; spans are in seconds, and `state` is a path relative to the root.

    `key` is where the key is, if a workspace says so: `env:NAME` or `file:PATH`. `auto_approve` is what may be applied
    unattended.
    """

    lineage: str | None = None
    base_url: str = SERVICE
    exclusive: bool | None = None
    quarantine: int = quarantine_seconds(QUARANTINE)
    late: int = quarantine_seconds(LATE)
    settle: int = quarantine_seconds(SETTLE)
    watch: int = watch_seconds(WATCH)
    state: str = STATE
    timezone: str | None = None
    account: str | None = None
    notify: tuple[Channel, ...] = ()
    key: str | None = None
    auto_approve: Bounds | None = None
