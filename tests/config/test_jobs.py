"""What a job comes to: its body, its defaults, and what is afsync's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.config.declarations import Declared
from afsync.config.document import Document
from afsync.config.files import Media
from afsync.config.job_checks import Finding
from afsync.config.jobs import JobContext, job_reader
from afsync.config.loader import load
from afsync.config.problems import BROKEN
from afsync.core.resources import Limits
from tests.builders import every_field
from tests.config.support import URL, loaded, the_job
from tests.scale import scaled

FETCH = f"url: {URL}"
HEAD = """\
templates: {t: {name: T, tone: calm, addOns: {a: {b: 1}}}}
defaults: {job: {tone: hype, platforms: [tiktok], publishMode: manual, addOns: {c: 1}}}
"""
DEFAULTED: list[tuple[list[str], dict[str, Any]]] = [
    ([], {"tone": "hype", "platforms": ["tiktok"], "publishMode": "manual", "addOns": {"c": 1}}),
    (["tone: dry"], {"tone": "dry", "platforms": ["tiktok"], "publishMode": "manual", "addOns": {"c": 1}}),
    (["addOns: {}"], {"tone": "hype", "platforms": ["tiktok"], "publishMode": "manual", "addOns": {}}),
    (["template: t"], {"template": "t", "platforms": ["tiktok"], "publishMode": "manual"}),
    (["template: t", "tone: dry"], {"template": "t", "tone": "dry", "platforms": ["tiktok"], "publishMode": "manual"}),
    (["fromTemplateId: tpl_1"], {"fromTemplateId": "tpl_1"}),
    (["schedule: 2026-12-01 09:00Z"], {"tone": "hype", "platforms": ["tiktok"], "addOns": {"c": 1}}),
    (["publishMode: immediate", "addOns: {}", "tone: x"], {"tone": "x", "platforms": ["tiktok"],
                                                           "publishMode": "immediate", "addOns": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "values"), DEFAULTED)
def test_defaults_fill_what_neither_the_job_nor_its_template_sets(
    lines: list[str], values: dict[str, Any], tmp_path: Path
) -> None:
    assert the_job(tmp_path, FETCH, *lines, head=HEAD).values == {"url": URL, **values}


def test_a_default_entry_counts(tmp_path: Path) -> None:
    job = the_job(tmp_path, "prompt: x", head="defaults: {job: {entry: generate}}\n")
    assert job.values == {"entry": "generate", "prompt": "x"}


def test_a_schedule_implies_its_publish_mode(tmp_path: Path) -> None:
    alone = the_job(tmp_path, FETCH, "schedule: 2026-12-01 09:00Z")
    spelled = the_job(tmp_path, FETCH, "publishMode: scheduled", "schedule: 2026-12-01 09:00Z")
    assert alone == spelled
    assert alone.values == {"url": URL}


BODY = every_field()
EVERYTHING = [f"{name}: {json.dumps(value)}" for name, value in BODY.items()]


def test_every_field_of_a_job_survives(tmp_path: Path) -> None:
    own = ["rerun: 2", "allow_duplicate: true", "lifecycle: {prevent_destroy: true, ignore_changes: [tone, schedule]}"]
    job = the_job(tmp_path, *EVERYTHING, f"urls: [{URL}, {URL}]", "entry: fetch", "fromTemplateId: tpl_1", *own)
    assert job.values == {**BODY, "urls": [URL, URL], "entry": "fetch", "fromTemplateId": "tpl_1"}
    assert (job.rerun, job.allow_duplicate, job.prevent_destroy) == ("2", True, True)
    assert job.ignore_changes == ("schedule", "tone")
    assert str(load(tmp_path, environ={}).locate("job.a")) == "afsync.yaml:3:3"


def test_every_field_of_a_template_survives(tmp_path: Path) -> None:
    fields = "".join(f"    {line}\n" for line in EVERYTHING)
    own = "    name: N\n    description: D\n    lifecycle: {prevent_destroy: false}\n"
    text = f"version: 1\ntemplates:\n  t:\n{own}{fields}"
    (template,) = loaded(tmp_path, text).desired.templates.values()
    assert template.values == {"name": "N", "description": "D", **BODY}
    assert (template.prevent_destroy, template.ignore_changes) == (False, ())
    assert list(template.values)[:3] == ["name", "description", "topic"], "in the order in which fields are shown"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1", "1"),
        ("'1'", "1"),
        ("true", "true"),
        ("1.10", "1.10"),
        ("1.1", "1.1"),
        ("2026-12-01", "2026-12-01"),
        ("${var.r}", "1.5"),
        ("", None),
    ],
)
def test_rerun_is_text(written: str, text: str | None, tmp_path: Path) -> None:
    job = the_job(tmp_path, FETCH, *([f"rerun: {written}"] if written else []), head="vars: {r: 1.5}\n")
    assert job.rerun == text


def test_what_is_not_said_is_not_there(tmp_path: Path) -> None:
    job = the_job(tmp_path, FETCH)
    assert (job.rerun, job.allow_duplicate, job.prevent_destroy, job.schedule, job.file) == (
        None,
        False,
        None,
        None,
        None,
    )


def test_settings(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "version: 1\n").settings
    assert (settings.base_url, settings.quarantine) == ("https://api.auraflux.co/v1", 600)
    assert (settings.exclusive, settings.state, settings.timezone) == (None, ".afsync/state.json", None)
    api = "api: {base_url: 'http://127.0.0.1:80/v1/', exclusive: true, quarantine: 1h}\n"
    settings = loaded(tmp_path, f"version: 1\nstate: a/b.json\ntimezone: UTC\n{api}").settings
    assert (settings.base_url, settings.quarantine) == ("http://127.0.0.1:80/v1", 3600)
    assert (settings.exclusive, settings.state, settings.timezone) == (True, "a/b.json", "UTC")


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("{}", Limits()),
        ("", Limits()),
        ("{max_credits: 0, max_creates: 5, max_deletes: 7}", Limits(0, 5, 7)),
        ("{max_deletes: 30%}", Limits(max_deletes_percent=30.0)),
        ("{max_deletes: '12.5%'}", Limits(max_deletes_percent=12.5)),
    ],
)
def test_limits(written: str, limits: Limits, tmp_path: Path) -> None:
    assert loaded(tmp_path, f"version: 1\nlimits: {written}\n").desired.limits == limits


@pytest.mark.parametrize("url", ["http://localhost:1/v1", "http://[::1]/v1", "https://example.org/v1", "emulator"])
def test_base_urls(url: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, f"version: 1\napi: {{base_url: '{url}'}}\n").settings.base_url == url


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "url": st.just(URL),
        "urls": st.just([URL]),
        "file": st.just("a.mp4"),
        "fileId": st.just("file_1"),
        "entry": st.sampled_from(["fetch", "upload", "compose", "generate", BROKEN]),
        "template": st.sampled_from(["plain", "scheduled", "none", BROKEN]),
        "fromTemplateId": st.just("tpl_1"),
        "publishMode": st.sampled_from(["immediate", "manual", "scheduled", BROKEN]),
        "schedule": st.sampled_from(["2026-12-01 09:00Z", "tomorrow"]),
    },
)
DEFAULTS = st.sampled_from([{}, {"entry": "compose"}, {"publishMode": "manual"}])


@settings(max_examples=scaled(150), deadline=None)
@given(jobs=st.lists(FIELDS, min_size=1, max_size=12), defaults=DEFAULTS, imports=st.sets(st.integers(0, 11)))
def test_no_job_is_right_because_another_is(
    jobs: list[dict[str, Any]], defaults: dict[str, Any], imports: set[int]
) -> None:
    """Those of a form that was found right are not looked at again; each must come out as it does alone."""
    document = Document("afsync.yaml", "")
    templates = {
        "plain": Declared(document, "templates", "plain", {"name": "P"}),
        "scheduled": Declared(document, "templates", "scheduled", {"name": "S", "publishMode": "scheduled"}),
    }
    taken = {f"job.j{number}" for number in imports}
    context = JobContext(templates, defaults, None, Media(Path("/nowhere")), imports=taken)
    declared = [Declared(document, "jobs", f"j{number}", fields) for number, fields in enumerate(jobs)]
    read = job_reader(context)
    together = [read(job).problems for job in declared]
    alone = [job_reader(context)(job).problems for job in declared]
    assert list(map(_told, together)) == list(map(_told, alone))


def _told(problems: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(field, wrong.code, str(wrong)) for field, wrong in problems]
