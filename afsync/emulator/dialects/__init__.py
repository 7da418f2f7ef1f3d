"""The ways in which the service speaks; the router, its own published code, also does other things."""

from __future__ import annotations

from afsync.emulator.dialects.all_dialects import Answer, Dialect, TierLimits
from afsync.emulator.dialects.deployed import Deployed
from afsync.emulator.dialects.documented import Documented
from afsync.emulator.dialects.router import Router
from afsync.emulator.links import Links
from afsync.emulator.options import EmulatorOptions

__all__ = ["Answer", "Dialect", "TierLimits", "speak"]


DIALECTS: dict[str, type[Documented]] = {"documented": Documented, "deployed": Deployed, "router": Router}


def speak(options: EmulatorOptions, links: Links, tier: str) -> Dialect:
    """The dialect that is switched on, for an account of this tier."""
    return DIALECTS[options.dialect](options, links, tier)
