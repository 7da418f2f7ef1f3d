"""Durations on the command line."""

from __future__ import annotations

from typing import Any

import click

YEAR = 366 * 24 * 3600.0


class Seconds(click.FloatRange):
    """A number of seconds, of which a clock can count that many."""

    name = "number of seconds"

    def __init__(self, least: float = 0.0) -> None:
        super().__init__(least, YEAR)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if seconds != seconds:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return seconds
