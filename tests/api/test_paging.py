"""Listing while the account changes: nothing is missed, or the failure is an honest one (docs/reliability.md)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.api.paging import Listing, read_list
from afsync.api.snapshot import fetch
from afsync.core.remote_account import Lookups, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.errors import BadAnswer
from tests.scale import scaled

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def a_job(number: int, **changes: object) -> RemoteJob:
    return replace(RemoteJob(f"job_{number}", "queued", BEGIN + timedelta(seconds=number)), **changes)


@dataclass
class Account:
    """A list of jobs, newest first, that changes between two pages. `cap` is the most that a page brings; `short` says
    how much less some of them do (two jobs at least: one is the end), and from page `stuck` on one comes for ever."""

    jobs: list[RemoteJob]
    change: Callable[[Account], None] = lambda account: None
    cap: int = 100
    short: list[int] = field(default_factory=list)
    stuck: int = 0
    pages: list[int] = field(default_factory=list)
    last: list[RemoteJob] = field(default_factory=list)
    made: int = 0

    def page(self, offset: int) -> list[RemoteJob]:
        if self.pages:
            self.change(self)
        self.pages.append(offset)
        if not self.stuck or len(self.pages) < self.stuck:
            less = self.short.pop() if self.short else 0
            self.last = self.jobs[offset : offset + max(self.cap - less, 2)]
        return self.last

    def insert(self, count: int) -> None:
        for _ in range(count):
            self.made += 1
            self.jobs.insert(0, a_job(1_000_000 + self.made))

    def purge(self, places: list[int]) -> None:
        for place in sorted({p % len(self.jobs) for p in places} if self.jobs else set(), reverse=True):
            del self.jobs[place]

    @property
    def jobs_page(self) -> Callable[[int], list[RemoteJob]]:
        return self.page

    # What else a plan reads.
    requests = 0
    server_time = None
    base_url = ""

    def account(self) -> RemoteAccount:
        return RemoteAccount("user")

    def templates(self) -> dict[str, RemoteTemplate]:
        return {}

    def job(self, job_id: str) -> RemoteJob | None:
        return next((job for job in self.jobs if job.id == job_id), None)


def an_account(count: int, **changes: object) -> Account:
    return Account([a_job(n) for n in range(count, 0, -1)], **changes)  # type: ignore[arg-type]


def to_the_end(listing: Listing, new: list[RemoteJob]) -> bool:
    return False


def ids(jobs: list[RemoteJob]) -> list[str]:
    return [job.id for job in jobs]


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 99, 100, 101, 109, 110, 189, 190, 191, 200, 1000])
@pytest.mark.parametrize("cap", [100, 50, 11, 10, 3, 2])
def test_a_quiet_list_is_read_whole_and_in_order(count: int, cap: int) -> None:
    account = an_account(count, cap=cap)
    listing = read_list(account.page, to_the_end)
    assert listing.ended
    assert listing.ids == ids(account.jobs)
    assert len(account.pages) <= count // max(cap - 10, cap // 2, 1) + 4


def test_a_quiet_list_costs_few_requests() -> None:
    for count, requests in [(0, 1), (1, 2), (40, 2), (99, 2), (100, 3), (150, 3), (1000, 13)]:
        account = an_account(count)
        read_list(account.page, to_the_end)
        assert len(account.pages) == requests, count


Change = tuple[int, list[int]]
"""Jobs that come in at the front, then places at which jobs go away."""


@settings(max_examples=scaled(150), deadline=None)
@given(
    count=st.integers(0, 450),
    cap=st.sampled_from([100, 100, 100, 60, 25, 11, 5, 2]),
    changes=st.lists(
        st.one_of(
            st.just((0, [])),
            st.tuples(st.sampled_from([0, 0, 1, 2, 5, 9, 10, 11, 90, 99, 100, 101, 250]), st.just([])),
            st.tuples(st.just(0), st.lists(st.integers(0, 500), max_size=15)),
            st.tuples(st.integers(0, 30), st.lists(st.integers(0, 200), max_size=30)),
        ),
        max_size=25,
    ),
)
def test_nothing_is_missed_or_it_fails(count: int, cap: int, changes: list[Change]) -> None:
    check(count, cap, changes)


@pytest.mark.parametrize("part", range(4))
def test_thousands_of_interleavings(part: int, record_property: Callable[[str, object], None]) -> None:
    """The same, faster and wilder; a seed that fails is shown and replays."""
    failed = pages = 0
    total = scaled(500)
    for number in range(total):
        seed = part * 1_000_000 + number
        chance = random.Random(seed)
        uneven = [chance.choice([0, 0, 1, 50, 99]) for _ in range(20)] if chance.random() < 0.3 else []
        stuck = chance.randint(2, 6) if chance.random() < 0.1 else 0
        often = chance.random()
        changes = [
            (chance.choice([0, 0, 1, 3, 12]), [chance.randrange(400) for _ in range(chance.choice([0, 0, 1, 3, 12]))])
            if chance.random() < often
            else (0, [])
            for _ in range(30)
        ]
        try:
            cap = chance.choice([100, 100, 40, 12])
            read, asked = check(chance.randrange(400), cap, changes, short=uneven, stuck=stuck)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        failed += not read
        pages += asked
    assert failed < total / 2, "most of the time it must get through"
    told = f"{total} interleavings ({pages} pages), {total - failed} read whole and nothing missed"
    record_property("figure", f"listing, part {part}: {told}, {failed} failed honestly")


def check(
    count: int, cap: int, changes: list[Change], *, short: list[int] | None = None, stuck: int = 0
) -> tuple[bool, int]:
    """Whether it got through, and how many pages were read; AssertionError when something was missed."""
    todo = list(changes)

    def change(account: Account) -> None:
        if todo:
            inserted, purged = todo.pop()
            account.insert(inserted)
            account.purge(purged)

    account = an_account(count, cap=cap, change=change, short=short or [], stuck=stuck)
    before = ids(account.jobs)
    try:
        listing = read_list(account.page, to_the_end)
    except BadAnswer:
        return False, len(account.pages)
    there = set(ids(account.jobs))
    missed = [i for i in before if i in there and i not in listing.jobs]
    assert not missed
    numbers = [int(i.removeprefix("job_")) for i in listing.ids]
    assert numbers == sorted(numbers, reverse=True)
    assert set(listing.ids) == set(listing.jobs)
    return True, len(account.pages)


@settings(max_examples=scaled(150), deadline=None)
@given(
    count=st.integers(0, 300),
    new=st.integers(0, 130),
    gone=st.lists(st.integers(0, 40), max_size=30),
    changes=st.lists(st.tuples(st.integers(0, 12), st.lists(st.integers(0, 300), max_size=12)), max_size=8),
)
def test_what_came_in_since_is_found_whatever_happens_meanwhile(
    count: int, new: int, gone: list[int], changes: list[Change]
) -> None:
    """Recovery's look: everything behind a recorded head, and nothing older."""
    todo = list(changes)

    def change(account: Account) -> None:
        if todo:
            inserted, purged = todo.pop()
            account.insert(inserted)
            account.purge(purged)

    account = an_account(count, change=change)
    known = ids(account.jobs)[:100]
    old = set(ids(account.jobs))
    account.purge(gone)
    account.insert(new)
    since = [i for i in ids(account.jobs) if i not in old]
    heads_left = bool(set(known) & set(ids(account.jobs)))
    try:
        seen = fetch(account, Lookups(heads=(tuple(known),)), publish_times=False).jobs  # type: ignore[arg-type]
    except BadAnswer:
        return
    found = list(takewhile(lambda i: i not in known, seen))
    there = set(ids(account.jobs))
    assert [i for i in since if i in there and i not in found] == []
    if heads_left and not changes:
        assert found == since


# --- what does not fit together ---


def giving(*pages: list[RemoteJob]) -> tuple[Callable[[int], list[RemoteJob]], list[int]]:
    """A service that gives `pages` in turn, the last for ever, whatever the offset."""
    asked: list[int] = []

    def page(offset: int) -> list[RemoteJob]:
        asked.append(offset)
        return pages[min(len(asked), len(pages)) - 1]

    return page, asked


FIRST = [a_job(n) for n in range(200, 100, -1)]
REST = [a_job(n) for n in range(110, 50, -1)]


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([FIRST], "the same page again and again"),
        ([FIRST[:40]], "the same page again and again"),
        ([FIRST, []], "came back empty"),
        ([FIRST, [a_job(n) for n in range(90, 20, -1)]], "the list moved"),
        ([[*FIRST[:50], a_job(151, status="running")]], "job_151 came twice with different content"),
        ([FIRST, [replace(REST[0], created_at=BEGIN), *REST[1:]]], "job_110 came twice with different content"),
        ([FIRST, [replace(REST[0], echo={"topic": "x"}), *REST[1:]]], "job_110 came twice with different content"),
        ([list(reversed(FIRST))], "not newest first"),
        ([FIRST, [*REST[:20], a_job(300), *REST[20:]]], "job_300 is listed behind an older job"),
        ([FIRST, [REST[1], REST[0], *REST[2:]]], "another order"),
        ([FIRST, [*REST[:20], FIRST[3], *REST[20:]]], "another order"),
    ],
)
def test_what_does_not_fit_together_fails(pages: list[list[RemoteJob]], says: str) -> None:
    # The odd answer comes in every pass.
    asked: list[int] = []

    def page(offset: int) -> list[RemoteJob]:
        asked.append(offset)
        return pages[0] if offset == 0 else pages[-1]

    with pytest.raises(BadAnswer, match="could not be read") as caught:
        read_list(page, to_the_end)
    assert says in caught.value.message
    assert len(asked) < 30, "and soon"


def test_a_list_that_moved_is_read_again_from_the_start() -> None:
    page, asked = giving(FIRST, [a_job(1)], FIRST[:40], FIRST[39:40])
    assert read_list(page, to_the_end).ids == ids(FIRST[:40])
    assert asked == [0, 90, 0, 39]


@pytest.mark.parametrize("rest", [[], [a_job(7)]], ids=["empty", "one job"])
def test_a_list_that_shrinks_all_of_a_sudden_is_not_believed(rest: list[RemoteJob]) -> None:
    page, asked = giving(FIRST, rest)
    with pytest.raises(BadAnswer, match=rf"100 jobs were there, and then it ended after {len(rest)}"):
        read_list(page, to_the_end)
    assert len(asked) < 10


def test_a_job_may_get_on_between_two_pages() -> None:
    later = replace(REST[0], status="running", output_url="https://x", updated_at=BEGIN)
    page, _ = giving(FIRST, [later, *REST[1:]], [REST[-1]])
    listing = read_list(page, to_the_end)
    assert listing.jobs[later.id] == later
    assert len(listing.ids) == 150


def test_the_same_job_twice_in_one_page_counts_once() -> None:
    page, _ = giving([FIRST[0], FIRST[0], FIRST[1]], [FIRST[1]])
    assert read_list(page, to_the_end).ids == ["job_200", "job_199"]


def test_equal_missing_and_rounded_times_are_no_disorder() -> None:
    at = BEGIN + timedelta(seconds=7)
    rows = [
        a_job(9, created_at=at),
        a_job(8, created_at=at + timedelta(milliseconds=900)),
        a_job(7, created_at=None),
        a_job(6, created_at=at),
    ]
    page, _ = giving(rows, rows[-1:])
    listing = read_list(page, to_the_end)
    assert listing.ids == ids(rows)


def test_it_stops_when_it_has_seen_enough() -> None:
    account = an_account(20_000)
    listing = read_list(account.page, lambda listing, new: "job_19700" in listing.jobs)
    assert not listing.ended
    assert account.pages == [0, 90, 180, 270]
