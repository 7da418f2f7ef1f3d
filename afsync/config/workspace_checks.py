"""Checks of single values in a workspace file. `check_…` gives the value back as it is, or raises InvalidValue."""

from __future__ import annotations

import re

from afsync.config.checks import check_state_path
from afsync.config.problems import Code, InvalidValue
from afsync.core.workspace import PLACE

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FORM = f"write it as env:AURAFLUX_KEY_{PLACE} or file:/run/secrets/{PLACE}; the key itself never stands in a file"


def check_key_source(value: str) -> str:
    """Where the key of an account is. What is wrong is said without showing the value: it may be a key."""
    kind, _, rest = value.partition(":")
    plain = rest.replace(PLACE, "A")
    if kind not in ("env", "file") or not rest.isprintable() or "$" in plain:
        raise InvalidValue(Code.BAD_FORM, "`key` says where a key is, and is not one", _FORM)
    if kind == "env" and not _VARIABLE.fullmatch(plain):
        raise InvalidValue(Code.BAD_FORM, "`key` does not name a variable", _FORM)
    if kind == "file" and not rest.startswith("/") and not re.match(r"[A-Za-z]:[/\\]", rest):
        raise InvalidValue(Code.BAD_FORM, "`key` names a file by a path that does not begin at the root", _FORM)
    if PLACE not in rest:
        raise InvalidValue(Code.BAD_FORM, f"`key` is the same for every account: it does not contain {PLACE}", _FORM)
    return value


def check_state_template(value: str) -> str:
    """Where states are, with a name of the usual form in place of `${account}`."""
    plain = value.replace(PLACE, "account")
    if "${" in plain:
        raise InvalidValue(
            Code.BAD_FORM, f"`state` knows {PLACE} and nothing else to be replaced", f"write only {PLACE}"
        )
    check_state_path(plain)
    return value
