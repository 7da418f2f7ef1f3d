"""An account full of hand-made things."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from tests.harness import KEY, Sandbox

STATUSES = (
    "queued",
    "running",
    "scheduled",
    "processing",
    "complete",
    "published",
    "failed",
    "cancelled",
    "odd_status",
)


def make_templates(sandbox: Sandbox, count: int, **fields: Any) -> None:
    """By hand: as the product does it, in either dialect; every fifth shares its name with another."""
    for n in range(count):
        spec = {"tone": "hype" if n % 3 else "calm", "platforms": ["tiktok"], "format": "short", **fields}
        body = {
            "name": f"Show {n - n % 5 + min(n % 5, 3)}: “weekly”",
            **spec,
            "jobSpec": {**spec, "url": "https://a.b/c"},
        }
        by_hand(sandbox, body)


def by_hand(sandbox: Sandbox, template: dict[str, Any]) -> str:
    """A template that somebody made in the product. Its id."""
    assert sandbox.emulator is not None
    request = Request(
        f"{sandbox.emulator.url}/templates",
        json.dumps(template).encode(),
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    with urlopen(request) as answer:
        made = json.load(answer)
    return str(made.get("template", made)["id"])


def make_jobs(sandbox: Sandbox, count: int) -> None:
    """In every status, some with a publish time ahead, many of the same topic."""
    each = count // len(STATUSES)
    for place, status in enumerate(STATUSES):
        more = count - each * len(STATUSES) if place == 0 else 0
        fields = {
            "url": "https://clips.twitch.tv/by-hand",
            "topic": f"Überraschung: {status} # {{n}}" if place % 2 else "yes",
            "tone": "calm",
            "platforms": ["youtube", "tiktok"],
        }
        when = {"publish_at": "2031-05-05T10:00:00Z"} if status in ("scheduled", "complete") else {}
        sandbox.control.seed(
            key=KEY,
            count=each + more,
            status=status,
            age=600 * (len(STATUSES) - place),
            spacing=3,
            fields=fields,
            **when,
        )
