"""One change of a plan, for people: a sentence, the symbol with its resource, the fields, what becomes of a video."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final

from afsync.core.addresses import key_of, kind_of
from afsync.core.held_jobs import stops
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.resources import Job, Schedule
from afsync.core.trust.publications import publication_failed
from afsync.output.approvals import published_lines
from afsync.output.tables import wrapped
from afsync.output.values import Paint, count, escape_control, no_paint, shown, shown_schedule, size

_COLOURS = {
    Action.CREATE: "green",
    Action.RESCHEDULE: "yellow",
    Action.REPLACE: "yellow",
    Action.DELETE: "red",
    Action.APPROVE: "green",
}


def change_lines(change: Change, paint: Paint = no_paint, plan: Plan | None = None) -> Iterator[str]:
    """A change: a sentence, the symbol with kind, key and id, and the fields. `plan` holds what waits for approval."""
    yield "  " + paint(f"# {change.address} {_sentence(change)}", "bold")
    colour = _COLOURS.get(change.action)
    symbol = paint(change.symbol, colour) if colour else change.symbol
    pad = " " * (3 - len(change.symbol))
    shown_id = f" ({escape_control(change.id)})" if change.id else ""
    yield f"{pad}{symbol} {kind_of(change.address)} {key_of(change.address)}{shown_id}"
    details = _published(change, plan) if change.action is Action.APPROVE else _details(change)
    yield from (f"      {line}" for line in (*details, *video_lines(change)))
    if change.warning:
        yield "      " + paint(wrapped(f"warning: {escape_control(change.warning)}", paint.columns, 6), "yellow")


def _sentence(change: Change) -> str:
    match change.action:
        case Action.CREATE if isinstance(change.after, Job):
            again = {Reason.RERUN: " again: `rerun` changed", Reason.REQUESTED: " again, as requested"}
            return f"will be submitted{again.get(change.reason, '')}{_price(change)}"
        case Action.CREATE:
            return "will be created" + (": it is missing in the account" if change.reason is Reason.MISSING else "")
        case Action.RESCHEDULE if isinstance(change.after, Job) and change.after.schedule is None:
            drifted = change.reason is Reason.DRIFT
            return "will be unscheduled" + (": it was scheduled in the account" if drifted else "")
        case Action.RESCHEDULE if change.first_time:
            return "will be scheduled" + (": it has no publish time yet" if change.reason is Reason.UNSET else "")
        case Action.RESCHEDULE if change.reason is Reason.DRIFT and change.observed is None:
            return "will be scheduled again: the service does not show its publish time any more"
        case Action.RESCHEDULE:
            return "will be rescheduled" + (": it was moved in the account" if change.reason is Reason.DRIFT else "")
        case Action.REPLACE:
            return f"will be replaced: {_why_replaced(change)}{_price(change)}"
        case Action.DELETE:
            return _deleted(change)
        case Action.ADOPT if change.reason is Reason.IMPORTED:
            return "will be taken over, as `import:` says; nothing is sent"
        case Action.ADOPT:
            return "will be taken over: the account has an equal one of that name"
        case Action.MOVE:
            return f"was {change.moved_from}; nothing is sent"
        case Action.FORGET if change.before is None:
            return "had a predecessor that is to be deleted, and it is gone; nothing is sent"
        case Action.FORGET:
            gone = "missing in the account" if change.reason is Reason.MISSING else "finished, and no longer wanted"
            return f"will be forgotten: {gone}; nothing is sent"
        case Action.APPROVE if change.later is not None:
            time = shown_schedule(change.later, instant=False)
            return f"will be approved, and published by the first apply after {escape_control(time)}"
        case Action.APPROVE if change.reason is Reason.DUE:
            return "will be published, since its time has come, which cannot be undone"
        case Action.APPROVE if isinstance(change.before, RecordedJob) and publication_failed(change.before):
            platforms = escape_control(", ".join(change.platforms))
            return f"will be published again, only on {platforms}, which cannot be undone"
        case Action.APPROVE:
            return "will be published, which cannot be undone"


def _why_replaced(change: Change) -> str:
    if change.reason is Reason.RERUN:
        return "`rerun` changed"
    if change.reason is Reason.REQUESTED:
        return "requested"
    names = ", ".join(escape_control(f.path) for f in change.fields) or "content"
    return f"{names} changed" + (" after submission" if isinstance(change.after, Job) else "")


_WHY_DELETED = {
    Reason.REQUESTED: "as requested",
    Reason.STAGING_IGNORED: "the service does not stop it before publishing",
}


def _deleted(change: Change) -> str:
    if change.before is None:
        return "was replaced; its predecessor will be deleted"
    why = _WHY_DELETED.get(change.reason, "no longer declared")
    match change.retire:
        case Retire.CANCEL:
            return f"will be cancelled: {why}{_price(change)}"
        case Retire.UNSCHEDULE:
            return f"is to lose its publish time: {why}, and already produced{_price(change)}"
        case Retire.LEAVE:
            unapproved = isinstance(change.before, RecordedJob) and stops(change.before)
            return f"will be {'left unapproved and ' if unapproved else ''}forgotten: {why}{_price(change)}"
        case None:
            return f"will be deleted: {why}"


def _price(change: Change) -> str:
    spend, spent = change.credits.spend, change.credits.spent
    parts = [count(spend, "credit")] if spend else []
    if spent:
        parts.append(f"{spent} already spent" if spend else f"{count(spent, 'credit')} already spent")
    return f" ({', '.join(parts)})" if parts else ""


def _details(change: Change) -> Iterator[str]:
    match change.action:
        case Action.CREATE:
            yield from _all_fields(change)
        case Action.REPLACE if not change.fields:
            yield from _all_fields(change)
        case Action.REPLACE:
            for field in change.fields:
                difference = code_points(field.before, field.after)
                yield f"{escape_control(field.path)}: {shown(field.before)} -> {shown(field.after)}{difference}"
            yield from _schedule_change(change)
        case Action.RESCHEDULE:
            yield from _schedule_change(change)
        case _:
            return


def _published(change: Change, plan: Plan | None) -> Iterator[str]:
    waiting = next((w for w in plan.waiting if w.id == change.id), None) if plan else None
    return published_lines(change, waiting, plan.as_of if plan else None)


def _all_fields(change: Change) -> Iterator[str]:
    after = change.after
    if after is None:
        return
    for field, value in after.values.items():
        if field == "file" and isinstance(after, Job) and after.file is not None:
            held = "" if change.uploads else ", already uploaded"
            yield f"file: {shown(after.file.path)} ({size(after.file.size)}{held})"
        else:
            yield f"{escape_control(field)}: {shown(value)}"
    if isinstance(after, Job) and after.schedule is not None:
        yield f"schedule: {shown_schedule(after.schedule)}"
        if after.held:
            yield "publish: held"


def _schedule_change(change: Change) -> Iterator[str]:
    after = change.after.schedule if isinstance(change.after, Job) else None
    before = change.before.schedule if isinstance(change.before, RecordedJob) else None
    if change.reason is Reason.DRIFT:
        before = _in_zone_of(change.observed, after)
    if (before and before.utc) != (after and after.utc):
        yield f"schedule: {shown_schedule(before, instant=False)} -> {shown_schedule(after, instant=False)}"


def _in_zone_of(schedule: Schedule | None, other: Schedule | None) -> Schedule | None:
    if schedule is None or other is None:
        return schedule
    return Schedule(schedule.written, schedule.utc, other.zone)


_LEFT = {
    Retire.CANCEL: (
        "the job is cancelled; if the service produces it anyway, it may be published; later plans report that"
    ),
    Retire.UNSCHEDULE: "stays in the account; it is published at its time unless the service takes that off",
    Retire.LEAVE: "stays in the account, and is published only if it is approved there",
}
_MAY_BE_OUT = "stays in the account, where it has no publish time any more; it may be published already"
_REFUND = "no refund is promised"


def video_lines(change: Change) -> Iterator[str]:
    """Of a job that is deleted, replaced, forgotten or unscheduled; nothing for any other change."""
    record = change.before
    if not isinstance(record, RecordedJob):
        return
    if change.action in (Action.DELETE, Action.REPLACE) and change.retire is not None:
        which = "old video" if change.action is Action.REPLACE else "video"
        left = _LEFT[change.retire] if change.retire is not Retire.LEAVE or stops(record) else _MAY_BE_OUT
        yield f"{which}: {left}{'' if record.credits == 0 else f'; {_REFUND}'}"
    elif change.action is Action.FORGET and change.reason is Reason.FINISHED:
        yield "video: stays as it is; one that was published stays published"
    elif change.action is Action.RESCHEDULE and isinstance(change.after, Job) and change.after.schedule is None:
        waits = change.held or (record.staged and not record.approved)
        later = "is published only after an approval" if waits else "whether it is published then is up to the service"
        yield f"video: {later}"


_LIKE_LATIN: Final = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіјѕԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧονɡ‐‑‒–—−’‘‛“”",
    "ABEKMHOPCTYXaeopcyxijsdqwhABEZHIKMNOPTYXovg------'''\"\"",
)
"""Letters of other alphabets, dashes and quotation marks, and the Latin ones that they are taken for."""

_MOST: Final = 5
_LONGEST: Final = 2000


def code_points(before: Any, after: Any) -> str:
    """`  (U+00A0 -> U+0020 at character 5)` for two texts whose difference cannot be seen, else nothing."""
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return ""
    if _seen(before) != _seen(after) or max(len(before), len(after)) > _LONGEST:
        return ""
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    told = [
        f"{_points(before[a:b])} -> {_points(after[c:d])} at character {a + 1}"
        for tag, a, b, c, d in steps
        if tag != "equal"
    ]
    more = f", and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f"  ({', '.join(told[:_MOST])}{more})"


def _seen(text: str) -> str:
    """The text reduced to what a reader can tell apart: look-alike letters and white space unified."""
    apart = unicodedata.normalize("NFKD", text).translate(_LIKE_LATIN)
    kept = (c for c in apart if unicodedata.category(c) != "Cf" and not 0xFE00 <= ord(c) <= 0xFE0F)
    return " ".join("".join(kept).split())


def _points(text: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in text[:_MOST]) + ("…" if len(text) > _MOST else "") or "nothing"
