"""The account: plan, balance, limits."""

from __future__ import annotations

from typing import Any

from afsync.core.remote import RemoteAccount
from afsync.output.json_text import json_text
from afsync.output.values import visible

FORMAT_VERSION = "1.0"


def account_text(account: RemoteAccount, base_url: str, still_to_spend: int | None) -> str:
    """`afsync account`, one fact a line. `still_to_spend` is what the declared jobs will still cost."""
    rows = [
        ("account", f"{visible(account.id)} at {visible(base_url)}"),
        ("plan", visible(account.plan_tier) if account.plan_tier else "not told"),
        ("credits", _credits(account)),
        ("rate limit", _limit(account)),
    ]
    if still_to_spend is not None:
        rows.append(("declared", _declared(account, still_to_spend)))
    return "".join(f"{name + ':':<12}{text}\n" for name, text in rows)


def _credits(account: RemoteAccount) -> str:
    if account.balance is None:
        return "not told"
    of = f" (included {account.included}, used {account.used})" if account.included is not None else ""
    return f"{account.balance} available{of}"


def _limit(account: RemoteAccount) -> str:
    per_minute = f"{account.per_minute} requests a minute" if account.per_minute else "60 requests a minute (assumed)"
    return per_minute + (f", {account.concurrent} submissions at once" if account.concurrent else "")


def _declared(account: RemoteAccount, spend: int) -> str:
    after = "" if account.balance is None else f", {account.balance - spend} after"
    return f"{spend} still to spend{after}"


def account_json(account: RemoteAccount) -> str:
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "account_id": account.id,
        "plan_tier": account.plan_tier,
        "credits": {"balance": account.balance, "included": account.included, "used": account.used},
        "rate_limit": {"per_minute": account.per_minute, "concurrent": account.concurrent},
    }
    return json_text(document)
