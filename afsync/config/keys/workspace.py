"""The keys of afsync.workspace.yaml. People read the meanings, in editors and in the docs."""

import re
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.json import Decoder

from afsync.config.keys.part import LEFT_OUT, Check, Help, Part
from afsync.config.keys.project import AutoApprovePart
from afsync.config.keys.values import Count, Text, check_state_path
from afsync.config.problems import Code, InvalidValue
from afsync.core.regex import regex
from afsync.core.state_place import PLACE

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
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


KeySource = Annotated[str, Check(check_key_source, schema={"pattern": r"^(env|file):.*\$\{account\}"})]
StateTemplate = Annotated[Text, Check(check_state_template)]


class OverallLimits(Part):
    """What one apply over all accounts may do at the most."""

    max_credits: Annotated[
        Count,
        Help(
            "Credits that one apply over all accounts may spend, as their plans estimate it, before the first "
            "is applied.",
            500,
        ),
    ] = LEFT_OUT


class WorkspaceFile(Part):
    """afsync.workspace.yaml: many accounts, each a project of its own."""

    version: Annotated[Literal[1], Help("The version of this format.", 1)]
    accounts: Annotated[
        list[Text],
        Meta(min_length=1),
        Help(
            "The directories of the accounts, as patterns relative to this file. Each holds an afsync.yaml; "
            "its name is the name of the account.",
            ["clients/*"],
        ),
    ]
    key: Annotated[
        KeySource,
        Help(
            "Where the key of an account is: `env:` and a variable (`${account}` in upper case, with `_` for "
            "all but letters and digits), or `file:` and a path. Never the key itself.",
            "env:AURAFLUX_KEY_${account}",
            "file:/run/secrets/${account}",
        ),
    ]
    state: Annotated[
        StateTemplate,
        Help(
            "Where the state of an account is kept, in place of what its afsync.yaml says. A path counts from "
            "the account's directory.",
            "s3://agency-state/${account}.json.gz",
            ".afsync/state.json",
        ),
    ] = LEFT_OUT
    shared: Annotated[
        list[Text],
        Help(
            "Files that are included into every account, as patterns relative to this file. They hold "
            "templates and jobs.",
            ["shared/templates.yaml"],
        ),
    ] = LEFT_OUT
    limits: Annotated[OverallLimits | None, Help("What one apply over all accounts may do at the most.")] = None
    auto_approve: Annotated[
        AutoApprovePart,
        Help(
            "What `apply` may do unattended in an account that does not say so itself.",
            {"max_credits": 3, "max_deletes": 0},
        ),
    ] = LEFT_OUT


_BUILT = Decoder(WorkspaceFile)
"""As in `keys.project`."""
