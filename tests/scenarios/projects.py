"""Whole projects that Hypothesis makes up: every field of the configuration, in files as people would split them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from msgspec import Struct, field

from afsync.config.keys.part import keys_of
from afsync.config.keys.resources import Body
from tests.harness import LINEAGE

RAW_TEMPLATE = "tpl_raw"
"""Stands for the id of a template that the files do not declare, until there is one."""

Fields = dict[str, Any]
Strategy = st.SearchStrategy[Any]

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,6}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=12).map(
    lambda text: text.replace("${", "$(")
)
TEXTS = WORDS | st.sampled_from(
    ["${var.show} #1", "${env.AFSYNC_VAR_SHOW}: finals", "${var.show}", "costs $${5}", "null", "1"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9, width=16) | WORDS,
    lambda c: st.lists(c, max_size=2) | st.dictionaries(WORDS, c, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
URLS = st.sampled_from(["https://clips.twitch.tv/one", "https://kick.com/two?x=1&y=ü", "http://a.example/three.mp4"])
PLATFORMS = st.lists(st.sampled_from(["tiktok", "youtube", "instagram"]), min_size=1, unique=True) | st.just(
    "${var.everywhere}"
)
TIMES = st.sampled_from(
    [
        "2031-01-06 09:00",
        "2031-07-06 09:00:30",
        "2031-01-06T09:00",
        "2031-01-06T09:00:00Z",
        "2031-03-30 02:30+01:00",
        "2032-02-29 23:59-11:00",
    ]
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


def made_up(hint: Any) -> Strategy:
    """Values of the type of a field."""
    match get_origin(hint):
        case origin if origin is Literal:
            return st.sampled_from(get_args(hint))
        case origin if origin is Annotated:
            return made_up(get_args(hint)[0])
        case origin if origin is dict:
            return OBJECTS
    return {str: TEXTS, bool: st.booleans()}[hint]


_NAMED: dict[str, Strategy] = {
    "durationMins": st.integers(1, 120) | st.sampled_from([1.0, 1.5, 60.25]),
    "platforms": PLATFORMS,
    "publishMode": st.sampled_from(["immediate", "manual"]),
    "effects": OBJECTS | st.lists(JSON, max_size=2),
}
COMMON = {name: _NAMED[name] if name in _NAMED else made_up(key.type) for name, key in keys_of(Body).items()}
"""The fields of jobs, templates and defaults."""

NAMED = [*COMMON, "url", "urls", "template", "schedule", "entry"]
LIFECYCLE = st.fixed_dictionaries(
    {},
    optional={
        "prevent_destroy": st.booleans(),
        "ignore_changes": st.lists(st.sampled_from(NAMED), max_size=3, unique=True),
    },
)
TEMPLATE: dict[str, Strategy] = {
    **COMMON,
    "name": TEXTS,
    "description": TEXTS,
    "publishMode": st.sampled_from(["immediate", "manual", "scheduled"]),
    "lifecycle": LIFECYCLE,
}
DEFAULTS: dict[str, Strategy] = {
    **COMMON,
    "entry": st.sampled_from(["fetch", "compose", "generate"]),
    "publish": st.just("service"),
    "zone": ZONES,
}
JOB: dict[str, Strategy] = {
    **COMMON,
    "schedule": TIMES,
    "zone": ZONES,
    "rerun": st.booleans() | st.integers(-3, 3) | st.sampled_from([1.1, 0.5]) | WORDS,
    "allow_duplicate": st.booleans(),
    "publish": st.just("service"),  # what is held has tests of its own
    "lifecycle": LIFECYCLE,
}
"""Fields that a job may have whatever it is made from; the others are drawn together, in `_source` and `_origin`."""
SOURCE = frozenset({"entry", "url", "urls", "file", "fileId", "template", "fromTemplateId"})
SERIES = frozenset({"repeat", "rows", "exceptions", "keep"})
"""What makes several jobs of one: the properties of series have tests of their own."""
HORIZON = frozenset({"horizon"})
"""What holds a job back until its time comes near, so that a first apply would not submit everything."""
LATER = frozenset({"approve"})
LATER_TOP = frozenset({"imports"})
"""What names a submission, or anything else that is there already, can only be written once there is one."""

TOP: dict[str, Strategy] = {
    "timezone": ZONES,
    "keep": st.sampled_from(["0d", "60d"]),
    "state": st.sampled_from([".afsync/state.json", "elsewhere/mine.json"]),
    "api": st.fixed_dictionaries(
        {},
        optional={
            "exclusive": st.booleans(),
            "quarantine": st.sampled_from(["0s", "90s", "10m"]),
            "settle": st.sampled_from(["0s", "2m"]),
            "watch": st.sampled_from(["90m", "7d"]),
            "late": st.sampled_from(["30m", "6h"]),
            "publish": st.just("service"),
            "base_url": st.just("https://api.auraflux.co/v1"),  # the environment says otherwise
        },
    ),
    "limits": st.fixed_dictionaries(
        {},
        optional={
            "max_credits": st.just(1000),
            "max_creates": st.just(1000),
            "max_deletes": st.sampled_from([1000, "100%"]),
        },
    ),
    "policy": st.fixed_dictionaries(
        {},
        optional={
            "require_staging": st.just(False),
            "max_per_day": st.just({"tiktok": 100}),
            "blackouts": st.just([{"days": ["sat"], "dates": "2020-01-01", "hours": "22:00 to 06:00", "reason": "x"}]),
        },
    ),
    "defaults": st.fixed_dictionaries({}, optional={"job": st.fixed_dictionaries({}, optional=DEFAULTS)}),
}
"""Nothing of it holds anything back."""

STRICT: dict[str, Strategy] = {
    "allowed_platforms": st.just(["tiktok", "youtube"]),
    "require_staging": st.just(True),
    "require_proven_schedule": st.just(True),
    "min_lead": st.sampled_from(["30m", "2d"]),
    "max_per_day": st.sampled_from([{"tiktok": 1}, {"tiktok": 0, "youtube": 1}]),
    "blackouts": st.lists(
        st.sampled_from([{"days": ["mon", "tue"]}, {"dates": "2031-01-01 to 2031-12-31"}, {"hours": "22:00 to 06:00"}]),
        max_size=2,
    ),
    "publish_windows": st.sampled_from([[{"days": ["wed", "sat"]}], [{"hours": "09:00 to 21:00"}]]),
    "spacing": st.sampled_from([{"tiktok": "2h"}, {"tiktok": "1d", "youtube": "30m"}]),
    "max_gap": st.sampled_from([{"youtube": "7d"}]),
    "budget": st.sampled_from([{"credits": 3}, {"credits": 2, "per": "week"}, {"credits": 1, "then": "warn"}]),
    "exceptions": st.sampled_from([[{"job": "*", "rule": "spacing", "until": "2031-01-01", "reason": "Agreed"}]]),
}
"""A policy that does."""


class Declared(Struct, frozen=True):
    """What a project says, before it is written into files."""

    top: Fields = field(default_factory=dict)
    templates: Fields = field(default_factory=dict)
    jobs: Fields = field(default_factory=dict)
    split: bool = False

    def files(self, raw: str) -> dict[str, str]:
        """Name to text; `raw` is the id of a template that nobody declares."""
        variables = {"show": "Weekly CS2", "everywhere": ["tiktok", "youtube"], "unused": 1.5}
        main = {"version": 1, "lineage": LINEAGE, "vars": variables, "timezone": "UTC", **self.top}
        sections = {"templates": self.templates, "jobs": self.jobs}
        if not self.split:
            return {"afsync.yaml": _yaml({**main, **sections}, raw)}
        named: dict[str, Fields] = {
            "more/a.yaml": {"version": 1, "templates": self.templates},
            "more/deep/b.yaml": {"jobs": self.jobs},
        }
        include = {"include": ["more/*.yaml", "more/**/*.yaml"]}
        return {"afsync.yaml": _yaml({**main, **include}, raw), **{name: _yaml(v, raw) for name, v in named.items()}}


def _yaml(sections: Fields, raw: str) -> str:
    return "".join(
        f"{name}: {json.dumps(value, ensure_ascii=False).replace(RAW_TEMPLATE, raw)}\n"
        for name, value in sections.items()
    )


@st.composite
def projects(draw: st.DrawFn) -> Declared:
    """A valid project."""
    top = draw(st.fixed_dictionaries({}, optional=TOP))
    optional = {name: strategy for name, strategy in TEMPLATE.items() if name != "name"}
    a_template = st.fixed_dictionaries({"name": TEMPLATE["name"]}, optional=optional)
    templates = draw(st.dictionaries(KEYS, a_template, max_size=3))
    jobs = {key: _job(draw, templates, top) for key in draw(st.lists(KEYS, max_size=4, unique=True))}
    return Declared(top, templates, jobs, draw(st.booleans()))


def _job(draw: st.DrawFn, templates: Fields, top: Fields) -> Fields:
    job: Fields = draw(st.fixed_dictionaries({}, optional=JOB))
    job |= _origin(draw, templates)
    defaults = {} if "fromTemplateId" in job else top.get("defaults", {}).get("job", {})
    job |= _source(draw, defaults.get("entry", "fetch"))
    if "schedule" in job:
        job.pop("publishMode", None)
        job |= draw(st.sampled_from([{}, {"publishMode": "scheduled"}]))
    elif templates.get(str(job.get("template")), {}).get("publishMode") == "scheduled":
        job.setdefault("publishMode", "manual")
    return job


def _origin(draw: st.DrawFn, templates: Fields) -> Fields:
    options: list[Fields] = [{}, {"fromTemplateId": RAW_TEMPLATE}, *({"template": key} for key in templates)]
    return draw(st.sampled_from(options))


def _source(draw: st.DrawFn, default: str) -> Fields:
    entry = draw(st.sampled_from([None, "fetch", "upload", "compose", "generate"]))
    own = {} if entry is None else {"entry": entry}
    match entry or default:
        case "fetch":
            urls = {"url": URLS, "urls": st.lists(URLS, min_size=1, max_size=3)}
            some = draw(st.lists(st.sampled_from(["url", "urls"]), min_size=1, unique=True))
            return {**own, **{name: draw(urls[name]) for name in some}}
        case "upload":
            files = [{"file": "media/intro.mp4"}, {"file": "media/other.mov"}, {"fileId": "file_known"}]
            return {**own, **draw(st.sampled_from(files))}
        case _:
            return own
