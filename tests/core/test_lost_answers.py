"""What became of submissions whose answer was lost: the recovery table, row by row."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.records import Deposed, RecordedJob, RecordedTemplate
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import (
    Absent,
    Adopt,
    Ask,
    Resolution,
    Wait,
    advice,
    apply_resolutions,
    needs_person,
    record_of,
    replace_intent,
    resolution_options,
    resolution_summary,
)
from afsync.core.remote_account import NOT_KNOWN, Remote, RemoteJob
from afsync.core.state import Intent, Phase, Recorded, Scan
from tests.builders import (
    BEFORE,
    LATER,
    NOW,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    ago,
    an_intent,
    echoes,
)
from tests.core.worlds import PATIENT

KNOWN = a_remote_job("job_known", "published", created_at=ago(days=1))
"""What was at the head of the list before anything was lost."""


def new_job(id: str = "job_9", *, after: float = 1.0, **echo: Any) -> RemoteJob:
    """A job that turned up `after` seconds past the attempt; it agrees in everything unless told otherwise."""
    return a_remote_job(id, created_at=BEFORE + timedelta(seconds=after), **(echo or echoes(a_job())))


def resolved(
    *intents: Intent,
    listed: tuple[RemoteJob, ...] = (),
    remote: Remote | None = None,
    recorded: Recorded | None = None,
    now: datetime = NOW,
    quarantine: float = 600.0,
    exclusive: bool = False,
    balance: int | None = 46,
    server_time: datetime | None = None,
) -> tuple[Resolution, ...]:
    """`listed` are the jobs above those that were known, newest first. The service's clock is ours, unless said."""
    state = replace(recorded or a_recorded(), intents=intents)
    remote = remote or a_remote(*listed, KNOWN, balance=balance)
    remote = replace(remote, server_time=server_time or now)
    return resolve(state, remote, now, quarantine=quarantine, exclusive=exclusive)


LOST = an_intent()
SCANNED = Scan(ago(minutes=2))


# --- not before the quarantine has passed ---


@pytest.mark.parametrize("seconds", [0, 1, 599])
@pytest.mark.parametrize(
    "listed", [(), (new_job(),), (new_job("job_9"), new_job("job_8"))], ids=["nothing", "one", "several"]
)
def test_nothing_is_decided_in_quarantine(listed: tuple[RemoteJob, ...], seconds: float) -> None:
    now = BEFORE + timedelta(seconds=seconds)
    ids = tuple(j.id for j in reversed(listed))

    assert resolved(LOST, listed=listed, now=now, exclusive=True) == (
        Wait(LOST, BEFORE + timedelta(minutes=10), Scan(now, ids, ids, 46), counts=False),
    )


def test_the_quarantine_ends_when_it_ends() -> None:
    assert isinstance(resolved(LOST, listed=(new_job(),), now=BEFORE + timedelta(minutes=10))[0], Adopt)


def test_a_runner_whose_clock_is_ahead_does_not_end_the_quarantine() -> None:
    an_hour_on = BEFORE + timedelta(hours=1)

    (result,) = resolved(LOST, now=an_hour_on, server_time=BEFORE + timedelta(minutes=4))

    assert isinstance(result, Wait)
    assert (result.counts, result.until) == (False, an_hour_on + timedelta(minutes=6))


def test_nor_does_one_whose_clock_was_ahead_prolong_it() -> None:
    lost = replace(LOST, at=BEFORE + timedelta(days=400))

    (result,) = resolved(lost, listed=(new_job(),), now=NOW, server_time=BEFORE + timedelta(minutes=10))

    assert isinstance(result, Adopt)


@pytest.mark.parametrize(("lost", "told"), [(LOST, None), (replace(LOST, server_time=None), NOW)])
def test_our_own_clock_counts_where_the_service_does_not_tell_its(lost: Intent, told: datetime | None) -> None:
    state = a_recorded(intents=(lost,))
    remote = replace(a_remote(new_job(), KNOWN), server_time=told)
    until = BEFORE + timedelta(minutes=10)

    (early,) = resolve(state, remote, until - timedelta(seconds=1), quarantine=600, exclusive=False)
    (late,) = resolve(state, remote, until, quarantine=600, exclusive=False)

    assert isinstance(early, Wait)
    assert early.until == until
    assert isinstance(late, Adopt)


# --- 0 candidates, no new jobs at all; credits unchanged, or not known: absent after two scans ---


def test_the_first_look_at_nothing_is_kept() -> None:
    assert resolved(LOST) == (Wait(LOST, NOW + timedelta(seconds=60), Scan(NOW, balance=46), counts=True),)


ABSENT: dict[str, tuple[Intent, dict[str, Any]]] = {
    "credits unchanged": (LOST, {"balance": 46}),
    "balance not known now": (LOST, {"balance": None}),
    "balance not known then": (an_intent(balance=None), {"balance": 3}),
    "topped up meanwhile": (LOST, {"balance": 96}),
    "killed before it was sent": (an_intent(phase=Phase.WRITTEN), {}),
    "exclusive": (LOST, {"exclusive": True}),
    "own later submissions took what is gone": (an_intent(spent_since=5), {"balance": 41}),
}


@pytest.mark.parametrize(("intent", "facts"), ABSENT.values(), ids=ABSENT)
def test_absent_after_two_looks(intent: Intent, facts: dict[str, Any]) -> None:
    once = replace(intent, scans=(SCANNED,))

    assert isinstance(resolved(intent, **facts)[0], Wait)
    assert resolved(once, **facts) == (Absent(once, "not in the list at 11:58:00 and not at 12:00:00 UTC"),)


@pytest.mark.parametrize(
    ("quarantine", "apart", "absent"),
    [(600, 59, False), (600, 60, True), (30, 29, False), (30, 30, True), (0, 0, True)],
)
def test_two_looks_are_a_minute_apart_or_a_shorter_quarantine(quarantine: float, apart: float, absent: bool) -> None:
    scanned = replace(LOST, scans=(Scan(ago(seconds=apart)),))

    (result,) = resolved(scanned, quarantine=quarantine)

    assert isinstance(result, Absent if absent else Wait)
    if isinstance(result, Wait):
        assert result.until == NOW - timedelta(seconds=apart) + timedelta(seconds=min(60, quarantine))


def test_a_look_that_saw_something_is_no_proof_of_absence() -> None:
    saw = replace(LOST, scans=(Scan(ago(minutes=5), (), ("job_x",)),))

    assert isinstance(resolved(saw)[0], Wait)


def test_the_first_of_many_looks_counts() -> None:
    looked = replace(LOST, scans=(Scan(ago(minutes=5)), Scan(ago(seconds=10))))

    assert resolved(looked) == (Absent(looked, "not in the list at 11:55:00 and not at 12:00:00 UTC"),)


def test_two_looks_are_apart_by_the_service_s_clock() -> None:
    """The first runner's clock is an hour ahead, the second's an hour behind."""
    hour, state = timedelta(hours=1), a_recorded(intents=(LOST,))
    remote = a_remote(KNOWN)

    first = resolve(state, remote, NOW + hour, quarantine=600, exclusive=False)
    state = apply_resolutions(state, first)
    soon = replace(remote, server_time=NOW + timedelta(seconds=59))
    later = replace(remote, server_time=NOW + timedelta(seconds=60))

    assert state.intents[0].scans[0].at == NOW
    assert [type(r) for r in resolve(state, soon, NOW - hour, quarantine=600, exclusive=False)] == [Wait]
    assert [type(r) for r in resolve(state, later, NOW - hour, quarantine=600, exclusive=False)] == [Absent]


def test_short_waits_are_not_lost_in_whole_seconds() -> None:
    """A Date is up to a second behind: the second look is not taken for one before the first."""
    state = a_recorded(intents=(LOST,))
    first, second = NOW + timedelta(milliseconds=100), NOW + timedelta(milliseconds=900)
    early, late = (replace(a_remote(KNOWN), server_time=at) for at in (NOW, NOW - timedelta(milliseconds=300)))

    state = apply_resolutions(state, resolve(state, early, first, quarantine=0, exclusive=False))

    assert [type(r) for r in resolve(state, late, second, quarantine=0, exclusive=False)] == [Absent]


# --- 0 candidates; credits fell by the cost, or the answer was 2xx: stop ---

CHARGED: dict[str, tuple[Intent, int, str]] = {
    "by the cost": (an_intent(cost=2), 44, "2 credits are gone, but no job shows up that could be it"),
    "by more than the cost": (an_intent(cost=2), 40, "6 credits are gone, but no job shows up that could be it"),
    "by less, since the cost was an estimate": (
        an_intent(cost=2),
        45,
        "1 credit is gone, but no job shows up that could be it",
    ),
    "beyond what we spent ourselves": (
        an_intent(spent_since=5),
        40,
        "1 credit is gone, but no job shows up that could be it",
    ),
}


@pytest.mark.parametrize(("intent", "balance", "why"), CHARGED.values(), ids=CHARGED)
def test_charged_but_not_visible(intent: Intent, balance: int, why: str) -> None:
    scanned = replace(intent, scans=(SCANNED,))

    assert resolved(scanned, balance=balance) == (Ask(scanned, why),)


def test_a_yes_without_an_id_is_never_absent() -> None:
    intent = an_intent(phase=Phase.COMMITTED_ID_UNKNOWN, scans=(SCANNED,))

    assert resolved(intent) == (Ask(intent, "the service said yes, but no job shows up that could be it"),)


def test_new_jobs_none_of_which_fit() -> None:
    scanned = replace(LOST, scans=(SCANNED,))
    listed = (new_job("job_8", topic="Other"), new_job("job_7", topic="Another"))

    assert resolved(scanned, listed=listed) == (
        Ask(scanned, "new jobs turned up, none of which could be it", ("job_7", "job_8")),
    )


# --- 1 candidate; the echo includes a topic and all agrees, or the account is exclusive: adopt ---


def test_one_that_agrees_is_adopted() -> None:
    assert resolved(LOST, listed=(new_job(),)) == (
        Adopt(
            LOST,
            "job_9",
            "the only new job with the topic 'Best CS2 plays this week'",
            "queued",
            BEFORE + timedelta(seconds=1),
        ),
    )


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("replaced", [False, True])
def test_what_another_address_let_go_meanwhile_is_not_adopted(exclusive: bool, replaced: bool) -> None:
    """It was submitted for that address, whatever it looks like."""
    other = a_recorded_job(id="job_9")
    recorded = replace(a_recorded(), intents=(LOST,), resources={"job.other": other})
    after = replace(other, id="job_10")
    state = recorded.with_resource("job.other", after) if replaced else recorded.without_resource("job.other")
    (found,) = resolve(state, a_remote(new_job(), KNOWN), NOW, quarantine=600.0, exclusive=exclusive)
    assert not isinstance(found, Adopt)


def test_one_among_new_ones_that_do_not_fit_is_adopted() -> None:
    listed = (new_job("job_8", topic="Other"), new_job("job_9"), new_job("job_7", topic="Other"))

    assert [type(r) for r in resolved(LOST, listed=listed)] == [Adopt]


@pytest.mark.parametrize("phase", Phase)
def test_one_is_adopted_however_far_the_intent_came(phase: Phase) -> None:
    assert [type(r) for r in resolved(an_intent(phase=phase), listed=(new_job(),))] == [Adopt]


def test_a_fallen_balance_does_not_speak_against_one_that_agrees() -> None:
    assert [type(r) for r in resolved(LOST, listed=(new_job(),), balance=0)] == [Adopt]


EXCLUSIVE: dict[str, RemoteJob] = {
    "echoing nothing": a_remote_job("job_9", created_at=BEFORE),
    "echoing no topic": new_job(tone="hype"),
}

ALIKE: dict[str, RemoteJob] = {
    "echoing more than was sent": new_job(**echoes(a_job()), contentType="clips"),
    "echoing an unexpected format": new_job(**{**echoes(a_job()), "format": "long"}),
    "echoing another tone": new_job(**{**echoes(a_job()), "tone": "calm"}),
}


@pytest.mark.parametrize("job", ALIKE.values(), ids=ALIKE)
def test_a_topic_that_occurs_once_is_evidence_enough(job: RemoteJob) -> None:
    assert [type(r) for r in resolved(LOST, listed=(job,))] == [Adopt]


def test_a_ghost_is_adopted_for_nothing_and_keeps_it_from_being_absent() -> None:
    """What the service keeps of a submission that it refused."""
    ghost = a_remote_job("job_8", "pending", created_at=BEFORE)
    other = new_job("job_7", topic="Other", entry="fetch")
    scanned = replace(LOST, scans=(SCANNED,))

    assert resolved(scanned, listed=(ghost, other), exclusive=True) == (
        Ask(scanned, "new jobs turned up, none of which could be it", ("job_7", "job_8")),
    )


def test_a_row_that_cannot_be_read_keeps_it_from_being_absent_unless_it_stood_there_before() -> None:
    scanned = replace(LOST, scans=(SCANNED,))
    row = RemoteJob("?abc", NOT_KNOWN, unreadable="null")
    since, old = (replace(row, created_at=t) for t in (BEFORE + timedelta(seconds=9), ago(days=1)))

    for remote, kind in (((row,), Ask), ((since,), Ask), ((old,), Absent), ((), Absent)):
        (found,) = resolved(scanned, remote=replace(a_remote(KNOWN, missing=[]), odd=remote))
        assert type(found) is kind


@pytest.mark.parametrize("job", EXCLUSIVE.values(), ids=EXCLUSIVE)
def test_one_in_an_exclusive_account_is_adopted(job: RemoteJob) -> None:
    assert resolved(LOST, listed=(job,), exclusive=True) == (
        Adopt(LOST, "job_9", "the account is exclusive, and it is the only new job", "queued", job.created_at),
    )


# --- 1 candidate otherwise: stop, show it ---


@pytest.mark.parametrize("job", EXCLUSIVE.values(), ids=EXCLUSIVE)
def test_one_that_does_not_tell_enough_is_shown(job: RemoteJob) -> None:
    assert resolved(LOST, listed=(job,)) == (
        Ask(LOST, "one job matches, but the service reports too few fields to be certain", ("job_9",)),
    )


def test_one_without_a_topic_of_ours_is_shown() -> None:
    intent = an_intent(a_job(topic=None))

    assert [type(r) for r in resolved(intent, listed=(new_job(**echoes(a_job(topic=None))),))] == [Ask]


# --- several candidates, as many as open intents with an identical body: adopt in sequence order ---


def identical(count: int, **over: Any) -> list[Intent]:
    return [
        replace(an_intent(a_job(f"lost{n}"), seq=n, when=BEFORE + timedelta(seconds=n)), **over)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [2, 3])
def test_as_many_as_identical_intents_are_adopted_in_order(count: int) -> None:
    intents = identical(count)
    listed = tuple(new_job(f"job_{n}", after=60 + n) for n in range(count, 0, -1))
    expected = [(f"job.lost{n}", f"job_{n}") for n in range(1, count + 1)]

    for order in permutations(intents):
        result = resolved(*order, listed=listed)
        assert [(r.intent.address, r.id) for r in result if isinstance(r, Adopt)] == expected


def test_identical_intents_that_saw_each_other_s_jobs_share_them_in_order() -> None:
    """The second was written when the first one's job was listed already; the first one's may still come late."""
    first = replace(an_intent(a_job("a"), seq=1), known=("job_known",))
    second = replace(an_intent(a_job("b"), seq=2), known=("job_1", "job_known"))
    listed = (new_job("job_2", after=20), new_job("job_1", after=10))

    assert [(r.intent.address, r.id) for r in resolved(first, second, listed=listed) if isinstance(r, Adopt)] == [
        ("job.a", "job_1"),
        ("job.b", "job_2"),
    ]


# --- several candidates otherwise: stop, list them ---


def test_several_for_one_intent_are_listed() -> None:
    listed = (new_job("job_8", after=2), new_job("job_7", after=1))

    for exclusive in (False, True):
        assert resolved(LOST, listed=listed, exclusive=exclusive) == (
            Ask(LOST, "several jobs could be it", ("job_7", "job_8")),
        )


def test_fewer_than_identical_intents_are_shown() -> None:
    one, two = identical(2)
    why = "one job could be it, and several submissions are unresolved"

    assert resolved(one, two, listed=(new_job(after=60),)) == (Ask(one, why, ("job_9",)), Ask(two, why, ("job_9",)))


def test_more_than_identical_intents_are_listed() -> None:
    one, two = identical(2)
    listed = tuple(new_job(f"job_{n}", after=60 + n) for n in (3, 2, 1))

    assert [type(r) for r in resolved(one, two, listed=listed)] == [Ask, Ask]


def test_no_job_is_adopted_twice_when_identical_intents_see_different_ones() -> None:
    """One saw only the first job, two others saw both: nobody can tell whose the first is."""
    intents = [
        replace(an_intent(a_job("a"), seq=1), known=("job_2", "job_known")),
        *(replace(i, seq=i.seq + 1, uuid=f"u{i.seq}") for i in identical(2)),
    ]
    listed = (new_job("job_1", after=70), new_job("job_2", after=60))

    result = resolved(*intents, listed=listed)

    adopted = [r.id for r in result if isinstance(r, Adopt)]
    assert len(set(adopted)) == len(adopted)
    assert [type(r) for r in result] == [Ask, Ask, Ask]


# --- several intents with different bodies ---

CALM = an_intent(a_job("calm", tone="calm"), seq=2)
OTHER_URL = an_intent(a_job("other", url="https://clips.twitch.tv/other"), seq=2)


def test_different_bodies_each_get_the_one_that_agrees() -> None:
    listed = (new_job("job_8", **echoes(a_job(tone="calm"))), new_job("job_7"))

    assert [(r.intent.address, r.id) for r in resolved(LOST, CALM, listed=listed) if isinstance(r, Adopt)] == [
        ("job.best", "job_7"),
        ("job.calm", "job_8"),
    ]


def test_different_bodies_the_service_cannot_tell_apart() -> None:
    """The url is not echoed, so one job could be either's, and two could be each other's."""
    one = resolved(LOST, OTHER_URL, listed=(new_job(),))
    two = resolved(LOST, OTHER_URL, listed=(new_job("job_8"), new_job("job_7")))

    assert one == (
        Ask(LOST, "job_9 could also be another unresolved submission", ("job_9",)),
        Ask(OTHER_URL, "job_9 could also be another unresolved submission", ("job_9",)),
    )
    assert [type(r) for r in two] == [Ask, Ask]


def test_one_that_agrees_wins_over_one_that_only_fits() -> None:
    vague = an_intent(a_job("vague", topic=None, tone=None), seq=2)

    first, second = resolved(LOST, vague, listed=(new_job(),))

    assert isinstance(first, Adopt)
    assert second == Ask(vague, "job_9 could also be another unresolved submission", ("job_9",))


def test_an_intent_in_quarantine_still_claims_what_may_be_its_own() -> None:
    old = replace(LOST, at=ago(seconds=610), server_time=ago(seconds=610))
    young = replace(OTHER_URL, at=ago(minutes=1), server_time=ago(minutes=1))
    job = replace(new_job(), created_at=ago(seconds=30))

    assert [type(r) for r in resolved(old, young, listed=(job,))] == [Ask, Wait]


# --- what is new: listed, minus what was known, is in the state, or was marked foreign ---

NOT_NEW: dict[str, Any] = {
    "listed behind what was known, and older": {"remote": a_remote(KNOWN, new_job(after=-86_401))},
    "in the state": {"recorded": a_recorded({"job.other": a_recorded_job(a_job("other"), id="job_9")})},
    "marked foreign": {"recorded": a_recorded(foreign=("job_9",))},
}


@pytest.mark.parametrize("facts", NOT_NEW.values(), ids=NOT_NEW)
def test_not_new(facts: dict[str, Any]) -> None:
    facts = {"listed": (new_job(),), **facts}

    assert resolved(replace(LOST, scans=(SCANNED,)), **facts) == (
        Absent(replace(LOST, scans=(SCANNED,)), "not in the list at 11:58:00 and not at 12:00:00 UTC"),
    )


@pytest.mark.parametrize("seconds", [0, 0.7], ids=["cut to the same second", "within the same second"])
def test_new_although_it_is_listed_behind_one_that_was_known(seconds: float) -> None:
    """Equal times come in any order, and clocks of several machines differ a little."""
    known = replace(KNOWN, created_at=BEFORE + timedelta(seconds=seconds))

    assert [type(r) for r in resolved(LOST, remote=a_remote(known, new_job(after=0), a_remote_job("job_1")))] == [Adopt]


def test_what_was_marked_foreign_in_one_intent_is_foreign_to_all() -> None:
    one, two = replace(LOST, foreign=("job_9",)), an_intent(a_job("second"), seq=2)

    assert [type(r) for r in resolved(one, two, listed=(new_job(),))] == [Wait, Wait]


def test_everything_is_new_to_an_account_that_was_empty() -> None:
    assert [type(r) for r in resolved(replace(LOST, known=()), remote=a_remote(new_job()))] == [Adopt]


def test_everything_listed_is_looked_at_when_all_that_was_known_is_gone() -> None:
    intent = replace(LOST, known=("job_purged",))

    assert [type(r) for r in resolved(intent, remote=a_remote(new_job("job_2"), new_job("job_1")))] == [Ask]


def test_a_template_of_the_same_id_is_something_else() -> None:
    state = a_recorded({"template.weekly": a_recorded_template(id="job_9")})

    assert [type(r) for r in resolved(LOST, listed=(new_job(),), recorded=state)] == [Adopt]


# --- creation times ---

WINDOW: dict[str, tuple[Intent, float | None, bool]] = {
    "at the service's time": (LOST, 0, True),
    "a little before, clocks being clocks": (LOST, -5, True),
    "before": (LOST, -6, False),
    "as late as an exchange and the quarantine": (LOST, 5 + 60 + 600, True),
    "later than that": (LOST, 5 + 60 + 600 + 1, False),
    "not told": (LOST, None, True),
    "by our own clock alone: minutes before": (replace(LOST, server_time=None), -600, True),
    "by our own clock alone: too long before": (replace(LOST, server_time=None), -601, False),
    "by our own clock alone: minutes late": (replace(LOST, server_time=None), 600 + 60 + 600, True),
    "by our own clock alone: too late": (replace(LOST, server_time=None), 600 + 60 + 600 + 1, False),
}


@pytest.mark.parametrize(("intent", "seconds", "fits"), WINDOW.values(), ids=WINDOW)
def test_time(intent: Intent, seconds: float | None, fits: bool) -> None:
    job = new_job() if seconds is None else new_job(after=seconds)
    job = replace(job, created_at=None) if seconds is None else job

    (result,) = resolved(intent, listed=(job,), now=NOW + timedelta(hours=1))

    assert isinstance(result, Adopt) is fits
    assert isinstance(result, Ask) is not fits


# --- templates: free, so no quarantine ---

TEMPLATE_LOST = an_intent(a_template(), when=ago(seconds=5))
MADE = a_remote_template("tpl_9", created_at=ago(seconds=4))

TEMPLATES: dict[str, tuple[Intent, Remote, Resolution]] = {
    "none: absent": (TEMPLATE_LOST, a_remote(), Absent(TEMPLATE_LOST, "no such template in the account")),
    "one of that name: adopt": (
        TEMPLATE_LOST,
        a_remote(MADE),
        Adopt(TEMPLATE_LOST, "tpl_9", "the only new template named 'Weekly highlights'", created_at=ago(seconds=4)),
    ),
    "one that is equal in what is told: adopt": (
        TEMPLATE_LOST,
        a_remote(replace(MADE, echo={"tone": "hype", "platforms": ("tiktok",)})),
        Adopt(TEMPLATE_LOST, "tpl_9", "the only new template named 'Weekly highlights'", created_at=ago(seconds=4)),
    ),
    "one of unknown age: adopt": (
        TEMPLATE_LOST,
        a_remote(replace(MADE, created_at=None)),
        Adopt(TEMPLATE_LOST, "tpl_9", "the only new template named 'Weekly highlights'"),
    ),
    "one that differs: absent": (
        TEMPLATE_LOST,
        a_remote(replace(MADE, echo={"tone": "calm"})),
        Absent(TEMPLATE_LOST, "no such template in the account"),
    ),
    "one that is older: absent": (
        TEMPLATE_LOST,
        a_remote(replace(MADE, created_at=ago(days=1))),
        Absent(TEMPLATE_LOST, "no such template in the account"),
    ),
    "one of another name: absent": (
        TEMPLATE_LOST,
        a_remote(replace(MADE, name="Other")),
        Absent(TEMPLATE_LOST, "no such template in the account"),
    ),
    "one that was known: absent": (
        replace(TEMPLATE_LOST, known=("tpl_9",)),
        a_remote(MADE),
        Absent(replace(TEMPLATE_LOST, known=("tpl_9",)), "no such template in the account"),
    ),
    "one that was marked foreign: absent": (
        replace(TEMPLATE_LOST, foreign=("tpl_9",)),
        a_remote(MADE),
        Absent(replace(TEMPLATE_LOST, foreign=("tpl_9",)), "no such template in the account"),
    ),
    "several: stop": (
        TEMPLATE_LOST,
        a_remote(MADE, replace(MADE, id="tpl_8")),
        Ask(TEMPLATE_LOST, "several new templates could be it", ("tpl_8", "tpl_9")),
    ),
}


@pytest.mark.parametrize(("intent", "remote", "expected"), TEMPLATES.values(), ids=TEMPLATES)
def test_template(intent: Intent, remote: Remote, expected: Resolution) -> None:
    assert resolved(intent, remote=remote) == (expected,)


@pytest.mark.parametrize(
    "recorded",
    [
        a_recorded({"template.other": a_recorded_template(id="tpl_9")}),
        a_recorded(deposed=(Deposed("tpl_9", "template.weekly"),)),
        a_recorded(foreign=("tpl_9",)),
    ],
    ids=["recorded", "deposed", "foreign"],
)
def test_a_template_that_is_spoken_for_is_not_adopted(recorded: Recorded) -> None:
    assert [type(r) for r in resolved(TEMPLATE_LOST, remote=a_remote(MADE), recorded=recorded)] == [Absent]


def test_no_template_is_adopted_twice() -> None:
    twin = an_intent(a_template("twin"), seq=2, when=ago(seconds=5))

    assert resolved(TEMPLATE_LOST, twin, remote=a_remote(MADE)) == (
        Ask(TEMPLATE_LOST, "tpl_9 could also be another unresolved template", ("tpl_9",)),
        Ask(twin, "tpl_9 could also be another unresolved template", ("tpl_9",)),
    )


def test_resolutions_come_in_sequence_order_whatever_their_kind() -> None:
    intents = (an_intent(seq=3), an_intent(a_template(), seq=2), an_intent(a_job("a"), seq=1))

    assert [r.intent.seq for r in resolved(*intents)] == [1, 2, 3]


# --- settle: what is written into the state ---


def test_an_adopted_job_becomes_a_record_without_its_publish_time() -> None:
    intent = replace(an_intent(a_job(schedule=LATER, rerun="2")), prevent_destroy=True, staged=True)
    state = a_recorded(intents=(intent,))

    settled = apply_resolutions(state, (Adopt(intent, "job_9", "why", "running", BEFORE),))

    assert settled.resources == {
        "job.best": RecordedJob(
            id="job_9",
            fingerprint=intent.fingerprint,
            declared=a_job().values,
            schedule=None,
            status="running",
            credits=None,
            rerun="2",
            prevent_destroy=True,
            time_serial=state.serial + 1,
            created_at=BEFORE,
            staged=True,
            time_missing=True,
        )
    }
    assert settled.intents == ()
    assert settled.decisions == ({"address": "job.best", "seq": 1, "decision": "adopt", "id": "job_9", "why": "why"},)


def test_an_adopted_replacement_takes_its_predecessor_s_place() -> None:
    state = a_recorded({"job.best": a_recorded_job(id="job_1")}, intents=(LOST,))

    assert apply_resolutions(state, (Adopt(LOST, "job_9", ""),)).resources["job.best"].id == "job_9"


def test_an_adopted_template_deposes_the_one_it_replaces() -> None:
    state = a_recorded({"template.weekly": a_recorded_template(id="tpl_1")}, intents=(TEMPLATE_LOST,))

    settled = apply_resolutions(state, (Adopt(TEMPLATE_LOST, "tpl_9", ""),))

    assert settled.resources["template.weekly"] == RecordedTemplate(
        "tpl_9", TEMPLATE_LOST.fingerprint, a_template().values, False, ago(seconds=5), created=True
    )
    assert settled.deposed == (Deposed("tpl_1", "template.weekly"),)


def test_becoming_what_it_is_already_deposes_nothing() -> None:
    state = a_recorded({"template.weekly": a_recorded_template(id="tpl_9")}, intents=(TEMPLATE_LOST,))

    assert replace_intent(state, TEMPLATE_LOST, record_of(TEMPLATE_LOST, "tpl_9", "", None)).deposed == ()


def test_an_absent_one_leaves_only_the_decision() -> None:
    state = a_recorded({"job.best": a_recorded_job()}, intents=(LOST, CALM))

    settled = apply_resolutions(state, (Absent(LOST, "why"),))

    assert settled == replace(
        state,
        intents=(CALM,),
        decisions=({"address": "job.best", "seq": 1, "decision": "absent", "id": None, "why": "why"},),
    )


def test_one_a_person_must_decide_stays_as_it_is() -> None:
    state = a_recorded(intents=(LOST,))

    assert apply_resolutions(state, (Ask(LOST, "why", ("job_9",)),)) == state


def test_a_look_in_quarantine_is_not_kept() -> None:
    state = a_recorded(intents=(LOST,))

    assert apply_resolutions(state, (Wait(LOST, NOW, Scan(NOW), counts=False),)) == state


def test_the_first_look_and_the_last_are_kept() -> None:
    def scans(intent: Intent) -> list[datetime]:
        return [s.at for s in intent.scans]

    state = a_recorded(intents=(LOST,))
    for minute in (5, 4, 3):
        look = Wait(state.intents[0], NOW, Scan(ago(minutes=minute)), counts=True)
        state = apply_resolutions(state, (look,))
        state = apply_resolutions(state, (look,))

    assert scans(state.intents[0]) == [ago(minutes=5), ago(minutes=3)]


@pytest.mark.parametrize(
    "resolution",
    [Adopt(LOST, "job_9", ""), Absent(LOST, ""), Wait(LOST, NOW, Scan(NOW), counts=True), Ask(LOST, "")],
    ids=["adopt", "absent", "wait", "ask"],
)
def test_settling_twice_is_settling_once(resolution: Resolution) -> None:
    once = apply_resolutions(a_recorded(intents=(LOST,)), (resolution,))

    assert apply_resolutions(once, (resolution,)) == once


def test_what_is_no_longer_open_is_not_settled_again() -> None:
    later = a_recorded({"job.best": a_recorded_job(id="job_10")})

    assert apply_resolutions(later, (Adopt(LOST, "job_9", ""),)) == later


def test_decisions_are_kept_for_a_while() -> None:
    state = replace(a_recorded(intents=(LOST,)), decisions=tuple({"seq": n} for n in range(60)))

    assert [d["seq"] for d in apply_resolutions(state, (Absent(LOST, ""),)).decisions] == [*range(11, 60), 1]


def test_two_runs_find_out_that_nothing_was_made() -> None:
    """No run sleeps for it: the first leaves what it saw, the second makes the second look."""
    state, remote = a_recorded(intents=(LOST,)), a_remote(KNOWN)

    def run(at: datetime) -> tuple[Resolution, ...]:
        nonlocal state
        found = resolve(state, replace(remote, server_time=at), at, quarantine=600, exclusive=False)
        state = apply_resolutions(state, found)
        return found

    assert [type(r) for r in run(BEFORE + timedelta(minutes=1))] == [Wait]
    assert [type(r) for r in run(BEFORE + timedelta(minutes=10))] == [Wait]
    assert [type(r) for r in run(BEFORE + timedelta(minutes=10, seconds=30))] == [Wait]
    assert [type(r) for r in run(BEFORE + timedelta(minutes=11))] == [Absent]
    assert state.intents == ()


# --- in words ---

WORDS: dict[str, tuple[Resolution, str, tuple[str, ...]]] = {
    "adopt": (Adopt(LOST, "job_9", "why"), "found: it is job_9 (why); apply records it, nothing is submitted", ()),
    "absent": (Absent(LOST, "why"), "it was not made (why); it is planned again", ()),
    "wait": (
        Wait(LOST, NOW, Scan(NOW), counts=False),
        "it may still turn up; looked for until 2026-11-20 12:00:00 UTC",
        (
            "if you know it was not made: afsync resolve job.best --absent",
            "if you know its id: afsync resolve job.best --adopt ID",
        ),
    ),
    "wait, with something in sight": (
        Wait(LOST, NOW, Scan(NOW, ("job_8",)), counts=False),
        "it may still turn up; looked for until 2026-11-20 12:00:00 UTC; so far this could be it: job_8",
        (
            "if it is this one: afsync resolve job.best --adopt job_8",
            "if it is another client's: afsync resolve job.best --foreign job_8",
        ),
    ),
    "ask": (
        Ask(replace(LOST, address='job.show["1 a"]'), "why", ("job_8", "job_9")),
        "a person must decide: why (job_8, job_9)",
        (
            "if it is one of them: afsync resolve 'job.show[\"1 a\"]' --adopt ID",
            "what is another client's: afsync resolve 'job.show[\"1 a\"]' --foreign ID",
        ),
    ),
}


@pytest.mark.parametrize(("resolution", "text", "typed"), WORDS.values(), ids=WORDS)
def test_outlook(resolution: Resolution, text: str, typed: tuple[str, ...]) -> None:
    assert resolution_summary(resolution) == text
    assert resolution_options(resolution) == typed
    assert advice(resolution) == (f"{text}. {typed[0]}; {typed[1]}" if typed else text)
    assert needs_person((resolution,)) is isinstance(resolution, Wait | Ask)


# --- whatever the account looks like ---

ECHOES = [echoes(a_job()), echoes(a_job(tone="calm")), {"topic": "Other"}, {}]
LISTS = st.lists(st.tuples(st.sampled_from(range(4)), st.integers(-20, 700)), max_size=6)
OPEN = st.lists(
    st.tuples(st.sampled_from(["hype", "calm"]), st.integers(0, 900), st.integers(0, 6), st.sampled_from(Phase)),
    min_size=1,
    max_size=4,
)


def _intents(drawn: list[tuple[str, int, int, Phase]], listed: tuple[RemoteJob, ...]) -> tuple[Intent, ...]:
    return tuple(
        an_intent(
            a_job(f"lost{n}", tone=tone),
            seq=n,
            when=BEFORE + timedelta(seconds=seconds),
            known=(*(j.id for j in listed[behind:]), KNOWN.id),
            phase=phase,
        )
        for n, (tone, seconds, behind, phase) in enumerate(drawn, 1)
    )


@PATIENT
@given(OPEN, LISTS, st.none() | st.integers(30, 50), st.booleans(), st.sampled_from([0.0, 60.0, 600.0]))
def test_no_job_is_adopted_twice_nothing_known_is_adopted_and_settling_agrees(
    drawn: list[tuple[str, int, int, Phase]],
    jobs: list[tuple[int, int]],
    balance: int | None,
    exclusive: bool,
    quarantine: float,
) -> None:
    listed = tuple(new_job(f"job_{n}", after=after, **ECHOES[echo]) for n, (echo, after) in enumerate(jobs))
    listed = tuple(replace(j, echo=ECHOES[echo]) for j, (echo, _) in zip(listed, jobs, strict=True))
    intents = _intents(drawn, listed)
    state = a_recorded(intents=intents)

    result = resolve(state, a_remote(*listed, KNOWN, balance=balance), NOW, quarantine=quarantine, exclusive=exclusive)

    adopted = [r for r in result if isinstance(r, Adopt)]
    assert [r.intent for r in result] == list(intents)
    assert len({r.id for r in adopted}) == len(adopted)
    assert all(r.id not in r.intent.known for r in adopted)
    assert all(r.intent.at + timedelta(seconds=quarantine) <= NOW for r in adopted)
    assert not any(isinstance(r, Absent) for r in result if r.intent.phase is Phase.COMMITTED_ID_UNKNOWN)
    assert not any(isinstance(r, Absent) for r in result)  # never at the first look
    settled = apply_resolutions(state, result)
    assert {i.uuid for i in settled.intents} == {r.intent.uuid for r in result if not isinstance(r, Adopt)}
    assert {a: r.id for a, r in settled.resources.items()} == {r.intent.address: r.id for r in adopted}


def test_every_kind_of_intent_becomes_a_record_of_its_kind() -> None:
    assert record_of(LOST, "x", "queued", None).kind is Kind.JOB
    assert record_of(TEMPLATE_LOST, "x", "", None).kind is Kind.TEMPLATE
    assert record_of(LOST, "x", "queued", None).created_at == LOST.server_time
