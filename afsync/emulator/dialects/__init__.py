"""The ways in which the service speaks; the router, its own published code, also does other things."""

from __future__ import annotations

from afsync.emulator.dialects.deployed import Deployed
from afsync.emulator.dialects.documented import Documented
from afsync.emulator.dialects.interface import Answer, Dialect, TierLimits
from afsync.emulator.dialects.router import Router
from afsync.emulator.links import Links
from afsync.emulator.options import EmulatorOptions

__all__ = ["Answer", "Dialect", "TierLimits", "speak"]


def speak(options: EmulatorOptions, links: Links, tier: str) -> Dialect:
    """The dialect that is switched on."""
    if options.dialect == "router":
        return Router(options, links, tier)
    if options.dialect == "deployed":
        return Deployed(options, links, tier)
    return Documented(options, links)
