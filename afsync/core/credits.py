"""What a submission will cost, by the documented rules; the answer's own `creditCost` is the truth."""

from __future__ import annotations

from typing import Any

from afsync.core.resources import EMPTY, Values

SHORT, LONG_OR_MULTI, GENERATE = 1, 2, 3
"""Credits per job (API.md, "Credit costs")."""

_NOT_INHERITED = {"name", "description"}


def effective(values: Values, template: Values = EMPTY) -> dict[str, Any]:
    """What the service makes of a body and the template it names: fields in the body override the template's."""
    inherited = {k: v for k, v in template.items() if k not in _NOT_INHERITED}
    return {**inherited, **{k: v for k, v in values.items() if v is not None}}


def estimate(values: Values) -> int:
    """Credits for one submission of the effective `values`."""
    if values.get("entry") == "generate":
        return GENERATE
    urls = values.get("urls")
    sources = (len(urls) if isinstance(urls, list | tuple) else bool(urls)) + bool(values.get("url"))
    if values.get("format") == "long" or sources > 1:
        return LONG_OR_MULTI
    return SHORT
