"""`${var.x}` and `${env.NAME}`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.config.support import URL, a_job, loaded, problems, summary, the_job

HEAD = "vars: {n: 12, f: 1.5, t: true, s: text, l: [tiktok, youtube], e: '${env.HERE}!', d: '$${x}'}\n"
ENVIRON = {"HERE": "there", "EMPTY": "", "ODD": "${var.s}", "AURAFLUX_BASE_URL": "u"} | {
    "AFSYNC_ENV": "HERE, EMPTY,ODD,AURAFLUX_BASE_URL,UNSET"
}

WHOLE: list[tuple[str, str, Any]] = [
    ("durationMins", "${var.n}", 12),
    ("durationMins", "'${var.f}'", 1.5),
    ("staging", "${var.t}", True),
    ("tone", "${var.s}", "text"),
    ("platforms", "${var.l}", ["tiktok", "youtube"]),
    ("platforms", "['${var.s}', youtube]", None),
    ("tone", "${env.HERE}", "there"),
]
PARTS: list[tuple[str, str]] = [
    ("a ${var.n} b", "a 12 b"),
    ("${var.n}${var.n}", "1212"),
    ("${var.f}/${var.t}", "1.5/true"),
    ("<${env.HERE}>", "<there>"),
    ("${var.e}", "there!"),
    ("${env.ODD} stays", "${var.s} stays"),
    ("$${var.s}", "${var.s}"),
    ("a $${ b", "a ${ b"),
    ("${var.d}", "${x}"),
    ("$ $x $$ {x}", "$ $x $$ {x}"),
    ("$$${var.s}", "$${var.s}"),
    ("${env.AURAFLUX_BASE_URL}", "u"),
    ("<${env.EMPTY}>", "<>"),
    ("<${env.EMPTY:-none}>", "<none>"),
    ("<${env.UNSET:-a b: c}>", "<a b: c>"),
    ("<${env.HERE:-none}>", "<there>"),
    ("<${env.AFSYNC_VAR_X:-}>", "<>"),
]


@pytest.mark.parametrize(("field", "text", "value"), WHOLE)
def test_a_whole_value_keeps_its_type(field: str, text: str, value: Any, tmp_path: Path) -> None:
    if value is None:
        (problem,) = problems(tmp_path, a_job(f"url: {URL}", f"{field}: {text}", head=HEAD), ENVIRON)
        assert problem.code == "unknown_value"
    else:
        assert the_job(tmp_path, f"url: {URL}", f"{field}: {text}", head=HEAD, environ=ENVIRON).values[field] == value


@pytest.mark.parametrize(("text", "value"), PARTS)
def test_a_part_becomes_text(text: str, value: str, tmp_path: Path) -> None:
    job = the_job(tmp_path, f"url: {URL}", f"topic: '{text}'", head=HEAD, environ=ENVIRON)
    assert job.values["topic"] == value


def test_it_works_in_templates_defaults_and_included_files(tmp_path: Path) -> None:
    main = "version: 1\nvars: {x: hype}\ninclude: [more.yaml]\ndefaults: {job: {tone: '${var.x}'}}\n"
    more = f"templates: {{t: {{name: 'So ${{var.x}}'}}}}\njobs: {{a: {{url: '{URL}', template: t}}}}\n"
    desired = loaded(tmp_path, main, more=more).desired
    assert desired.templates["template.t"].name == "So hype"
    assert desired.jobs["job.a"].values["tone"] == "hype"


def test_keys_are_left_alone(tmp_path: Path) -> None:
    job = the_job(tmp_path, f"url: {URL}", "addOns: {'${var.s}': '${var.s}'}", head=HEAD, environ=ENVIRON)
    assert job.values["addOns"] == {"${var.s}": "text"}


def test_all_that_is_wrong_in_one_text_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, a_job(f"url: {URL}", "topic: ${var.x} ${env.AFSYNC_VAR_Y} ${z}"))
    assert [p.code for p in found] == ["unknown_var", "unknown_env", "bad_interpolation"]


def test_a_broken_variable_is_told_where_it_is_declared_and_not_where_it_is_used(tmp_path: Path) -> None:
    found = problems(
        tmp_path, a_job("url: ${var.a}", "topic: about ${var.a}", head="vars: {a: '${env.AFSYNC_VAR_NO}'}\n")
    )
    assert [summary(p) for p in found] == ["afsync.yaml:2:11 unknown_env"]


def test_an_environment_that_is_not_text(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, a_job(f"url: {URL}", "tone: ${env.AFSYNC_VAR_BAD}"), {"AFSYNC_VAR_BAD": "a\udcffb"})
    assert (problem.code, problem.address) == ("bad_character", "job.a")


@pytest.mark.parametrize("section", ["state", "timezone", "lineage"])
def test_settings_hold_no_references(section: str, tmp_path: Path) -> None:
    found = problems(tmp_path, f"version: 1\n{section}: ${{env.X}}\n", {"X": "UTC"})
    assert "bad_interpolation" in {p.code for p in found}


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY", "ACTIONS_RUNTIME_URL", "DB_PASSWORD", "NPM_AUTH"),
        *("SSH_PRIVATE_KEY", "github_token", "CI_JOB_JWT_V2", "GH_PAT", "SENTRY_DSN", "KEY"),
    ],
)
def test_a_secret_of_the_pipeline_cannot_be_read(name: str, tmp_path: Path) -> None:
    """A pull request must not be able to print it into its own plan."""
    (problem,) = problems(
        tmp_path, a_job(f"url: {URL}", f"tone: ${{env.{name}}}"), environ={name: "hush", "AFSYNC_ENV": name}
    )
    assert problem.code == "forbidden_env" and "hush" not in problem.message


@pytest.mark.parametrize("name", ["CLIP", "MONKEY", "KEYNOTE", "PATH_OF_CLIPS", "AUTHOR", "COMPASS"])
def test_a_name_that_only_sounds_like_one_can(name: str, tmp_path: Path) -> None:
    job = the_job(tmp_path, f"url: {URL}", f"tone: ${{env.{name}}}", environ={name: "x", "AFSYNC_ENV": name})
    assert job.values["tone"] == "x"


@pytest.mark.parametrize("default", ["", ":-none"])
@pytest.mark.parametrize("name", ["DATABASE_URL", "CI_REPOSITORY_URL", "HOME", "CLIP", "AFSYNC_VAR_"])
def test_what_is_not_listed_cannot_be_read(name: str, default: str, tmp_path: Path) -> None:
    """A pull request writes the files, and its plan is posted."""
    environ = {name: "hush", "AFSYNC_ENV": "SEASON, OTHER"}
    (problem,) = problems(tmp_path, a_job(f"url: {URL}", f"tone: ${{env.{name}{default}}}"), environ)
    told = f"{problem.message} {problem.hint}"
    assert problem.code == "forbidden_env" and "hush" not in told
    if name == "CLIP":
        assert "AFSYNC_ENV=SEASON,OTHER,CLIP" in told and "${env.AFSYNC_VAR_CLIP}" in told


@pytest.mark.parametrize("name", ["AFSYNC_ENV", "AFSYNC_STATE", "AFSYNC_QUARANTINE", "afsync_state"])
def test_how_afsync_itself_is_set_up_cannot_be_read(name: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, a_job(f"url: {URL}", f"tone: ${{env.{name}}}"), {name: "x", "AFSYNC_ENV": name})
    assert problem.code == "forbidden_env" and "AFSYNC_VAR_" in (problem.hint or "")


CREDENTIALS = {
    "https://bob:hush@git.example/x.git": True,
    "https://hush@git.example/x.git": True,
    "see https://bob:hu/sh@git.example/": True,
    "postgres://bob:hush@db/x": True,
    "//bob:hush@git.example/x.git": True,
    "bob:hush@git.example": True,
    "https:// bob:hush@git.example/": True,
    "https://clips.twitch.tv/your-clip": False,
    "mailto:bob@example.org": False,
    "Plays: ask bob@example.org": False,
    "https://www.youtube.com/@channel/videos": False,
    "http://localhost:8080/@channel": False,
    "write to bob@example.org: now": False,
}


@pytest.mark.parametrize(("value", "refused"), CREDENTIALS.items())
def test_a_url_with_credentials_is_not_shown(value: str, refused: bool, tmp_path: Path) -> None:
    environ = {"AFSYNC_VAR_X": value}
    text = a_job(f"url: {URL}", "topic: ${env.AFSYNC_VAR_X}")
    if refused:
        (problem,) = problems(tmp_path, text, environ)
        assert problem.code == "forbidden_env" and "hush" not in f"{problem.message} {problem.hint}"
    else:
        assert loaded(tmp_path, text, environ).desired.jobs["job.a"].values["topic"] == value
