"""Rules in plain words, against python-dateutil, which knows nothing of how they are computed here."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil import rrule as oracle

from afsync.core.recurrence import Listed, MonthDay, Rule
from tests.scale import scaled

RULES = scaled(400)
FREQUENCIES = {"day": oracle.DAILY, "week": oracle.WEEKLY, "month": oracle.MONTHLY}
WEEKDAYS = (oracle.MO, oracle.TU, oracle.WE, oracle.TH, oracle.FR, oracle.SA, oracle.SU)
EDGES = [date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1), date(2026, 1, 31), date(2024, 2, 29)]


def a_rule(choose: random.Random) -> Rule:
    unit = choose.choice(["day", "week", "month"])
    start = choose.choice([*EDGES, date(2024, 1, 1) + timedelta(days=choose.randrange(1500))])
    weekdays: tuple[int, ...] = ()
    monthdays: tuple[MonthDay, ...] = ()
    if unit == "month":
        monthdays = tuple(choose.sample(MONTH_DAYS, choose.randrange(1, 4))) if choose.random() < 0.9 else ()
    elif choose.random() < 0.8:
        weekdays = tuple(sorted(choose.sample(range(7), choose.randrange(1, 5))))
    until, count = choose.choice([(None, None), (start + timedelta(days=choose.randrange(900)), None), (None, 7)])
    every = choose.choice([1, 1, 2, 3, 5, 12])
    return Rule(unit, every, start, weekdays, monthdays, until, count)  # type: ignore[arg-type]


MONTH_DAYS = [
    *(MonthDay(day=n) for n in (1, 15, 28, 29, 30, 31, -1)),
    *(MonthDay(nth=nth, weekday=day) for nth in (1, 2, 3, 4, -1, None) for day in range(7)),
]


def expected(rule: Rule, last: date) -> list[date]:
    """The days by dateutil: it has no union of selectors, so months are one rule a selector."""
    found: set[date] = set()
    by: dict[str, Any]
    options: dict[str, Any]
    options = {"dtstart": datetime.combine(rule.start, time()), "until": datetime.combine(last, time())}
    match rule.unit:
        case "month":
            for wanted in rule.monthdays or (MonthDay(rule.start.day),):
                if wanted.day is not None:
                    by = {"bymonthday": wanted.day}
                else:
                    assert wanted.weekday is not None
                    day = WEEKDAYS[wanted.weekday]
                    by = {"byweekday": day if wanted.nth is None else day(wanted.nth)}
                # A month is counted from the first of it: a rule that begins on the 31st has no month less.
                options["dtstart"] = datetime.combine(rule.start.replace(day=1), time())
                found |= {m.date() for m in oracle.rrule(oracle.MONTHLY, interval=rule.every, **by, **options)}
        case unit:
            by = {"byweekday": rule.weekdays or None} if unit == "day" or rule.weekdays else {}
            found = {m.date() for m in oracle.rrule(FREQUENCIES[unit], interval=rule.every, **by, **options)}
    days = sorted(day for day in found if day >= rule.start and (rule.until is None or day <= rule.until))
    return days[: rule.count]


@pytest.mark.parametrize("seed", range(4))
def test_the_days_are_those_of_dateutil(seed: int) -> None:
    choose = random.Random(f"rules {seed}")
    for _ in range(RULES // 4):
        rule = a_rule(choose)
        last = rule.start + timedelta(days=1100)
        days = expected(rule, last)
        assert rule.between(rule.start - timedelta(days=40), last) == days, rule
        first = rule.start + timedelta(days=choose.randrange(1000))
        assert rule.between(first, last) == [d for d in days if d >= first], rule
        for day in choose.sample(days, min(3, len(days))):
            assert rule.has(day)
            assert rule.number(day) == days.index(day) + 1
        for _ in range(3):
            day = rule.start + timedelta(days=choose.randrange(-50, 1000))
            assert rule.has(day) == (day in days), (rule, day)


def test_a_window_does_not_look_at_what_is_before_it() -> None:
    rule = Rule("week", 1, date(1900, 1, 1), (0,))
    assert rule.between(date(2400, 1, 1), date(2400, 1, 15)) == [date(2400, 1, 3), date(2400, 1, 10)]


def test_a_month_without_that_day_is_left_out() -> None:
    rule = Rule("month", 1, date(2026, 1, 31))
    assert rule.between(date(2026, 1, 1), date(2026, 6, 1)) == [date(2026, 1, 31), date(2026, 3, 31), date(2026, 5, 31)]


def test_until_is_a_day_of_the_rule_when_it_is_one() -> None:
    rule = Rule("week", 1, date(2026, 12, 7), (0,), until=date(2026, 12, 14))
    assert rule.between(date(2026, 1, 1), date(2027, 1, 1)) == [date(2026, 12, 7), date(2026, 12, 14)]
    assert rule.last == date(2026, 12, 14)


def test_listed_days_are_counted_in_their_order() -> None:
    listed = Listed((date(2026, 12, 5), date(2026, 12, 19)))
    assert listed.number(date(2026, 12, 19)) == 2
    assert listed.has(date(2026, 12, 5)) and not listed.has(date(2026, 12, 6))
