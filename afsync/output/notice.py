"""A message to a channel: for Slack and what takes the same, and as a JSON document of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from afsync.core.announcing import Item, Notice
from afsync.output.values import count, iso, visible

MOST_LINES = 20
"""So many items are named; of the others it is said how many they are."""
LONGEST = 300
"""Characters of one line."""


class About(Struct, frozen=True):
    """What every message of a run says: the project, the account, and where the run can be looked at."""

    project: str
    account: str | None
    link: str | None
    at: datetime


def body(form: str, notice: Notice, about: About) -> bytes:
    """The message in the form of a channel."""
    document = _webhook(notice, about) if form == "webhook" else {"text": _slack(notice, about)}
    return json.dumps(document).encode("ascii")


def _slack(notice: Notice, about: About) -> str:
    """Slack's mrkdwn. What comes from outside can neither link nor mention anyone."""
    lines = [f"*{_plain(about.project)}*: {_plain(notice.title)}"]
    lines += [f"• {_code(item.address)}{_plain(_said(item))}" for item in _named(notice)]
    if (more := len(notice.items) - MOST_LINES) > 0:
        lines.append(f"… and {more} more")
    if about.link:
        lines.append(f"<{_plain(about.link).replace('|', '%7C')}|the run>")
    return "\n".join(lines)


def _named(notice: Notice) -> tuple[Item, ...]:
    return notice.items[:MOST_LINES]


def _said(item: Item) -> str:
    told = [item.id, count(item.credits, "credit") if item.credits else None]
    inside = ", ".join(filter(None, told))
    return f"{item.text} ({inside})" if inside else item.text


def _code(address: str) -> str:
    """What concerns all of a run, such as a limit, has no address."""
    return f"`{_plain(address).replace('`', chr(39))}` " if address else ""


def _plain(text: str) -> str:
    text = visible(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _webhook(notice: Notice, about: About) -> Mapping[str, Any]:
    return {
        "version": 1,
        "event": notice.event.value if notice.event else "test",
        "project": about.project,
        "account": about.account,
        "at": iso(about.at),
        "title": visible(notice.title),
        "credits": notice.credits,
        "url": about.link,
        "items": [
            {"address": i.address, "id": i.id, "text": visible(i.text), "credits": i.credits} for i in notice.items
        ],
    }
