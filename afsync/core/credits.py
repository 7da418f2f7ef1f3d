"""The cost of a submission in credits: estimated by what earlier ones took, else by what is documented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from afsync.core.records import Cost, CostKind
from afsync.core.resources import Values

DOCUMENTED = {CostKind.SHORT: 1, CostKind.LONG: 2, CostKind.GENERATE: 3}
"""Credits per job, by the reference."""

EMPTY_COSTS: Mapping[CostKind, Cost] = MappingProxyType({})


def cost_kind(values: Values) -> CostKind:
    """The kind that decides the price of the effective `values`. A job of several clips costs what a long one does."""
    if values.get("entry") == "generate":
        return CostKind.GENERATE
    urls = values.get("urls")
    sources = (len(urls) if isinstance(urls, list | tuple) else bool(urls)) + bool(values.get("url"))
    return CostKind.LONG if values.get("format") == "long" or sources > 1 else CostKind.SHORT


def estimate(values: Values, seen: Mapping[CostKind, Cost] = EMPTY_COSTS) -> int:
    """The expected credits for one submission of the effective `values`: what the last one of its kind took, else what
    is documented."""
    kind = cost_kind(values)
    return seen[kind].credits if kind in seen else DOCUMENTED[kind]


def with_cost(seen: Mapping[CostKind, Cost], values: Values, credits: int, at: datetime) -> dict[CostKind, Cost]:
    """The costs including a submission of these values that took `credits`."""
    kind = cost_kind(values)
    before = seen[kind].seen if kind in seen else 0
    return {**seen, kind: Cost(credits, at, before + 1)}
