"""What the quick check of a file lets pass, the models let pass too; and the files people write do pass."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afsync.config.form_problems import check
from afsync.config.keys.part import Part, fits
from afsync.config.keys.project import IncludedFile, ProjectFile
from afsync.config.problems import BROKEN
from tests.builders import every_field, places
from tests.config.support import URL
from tests.scale import EVERYTHING, scaled

ROOT = Path(__file__).parents[2]

BODY = every_field()
LIFECYCLE = {"lifecycle": {"prevent_destroy": True, "ignore_changes": ["tone", "schedule"]}}
WHOLE: dict[str, Any] = {
    "version": 1,
    "lineage": "0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11",
    "api": {"base_url": "https://api.example.com/v1", "exclusive": True, "quarantine": "90s"},
    "state": ".afsync/state.json",
    "timezone": "Europe/Berlin",
    "horizon": "14d",
    "keep": "90d",
    "limits": {"max_credits": 20, "max_creates": 50, "max_deletes": "30%"},
    "policy": {
        "allowed_platforms": ["tiktok", "youtube"],
        "require_staging": True,
        "min_lead": "2h",
        "max_per_day": {"tiktok": 3},
        "blackouts": [
            {
                "days": ["sat", "sun"],
                "dates": "2026-12-24 to 2026-12-26",
                "hours": "22:00 to 06:00",
                "reason": "Christmas",
            }
        ],
        "publish_windows": [{"days": ["mon"], "reason": "Then"}, {"dates": "2026-12-24"}],
        "spacing": {"tiktok": "2h"},
        "max_gap": {"youtube": "7d"},
        "budget": {"credits": 60, "per": "month", "zone": "UTC", "then": "warn"},
        "exceptions": [{"job": "a", "rule": "spacing", "until": "2026-12-24", "reason": "final", "by": "Anna"}],
    },
    "include": ["calendar/**/*.yaml"],
    "vars": {"show": "Weekly", "days": ["mon", 2, 1.5, True]},
    "defaults": {"job": {**BODY, "entry": "fetch", "zone": "UTC"}},
    "import": {"job.best": "job_8f31", "template.weekly": "tpl_1"},
    "templates": {"weekly": {**BODY, **LIFECYCLE, "name": "Weekly", "description": "A note"}},
    "jobs": {
        "best": {
            **BODY,
            **LIFECYCLE,
            "entry": "fetch",
            "template": "weekly",
            "fromTemplateId": "tpl_abc",
            "url": URL,
            "urls": [URL, "http://a.b/c?d=1"],
            "file": "media/intro.mp4",
            "fileId": "file_abc",
            "schedule": "2026-12-01 09:00",
            "rerun": 1,
            "approve": "job_8f31",
            "allow_duplicate": False,
            "zone": "America/New_York",
            "horizon": "28d",
            "keep": "36h",
            "rows": {"file": "recaps.xlsx", "key": "date", "sheet": "Plan", "where": {"show": "one"}},
            "repeat": {
                "every": "2 weeks",
                "days": ["mon", "last fri", 31, "last"],
                "at": {"main": "09:00", "late": "18:00:30"},
                "zone": "UTC",
                "from": "2026-12-07",
                "until": "2027-06-30",
                "count": 12,
                "dates": ["2026-12-05 20:15", "2026-12-06"],
                "holidays": {"of": "DE-BE", "then": "next"},
                "rrule": "FREQ=WEEKLY;BYDAY=TU,TH",
                "missing_time": "later",
                "repeated_time": "first",
            },
            "except": {
                "2026-12-28": "skip",
                "2027-01-04/late": {"on": "2027-01-05", "at": "11:00", "import": "job_1", "topic": "New", **LIFECYCLE},
            },
        },
        "other": {"rerun": "2026", "effects": "none", "durationMins": 1},
    },
}
"""Every key there is. Not a sensible project: some of these exclude one another, which is not a matter of form."""

ODD: list[Any] = [
    *(None, BROKEN, "", " ", "a b", "x\n", "no", "x" * 501, "x" * 3000, "${var.a}"),
    *(True, False, 0, 1, -1, 2, 1.0, 0.5, -0.5, 121, 1e300, 10**30, float("nan"), float("inf")),
    *([], [None], [1], ["x", "x"], [[]], {}, {"": 1}, {"x": None}),
    *(
        "emulator",
        "http://a.b",
        "https://u:p@a.b/",
        "ftp://a.b/",
        "http://127.0.0.1:1/x",
        "https://a.b/?q",
        "/abs",
        "../x",
    ),
    *("skip", "first mon", "last", "2 weeks", "2026-12-28/late", "FREQ=DAILY", "29d", 31, 32, 10_001),
    *("24h", "25h", "1d", "10m ", "101%", "٣%", "100%", "UTC", "Mars/Olympus", "mon", "tiktok", "22:00 to 06:00"),
    *("2026-12-24", "2026-13-24", "job.a", "template.", "1", "1.5", "0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a1"),
]


PLACES = list(places(WHOLE))[1:]
TURNS = 1 if EVERYTHING else 4
"""The places take turns with the odd values: each value is at every fourth place, each place has a fourth of them."""
VALUES = st.sampled_from(ODD) | st.sampled_from(PLACES).map(lambda path: at(WHOLE, path))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def altered(draw: st.DrawFn) -> dict[str, Any]:
    """The whole file with a few values changed, removed, or given another key."""
    value = copy.deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        try:
            holder = at(value, path[:-1])
            held = holder.pop(path[-1])
        except (LookupError, TypeError, AttributeError):
            continue  # what an earlier alteration took away
        match draw(st.sampled_from(["change", "change", "remove", "rename", "double"])):
            case "change":
                held = draw(VALUES)
            case "remove":
                continue
            case "rename":
                path = (*path[:-1], draw(st.sampled_from(["naem", "Topic", "job.a", "a b", "", "x" * 101])))
            case "double" if isinstance(holder, list):
                holder.append(held)
        if isinstance(holder, list):
            holder.insert(0, copy.deepcopy(held))
        else:
            holder[path[-1]] = copy.deepcopy(held)
    return value


def accepted(value: dict[str, Any], part: type[Part] = ProjectFile) -> bool:
    return not check(part, value)[1]


@settings(max_examples=scaled(200), deadline=None)
@given(value=altered())
@example(value={**WHOLE, "vars": {"a": None}})
@example(value={**WHOLE, "templates": None, "jobs": None, "defaults": {"job": None}})
def test_what_fits_is_right(value: dict[str, Any]) -> None:
    if fits(value, ProjectFile):
        assert accepted(value)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_no_odd_value_passes_that_the_authority_refuses(path: tuple[Any, ...]) -> None:
    value = copy.deepcopy(WHOLE)
    holder, passed, some = at(value, path[:-1]), 0, ODD[PLACES.index(path) % TURNS :: TURNS]
    for odd in some:
        holder[path[-1]] = odd
        if fits(value, ProjectFile):
            assert accepted(value), odd
            passed += 1
    assert passed < len(some) or "clipSpec" in path or "addOns" in path or "effects" in path


def test_the_whole_file_fits() -> None:
    included = {key: WHOLE[key] for key in ("version", "import", "templates", "jobs")}
    assert fits(WHOLE, ProjectFile)
    assert fits(included, IncludedFile)
    assert accepted(WHOLE)
    assert not fits({**included, "timezone": "UTC"}, IncludedFile)


@pytest.mark.parametrize("example", ["quickstart", "content-calendar", "season"])
def test_what_is_right_is_read_without_the_authority(example: str) -> None:
    script = (
        "import sys; from afsync.cli import run; assert not run(sys.argv[1:]);"
        "assert not {'pydantic', 'afsync.config.models'} & {*sys.modules}"
    )
    directory = str(ROOT / "examples" / example)
    subprocess.run([sys.executable, "-c", script, "-C", directory, "validate"], check=True, timeout=60)
