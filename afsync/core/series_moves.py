"""Dates of one series that change places: its day of the week was edited, or a date was left out and another comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from afsync.core.recorded import Record, RecordedJob
from afsync.core.resources import Job, Template

Printed = Mapping[str, tuple[str, Template | Job | Record]]
"""Resources with their fingerprints, by address."""


def within_series(new: Printed, gone: Printed) -> dict[str, str]:
    """Pairs of addresses, the new one and the old one, of one series and one fingerprint.

    They ask for the same thing, so any pairing is right: the first to be published goes with the first.
    """
    olds = _by_series(gone)
    pairs: dict[str, str] = {}
    for group, addresses in _by_series(new).items():
        pairs.update(zip(addresses, olds.get(group, ()), strict=False))
    return pairs


def _by_series(resources: Printed) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for address, (print_, resource) in resources.items():
        if address.endswith('"]') and isinstance(resource, Job | RecordedJob):
            due = resource.schedule.utc.isoformat() if resource.schedule else ""
            found[address.partition("[")[0], print_].append((due, address))
    return {group: [address for _, address in sorted(rows)] for group, rows in found.items()}
