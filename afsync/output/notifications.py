"""Messages to channels: what they say of a plan, a run and jobs, and their form for Slack and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec import Struct

from afsync.core.apply_verification import Verification
from afsync.core.notifications import RUN, Event, Item, Notice
from afsync.core.outcomes import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.plan import Plan
from afsync.errors import AfsyncError, Problem
from afsync.output.outcomes import Tally, done_word, left_undone, seen_lines, spent_text
from afsync.output.plan_text import credits_line
from afsync.output.values import count, escape_control, iso

MOST_LINES = 20
"""So many items are named; the others are counted."""
LONGEST = 300
"""Characters of one line."""


class About(Struct, frozen=True):
    """What every message of a run says: the project, the account, and where the run can be looked at."""

    project: str
    account: str | None
    link: str | None
    at: datetime


def body(form: str, notice: Notice, about: About) -> bytes:
    """The body of the request to a channel: JSON for Slack, or for a webhook."""
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
    """The address as code, with a space after it; empty for what concerns the whole run."""
    return f"`{_plain(address).replace('`', chr(39))}` " if address else ""


def _plain(text: str) -> str:
    text = escape_control(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _webhook(notice: Notice, about: About) -> Mapping[str, Any]:
    return {
        "version": 1,
        "event": notice.event.value if notice.event else "test",
        "project": about.project,
        "account": about.account,
        "at": iso(about.at),
        "title": escape_control(notice.title),
        "credits": notice.credits,
        "url": about.link,
        "items": [
            {"address": i.address, "id": i.id, "text": escape_control(i.text), "credits": i.credits}
            for i in notice.items
        ],
    }


_OF_JOBS = {
    Event.FAILED: ("failed in production", "failed in production"),
    Event.WAITS: ("waits for an approval", "wait for an approval"),
    Event.NOT_KEPT: ("is not as was asked for", "are not as was asked for"),
    Event.PUBLISHED: ("is published", "are published"),
}


def job_notice(event: Event, items: tuple[Item, ...]) -> Notice:
    """The notice that jobs had an event, such as a failure."""
    one, many = _OF_JOBS[event]
    costs = [i.credits for i in items]
    known = sum(c for c in costs if c is not None) if None not in costs else None
    title = f"{count(len(items), 'job')} {one if len(items) == 1 else many}"
    return Notice(event, title, items, tuple(str(i.id) for i in items), known)


def plan_notice(plan: Plan) -> Notice:
    """The notice of a plan: what it would do, and what it costs."""
    held = "".join(f" {count(n, 'change')} held back." for n in [len(_held(plan))] if n)
    s = plan.summary
    counted = f"{s.add} to add, {s.change} to change, {s.destroy} to destroy"
    title = f"plan ready: {counted}. {credits_line(plan.spend, plan.balance)}{held}"
    items = tuple(
        Item(c.address, f"{c.action.value} ({c.reason.value})", c.id, c.credits.spend or None) for c in plan.changes
    )
    return Notice(Event.PLAN, title, items, (plan.fingerprint,), plan.spend)


def run_notice(
    plan: Plan, outcomes: Sequence[Outcome], stopped: AfsyncError | None, looked: Verification | None
) -> Notice:
    """The result of an apply; it counts as failed where anything failed or was held back."""
    t = Tally(outcomes)
    spent = spent_text(t, looked)
    cost = f" Spent: {spent}." if spent else ""
    held = _held(plan)
    left = left_undone(t, held=len({p.address for p in held}))
    counted = f"{t.added} added, {t.changed} changed, {t.destroyed} destroyed"
    counted += f", {t.approved} approved" if t.approved else ""
    # What was accepted is not all there is to say: a channel has the look at the end, too.
    seen = "".join(f" {line}" for line in islice(seen_lines(looked, 0), 1))
    credits = (looked.spent if looked else None) if t.unknown_costs else t.credits
    if not left and stopped is None:
        return Notice(Event.APPLIED, f"applied: {counted}.{seen}{cost}", tuple(map(_item, outcomes)), credits=credits)
    why = f" {stopped.message}" if stopped else ""
    told = [o for o in outcomes if not isinstance(o, Applied | NotAttempted)]
    items = (*map(_item, told), *(Item(p.address or "", p.message) for p in held))
    title = f"apply incomplete: {'; '.join([counted, *left])}.{why}{cost}"
    subject = _subject(title, *(f"{i.address} {i.text}" for i in items))
    return Notice(Event.FAILED, f"{title}{seen}", items, (subject,), credits)


def error_notice(error: AfsyncError, command: str) -> Notice:
    """The notice of a run that ended before it changed anything."""
    hint = f" {error.hint}" if error.hint else ""
    return Notice(Event.FAILED, f"{command} failed: {error.message}{hint}", (), (_subject(error.message),), 0)


def _subject(*texts: str) -> str:
    """What a failure is known by: it is not sent again while it stays the same."""
    return RUN + hashlib.sha256("\n".join(texts).encode("utf-8", "replace")).hexdigest()[:12]


def _held(plan: Plan) -> tuple[Problem, ...]:
    return (*plan.blocking, *plan.violations)


def _item(outcome: Outcome) -> Item:
    change = outcome.change
    match outcome:
        case Applied(_, resource_id, credits):
            return Item(change.address, done_word(change), resource_id, credits or None)
        case Failed(_, why):
            return Item(change.address, f"{'unfinished' if outcome.unfinished else 'failed'}: {why}", change.id)
        case Unresolved(_, why):
            return Item(change.address, f"unresolved: {why}", change.id)
        case NotAttempted(_, why):
            return Item(change.address, f"not attempted: {why}", change.id)
