"""What `${occurrence.…}` stands for: the date of the rule, its week, the time; the same words whatever the machine's
language. And what it may have stood for when an occurrence was submitted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from afsync.config.problems import Code, InvalidValue
from afsync.core.text import MONTHS, did_you_mean

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DIRECTIVES: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda d: f"{d.year:04}",
    "y": lambda d: f"{d.year % 100:02}",
    "m": lambda d: f"{d.month:02}",
    "-m": lambda d: f"{d.month}",
    "B": lambda d: MONTHS[d.month - 1],
    "b": lambda d: MONTHS[d.month - 1][:3],
    "d": lambda d: f"{d.day:02}",
    "-d": lambda d: f"{d.day}",
    "j": lambda d: f"{d.timetuple().tm_yday:03}",
    "A": lambda d: _WEEKDAYS[d.weekday()],
    "a": lambda d: _WEEKDAYS[d.weekday()][:3],
    "u": lambda d: f"{d.isoweekday()}",
    "V": lambda d: f"{d.isocalendar().week:02}",
    "-V": lambda d: f"{d.isocalendar().week}",
    "G": lambda d: f"{d.isocalendar().year}",
    "H": lambda d: f"{d.hour:02}",
    "-H": lambda d: f"{d.hour}",
    "I": lambda d: f"{(d.hour + 11) % 12 + 1:02}",
    "-I": lambda d: f"{(d.hour + 11) % 12 + 1}",
    "M": lambda d: f"{d.minute:02}",
    "S": lambda d: f"{d.second:02}",
    "p": lambda d: "AM" if d.hour < 12 else "PM",
    "%": lambda _: "%",
}
_DIRECTIVE = re.compile(r"%(-?.?)", re.DOTALL)
FORMS: Final = {
    "date": "%Y-%m-%d",
    "time": "%H:%M",
    "week": "%-V",
    "weekday": "%A",
    "month": "%B",
    "year": "%Y",
}
"""How each is written where nothing is said behind a colon."""
NAMES: Final = (*FORMS, "number")
_PREFIX: Final = "occurrence."
OPEN, CLOSE = "\ue0f0", "\ue0f1"
"""They enclose, in a text that is only compared, what may have been different: no text of a file is likely to."""


def names_of(moment: datetime, number: Callable[[], int], *, marked: bool = False) -> Callable[[str], str | None]:
    """What `${occurrence.NAME}` and `${occurrence.NAME:FORM}` stand for; None for other names. Raises
    InvalidValue.

    `moment` is the date of the rule with the time of day at which it is published. `marked` puts what `at` and `from`
    decide between OPEN and CLOSE.
    """

    def named(name: str) -> str | None:
        if not name.startswith(_PREFIX):
            return None
        field, colon, form = name.removeprefix(_PREFIX).partition(":")
        if field == "number":
            text = _numbered(number(), form) if colon else str(number())
        elif field in FORMS:
            text = written(moment, form if colon else FORMS[field])
        else:
            hint = did_you_mean(field, NAMES) or f"there are {', '.join(NAMES)}"
            raise InvalidValue(Code.BAD_INTERPOLATION, f"an occurrence has no `{field[:40]}`", hint)
        return f"{OPEN}{text}{CLOSE}" if marked and _varies(field, form) else text

    return named


def written(moment: datetime, form: str) -> str:
    """`form` with its directives filled in. Raises InvalidValue for one that is not known."""

    def directive(found: re.Match[str]) -> str:
        if found[1] not in _DIRECTIVES:
            known = ", ".join(f"%{name}" for name in _DIRECTIVES)
            raise InvalidValue(
                Code.BAD_INTERPOLATION, f"`%{found[1]}` is no part of a date or time", f"there are {known}"
            )
        return _DIRECTIVES[found[1]](moment)

    return _DIRECTIVE.sub(directive, form)


def as_submitted(now: Any, marked: Any, then: Any) -> Any:
    """`then`, what was submitted, where it differs from `now` in nothing but what is marked; else `now`."""
    match now, marked, then:
        case str(), str(), str() if now != then and OPEN in marked:
            return then if _pattern(marked).fullmatch(then) else now
        case list(), list(), list() if len(now) == len(marked) == len(then):
            return [as_submitted(*each) for each in zip(now, marked, then, strict=True)]
        case dict(), dict(), dict() if now.keys() == marked.keys() == then.keys():
            return {key: as_submitted(now[key], marked[key], then[key]) for key in now}
        case _:
            return now


def _numbered(number: int, form: str) -> str:
    if not re.fullmatch(r"0?[1-9]", form):
        raise InvalidValue(
            Code.BAD_INTERPOLATION, f"`{form[:20]}` is no form of a number", "write it as 03 for three digits"
        )
    return f"{number:{form}}"


def _varies(field: str, form: str) -> bool:
    return field in ("time", "number") or bool(re.search(r"%-?[HIMSp]", form))


def _pattern(marked: str) -> re.Pattern[str]:
    """Digits may be any others, and as many more or fewer; what is no digit stays as it is, but for AM and PM."""

    def any_of(text: str) -> str:
        return re.sub(r"AM|PM", "(?:AM|PM)", re.sub(r"\d+", r"\\d+", re.escape(text)))

    parts = re.split(f"{OPEN}(.*?){CLOSE}", marked, flags=re.DOTALL)
    return re.compile("".join(any_of(p) if i % 2 else re.escape(p) for i, p in enumerate(parts)))
