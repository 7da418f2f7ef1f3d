"""However it is written, it declares the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.config.loader import load
from afsync.config.scalars import resolve
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.resources import Desired
from tests.config.support import URL, write
from tests.scale import scaled

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=12).map(
    lambda text: text.replace("${", "$(")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS, lambda c: st.lists(c, max_size=2), max_leaves=3
)
PLATFORMS = st.lists(st.sampled_from(["tiktok", "youtube", "instagram"]), min_size=1, unique=True)
BODY: dict[str, st.SearchStrategy[Any]] = {
    "topic": TEXTS,
    "tone": TEXTS,
    "durationMins": st.integers(1, 120) | st.sampled_from([1.5, 60.25]),
    "platforms": PLATFORMS,
    "staging": st.booleans(),
    "effects": JSON.filter(lambda value: value is not None),
    "addOns": st.dictionaries(TEXTS, JSON, max_size=2),
}
TEMPLATES = st.dictionaries(KEYS, st.fixed_dictionaries({"name": TEXTS}, optional=BODY), max_size=3)
JOBS = st.dictionaries(
    KEYS,
    st.fixed_dictionaries(
        {"url": st.just(URL)},
        optional={**BODY, "rerun": TEXTS, "schedule": st.just("2029-12-01 09:00Z"), "allow_duplicate": st.booleans()},
    ),
    max_size=4,
)


class Spelling:
    """One of the many ways to write a value, chosen as Hypothesis draws."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def choose(self, *options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def shuffle(self, items: list[Any]) -> list[Any]:
        return self.data.draw(st.permutations(items))

    def scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        single = "'" + value.replace("'", "''") + "'"
        plain = value if value.isascii() and value.isalnum() and isinstance(resolve(value), str) else single
        return str(self.choose(json.dumps(value), json.dumps(value, ensure_ascii=False), single, plain))

    def flow(self, value: Any) -> str:
        match value:
            case dict():
                items = [f"{self.scalar(k)}: {self.flow(v)}" for k, v in self.shuffle(list(value.items()))]
                return "{" + ", ".join(items) + "}"
            case list():
                return "[" + ", ".join(map(self.flow, value)) + "]"
            case _:
                return self.scalar(value)

    def entries(self, section: dict[str, Any]) -> str:
        """Resources; each after the first may draw from it by `<<` what both have in common."""
        lines: list[str] = []
        first: dict[str, Any] = {}
        for key, fields in self.shuffle(list(section.items())):
            merging = bool(lines) and first.keys() <= fields.keys() and self.choose(True, False)
            own = {k: v for k, v in fields.items() if not merging or k not in first or first[k] != v}
            body = self.flow(own)[1:-1]
            parts = [p for p in (body, "<<: *first" if merging else "") if p]
            lines.append(f"  {json.dumps(key)}: {'' if lines else '&first '}{{{', '.join(parts)}}}\n")
            first = first or fields
        return "".join(lines)

    def files(self, templates: dict[str, Any], jobs: dict[str, Any]) -> dict[str, str]:
        split = self.choose(True, False)
        parts = [f"{n}:\n{self.entries(s)}" for n, s in (("templates", templates), ("jobs", jobs))]
        if not split:
            return {"afsync.yaml": "".join(self.shuffle(["version: 1\n", *parts]))}
        names = self.shuffle(["a.yaml", "d/b.yaml"])
        # A file of its own that holds nothing says so; a key without a value may have been cut off.
        said = [p if ":\n " in p else p.replace(":\n", ": {}\n") for p in parts]
        return {"afsync.yaml": "include: ['**/*.yaml']\nversion: 1\n", **dict(zip(names, said, strict=True))}


def declared(files: dict[str, str]) -> Desired:
    with tempfile.TemporaryDirectory() as root:
        return load(write(Path(root), files), environ={}).desired


@settings(max_examples=scaled(40), deadline=None)
@given(data=st.data(), templates=TEMPLATES, jobs=JOBS)
def test_the_way_of_writing_changes_nothing(data: st.DataObject, templates: Any, jobs: Any) -> None:
    plainly = f"version: 1\ntemplates: {json.dumps(templates)}\njobs: {json.dumps(jobs)}\n"
    one, other = declared({"afsync.yaml": plainly}), declared(Spelling(data).files(templates, jobs))
    assert one == other
    assert list(one.jobs) == list(other.jobs), "and they come in the same order"
    assert [list(j.values) for j in one.jobs.values()] == [list(j.values) for j in other.jobs.values()]
    assert [fingerprint(Kind.JOB, j.values) for j in one.jobs.values()] == [
        fingerprint(Kind.JOB, j.values) for j in other.jobs.values()
    ]


@settings(max_examples=scaled(30), deadline=None)
@given(templates=TEMPLATES, jobs=JOBS)
def test_what_was_written_is_what_is_declared(templates: Any, jobs: Any) -> None:
    desired = declared({"afsync.yaml": f"version: 1\ntemplates: {json.dumps(templates)}\njobs: {json.dumps(jobs)}\n"})
    assert {t.key: dict(t.values) for t in desired.templates.values()} == templates
    own = {"rerun", "schedule", "allow_duplicate"}
    assert {j.key: dict(j.values) for j in desired.jobs.values()} == {
        key: {k: v for k, v in fields.items() if k not in own} for key, fields in jobs.items()
    }
