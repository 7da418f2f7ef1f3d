"""Several files: which are read, and what each may say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from afsync.config.loader import load
from afsync.errors import ConfigError
from tests.config.support import URL, loaded, problems, summary, write

MAIN = "version: 1\ninclude: [{}]\n"
JOB = "url: '" + URL + "'"


def jobs_of(root: Path, pattern: str, **files: str) -> set[str]:
    more = {name: f"jobs: {{{name.split('__')[-1].strip('.')}: {{{JOB}}}}}\n" for name in files}
    return {j.key for j in loaded(root, MAIN.format(pattern), {}, **more).desired.jobs.values()}


PATTERNS: list[tuple[str, set[str]]] = [
    ("a.yaml", {"a"}),
    ("./a.yaml", {"a"}),
    ("'*.yaml'", {"a", "b"}),
    ("d/*.yaml", {"c"}),
    ("d/**/*.yaml", {"c", "e"}),
    ("'**/*.yaml'", {"a", "b", "c", "e"}),
    ("'**/e.yaml'", {"e"}),
    ("'[ab].yaml', 'a.*'", {"a", "b"}),
    ("'*/?.yaml'", {"c"}),
    (".hidden/*.yaml", {"h"}),
]


@pytest.mark.parametrize(("pattern", "keys"), PATTERNS)
def test_patterns(pattern: str, keys: set[str], tmp_path: Path) -> None:
    names = ["a", "b", "d__c", "d__deep__e", ".hidden__h"]
    assert jobs_of(tmp_path, pattern, **dict.fromkeys(names, "")) == keys


def test_files_are_listed_in_order_with_the_hash_of_their_bytes(tmp_path: Path) -> None:
    text = "\ufeffjobs: {}\r\n"
    project = loaded(tmp_path, MAIN.format("z.yaml, '**/*.yaml'"), z=text, d__b="", a="# empty\n")
    assert [f.path for f in project.files] == ["afsync.yaml", "a.yaml", "d/b.yaml", "z.yaml"]
    assert project.files[-1].sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": f"jobs: {{a: {{{JOB}}}}}\n"})
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    project = loaded(tmp_path, MAIN.format("a.yaml, a.yaml, '*.yaml'"))
    assert len(project.desired.jobs) == 1
    assert [f.path for f in project.files] == ["afsync.yaml", "a.yaml"]


def test_links_stay_inside(tmp_path: Path) -> None:
    write(tmp_path, {"outside.yaml": "jobs: {}\n", "p/inside.yaml": "jobs: {}\n"})
    root = tmp_path / "p"
    (root / "a.yaml").symlink_to("inside.yaml")
    loaded(root, MAIN.format("a.yaml"))
    (root / "a.yaml").unlink()
    (root / "a.yaml").symlink_to("../outside.yaml")
    (problem,) = problems(root, MAIN.format("'*.yaml'"))
    assert (summary(problem), "`a.yaml`" in problem.message) == ("afsync.yaml:2:11 outside_project", True)


def test_linked_directories_are_not_walked_in_circles(tmp_path: Path) -> None:
    write(tmp_path, {"d/a.yaml": f"jobs: {{a: {{{JOB}}}}}\n"})
    for name in ("x", "y", "z"):
        (tmp_path / "d" / name).symlink_to("..")
    assert len(loaded(tmp_path, MAIN.format("d/**/a.yaml")).desired.jobs) == 1


def test_a_root_behind_a_link_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path / "real", {"afsync.yaml": MAIN.format("a.yaml"), "a.yaml": "jobs: {}\n"})
    (tmp_path / "link").symlink_to("real")
    assert len(load(tmp_path / "link", environ={}).files) == 2


@pytest.mark.parametrize("section", ["vars: {a: 1}", "defaults: {}", "include: [x]", "limits: {}", "lineage: x"])
def test_an_included_file_holds_templates_and_jobs_only(section: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MAIN.format("a.yaml"), a=f"jobs: {{}}\n{section}\n")
    assert summary(problem) == "a.yaml:2:1 not_allowed_here"
    assert f"`{section.split(':')[0]}` belongs in afsync.yaml" in problem.message


def test_an_included_file_may_say_its_version(tmp_path: Path) -> None:
    assert loaded(tmp_path, MAIN.format("a.yaml"), a="version: 1\n").desired.jobs == {}
    (problem,) = problems(tmp_path, MAIN.format("a.yaml"), a="version: 2\n")
    assert summary(problem) == "a.yaml:1:10 unknown_version"


def test_a_key_in_two_files_names_both_places(tmp_path: Path) -> None:
    main = MAIN.format("'*.yaml'") + f"jobs:\n  x: {{{JOB}}}\ntemplates: {{t: {{name: a}}}}\n"
    found = problems(tmp_path, main, a=f"jobs:\n  y: {{{JOB}}}\n  x: {{{JOB}}}\n", b="templates: {t: {name: b}}\n")
    assert [summary(p) for p in found] == ["a.yaml:3:3 declared_twice", "b.yaml:1:13 declared_twice"]
    assert [p.address for p in found] == ["job.x", "template.t"]
    assert "afsync.yaml:4:3" in found[0].message and "afsync.yaml:5:13" in found[1].message


def test_a_template_and_a_job_may_share_a_key(tmp_path: Path) -> None:
    main = f"version: 1\ntemplates: {{a: {{name: x}}}}\njobs: {{a: {{{JOB}, template: a}}}}\n"
    desired = loaded(tmp_path, main).desired
    assert set(desired.templates) | set(desired.jobs) == {"template.a", "job.a"}


def test_all_problems_of_all_files_come_in_order(tmp_path: Path) -> None:
    main = "version: 1\nfoo: 1\ninclude: [b/*.yaml, a.yaml, nothing.yaml]\njobs:\n  x: {tone: 1}\n"
    found = problems(
        tmp_path, main, a="jobs:\n  y: 1\n  z: {url: x}\nbar: 1\n", b__c="jobs: [x\n", b__d="a: 1\na: 2\njobs: 3\n"
    )
    assert [summary(p) for p in found] == [
        "afsync.yaml:2:1 unknown_key",
        "afsync.yaml:3:29 nothing_included",
        "afsync.yaml:5:3 missing_source",
        "afsync.yaml:5:13 wrong_type",
        "a.yaml:2:6 wrong_type",
        "a.yaml:3:12 bad_url",
        "a.yaml:4:1 unknown_key",
        "b/c.yaml:1:7 syntax",
        "b/d.yaml:1:1 unknown_key",
        "b/d.yaml:2:1 duplicate_key",
        "b/d.yaml:3:7 wrong_type",
    ]


def test_what_an_unreadable_file_may_declare_is_not_missed(tmp_path: Path) -> None:
    main = MAIN.format("t.yaml") + f"jobs: {{x: {{{JOB}, template: weekly}}}}\n"
    found = problems(tmp_path, main, t="templates: {weekly: {name: x}\n")
    assert [p.code for p in found] == ["syntax"]


@pytest.mark.parametrize(("pattern", "hint"), [("d", "d/*.yaml"), ("d/", "d/*.yaml"), ("x*.yml", "spelling")])
def test_a_pattern_that_finds_nothing_is_explained(pattern: str, hint: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MAIN.format(pattern), d__a="")
    assert problem.code == "nothing_included" and hint in (problem.hint or "")


def test_without_a_project_file_init_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.location)) == ("no_project", "afsync.yaml")
    assert "afsync init" in (problem.hint or "")
    write(tmp_path, {"afsync.yml": "version: 1\n"})
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={})
    assert "rename" in (caught.value.problems[0].hint or "")
