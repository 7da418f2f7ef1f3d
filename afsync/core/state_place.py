"""Where a state is kept, as `state:` says: on this disk, in an object store, or in a branch; and how a workspace says
where the state and the key of each of its accounts are."""

from __future__ import annotations

import re

from msgspec import Struct

from afsync.core.regex import regex


class DiskPlace(Struct, frozen=True):
    """A path; whether it can be used is checked by the caller, who knows the project."""

    path: str


class ObjectPlace(Struct, frozen=True):
    """A key in an object store. `account` is that of Azure, which S3 does not have; `bucket` a container there."""

    scheme: str
    bucket: str
    key: str
    account: str | None = None
    region: str | None = None


class BranchPlace(Struct, frozen=True):
    """A branch of a remote that git has configured (None: the one that git would choose)."""

    branch: str
    remote: str | None = None


Place = DiskPlace | ObjectPlace | BranchPlace


class BadPlace(Exception):
    """What is wrong with a place, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


FORMS = {
    "s3": "s3://BUCKET/KEY, as in s3://my-states/channel.json.gz",
    "az": "az://ACCOUNT/CONTAINER/KEY, as in az://mystorage/states/channel.json.gz",
    "branch": "branch:NAME, as in branch:afsync-state",
}

_BUCKET = regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

_CONTAINER = regex(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")

_ACCOUNT = regex(r"[a-z0-9]{3,24}")

_SEGMENT = regex(r"[A-Za-z0-9._@=+,-]+")

_REGION = regex(r"[a-z0-9-]{1,40}")

_REF = regex(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]*)://|(branch):")

_LONGEST = 500
"""Some of the 1,024 bytes that a key may have are for what lies beside a state."""


def is_elsewhere(value: str) -> bool:
    """Whether the place is not a path. A quick check, since nearly always it is one."""
    return ":" in value and _SCHEME.match(value) is not None


def state_place(value: str) -> Place:
    """The place that `state:` names; BadPlace when it has the form of an address, but of no known kind."""
    found = _SCHEME.match(value)
    if found is None:
        return DiskPlace(value)
    scheme = (found[1] or found[2]).lower()
    if scheme not in FORMS:
        known = ", ".join(FORMS[name].split(",")[0] for name in FORMS)
        raise BadPlace(f"`{value[:80]}`: a state cannot be kept in `{scheme}://`", f"write a path, or {known}")
    rest, options = _options(scheme, value, value[found.end() :])
    if "@" in rest.partition("/")[0]:
        raise BadPlace("the address of the state holds credentials", "remove them: they come from the environment only")
    if scheme == "branch":
        return _branch(value, rest, options)
    account = None
    if scheme == "az":
        account, _, rest = rest.partition("/")
    bucket, _, key = rest.partition("/")
    _check(scheme, value, account is None or _ACCOUNT.fullmatch(account), "the account is not one")
    what = "bucket" if scheme == "s3" else "container"
    _check(scheme, value, (_BUCKET if scheme == "s3" else _CONTAINER).fullmatch(bucket), f"`{bucket}` is no {what}")
    _check_key(scheme, value, key)
    return ObjectPlace(scheme, bucket, key, account, options.get("region"))


def _options(scheme: str, value: str, text: str) -> tuple[str, dict[str, str]]:
    """The part before the `?`, and the options after it."""
    known = {"s3": ("region", _REGION), "branch": ("remote", _REF)}.get(scheme)
    rest, _, query = text.partition("?")
    if not query and "?" not in text:
        return rest, {}
    name, _, said = query.partition("=")
    if known is None or name != known[0] or not known[1].fullmatch(said):
        hint = f"only `?{known[0]}=NAME` can follow" if known else "nothing can follow a `?` here"
        raise BadPlace(f"`{value[:80]}`: `?{query[:40]}` is not known", hint)
    return rest, {name: said}


def _branch(value: str, name: str, options: dict[str, str]) -> BranchPlace:
    parts = name.split("/")
    good = all(_REF.fullmatch(part) and not part.endswith((".lock", ".")) and ".." not in part for part in parts)
    _check("branch", value, good and len(name) <= _LONGEST, "it is not the name of a branch")
    return BranchPlace(name, options.get("remote"))


def _check_key(scheme: str, value: str, key: str) -> None:
    parts = key.split("/")
    good = all(_SEGMENT.fullmatch(part) and part not in (".", "..") for part in parts)
    _check(scheme, value, good and len(key) <= _LONGEST, "the key is empty, or holds what a key should not")
    _check(scheme, value, not key.endswith(".lock") and ".history/" not in key, "that key is for what lies beside it")


def _check(scheme: str, value: str, good: object, why: str) -> None:
    if not good:
        raise BadPlace(f"`{value[:80]}`: {why}", f"write {FORMS[scheme]}")


PLACE = "${account}"
"""Stands for the name of an account."""

NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
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
