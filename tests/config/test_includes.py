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
    project = loaded(tmp_path, MAIN.format("z.yaml, '**/*.yaml'"), z=text, d__b="jobs: {}", a="jobs: {}\n")
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


def test_linked_directories_are_followed_wherever_they_stand(tmp_path: Path) -> None:
    files = {"cal/nov/a.yaml": f"jobs: {{a: {{{JOB}}}}}\n", "real/b.yaml": f"jobs: {{b: {{{JOB}}}}}\n"}
    write(tmp_path, files)
    (tmp_path / "cal" / "dec").symlink_to("../real")
    assert set(loaded(tmp_path, MAIN.format("'cal/**/*.yaml'")).desired.jobs) == {"job.a", "job.b"}
    assert set(loaded(tmp_path, MAIN.format("'cal/*/*.yaml'")).desired.jobs) == {"job.a", "job.b"}
    (tmp_path / "real" / "back").symlink_to("../cal")
    assert len(loaded(tmp_path, MAIN.format("'**/*.yaml'")).files) == 4 - 1


@pytest.mark.parametrize("pattern", ["'cal/**/*.yaml'", "'cal/*/*.yaml'", "cal/dec/*.yaml", "cal/dec/a.yaml"])
@pytest.mark.parametrize(("target", "code"), [("nowhere", "unreadable"), ("../../out", "outside_project")])
def test_a_directory_that_cannot_be_seen_is_not_an_empty_one(
    pattern: str, target: str, code: str, tmp_path: Path
) -> None:
    write(tmp_path, {"p/cal/nov/a.yaml": "jobs: {}\n", "out/a.yaml": "jobs: {}\n"})
    root = tmp_path / "p"
    (root / "cal" / "dec").symlink_to(target)
    (problem,) = problems(root, MAIN.format(pattern))
    assert (summary(problem), "`cal/dec" in problem.message) == (f"afsync.yaml:2:11 {code}", True)


def test_a_video_that_is_not_here_is_no_directory(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "jobs: {}\n", "media/x": ""})
    (tmp_path / "media" / "a.mp4").symlink_to("../annex/a.mp4")
    assert len(loaded(tmp_path, MAIN.format("'**/*.yaml'")).files) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "null\n",
        "# jobs:\n",
        "\ufeff",
        "---\n# x\n...\n",
        "jobs:\n",
        "jobs: # all off\n#  a: {}\n",
        "version: 1\njobs: ~\ntemplates:\n",
    ],
)
@pytest.mark.parametrize("pattern", ["part.yaml", "'*.yaml'"])
def test_an_included_file_without_content_is_wrong(pattern: str, text: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MAIN.format(pattern), part=text)
    assert (summary(problem), "`part.yaml`" in problem.message) == ("part.yaml:1 empty_file", True)
    assert "afsync.yaml:2:11" in (problem.hint or "")


def test_a_file_that_cannot_be_read_names_the_line_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere.yaml")
    (problem,) = problems(tmp_path, MAIN.format("'*.yaml'"))
    assert summary(problem) == "a.yaml not_found" and "afsync.yaml:2:11" in (problem.hint or "")


LEFT_OUT: list[tuple[str, str, set[str]]] = [
    ("'*.yaml'", "b.yml", {"b.yml"}),
    ("'*.yml', a.yaml", "b.yml", set()),
    ("'**/*.yaml'", "d/b.YAML", {"d/b.YAML"}),
    ("'*.yaml'", "b.yaml.txt", {"b.yaml.txt"}),
    ("'*.yaml', b.yml", "b.yml", set()),
    ("a.yaml, '*/jobs.yaml'", "d/jobs.yml", {"d/jobs.yml"}),
    ("'*.yaml'", "b.yaml.off", set()),
    ("'*.yaml'", ".b.yaml", {".b.yaml"}),
    ("'**/*.yaml'", "d/.b.yaml", {"d/.b.yaml"}),
    ("'*.yaml'", "b.yaml.bak", {"b.yaml.bak"}),
    ("'*.yaml'", "b.yaml~", {"b.yaml~"}),
    ("'*.yaml'", ".b.yml.orig", {".b.yml.orig"}),
    ("'*.yaml'", "a.yaml.bak", set()),
    ("'*.yaml'", ".a.yaml", set()),
    ("'*.yaml'", ".b.json", set()),
    ("'*.yaml'", "b.json", set()),
    ("'*.yaml'", "d/b.yml", set()),
    ("'a*.yaml'", "b.yml", set()),
]


@pytest.mark.parametrize(("pattern", "file", "expected"), LEFT_OUT)
def test_what_looks_left_out_is_warned_of(pattern: str, file: str, expected: set[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "jobs: {}\n", "c/jobs.yaml": "jobs: {}\n", "b.yml": "jobs: {}\n"} | {file: "jobs: {}\n"})
    if file != "b.yml":
        (tmp_path / "b.yml").unlink()
    warnings = loaded(tmp_path, MAIN.format(pattern)).warnings
    assert {(str(w.code), w.severity.value) for w in warnings} <= {("left_out", "warning")}
    assert {w.message.split("`")[1] for w in warnings} == expected


def test_the_yaml_of_other_programs_is_not_warned_of(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "jobs: {}\n", "compose.yml": "services: {}\n"})
    assert loaded(tmp_path, MAIN.format("'*.yaml'")).warnings == ()


def test_a_table_is_no_yaml(tmp_path: Path) -> None:
    write(tmp_path, {"shows.csv": "key,topic\na,b\n"})
    (problem,) = problems(tmp_path, MAIN.format("shows.csv"))
    assert summary(problem) == "afsync.yaml:2:11 bad_form"
    assert "table" in problem.message and "rows as jobs" in (problem.hint or "")


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", "a" * 40_000, "d/" * 3000 + "a.yaml", "**/" * 2000 + "a.yaml"])
def test_a_name_that_is_too_long_names_no_file(name: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MAIN.format(f"'{name}'"))
    assert problem.code in ("nothing_included", "bad_form")


@pytest.mark.parametrize("pattern", ["**/" * 8 + "*.yaml", "**/d/" * 12 + "*.yaml", "**/*/" * 12 + "*.yaml"])
def test_every_directory_is_gone_through_once(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"d/" * depth + "x.yaml": "jobs: {}\n" for depth in range(1, 25)})
    (tmp_path / "d" / "d" / "up").symlink_to("..")
    (tmp_path / "d" / "d" / "d" / "top").symlink_to("../../..")
    monkeypatch.setattr("afsync.config.includes.MAX_LOOKS", 20_000)
    assert len(loaded(tmp_path, MAIN.format(f"'{pattern}'")).files) >= 13


def test_how_much_is_looked_at_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {f"{n}.yaml": "jobs: {}\n" for n in range(20)})
    monkeypatch.setattr("afsync.config.includes.MAX_LOOKS", 50)
    (problem,) = problems(tmp_path, MAIN.format(", ".join(f"'*{n}.yaml'" for n in range(10))))
    assert summary(problem) == "afsync.yaml:2:22 out_of_range"


def test_names_are_compared_however_their_accents_are_stored(tmp_path: Path) -> None:
    write(tmp_path, {"ma\u0308rz.yaml": "jobs: {}\n", "ma\u0308rz/a.yaml": "jobs: {}\n"})
    assert len(loaded(tmp_path, MAIN.format("m\u00e4rz.yaml, m\u00e4rz/*.yaml")).files) == 3


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
