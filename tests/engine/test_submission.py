"""The paid path: what is on disk when a request leaves, and what the state says afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.answers import Answer, Committed, CommittedIdUnknown, Limited, NotSent, Rejected, Unknown
from afsync.core.records import Deposed, Record
from afsync.core.state import Intent, Phase, Recorded
from afsync.engine.current_state import CurrentState
from afsync.engine.interrupt import Stop
from afsync.engine.run import Attempt
from afsync.engine.submission import LIMITED_SENDS, SENDS, submit
from afsync.errors import Interrupted, StateError
from tests.builders import a_job, a_recorded, a_recorded_job, a_recorded_template, a_template, an_intent

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MADE = Committed("job_9", "queued", 1)
LOST = Unknown("read time-out")


@dataclass
class FakeStore:
    """Keeps every version; the write numbered `fails` (from 1) fails."""

    written: list[Recorded] = field(default_factory=list)
    rescued: list[tuple[str, Record]] = field(default_factory=list)
    fails: int = 0

    def write(self, recorded: Recorded, if_version: str) -> str:
        if len(self.written) + 1 == self.fails:
            raise StateError("no space left on device")
        self.written.append(recorded)
        return str(len(self.written))

    def check_writable(self) -> None:
        """It would work."""

    def rescue(self, address: str, record: Record, why: str) -> Path | None:
        self.rescued.append((address, record))
        return None


class PanicException(BaseException):
    """What a library written in Rust raises: no Exception."""


@pytest.mark.parametrize("error", [PanicException("request valid"), KeyboardInterrupt()])
def test_whatever_stops_a_write_the_id_is_rescued(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def stopped(*_: object) -> str:
        raise error

    store, record = FakeStore(), a_recorded_job()
    state = CurrentState(store, a_recorded(), "0")
    monkeypatch.setattr(store, "write", stopped)
    with pytest.raises(type(error)) as raised:
        state.write_record(state.recorded.with_resource("job.a", record), "job.a", record)
    assert store.rescued == [("job.a", record)] and state.unwritten == {"job.a": record}
    assert f"job.a was submitted as {record.id}" in "".join(raised.value.__notes__)


class Patient(Stop):
    """Waiting costs no time here, except on the clock of the world."""

    def __init__(self, world: Small) -> None:
        super().__init__()
        self.world = world

    def sleep(self, seconds: float) -> None:
        self.world.now += timedelta(seconds=seconds)


@dataclass
class Small:
    """Everything around one submission. `answers` come in turn; `turn` is what waiting for one's turn does."""

    answers: list[Answer]
    recorded: Recorded = field(default_factory=a_recorded)
    turn: Callable[[Small], None] = lambda world: None
    fails: int = 0
    now: datetime = START
    sent: list[Recorded] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = FakeStore(fails=self.fails)
        self.stop = Patient(self)
        self.state = CurrentState(self.store, self.recorded, "0")

    def send(self) -> Answer:
        self.sent.append(self.store.written[-1])
        self.at.append(self.now)
        return self.answers[len(self.sent) - 1]

    def submit(self, intent: Intent | None = None) -> tuple[Intent, Answer]:
        def ready() -> None:
            self.turn(self)

        def stamp(intent: Intent) -> Intent:
            return replace(intent, at=self.now)

        fresh = intent or an_intent(phase=Phase.WRITTEN, when=START)
        attempt = Attempt(ready, stamp, self.send, age=lambda intent: self.now - intent.at)
        return submit(fresh, attempt, self.state, self.stop)


@pytest.mark.parametrize("answer", [MADE, LOST, CommittedIdUnknown("cut off"), Rejected(400, "no", "no")], ids=str)
def test_the_intent_is_on_disk_when_the_request_leaves(answer: Answer) -> None:
    world = Small([answer])
    world.submit()
    assert [[(i.address, i.phase) for i in state.intents] for state in world.sent] == [[("job.best", Phase.WRITTEN)]]


def test_nothing_is_sent_when_the_intent_cannot_be_written() -> None:
    world = Small([MADE], fails=1)
    with pytest.raises(StateError):
        world.submit()
    assert world.sent == []


def test_the_quarantine_begins_with_what_was_sent_last() -> None:
    """A run that is killed after minutes of 429 leaves an intent that is as young as its last request."""
    world = Small([Limited(120.0), Limited(120.0), NotSent("refused"), LOST])
    opened, answer = world.submit()
    assert isinstance(answer, Unknown)
    assert [state.intents[0].at for state in world.sent] == world.at
    assert opened.at == START + timedelta(seconds=241)
    assert [(i.seq, i.at) for i in world.store.written[-1].intents] == [(1, opened.at)]


def test_waiting_for_a_turn_comes_before_the_intent() -> None:
    def wait(world: Small) -> None:
        assert len(world.store.written) == len(world.sent)
        world.now += timedelta(seconds=59)

    world = Small([LOST], turn=wait)
    world.submit()
    assert world.sent[0].intents[0].at == START + timedelta(seconds=59)


@pytest.mark.parametrize(("slow", "writes"), [(0, 1), (1, 2), (2, 3)])
def test_what_leaves_is_as_young_as_its_intent(slow: int, writes: int) -> None:
    """A machine that slept while it wrote: what others decide about the intent is counted from its date."""
    world = Small([MADE])
    write = world.store.write

    def slowly(recorded: Recorded, if_version: str) -> str:
        if len(world.store.written) < slow:
            world.now += timedelta(minutes=20)
        return write(recorded, if_version)

    world.store.write = slowly  # type: ignore[method-assign]
    assert isinstance(world.submit()[1], Committed)
    assert len([s for s in world.store.written if s.intents]) == writes
    assert world.sent[0].intents[0].at == world.at[0] == START + slow * timedelta(minutes=20)


def test_a_state_that_is_always_slow_lets_nothing_leave() -> None:
    world = Small([MADE])
    write = world.store.write

    def slowly(recorded: Recorded, if_version: str) -> str:
        world.now += timedelta(minutes=20)
        return write(recorded, if_version)

    world.store.write = slowly  # type: ignore[method-assign]
    _, answer = world.submit()
    assert isinstance(answer, NotSent) and "too long to write" in answer.why
    assert world.sent == [] and world.store.written[-1].intents == ()


def test_interrupted_before_its_turn_it_leaves_nothing_behind() -> None:
    world = Small([MADE])
    world.stop.receive(15)
    with pytest.raises(Interrupted):
        world.submit()
    assert (world.sent, world.store.written) == ([], [])


def test_interrupted_between_two_tries_it_closes_its_intent() -> None:
    world = Small([Limited(1.0), MADE], turn=lambda world: world.stop.receive(15) if world.sent else None)
    with pytest.raises(Interrupted):
        world.submit()
    assert len(world.sent) == 1
    assert world.store.written[-1].intents == ()


@pytest.mark.parametrize(
    ("answer", "times"), [(NotSent("refused"), SENDS), (Limited(1.0), LIMITED_SENDS), (LOST, 1), (MADE, 1)], ids=str
)
def test_how_often_it_is_sent(answer: Answer, times: int) -> None:
    world = Small([answer] * 9)
    world.submit()
    assert len(world.sent) == times


def test_whatever_breaks_while_it_is_sent_leaves_it_in_doubt() -> None:
    """Any exception that nobody thought of: not a crash that leaves everybody guessing."""

    class Broken(Small):
        def send(self) -> Answer:
            super().send()
            raise RuntimeError("nobody thought of this")

    world = Broken([MADE])
    _, answer = world.submit()
    assert isinstance(answer, Unknown)
    assert "RuntimeError" in answer.why
    assert [i.phase for i in world.store.written[-1].intents] == [Phase.UNKNOWN]


HELD = a_recorded({"job.other": a_recorded_job(a_job("other"), id="job_9")})
KNOWN_ID: dict[str, tuple[Recorded, Intent]] = {
    "recorded": (HELD, an_intent(phase=Phase.WRITTEN)),
    "somebody else's": (a_recorded(foreign=("job_9",)), an_intent(phase=Phase.WRITTEN)),
    "listed before": (a_recorded(), an_intent(phase=Phase.WRITTEN, known=("job_8", "job_9"))),
    "a template to be deleted": (
        a_recorded(deposed=(Deposed("job_9", "template.weekly"),)),
        an_intent(a_template(), phase=Phase.WRITTEN),
    ),
}


@pytest.mark.parametrize(("recorded", "intent"), KNOWN_ID.values(), ids=KNOWN_ID)
def test_an_id_that_was_there_before_is_no_answer(recorded: Recorded, intent: Intent) -> None:
    world = Small([MADE], recorded)
    assert isinstance(world.submit(intent)[1], CommittedIdUnknown)
    assert [i.phase for i in world.store.written[-1].intents] == [Phase.COMMITTED_ID_UNKNOWN]


def test_a_job_and_a_template_may_have_the_same_id() -> None:
    world = Small([Committed("17")], a_recorded({"template.weekly": a_recorded_template(id="17")}))
    assert world.submit()[1] == Committed("17")


def test_an_id_that_cannot_be_written_is_kept_elsewhere() -> None:
    world = Small([MADE], fails=2)
    with pytest.raises(StateError, match=r"job\.best was submitted as job_9"):
        world.submit()
    assert [(address, record.id) for address, record in world.store.rescued] == [("job.best", "job_9")]
    assert world.state.holds(Kind.JOB, "job_9")
