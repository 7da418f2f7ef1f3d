"""What a person says about a lost submission, and what the account has to say about that."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afsync.core.records import Deposed
from afsync.core.recovery.manual_resolution import (
    ManualAbsent,
    ManualAdopt,
    ManualDecision,
    ManualForeign,
    apply_manual_resolution,
)
from afsync.core.recovery.resolution import Absent, Adopt, Ask, Resolution, Wait, candidates_of, record_of
from afsync.core.remote_account import Remote
from afsync.core.state import Intent, Recorded, Scan
from afsync.errors import UsageError
from tests.builders import (
    BEFORE,
    NOW,
    a_job,
    a_recorded,
    a_recorded_job,
    a_recorded_template,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    an_intent,
)

LOST = an_intent()
STATE = a_recorded(intents=(LOST,))
ACCOUNT = a_remote(a_remote_job("job_9", "running", created_at=BEFORE), a_remote_job("job_8"))
SEEN = Ask(LOST, "several jobs could be it", ("job_8", "job_9"))


def decided(
    saying: ManualDecision, resolution: Resolution = SEEN, recorded: Recorded = STATE, remote: Remote = ACCOUNT
) -> Recorded:
    return apply_manual_resolution(recorded, resolution, saying, remote, who="eva", why="saw it", now=NOW)


def entry(what: str, ids: str | None, intent: Intent = LOST) -> dict[str, object]:
    return {
        "address": intent.address,
        "seq": intent.seq,
        "decision": what,
        "id": ids,
        "who": "eva",
        "at": NOW.isoformat(),
        "why": "saw it",
    }


def test_it_is_this_one() -> None:
    assert decided(ManualAdopt("job_9")) == replace(
        STATE,
        intents=(),
        resources={"job.best": replace(record_of(LOST, "job_9", "running", BEFORE), time_serial=STATE.serial + 1)},
        decisions=(entry("adopt", "job_9"),),
    )


def test_it_may_be_one_that_nobody_thought_of() -> None:
    assert decided(ManualAdopt("job_8"), Ask(LOST, "nothing")).resources["job.best"].id == "job_8"


def test_a_template_is_this_one_and_deposes_its_predecessor() -> None:
    lost = an_intent(a_template())
    state = a_recorded({"template.weekly": a_recorded_template(id="tpl_1")}, intents=(lost,))
    remote = a_remote(a_remote_template("tpl_9"))

    result = decided(ManualAdopt("tpl_9"), Ask(lost, ""), state, remote)

    assert result.resources["template.weekly"].id == "tpl_9"
    assert result.deposed == (Deposed("tpl_1", "template.weekly"),)


@pytest.mark.parametrize(
    "resolution",
    [Ask(LOST, "nothing"), Wait(LOST, NOW, Scan(NOW), counts=False), Absent(LOST, "")],
    ids=["ask", "wait", "absent anyway"],
)
def test_it_was_never_made(resolution: Resolution) -> None:
    assert decided(ManualAbsent(), resolution) == replace(STATE, intents=(), decisions=(entry("absent", None),))


def test_these_are_somebody_else_s() -> None:
    result = decided(ManualForeign(("job_8", "job_9")))

    assert result == replace(
        STATE,
        intents=(replace(LOST, foreign=("job_8", "job_9")),),
        foreign=("job_8", "job_9"),
        decisions=(entry("foreign", "job_8, job_9"),),
    )


def test_one_after_the_other_is_somebody_else_s() -> None:
    once = decided(ManualForeign(("job_8",)))
    still = Ask(once.intents[0], "", ("job_9",))

    assert decided(ManualForeign(("job_9",)), still, once).foreign == ("job_8", "job_9")


@pytest.mark.parametrize(
    "intents",
    [(replace(LOST, foreign=("job_9",)),), (LOST, an_intent(a_job("other"), seq=2, uuid="u-2", foreign=("job_9",)))],
    ids=["marked for it", "marked for another"],
)
def test_the_later_word_counts(intents: tuple[Intent, ...]) -> None:
    """Otherwise the only way on would be to call it absent, and to pay again."""
    marked = a_recorded(intents=intents, foreign=("job_8", "job_9"))

    result = decided(ManualAdopt("job_9"), Ask(intents[0], ""), marked)

    assert result.resources["job.best"].id == "job_9"
    assert (result.intents, result.foreign) == (intents[1:], ("job_8",))
    assert result.decisions == (entry("adopt", "job_9"),)


def test_said_twice_it_is_still_somebody_else_s() -> None:
    once = decided(ManualForeign(("job_9",)))
    assert decided(ManualForeign(("job_9",)), Ask(once.intents[0], ""), once).foreign == ("job_9",)


OWNED = a_recorded({"job.other": a_recorded_job(a_job("other"), id="job_9")}, intents=(LOST,))
REPLACED = a_recorded({"job.best": a_recorded_job(id="job_9")}, intents=(LOST,))

REFUSED: dict[str, tuple[ManualDecision, Resolution, Recorded, str]] = {
    "adopt what does not exist": (ManualAdopt("job_0"), SEEN, STATE, "the account has no job job_0"),
    "adopt what belongs to another": (ManualAdopt("job_9"), SEEN, OWNED, "job_9 belongs to job.other"),
    "adopt the predecessor": (
        ManualAdopt("job_9"),
        SEEN,
        REPLACED,
        "job_9 is what job.best had before this submission",
    ),
    "absent while one is in sight": (
        ManualAbsent(),
        Ask(LOST, "", ("job_9",)),
        STATE,
        "job.best: job_9 could be it, so it cannot be called absent",
    ),
    "absent while one is in sight, in quarantine": (
        ManualAbsent(),
        Wait(LOST, NOW, Scan(NOW, ("job_9",)), counts=False),
        STATE,
        "job.best: job_9 could be it, so it cannot be called absent",
    ),
    "absent while one is in sight that would be adopted": (
        ManualAbsent(),
        Adopt(LOST, "job_9", ""),
        STATE,
        "job.best: job_9 could be it, so it cannot be called absent",
    ),
    "adopt what was there before": (
        ManualAdopt("job_8"),
        Ask(replace(LOST, known=("job_8",)), ""),
        a_recorded(intents=(replace(LOST, known=("job_8",)),)),
        "job_8 was there before this submission",
    ),
    "foreign what does not exist": (ManualForeign(("job_9", "job_0")), SEEN, STATE, "the account has no job job_0"),
    "foreign what is ours": (ManualForeign(("job_9",)), SEEN, OWNED, "job_9 belongs to job.other"),
}


@pytest.mark.parametrize(("saying", "resolution", "state", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(saying: ManualDecision, resolution: Resolution, state: Recorded, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        decided(saying, resolution, state)

    assert refused.value.message == why


def test_a_template_that_does_not_exist() -> None:
    lost = an_intent(a_template())

    with pytest.raises(UsageError, match="the account has no template tpl_0"):
        decided(ManualAdopt("tpl_0"), Ask(lost, ""), a_recorded(intents=(lost,)))


def test_a_template_that_is_still_to_be_deleted() -> None:
    lost = an_intent(a_template())
    state = a_recorded(intents=(lost,), deposed=(Deposed("tpl_0", "template.weekly"),))

    with pytest.raises(UsageError, match="tpl_0 is a replaced template that is still to be deleted"):
        decided(ManualAdopt("tpl_0"), Ask(lost, ""), state, a_remote(a_remote_template("tpl_0")))


IN_SIGHT: dict[str, tuple[Resolution, tuple[str, ...]]] = {
    "ask": (SEEN, ("job_8", "job_9")),
    "wait": (Wait(LOST, NOW, Scan(NOW, ("job_9",), ("job_9", "job_7")), counts=False), ("job_9",)),
    "adopt": (Adopt(LOST, "job_9", ""), ("job_9",)),
    "absent": (Absent(LOST, ""), ()),
}


@pytest.mark.parametrize(("resolution", "ids"), IN_SIGHT.values(), ids=IN_SIGHT)
def test_candidates(resolution: Resolution, ids: tuple[str, ...]) -> None:
    assert candidates_of(resolution) == ids
