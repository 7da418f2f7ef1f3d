"""A saved plan as a file: the plan's JSON document with what it is bound to, and a checksum. Read strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from afsync import __version__
from afsync.core.fingerprints import too_deep
from afsync.core.plan.decision import Options
from afsync.core.plan.plan import plan_without_links
from afsync.core.plan.saved_plan import SavedPlan
from afsync.errors import PlanStale
from afsync.output.json_text import json_text
from afsync.output.plan_json import plan_document
from afsync.output.plan_reading import moment, plan_from_document, strings, typed
from afsync.output.values import iso, visible

FORMAT = 1
KIND = "afsync-plan"
_BINDING = {"kind", "format", "afsync", "id", "created_at", "expires_at", "configuration", "options", "checksum"}
"""The keys that a file has besides those of the plan's document."""
_FLAGS = ("destroy", "allow_empty", "ignore_policy", "accept_unstaged", "ignore_horizon")
_LISTS = ("replace", "target", "exclude")


def encode_plan_file(saved: SavedPlan) -> str:
    """The file's text. No secrets are in it, links for reviewers neither; it ends in a newline."""
    options = saved.options
    body = {
        "kind": KIND,
        "format": FORMAT,
        "afsync": __version__,
        "id": saved.id,
        "created_at": iso(saved.created_at),
        "expires_at": iso(saved.expires_at),
        "configuration": saved.configuration,
        "options": {
            "replace": sorted(options.replace),
            "target": list(options.target),
            "exclude": list(options.exclude),
            **{flag: getattr(options, flag) for flag in _FLAGS},
        },
        **plan_document(plan_without_links(saved.plan)),
    }
    return json_text({**body, "checksum": _checksum(body)})


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode_plan_file(text: str, name: str) -> SavedPlan:
    """The saved plan. PlanStale (exit 6) for anything that is not exactly what `plan --out` wrote."""
    return read_plan_file(text, name)[0]


def read_plan_file(text: str, name: str) -> tuple[SavedPlan, dict[str, Any]]:
    """The same, and the plan's document as it was written."""
    try:
        document = json.loads(text, parse_constant=_not_a_number)
        if not isinstance(document, dict) or document.get("kind") != KIND:
            _refuse(name, "it is not a plan file")
        if too_deep(document):
            _refuse(name, "it is nested too deeply")
        if document.get("format") != FORMAT:
            _refuse_format(name, document)
        body = {k: v for k, v in document.items() if k != "checksum"}
        if document.get("checksum") != _checksum(body):
            _refuse(name, "it was changed after it was written")
    except (ValueError, RecursionError):
        _refuse(name, "it is not a plan file: not JSON, or cut off")
    try:
        plan = {k: v for k, v in body.items() if k not in _BINDING}
        return _saved(body, plan), plan
    except (KeyError, TypeError, ValueError, AttributeError, OSError, OverflowError, RecursionError):
        _refuse(name, "it is not what this afsync writes, or was changed")


def _refuse_format(name: str, document: Mapping[str, Any]) -> NoReturn:
    number, writer = document.get("format"), str(document.get("afsync"))[:40]
    if type(number) is int and number > FORMAT:
        why = f"a newer afsync made it ({visible(writer)}): its format is {number}, and this one knows {FORMAT}"
        raise PlanStale(f"The plan {name} cannot be used: {why}.", "apply it with that version, or plan again here")
    _refuse(name, f"its format is {visible(str(number)[:20])}, and this afsync knows {FORMAT}")


def _not_a_number(said: str) -> NoReturn:
    raise ValueError(said)


def _refuse(name: str, why: str) -> NoReturn:
    raise PlanStale(f"The plan {name} cannot be used: {why}.", "make a new one with `afsync plan --out`")


def _saved(body: Mapping[str, Any], document: Mapping[str, Any]) -> SavedPlan:
    options = body["options"]
    if options.keys() | {"accept_unstaged", "ignore_horizon"} != {*_FLAGS, *_LISTS}:  # plans of 0.1 lack these
        raise KeyError
    return SavedPlan(
        id=typed(body["id"], str),
        plan=plan_from_document(document),
        fingerprint=typed(document["fingerprint"], str),
        options=Options(
            replace=frozenset(strings(options["replace"])),
            target=strings(options["target"]),
            exclude=strings(options["exclude"]),
            destroy=typed(options["destroy"], bool),
            allow_empty=typed(options["allow_empty"], bool),
            ignore_policy=typed(options["ignore_policy"], bool),
            accept_unstaged=typed(options.get("accept_unstaged", False), bool),
            ignore_horizon=typed(options.get("ignore_horizon", False), bool),
        ),
        configuration=typed(body["configuration"], str),
        created_at=moment(body["created_at"]),
        expires_at=moment(body["expires_at"]),
    )
