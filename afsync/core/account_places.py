"""How a workspace says where the key and the state of each of its accounts are."""

from __future__ import annotations

import re

PLACE = "${account}"
"""Stands for the name of an account."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
"""What a directory may be called that is an account: the name goes into variables and URLs."""


def account_variable(template: str, account: str) -> str:
    """The name of a variable, in which the account's name is in upper case, with `_` for all but letters and digits."""
    return template.replace(PLACE, re.sub(r"[^A-Z0-9]", "_", account.upper()))


def account_key(key: str, account: str) -> str:
    """`env:NAME` or `file:PATH` of one account."""
    kind, _, rest = key.partition(":")
    return f"{kind}:{account_variable(rest, account) if kind == 'env' else rest.replace(PLACE, account)}"


def holds_a_key(key: str, name: str) -> bool:
    """Whether the variable `name` could hold the key of an account of this workspace, or of one that left it."""
    kind, _, rest = key.partition(":")
    before, found, behind = rest.partition(PLACE)
    pattern = f"{re.escape(before)}[A-Z0-9_]+{re.escape(behind.replace(PLACE, ''))}"
    return kind == "env" and bool(found) and re.fullmatch(pattern, name) is not None


def shared_by_projects(state: str) -> bool:
    """Whether one place keeps the states of several projects, each at its own path: a branch does, and a path that
    counts from the project."""
    return "://" not in state
