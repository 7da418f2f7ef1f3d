"""Reads are bounded: what is fetched for a plan, and in how many requests (docs/architecture.md#reading-little)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from afsync.api.reader import ApiReader
from afsync.api.snapshot import SINGLE, fetch, together
from afsync.core.remote_account import Lookups, RemoteAccount
from afsync.errors import AuthError, BadAnswer, Interrupted, Refused

from .support import a_session, an_answer

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def created(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


@dataclass
class Service:
    """An account whose jobs are numbers, newest (highest) first; `active` ones are queued, the others published."""

    jobs: list[int]
    active: set[int] = field(default_factory=set)
    scheduled: dict[str, str] | None = None
    forbidden: set[int] = field(default_factory=set)
    odd: dict[str, httpx.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/v1")
        with self.lock:
            self.asked.append(path)
        if path in self.odd:
            return self.odd[path]
        if path == "/account":
            return an_answer(
                200, {"accountId": "user_1", "rateLimits": {"rpm": 10_000}}, {"date": "Thu, 01 Jan 2026 00:00:00 GMT"}
            )
        if path == "/templates":
            return an_answer(200, {"templates": [{"id": "tpl_1", "name": "W"}]})
        if path == "/schedule" and self.scheduled is not None:
            return an_answer(200, {"scheduled": [{"jobId": k, "scheduledAt": v} for k, v in self.scheduled.items()]})
        if page := re.fullmatch(r"/jobs\?limit=100&offset=(\d+)", path):
            first = int(page[1])
            return an_answer(200, {"jobs": [self.row(n) for n in self.jobs[first : first + 100]]})
        if one := re.fullmatch(r"/jobs/job_(\d+)", path):
            if int(one[1]) in self.forbidden:
                return an_answer(403, {"error": "forbidden"})
            if int(one[1]) in self.jobs:
                return an_answer(200, self.row(int(one[1])))
        return an_answer(404, {"error": "not_found"})

    def row(self, number: int) -> dict[str, Any]:
        status = "queued" if number in self.active else "published"
        return {"jobId": f"job_{number}", "status": status, "createdAt": created(number).isoformat()}

    @property
    def pages(self) -> int:
        return sum("offset" in path for path in self.asked)

    @property
    def singles(self) -> int:
        return sum("/jobs/" in path for path in self.asked)


def down_from(newest: int) -> list[int]:
    return list(range(newest, 0, -1))


def wanting(*numbers: int, timed: bool = True) -> dict[str, datetime | None]:
    return {f"job_{n}": created(n) if timed else None for n in numbers}


@pytest.mark.parametrize("finished", [1_000, 20_000, 100_000])
def test_a_plan_over_fifty_active_jobs_takes_four_requests_whatever_the_history(finished: int) -> None:
    newest = finished + 50
    active = set(range(finished + 1, newest + 1))
    service = Service(down_from(newest), active=active, scheduled={})
    remote = fetch(ApiReader(a_session(service)), Lookups(jobs=wanting(*active)))
    assert sorted(service.asked) == ["/account", "/jobs?limit=100&offset=0", "/schedule", "/templates"]
    assert remote.requests == 4
    assert {job for job in wanting(*active) if remote.jobs[job].status == "queued"} == set(wanting(*active))
    assert remote.missing == frozenset()


def test_everything_is_there_in_one_value() -> None:
    service = Service(down_from(250), active={250}, scheduled={"job_250": "2026-12-01T08:00:00Z"})
    remote = fetch(ApiReader(a_session(service)), Lookups(jobs=wanting(250)))
    assert remote.account == RemoteAccount("user_1", per_minute=10_000)
    assert set(remote.templates) == {"tpl_1"}
    assert list(remote.jobs) == [f"job_{n}" for n in range(250, 150, -1)]
    assert remote.head == tuple(remote.jobs)
    assert remote.covered == frozenset(remote.jobs)
    assert remote.publish_times == {"job_250": datetime(2026, 12, 1, 8, tzinfo=UTC)}
    assert remote.server_time == BEGIN
    assert remote.base_url == "https://api.auraflux.co/v1"


def test_publish_times_only_where_they_matter_and_are_offered() -> None:
    service = Service([1])
    remote = fetch(ApiReader(a_session(service)), Lookups())
    assert (remote.publish_times, remote.covered) == (None, frozenset())
    assert "/schedule" in service.asked
    service = Service([1], scheduled={})
    remote = fetch(ApiReader(a_session(service)), Lookups(), publish_times=False)
    assert remote.publish_times is None
    assert "/schedule" not in service.asked


def test_nothing_wanted_still_reads_the_head() -> None:
    service = Service(down_from(500))
    remote = fetch(ApiReader(a_session(service)), Lookups(), publish_times=False)
    assert (service.pages, service.singles, len(remote.head)) == (1, 0, 100)
    service = Service(down_from(500))
    remote = fetch(ApiReader(a_session(service)), Lookups(), jobs=False)
    assert sorted(service.asked) == ["/account", "/templates"]
    assert remote.head == ()


def test_an_empty_account() -> None:
    service = Service([])
    remote = fetch(ApiReader(a_session(service)), Lookups(since=BEGIN, heads=((),)), publish_times=False)
    assert (service.pages, remote.jobs, remote.head) == (1, {}, ())


@pytest.mark.parametrize(
    ("jobs", "lookups", "pages", "singles", "missing"),
    [
        # Purged, and the list has come down past its creation: asked for by itself, to be sure.
        ([n for n in down_from(500) if n != 490], Lookups(wanting(500, 490)), 1, 1, {"job_490"}),
        # Far down: one page that brings nothing, then one by one.
        (down_from(5000), Lookups(wanting(5000, 70, 60)), 2, 2, set()),
        (down_from(5000), Lookups(wanting(70)), 1, 1, set()),
        # Without a creation time it could be anywhere.
        (down_from(5000), Lookups(wanting(70, timed=False)), 1, 1, set()),
        ([n for n in down_from(5000) if n != 4990], Lookups(wanting(4990, timed=False)), 1, 1, {"job_4990"}),
        # Many on the next pages: reading on is cheaper.
        (down_from(5000), Lookups(wanting(*range(4810, 4840))), 3, 0, set()),
        # Spread thin over a long list: reading on costs no more than asking for each would.
        (down_from(20_000), Lookups(wanting(*range(100, 20_000, 500))), 40, 33, set()),
        # Everything at least so young.
        (down_from(5000), Lookups(since=created(4850)), 2, 0, set()),
        # Back to the head of an unresolved submission.
        (down_from(5000), Lookups(heads=(("job_4777", "job_4776"),)), 3, 0, set()),
        (down_from(5000), Lookups(heads=(("gone", "job_4776"), ("job_5000",))), 3, 0, set()),
        # The head ends a page: what is as old may be listed behind it.
        (down_from(5000), Lookups(heads=(("job_4901",),)), 2, 0, set()),
        # An intent written while the account was empty: all that is there came after it.
        (down_from(250), Lookups(heads=((),)), 4, 0, set()),
        # To the end, and what is not there is asked for.
        (down_from(30), Lookups(wanting(20) | {"job_777": None}, since=BEGIN), 2, 1, {"job_777"}),
    ],
)
def test_where_reading_stops(jobs: list[int], lookups: Lookups, pages: int, singles: int, missing: set[str]) -> None:
    service = Service(jobs)
    remote = fetch(ApiReader(a_session(service)), lookups, publish_times=False)
    assert (service.pages, service.singles) == (pages, singles)
    assert remote.missing == missing
    assert set(lookups.jobs) <= set(remote.jobs) | remote.missing
    if lookups.since:
        assert {f"job_{n}" for n in jobs if created(n) >= lookups.since} <= set(remote.jobs)


def test_what_is_listed_comes_before_what_was_looked_up() -> None:
    service = Service(down_from(5000))
    remote = fetch(ApiReader(a_session(service)), Lookups(wanting(3)), publish_times=False)
    assert [*remote.jobs][-1] == "job_3"
    assert "job_3" not in remote.head
    assert len(remote.head) == 100


def test_somebody_elses_job_is_an_error_that_says_so() -> None:
    service = Service(down_from(300), forbidden={5})
    with pytest.raises(AuthError, match="GET /jobs/job_5"):
        fetch(ApiReader(a_session(service)), Lookups(wanting(5)))


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        ("/account", an_answer(200, {}), BadAnswer),
        ("/templates", an_answer(200, {"templates": None}), BadAnswer),
        ("/schedule", an_answer(400, {"error": "bad"}), Refused),
        ("/jobs?limit=100&offset=0", an_answer(200, {"jobs": {}}), BadAnswer),
        ("/jobs?limit=100&offset=90", an_answer(200, {"error": "internal"}), BadAnswer),
        ("/jobs?limit=100&offset=90", an_answer(200, {"jobs": []}), BadAnswer),
        ("/jobs/job_777", an_answer(200, {"status": "queued"}), BadAnswer),
    ],
)
def test_what_cannot_be_read_completely_is_never_nothing_there(path: str, answer: Any, error: type) -> None:
    service = Service(down_from(500), odd={path: answer})
    with pytest.raises(error):
        fetch(ApiReader(a_session(service)), Lookups({"job_777": None}, since=created(300)))


# --- reads that overlap ---


def test_reads_overlap() -> None:
    gate = threading.Barrier(4, timeout=5)
    assert together(*[gate.wait] * 4).sort() is None
    assert together() == []
    assert together(lambda: 1) == [1]
    assert together(*[lambda n=n: n for n in range(SINGLE + 15)]) == list(range(SINGLE + 15))


def test_an_error_in_one_read_stops_the_others_that_wait() -> None:
    made: list[int] = []

    def fail() -> None:
        raise Interrupted("Interrupted.")

    with pytest.raises(Interrupted):
        together(fail, *[lambda n=n: made.append(n) for n in range(1000)])
    assert len(made) < 1000


def test_a_key_that_is_not_accepted_counts_before_any_other_error() -> None:
    both = threading.Barrier(2, timeout=5)

    def fail(error: Exception) -> Any:
        def call() -> None:
            both.wait()
            raise error

        return call

    with pytest.raises(AuthError):
        together(fail(BadAnswer("x")), fail(AuthError("y")))
