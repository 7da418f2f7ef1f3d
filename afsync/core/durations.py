"""How long something takes, as people say it."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """`0.4 s`, `38 s`, `1 min 17 s`, `5 h 32 min`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, left = divmod(round(seconds / 60), 60)
    return f"{hours} h {left} min" if left else f"{hours} h"
