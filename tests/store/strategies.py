"""Any state there can be, and any change of one, for Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.records import (
    Approval,
    Cost,
    CostKind,
    Deposed,
    Effect,
    Finding,
    Forgotten,
    Publish,
    Record,
    RecordedJob,
    RecordedTemplate,
    StagingIgnored,
    Trust,
    Upload,
    Watched,
)
from afsync.core.resources import Schedule
from afsync.core.state import Account, Intent, Phase, Purpose, Recorded, Scan
from tests.builders import LINEAGE

text = st.text(max_size=12)
some_text = st.text(min_size=1, max_size=12)
counts = st.integers(0, 10**9)
instants = st.datetimes(timezones=st.just(UTC))
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
instances = st.one_of(st.just(""), st.text(st.characters(exclude_characters='"\\[]'), min_size=1, max_size=8))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=3,
)
values: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(text, json_values, max_size=4)
schedules = st.none() | st.builds(Schedule, text, instants, st.none() | text)
shas = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
findings = st.none() | st.sampled_from(Finding)
names = st.lists(text, max_size=2).map(tuple)
uploads = st.builds(Upload, some_text, counts)
jobs = st.builds(
    RecordedJob,
    some_text,
    some_text,
    values,
    schedules,
    some_text,
    st.none() | st.integers(),
    st.none() | text,
    st.booleans(),
    st.none() | instants,
    st.booleans(),
    st.booleans(),
    publish=st.sampled_from(Publish),
    schedule_repeats=st.integers(0, 2),
    schedule_finding=findings,
    approval=st.none() | st.builds(Approval, instants, some_text, names),
    approved_at=st.none() | instants,
    publish_finding=findings,
    published_on=names,
    failed_on=names,
)
templates = st.builds(RecordedTemplate, some_text, some_text, values, st.booleans(), st.none() | instants)
scans = st.builds(Scan, instants, st.lists(text).map(tuple), st.lists(text).map(tuple), st.none() | st.integers())


@st.composite
def addresses(draw: st.DrawFn, kind: Kind) -> str:
    instance = draw(instances)
    return f"{kind}.{draw(keys)}" + (f'["{instance}"]' if instance else "")


@st.composite
def intents(draw: st.DrawFn, seq: int) -> Intent:
    kind = draw(st.sampled_from(Kind))
    return draw(
        st.builds(
            Intent,
            seq=st.just(seq),
            uuid=st.just(f"uuid-{seq}"),
            address=addresses(kind),
            kind=st.just(kind),
            fingerprint=some_text,
            declared=values,
            echo=values,
            at=instants,
            known=st.lists(text, max_size=3).map(tuple),
            server_time=st.none() | instants,
            balance=st.none() | st.integers(),
            cost=counts,
            schedule=schedules,
            rerun=st.none() | text,
            prevent_destroy=st.booleans(),
            staged=st.booleans(),
            phase=st.sampled_from(Phase),
            outcome=st.none() | text,
            scans=st.lists(scans, max_size=2).map(tuple),
            foreign=st.lists(text, max_size=2).map(tuple),
            spent_since=counts,
            publish=st.sampled_from(Publish),
            purpose=st.sampled_from(Purpose),
            job_id=st.none() | some_text,
            platforms=names,
        )
    )


@st.composite
def records(draw: st.DrawFn) -> tuple[str, Record]:
    kind = draw(st.sampled_from(Kind))
    record: Record = draw(jobs) if kind is Kind.JOB else draw(templates)
    return draw(addresses(kind)), record


def _resources(pairs: list[tuple[str, Record]]) -> dict[str, Record]:
    return {address: replace(record, id=f"{record.id}-{n}") for n, (address, record) in enumerate(dict(pairs).items())}


def _once_each(found: list[Intent]) -> tuple[Intent, ...]:
    return tuple({i.address: i for i in found}.values())


some_intents = st.integers(0, 2).flatmap(lambda n: st.tuples(*(intents(i + 1) for i in range(n))).map(list))
parts: dict[str, st.SearchStrategy[Any]] = {
    "account": st.none() | st.builds(Account, some_text, some_text),
    "resources": st.lists(records(), max_size=3).map(_resources),
    "uploads": st.dictionaries(shas, uploads, max_size=2),
    "deposed": st.lists(st.builds(Deposed, some_text, addresses(Kind.TEMPLATE)), max_size=2).map(tuple),
    "intents": some_intents.map(_once_each),
    "foreign": st.lists(text, max_size=3).map(tuple),
    "decisions": st.lists(values, max_size=2).map(tuple),
    "applied_plans": st.lists(text, max_size=2).map(tuple),
    "trust": st.dictionaries(
        st.sampled_from(Effect), st.builds(Trust, counts, counts, st.none() | instants, st.none() | instants)
    ),
    "costs": st.dictionaries(st.sampled_from(CostKind), st.builds(Cost, counts, instants, counts)),
    "staging_ignored": st.none() | st.builds(StagingIgnored, some_text, instants),
    "forgotten": st.dictionaries(text, st.builds(Forgotten, addresses(Kind.JOB), jobs, instants), max_size=2),
    "watched": st.dictionaries(
        text, st.builds(Watched, addresses(Kind.JOB), jobs, instants, instants, findings), max_size=2
    ),
}
recordeds = st.builds(
    Recorded, lineage=st.just(LINEAGE), serial=st.integers(1, 10**9), counter=st.integers(3, 10**9), **parts
)
