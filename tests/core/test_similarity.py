"""Unrecorded jobs that may be what is about to be paid for: what the service echoes decides."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits
from afsync.core.remote_account import RemoteJob
from afsync.core.resources import Job
from afsync.core.similarity import echo_of, fits, looks_like
from afsync.core.state import Recorded
from afsync.errors import Problem
from tests.builders import (
    TOPIC,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    ago,
    an_intent,
    echoes,
    planned,
)

TWIN = a_remote_job("job_9", created_at=ago(days=3), **echoes(a_job()))


def test_a_lookalike_withholds_the_submission() -> None:
    plan = planned(a_job(), remote=a_remote(TWIN))

    assert plan.changes == ()
    assert plan.withheld == (
        Change("job.best", Action.CREATE, Reason.BLOCKED_LOOKALIKE, after=a_job(), id="job_9", credits=Credits(1, 0)),
    )
    assert plan.violations == (
        Problem(
            "blocked_lookalike",
            "job.best looks like job_9, which is in the account but not in the state",
            "import it with `afsync import job.best job_9`, or set `allow_duplicate: true` on it to pay for another",
            address="job.best",
        ),
    )
    assert plan.spend == 0


def test_several_lookalikes_are_all_named() -> None:
    other = a_remote_job("job_8", **echoes(a_job()))

    (withheld,) = planned(a_job(), remote=a_remote(TWIN, other)).withheld
    (violation,) = planned(a_job(), remote=a_remote(TWIN, other)).violations

    assert withheld.id is None
    assert "looks like job_9, job_8," in violation.message


def test_allow_duplicate_pays_for_another() -> None:
    assert [c.action for c in planned(a_job(allow_duplicate=True), remote=a_remote(TWIN)).changes] == [Action.CREATE]


NEW = replace(a_recorded(), counter=0)
MEANT = a_job(allow_duplicate=True)
PERHAPS_LOST: dict[str, tuple[tuple[Job, ...], Recorded, dict[str, Any], bool]] = {
    "the first one is in the account": ((MEANT,), NEW, {}, False),
    "the first one is declared": ((MEANT, a_job("other", platforms=["x"])), NEW, {}, True),
    "something was taken over": (
        (MEANT,),
        NEW.with_resource("job.old", a_recorded_job(a_job("old", topic="Old"), id="job_8")),
        {},
        True,
    ),
    "it submitted before": ((MEANT, a_job("other", platforms=["x"])), a_recorded(), {}, False),
    "a person said that none is": ((MEANT,), replace(NEW, foreign=("job_9",)), {"exclusive": True}, False),
}


@pytest.mark.parametrize(("jobs", "state", "options", "blocks"), PERHAPS_LOST.values(), ids=PERHAPS_LOST)
def test_allow_duplicate_in_a_state_that_never_submitted(
    jobs: tuple[Job, ...], state: Recorded, options: dict[str, Any], blocks: bool
) -> None:
    """With a sign that the state was lost, nothing that looks like an unknown job is submitted."""
    plan = planned(*jobs, recorded=state, remote=a_remote(TWIN), **options)

    assert [p.code for p in plan.blocking] == ["unmatched"] * blocks
    assert not blocks or "was the state lost?" in plan.blocking[0].message


def test_where_only_afsync_submits_a_state_that_never_submitted_waits_for_a_person() -> None:
    plan = planned(MEANT, recorded=NEW, remote=a_remote(TWIN), exclusive=True)

    assert [c.reason for c in plan.withheld] == [Reason.OUTDATED_STATE]
    assert "was a state lost?" in plan.violations[0].message


LOOKS_LIKE: dict[str, RemoteJob] = {
    "open": a_remote_job("job_9", "queued", topic=TOPIC),
    "busy": a_remote_job("job_9", "processing", topic=TOPIC),
    "of unknown status": a_remote_job("job_9", "weird", topic=TOPIC),
    "produced or done": a_remote_job("job_9", "complete", topic=TOPIC),
    "published": a_remote_job("job_9", "published", topic=TOPIC),
    "failed": a_remote_job("job_9", "failed", topic=TOPIC),
    "30 days old": a_remote_job("job_9", "published", created_at=ago(days=30), topic=TOPIC),
    "old but open": a_remote_job("job_9", "scheduled", created_at=ago(days=90), topic=TOPIC),
    "old but busy": a_remote_job("job_9", "processing", created_at=ago(days=90), topic=TOPIC),
    "of unknown age": a_remote_job("job_9", "published", created_at=None, topic=TOPIC),
    "of another tone": a_remote_job("job_9", topic=TOPIC, tone="calm"),
    "of another format, of the service's own content type": a_remote_job(
        "job_9", topic=TOPIC, format="long", contentType="news", productionProfile="broadcast_desk"
    ),
    "echoing what nobody declared": a_remote_job("job_9", topic=TOPIC, contentType="clips", platforms=["tiktok"]),
}


@pytest.mark.parametrize("job", LOOKS_LIKE.values(), ids=LOOKS_LIKE)
def test_counts(job: RemoteJob) -> None:
    assert [c.reason for c in planned(a_job(), remote=a_remote(job)).withheld] == [Reason.BLOCKED_LOOKALIKE]


NOT_LIKE: dict[str, RemoteJob] = {
    "cancelled": a_remote_job("job_9", "cancelled", topic=TOPIC),
    "31 days old": a_remote_job("job_9", "published", created_at=ago(days=31), topic=TOPIC),
    "old and failed": a_remote_job("job_9", "failed", created_at=ago(days=31), topic=TOPIC),
    "echoing no topic": a_remote_job("job_9", tone="hype"),
    "echoing an empty topic": a_remote_job("job_9", topic=""),
    "echoing nothing": a_remote_job("job_9"),
    "another topic": a_remote_job("job_9", topic=TOPIC + "!"),
    "a ghost": a_remote_job("job_9", "pending"),
    "another entry": a_remote_job("job_9", topic=TOPIC, entry="generate"),
}


@pytest.mark.parametrize("job", NOT_LIKE.values(), ids=NOT_LIKE)
def test_does_not_count(job: RemoteJob) -> None:
    assert [c.action for c in planned(a_job(), remote=a_remote(job)).changes] == [Action.CREATE]


def test_a_job_without_a_topic_has_no_lookalike() -> None:
    remote = a_remote(a_remote_job("job_9", tone="hype"))

    assert [c.action for c in planned(a_job(topic=None), remote=remote).changes] == [Action.CREATE]


SPOKEN_FOR = {
    "recorded": a_recorded({"job.other": a_recorded_job(a_job("other"), id="job_9")}),
    "marked as somebody else's": a_recorded(foreign=("job_9",)),
    "marked in an open intent": a_recorded(intents=(an_intent(a_job("lost"), foreign=("job_9",)),)),
}


@pytest.mark.parametrize("recorded", SPOKEN_FOR.values(), ids=SPOKEN_FOR)
def test_what_is_spoken_for_does_not_count(recorded: Recorded) -> None:
    plan = planned(a_job(), a_job("other"), a_job("lost"), recorded=recorded, remote=a_remote(TWIN))

    assert ("job.best", Action.CREATE) in [(c.address, c.action) for c in plan.changes]


def test_what_a_recorded_job_submits_again_has_no_lookalike() -> None:
    """Only a first submission can be one that was forgotten."""
    record = a_recorded_job(status="failed")

    plan = planned(a_job(rerun="2"), recorded={"job.best": record}, remote=a_remote(TWIN))

    assert [c.reason for c in plan.changes] == [Reason.RERUN]


def test_the_template_counts_as_part_of_the_body() -> None:
    job, remote = a_job(template="weekly", tone=None), a_remote(TWIN)

    assert [c.reason for c in planned(job, a_template(tone="hype"), remote=remote).withheld] == [
        Reason.BLOCKED_LOOKALIKE
    ]


def test_so_does_a_raw_template() -> None:
    job = a_job(fromTemplateId="tpl_9", topic=None)
    remote = a_remote(a_remote_template("tpl_9", topic=TOPIC), TWIN)

    assert [c.reason for c in planned(job, remote=remote).withheld] == [Reason.BLOCKED_LOOKALIKE]


# --- the comparison itself ---

BODY: dict[str, Any] = {"entry": "fetch", "topic": TOPIC, "tone": "hype", "platforms": ["tiktok", "youtube"]}

# what is echoed: contradicts nothing, looks like it
ECHOES: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "nothing": ({}, True, False),
    "the topic": ({"topic": TOPIC}, True, True),
    "all of it": (BODY, True, True),
    "platforms in another order": ({**BODY, "platforms": ["youtube", "tiktok"]}, True, True),
    "null, empty": ({"topic": TOPIC, "tone": None, "platforms": [], "addOns": {}}, True, True),
    "the format the service assumes": ({**BODY, "format": "short"}, True, True),
    "a format nobody asked for": ({**BODY, "format": "long"}, True, True),
    "a field nobody set": ({**BODY, "contentType": "clips"}, True, True),
    "fields that are not compared": ({**BODY, "sourceType": "twitch", "planTier": "operate"}, True, True),
    "another topic": ({**BODY, "topic": "Other"}, False, False),
    "another tone": ({**BODY, "tone": "calm"}, False, True),
    "other platforms": ({**BODY, "platforms": ["tiktok"]}, False, False),
    "platforms of another form": ({**BODY, "platforms": "tiktok"}, False, False),
    "another entry": ({**BODY, "entry": "upload"}, False, False),
    "all but the topic": ({k: v for k, v in BODY.items() if k != "topic"}, True, False),
}


@pytest.mark.parametrize(("echo", "fitting", "alike"), ECHOES.values(), ids=ECHOES)
def test_echo(echo: dict[str, Any], fitting: bool, alike: bool) -> None:
    assert fits(BODY, echo) is fitting
    assert looks_like(BODY, echo) is alike


def test_an_entry_nobody_set_is_fetch() -> None:
    assert not fits({"topic": TOPIC}, {"entry": "upload"})
    assert looks_like({"topic": TOPIC}, {"topic": TOPIC, "entry": "fetch"})


def test_without_a_topic_nothing_is_alike() -> None:
    assert not looks_like({"tone": "hype"}, {"tone": "hype"})
    assert not looks_like({"topic": ""}, {"topic": ""})
    assert not looks_like({}, {})


def test_add_ons_are_compared_deeply() -> None:
    body = {"topic": "x", "addOns": {"shoppable": {"active": True, "items": (1, 2.0)}}}

    assert fits(body, {"topic": "x", "addOns": {"shoppable": {"items": [1, 2], "active": True}}})
    assert not fits(body, {"topic": "x", "addOns": {"shoppable": {"active": True}}})


def test_add_ons_that_were_not_declared_are_the_services_own() -> None:
    told = {"shoppable": {"active": True}, "captions": {"active": True}}

    assert fits({"addOns": {"shoppable": {"active": True}}}, {"addOns": told})
    assert fits({}, {"addOns": told})
    assert not fits({"addOns": {"shoppable": {"active": False}}}, {"addOns": told})


OWN: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "a content type": ({"contentType": "clips"}, {"contentType": "news"}, True),
    "a profile": ({"productionProfile": "vertical_reel"}, {"productionProfile": "broadcast_desk"}, True),
    "a format": ({"format": "short"}, {"format": "long"}, False),
    "the format of a template": ({"format": "short", "template": "t"}, {"format": "long"}, True),
    "the format of a raw template": ({"format": "short", "fromTemplateId": "t"}, {"format": "long"}, True),
}


@pytest.mark.parametrize(("body", "echo", "fitting"), OWN.values(), ids=OWN)
def test_what_the_service_makes_of_a_field_contradicts_nothing(
    body: dict[str, Any], echo: dict[str, Any], fitting: bool
) -> None:
    assert fits(body, echo) is fitting


def test_echo_of_keeps_what_is_told() -> None:
    body = {**BODY, "url": "https://x", "durationMins": 3, "publishMode": "manual", "addOns": {}, "contentType": None}

    assert echo_of(body) == BODY
