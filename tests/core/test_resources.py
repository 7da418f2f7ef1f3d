"""Addresses, normal forms and fingerprints: what is the same request, and what is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afsync.core.addresses import KEY, Kind, address_of, key_of, kind_of
from afsync.core.body_fields import BODY_ORDER, OF_TEMPLATES
from afsync.core.fingerprints import fingerprint, normalise, plain
from afsync.core.resources import Schedule, Template
from tests.builders import AHEAD, LATER, a_file, a_job, a_template, at, desired
from tests.core.worlds import PATIENT

Values = dict[str, Any]

# --- addresses ---

ADDRESSES = {
    "template.weekly": (Kind.TEMPLATE, "weekly"),
    "job.best-cs2": (Kind.JOB, "best-cs2"),
    "job.a.b_c-d": (Kind.JOB, "a.b_c-d"),
    "job.0": (Kind.JOB, "0"),
    'job.show["2026-12-07"]': (Kind.JOB, 'show["2026-12-07"]'),
    "job." + "k" * 100: (Kind.JOB, "k" * 100),
}


@pytest.mark.parametrize(("address", "parts"), ADDRESSES.items())
def test_address(address: str, parts: tuple[Kind, str]) -> None:
    assert (kind_of(address), key_of(address)) == parts
    assert address_of(*parts) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "job",
        "job.",
        "jobs.best",
        "Job.best",
        "job.-best",
        "job.be st",
        "job.bést",
        "job.best\n",
        " job.best",
        "best",
        "job." + "k" * 101,
        'job.show[""]',
        "job.show[1]",
        'job.show["a"]["b"]',
        'template.weekly["a"',
    ],
)
def test_not_an_address(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        kind_of(text)


def test_resources_know_their_addresses() -> None:
    assert a_template("weekly").address == "template.weekly"
    assert a_job('show["1"]').address == 'job.show["1"]'
    assert a_job(template="weekly").template == "template.weekly"
    assert a_job().template is None
    assert a_template(name="Weekly").name == "Weekly"


def test_desired_is_asked_by_address() -> None:
    everything = desired(a_job(), a_template())

    assert everything.get("job.best") == a_job()
    assert everything.get("template.weekly") == a_template()
    assert everything.get("job.weekly") is None


@PATIENT
@given(st.from_regex(KEY.pattern, fullmatch=True))
def test_every_key_makes_an_address(key: str) -> None:
    assert kind_of(f"job.{key}") is Kind.JOB
    assert key_of(f"job.{key}") == key


# --- equality ---


def test_the_zone_that_a_time_is_shown_in_is_no_difference() -> None:
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    here, there = Schedule("2026-12-01 09:00Z", at, "UTC"), Schedule("2026-12-01 09:00Z", at, "Europe/Berlin")

    assert here == there
    assert here != Schedule("2026-12-01T09:00Z", at, "UTC")
    assert here != Schedule("2026-12-01 09:00Z", at + timedelta(hours=1), "UTC")


# --- values ---


def test_plain_is_what_json_would_hold() -> None:
    value = MappingProxyType({"a": (1, 2.0, [True, None, 0.5]), 1: MappingProxyType({})})

    assert plain(value) == {"a": [1, 2, [True, None, 0.5]], "1": {}}
    assert type(plain(2.0)) is int
    assert plain(True) is True
    assert plain(float("inf")) == float("inf")


NORMAL: dict[str, tuple[Values, Values]] = {
    "what the service assumes": (
        {},
        {"entry": "fetch", "format": "short", "durationMins": 1, "publishMode": "immediate", "staging": False},
    ),
    "with a template it could say otherwise": ({"template": "weekly"}, {"template": "weekly", "entry": "fetch"}),
    "with a raw template too": ({"fromTemplateId": "tpl_1"}, {"fromTemplateId": "tpl_1", "entry": "fetch"}),
    "null and empty are left out": (
        {"template": "t", "tone": None, "addOns": {}, "urls": [], "platforms": (), "effects": MappingProxyType({})},
        {"template": "t", "entry": "fetch"},
    ),
    "false, zero and empty text are not": (
        {"template": "t", "staging": False, "durationMins": 0, "tone": ""},
        {"template": "t", "entry": "fetch", "staging": False, "durationMins": 0, "tone": ""},
    ),
    "platforms are a set": (
        {"template": "t", "platforms": ("youtube", "tiktok", "youtube")},
        {"template": "t", "entry": "fetch", "platforms": ["tiktok", "youtube"]},
    ),
    "platforms of an unexpected form": (
        {"template": "t", "platforms": [{"a": 1}, None, 1]},
        {"template": "t", "entry": "fetch", "platforms": [{"a": 1}, None, 1]},
    ),
    "integers": (
        {"template": "t", "durationMins": 12.0},
        {"template": "t", "entry": "fetch", "durationMins": 12},
    ),
}


@pytest.mark.parametrize(("values", "normal"), NORMAL.values(), ids=NORMAL)
def test_normal_form(values: Values, normal: Values) -> None:
    assert normalise(Kind.JOB, values) == normal


@pytest.mark.parametrize("values", [v for v, _ in NORMAL.values()], ids=NORMAL)
def test_the_normal_form_is_its_own(values: Values) -> None:
    once = normalise(Kind.JOB, values)

    assert normalise(Kind.JOB, once) == once
    assert fingerprint(Kind.JOB, once) == fingerprint(Kind.JOB, values)


def test_nothing_is_assumed_of_a_template() -> None:
    assert normalise(Kind.TEMPLATE, {"name": "x", "tone": None}) == {"name": "x"}


# --- fingerprints ---

BODY: Values = {
    "entry": "fetch",
    "url": "https://a",
    "topic": "Best",
    "tone": "hype",
    "format": "short",
    "durationMins": 2,
    "platforms": ["tiktok", "youtube"],
    "publishMode": "manual",
    "staging": True,
    "addOns": {"shoppable": {"active": True}},
}

REFACTORINGS: dict[str, Values] = {
    "keys in another order": dict(reversed(BODY.items())),
    "platforms in another order": {**BODY, "platforms": ("youtube", "tiktok")},
    "an integer as a fraction": {**BODY, "durationMins": 2.0},
    "null for what is not set": {**BODY, "contentType": None},
    "an empty list, an empty mapping": {**BODY, "urls": [], "effects": {}},
    "without what is assumed": {k: v for k, v in BODY.items() if k not in ("entry", "format")},
}


@pytest.mark.parametrize("values", REFACTORINGS.values(), ids=REFACTORINGS)
def test_a_refactoring_keeps_the_fingerprint(values: Values) -> None:
    assert fingerprint(Kind.JOB, values) == fingerprint(Kind.JOB, BODY)


EDITS: dict[str, Values] = {
    **{field: {field: "x"} for field in BODY_ORDER if field not in {*OF_TEMPLATES, "schedule"}},
    "entry": {"entry": "compose"},
    "url": {"url": "https://b"},
    "urls": {"urls": ["https://b"]},
    "the order of urls": {"urls": ["https://c", "https://b"]},
    "topic": {"topic": "best"},
    "tone": {"tone": "calm"},
    "no tone": {"tone": None},
    "format": {"format": "long"},
    "durationMins": {"durationMins": 2.5},
    "platforms": {"platforms": ["tiktok"]},
    "publishMode": {"publishMode": "immediate"},
    "staging": {"staging": False},
    "clipSpec": {"clipSpec": {"a": 1}},
    "effects": {"effects": ["a"]},
    "addOns": {"addOns": {"shoppable": {"active": False}}},
    "addOns, a number for a truth": {"addOns": {"shoppable": {"active": 1}}},
    "topic in a script": {"topic": "最高"},
    "half of a character": {"topic": "\ud83d"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_field_counts(edit: Values) -> None:
    assert fingerprint(Kind.JOB, {**BODY, **edit}) != fingerprint(Kind.JOB, BODY)


def test_no_two_edits_look_the_same() -> None:
    prints = {fingerprint(Kind.JOB, {**BODY, **edit}) for edit in EDITS.values()}

    assert len(prints) == len(EDITS)


def test_what_a_template_may_say_is_not_assumed() -> None:
    """`format: short` in the body overrides a template that says long, so it is not the same as saying nothing."""
    made = {"template": "weekly", "url": "https://a"}

    assert fingerprint(Kind.JOB, {**made, "format": "short"}) != fingerprint(Kind.JOB, made)


NOT_IN_IT = {
    "key": (a_job("a"), a_job("b")),
    "schedule": (a_job(schedule=AHEAD), a_job(schedule=at(LATER, "soon"))),
    "rerun": (a_job(rerun="1"), a_job()),
    "allow_duplicate": (a_job(allow_duplicate=True), a_job()),
    "lifecycle": (a_job(prevent_destroy=True, ignore_changes=("tone",)), a_job()),
    "the path of a file": (a_job(file=a_file("a.mp4")), a_job(file=a_file("b/c.mov"))),
}


@pytest.mark.parametrize(("one", "other"), NOT_IN_IT.values(), ids=NOT_IN_IT)
def test_not_in_the_fingerprint(one: Any, other: Any) -> None:
    assert fingerprint(Kind.JOB, one.values) == fingerprint(Kind.JOB, other.values)


def test_kinds_have_fingerprints_of_their_own() -> None:
    assert fingerprint(Kind.TEMPLATE, BODY) != fingerprint(Kind.JOB, BODY)


def test_a_fingerprint_never_changes_between_versions() -> None:
    """It is in every state; one that came out otherwise would submit everything again."""
    assert fingerprint(Kind.JOB, BODY) == PINNED_JOB
    assert fingerprint(Kind.TEMPLATE, Template("t", {"name": "Wöchentlich", "tone": "hype"}).values) == PINNED_TEMPLATE


PINNED_JOB = "936dc6377ca24b27a265b82cdd06d193"
PINNED_TEMPLATE = "1cc5e2d5dc0e2d5a7c2c392e4dd24149"


@pytest.mark.parametrize(
    ("written", "zone", "shown"),
    [
        ("2026-12-04 10:00", "Europe/Berlin", "2026-12-04 10:00 (Europe/Berlin)"),
        ("2026-12-04 10:00Z", "UTC", "2026-12-04 10:00Z"),
        ("2026-12-04 10:00-05:00", "America/New_York", "2026-12-04 10:00-05:00"),
        ("2026-12-04T10:00+01:00", "Europe/Berlin", "2026-12-04T10:00+01:00"),
    ],
)
def test_a_time_is_shown_with_its_zone(written: str, zone: str, shown: str) -> None:
    assert Schedule(written, datetime(2026, 12, 4, tzinfo=UTC), zone).with_zone == shown
