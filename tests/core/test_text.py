"""Texts that look the same: compared in one form of Unicode, and told apart where they differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.addresses import Kind, matches
from afsync.core.fingerprints import fingerprint, normalise
from afsync.core.plan.changes import differing_fields
from afsync.core.similarity import contradictions, looks_like
from afsync.core.text import duration, same_text
from afsync.output.plan_change_text import code_points
from tests.builders import (
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    echoes,
    planned,
)

NFC, NFD = "Caf\u00e9", "Cafe\u0301"


def as_released(kind: Kind, values: Mapping[str, Any]) -> str:
    """The fingerprint of a body as 0.1 recorded it, which knew nothing of Unicode's forms."""
    marked = {k: v.replace("e\u0301", "\0") if isinstance(v, str) else v for k, v in values.items()}
    text = json.dumps([kind.value, normalise(kind, marked)], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.replace("\\u0000", "e\u0301").encode()).hexdigest()[:32]


def test_the_forms_are_the_same_text() -> None:
    assert same_text(NFC, f" {NFD}\n") and not same_text(NFC, "Cafe") and same_text(None, None)
    assert fingerprint(Kind.JOB, {"clipSpec": {NFC: [NFD]}}) == fingerprint(Kind.JOB, {"clipSpec": {NFD: [NFC]}})
    assert differing_fields(Kind.JOB, {"topic": NFC, "addOns": {NFC: 1}}, {"topic": NFD, "addOns": {NFD: 1}}) == ()
    assert [f.after for f in differing_fields(Kind.JOB, {"topic": "x"}, {"topic": NFD})] == [NFD]


def test_what_the_released_version_recorded_stays_the_same() -> None:
    values = a_job(topic=NFD).values
    assert as_released(Kind.JOB, values) != fingerprint(Kind.JOB, values)
    assert as_released(Kind.JOB, a_job(topic=NFC).values) == fingerprint(Kind.JOB, a_job(topic=NFC).values)


@pytest.mark.parametrize("now", [NFC, NFD])
@pytest.mark.parametrize("key", ["best", "renamed"])
def test_an_old_state_in_the_other_form_plans_nothing_that_costs(now: str, key: str) -> None:
    template, job = a_template("weekly", name=NFD), a_job(topic=NFD, template="weekly")
    record = replace(a_recorded_job(job), fingerprint=as_released(Kind.JOB, job.values))
    held = replace(a_recorded_template(template), fingerprint=as_released(Kind.TEMPLATE, template.values))
    state = a_recorded({"job.best": record, "template.weekly": held})
    there = a_remote(a_remote_job(record.id), a_remote_template(held.id, NFC))
    plan = planned(
        a_job(key, topic=now, template="weekly"), a_template("weekly", name=now), recorded=state, remote=there
    )
    assert (plan.spend, plan.withheld) == (0, ())
    assert [c.action.value for c in plan.changes] == ([] if key == "best" else ["move"])


def test_the_guards_see_through_the_forms() -> None:
    body, echo = {"topic": NFC, "tone": NFC}, {"topic": f"{NFD} ", "tone": NFD}
    assert looks_like(body, echo) and contradictions(body, echo) == ()
    twin = a_remote_job("job_9", **echoes(a_job(topic=NFD)))
    assert planned(a_job(topic=NFC), remote=a_remote(twin)).withheld
    namesake = a_remote_template("tpl_9", NFD)
    assert not [
        c for c in planned(a_template(name=NFC), remote=a_remote(namesake)).changes if c.action.value == "create"
    ]


def test_another_form_of_a_rerun_pays_for_nothing() -> None:
    record = a_recorded_job(a_job(rerun=NFD), status="published")
    plan = planned(
        a_job(rerun=NFC),
        recorded=a_recorded({"job.best": record}),
        remote=a_remote(a_remote_job(record.id, "published")),
    )
    assert plan.spend == 0


def test_globs_match_either_form() -> None:
    assert matches(f'job.show["{NFC}"]', (f'job.show["{NFD}"]',))


UNSEEN = [
    ("a\u00a0b", "a b", "(U+00A0 -> U+0020 at character 2)"),
    ("C\u0430fe", "Cafe", "(U+0430 -> U+0061 at character 2)"),
    ("ab", "a\u200bb", "(nothing -> U+200B at character 2)"),
    ("ab ", "ab", "(U+0020 -> nothing at character 3)"),
    ("\ufb01n", "fin", "(U+FB01 -> U+0066 U+0069 at character 1)"),
    ("x\u2013y", "x-y", "(U+2013 -> U+002D at character 2)"),
]


@pytest.mark.parametrize(("before", "after", "said"), UNSEEN)
def test_a_difference_that_looks_like_none_shows_its_code_points(before: str, after: str, said: str) -> None:
    assert code_points(before, after).strip() == said


@pytest.mark.parametrize(("before", "after"), [("a", "b"), ("a", "a"), ("a", None), (1, 2), ("Cafe", NFC), ("a", "A")])
def test_any_other_difference_does_not(before: object, after: object) -> None:
    assert code_points(before, after) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0.4 s"),
        (38.2, "38 s"),
        (77, "1 min 17 s"),
        (3600, "1 h"),
        (47 * 3600 + 60, "47 h 1 min"),
        (48 * 3600, "2 d"),
        (76 * 3600, "3 d 4 h"),
        (498_900 * 3600, "20787 d 12 h"),
    ],
)
def test_durations_are_said_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
