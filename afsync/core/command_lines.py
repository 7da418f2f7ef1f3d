"""The commands and flags that messages name, as they are entered in a shell: the one module of core, store, api and
engine that spells them, and quotes their arguments."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from afsync.core.addresses import typed


class FlagName(StrEnum):
    """A flag, without its value."""

    ABSENT = "--absent"
    ACCEPT_UNSTAGED = "--accept-unstaged"
    ADOPT = "--adopt"
    ALLOW_EMPTY = "--allow-empty"
    AUTO_APPROVE = "--auto-approve"
    CHANGED_SINCE = "--changed-since"
    EXCLUDE = "--exclude"
    FAIL_FAST = "--fail-fast"
    FORCE = "--force"
    FOREIGN = "--foreign"
    IGNORE_HORIZON = "--ignore-horizon"
    IGNORE_POLICY = "--ignore-policy"
    LOCK_TIMEOUT = "--lock-timeout"
    MAX_CREATES = "--max-creates"
    MAX_CREDITS = "--max-credits"
    MAX_DELETES = "--max-deletes"
    NOW = "--now"
    OFFLINE = "--offline"
    PLATFORM = "--platform"
    REPLACE = "--replace"
    TARGET = "--target"


APPLY: Final = "`afsync apply`"
APPLY_UNSTAGED: Final = "`afsync apply --accept-unstaged`"
APPROVE: Final = "`afsync approve`"
APPROVE_NOW: Final = "`afsync approve --now`"
EMULATOR: Final = "`afsync emulator`"
FORCE_UNLOCK: Final = "`afsync force-unlock`"
IMPORT: Final = "`afsync import`"
IMPORT_MATCH: Final = "`afsync import --match`"
IMPORT_NONE: Final = "`afsync import --none`"
INIT: Final = "`afsync init`"
INTENTS: Final = "`afsync intents`"
PLAN: Final = "`afsync plan`"
RENAME: Final = "`afsync state mv OLD NEW`"
RESTORE: Final = "`afsync state restore`"
RESTORE_UNION: Final = "`afsync state restore --union`"
RESULT: Final = "`afsync result`"
STATE_HISTORY: Final = "`afsync state history`"
STATUS: Final = "`afsync status`"


def approve_command(address: str, *, platform: bool = False) -> str:
    """Publishes a job; with `platform`, on one that is named."""
    return f"`afsync approve {typed(address)}{' --platform NAME' if platform else ''}`"


def forget_command(address: str) -> str:
    """Takes an address, or the id of a cancelled job, out of the state."""
    return f"`afsync state rm {typed(address)}`"


def import_command(address: str, resource_id: str = "ID", *, force: bool = False) -> str:
    """Records what is in the account under an address."""
    return f"`afsync import {typed(address)} {typed(resource_id)}{' --force' if force else ''}`"


def plan_command(moment: str) -> str:
    """Plans for another time."""
    return f"`afsync plan --now {moment}`"


def rename_command(old: str, new: str) -> str:
    """Records under another address."""
    return f"`afsync state mv {typed(old)} {typed(new)}`"


def replace_command(address: str) -> str:
    """Replaces a job."""
    return f"`afsync apply --replace {typed(address)}`"


def resolve_command(address: str) -> str:
    """Decides an open submission or approval: without backticks, a flag follows."""
    return f"afsync resolve {typed(address)}"


def restore_command(serial: int, *, force: bool = False) -> str:
    """Takes a version of the state."""
    return f"`afsync state restore {serial}{f' {FlagName.FORCE}' if force else ''}`"


def result_command(address: str) -> str:
    """Shows what a job produced."""
    return f"`afsync result {typed(address)}`"


def unlock_command(lock_id: str) -> str:
    """Removes a lock."""
    return f"`afsync force-unlock {lock_id}`"
