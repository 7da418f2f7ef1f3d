"""The AuraFlux service on this machine; it shares no code with the client (docs/emulator.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from afsync.emulator.app import Emulator, create_app
    from afsync.emulator.client import ControlClient, ControlError
    from afsync.emulator.faults.spec import ACTIONS, POINTS, combinations, makes_sense
    from afsync.emulator.server import Running, running, serve

__all__ = [
    "ACTIONS",
    "POINTS",
    "ControlClient",
    "ControlError",
    "Emulator",
    "Running",
    "combinations",
    "create_app",
    "makes_sense",
    "running",
    "serve",
]

_HOMES = {
    "create_app": "app",
    "Emulator": "app",
    "ControlClient": "client",
    "ControlError": "client",
    "Running": "server",
    "running": "server",
    "serve": "server",
    "POINTS": "faults.spec",
    "ACTIONS": "faults.spec",
    "combinations": "faults.spec",
    "makes_sense": "faults.spec",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: most runs of afsync need no emulator."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
