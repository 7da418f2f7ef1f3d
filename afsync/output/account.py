"""The account: plan, balance, limits, and what the declared jobs will still cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from afsync.core.plan.limits import deletes_allowed
from afsync.core.plan.plan import Plan
from afsync.core.records import UNSEEN, Effect, Trust
from afsync.core.remote_account import RemoteAccount
from afsync.core.resources import Limits
from afsync.output.budget import budget_json, budget_text
from afsync.output.json_text import json_text
from afsync.output.values import count, escape_control, iso_or_none

FORMAT_VERSION = "1.0"


def account_text(account: RemoteAccount, base_url: str, limits: Limits, recorded: int, plan: Plan | None) -> str:
    """`afsync account`, one fact a line. `recorded` is how many resources the state holds; without a state there is
    no `plan`."""
    rows = [
        ("account", f"{escape_control(account.id)} at {escape_control(base_url)}"),
        ("plan", escape_control(account.plan_tier) if account.plan_tier else "not reported"),
        ("credits", _credits(account)),
        ("rate limit", _rate(account)),
        ("one apply", _limits(limits, recorded)),
    ]
    if plan is not None:
        rows.append(("declared", _declared(plan)))
        rows += [("budget", escape_control(budget_text(plan.budget)))] if plan.budget else []
        rows += [("kept" if not number else "", text) for number, text in enumerate(_kept(plan.trust))]
    return "".join(f"{name + ':' if name else '':<12}{text}\n" for name, text in rows)


def _credits(account: RemoteAccount) -> str:
    if account.balance is None:
        return "not reported"
    of = f" (included {account.included}, used {account.used})" if account.included is not None else ""
    return f"{account.balance} available{of}"


def _rate(account: RemoteAccount) -> str:
    per_minute = f"{account.per_minute} requests a minute" if account.per_minute else "60 requests a minute (assumed)"
    return per_minute + (f", {count(account.concurrent, 'submission')} at once" if account.concurrent else "")


def _limits(limits: Limits, recorded: int) -> str:
    spend = "the balance" if limits.max_credits is None else count(limits.max_credits, "credit")
    adds = "any number" if limits.max_creates is None else str(limits.max_creates)
    return f"spends at most {spend}, adds {adds}, destroys at most {deletes_allowed(limits, recorded)}"


_EFFECTS = {Effect.SCHEDULE: "publish time", Effect.CANCEL: "cancellation", Effect.PUBLICATION: "publication"}


def _kept(trust: Mapping[Effect, Trust]) -> Iterator[str]:
    """One line per kind of change: how often the service kept what it had accepted."""
    for effect, noun in _EFFECTS.items():
        seen = trust.get(effect, UNSEEN)
        if seen.kept or seen.lost:
            last = max(filter(None, (seen.last_kept, seen.last_lost)))
            yield f"{seen.kept} of {count(seen.kept + seen.lost, noun)}, last seen {last:%Y-%m-%d %H:%M} UTC"
        else:
            yield f"{noun}s: not known yet"


def _declared(plan: Plan) -> str:
    """What an apply would spend now, and what is held back until a person decides."""
    jobs = sum(c.credits.spend > 0 for c in plan.changes)
    held = [c.credits.spend for c in plan.withheld if c.credits.spend]
    more = f"; {count(sum(held), 'credit')} on {count(len(held), 'job')} held back" if held else ""
    if not jobs:
        return f"0 credits still to spend{more}"
    after = "" if plan.balance is None else f", {plan.balance - plan.spend} left after"
    return f"{count(plan.spend, 'credit')} still to spend on {count(jobs, 'job')}{after}{more}"


def account_json(account: RemoteAccount, limits: Limits, recorded: int, plan: Plan | None) -> str:
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "account_id": account.id,
        "plan_tier": account.plan_tier,
        "credits": {"balance": account.balance, "included": account.included, "used": account.used},
        "rate_limit": {"per_minute": account.per_minute, "concurrent": account.concurrent},
        "limits": {
            "max_credits": limits.max_credits,
            "max_creates": limits.max_creates,
            "max_deletes": deletes_allowed(limits, recorded),
        },
        "trust": {effect.value: _trust(plan.trust.get(effect, UNSEEN) if plan else UNSEEN) for effect in Effect},
        "budget": budget_json(plan.budget if plan else None),
        "declared": None if plan is None else {"spend": plan.spend, "after": _after(plan)},
    }
    return json_text(document)


def _trust(seen: Trust) -> dict[str, Any]:
    return {
        "kept": seen.kept,
        "lost": seen.lost,
        "last_kept": iso_or_none(seen.last_kept),
        "last_lost": iso_or_none(seen.last_lost),
    }


def _after(plan: Plan) -> int | None:
    return None if plan.balance is None else plan.balance - plan.spend
