"""afsync.workspace.yaml: what it says, what it decides for each account, and what can be wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from afsync.config.document import parse
from afsync.config.loader import load
from afsync.config.reference import explain
from afsync.config.schema import workspace_schema
from afsync.config.workspace import enclosing_workspace, find_workspace
from afsync.errors import ConfigError
from tests.locked import worded_by
from tests.workspace.conftest import HEAD, SHARED, job

ROOT = Path(__file__).parents[2]
PROJECT = "version: 1\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def problems(root: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        enclosing_workspace(root)
    return [f"{p.location}: {p.code}: {p.message}" for p in caught.value.problems]


def test_a_project_takes_shared_key_and_state_from_the_workspace(tmp_path: Path) -> None:
    workspace = HEAD + "state: .afsync/${account}.json\nshared: [shared/*.yaml]\nauto_approve: {max_credits: 3}\n"
    tree(tmp_path, {"afsync.workspace.yaml": workspace, "shared/t.yaml": SHARED})
    tree(tmp_path, {"clients/my-client/afsync.yaml": f"{PROJECT}jobs:\n{job('one')}"})
    project_root = tmp_path / "clients/my-client"
    project = load(project_root, environ={}, workspace=find_workspace(project_root))
    assert project.settings.key == "env:AURAFLUX_KEY_MY_CLIENT"
    assert project.settings.state == ".afsync/my-client.json"
    assert project.settings.auto_approve is not None and project.settings.auto_approve.max_credits == 3
    assert list(project.desired.templates) == ["template.short"]
    assert [f.path for f in project.files] == ["afsync.yaml", "../../shared/t.yaml"]


def test_a_project_that_no_workspace_has_among_its_accounts_is_left_alone(tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD, "clients/a/afsync.yaml": PROJECT, "other/afsync.yaml": PROJECT})
    assert find_workspace(tmp_path / "other") is None
    assert find_workspace(tmp_path / "clients/a") is not None
    assert find_workspace(tmp_path) is None


def test_nothing_above_the_repository_decides(tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD, "clients/a/afsync.yaml": PROJECT, "clients/a/.git/HEAD": "x"})
    assert find_workspace(tmp_path / "clients/a") is None


def test_the_state_of_a_project_that_the_workspace_overrules_is_warned_of(tmp_path: Path) -> None:
    files = {
        "afsync.workspace.yaml": HEAD + "state: .afsync/w.json\n",
        "clients/a/afsync.yaml": PROJECT + "state: x.json\n",
    }
    root = tree(tmp_path, files) / "clients/a"
    (warning,) = load(root, environ={}, workspace=find_workspace(root)).warnings
    assert "`state` is not used here: ../../afsync.workspace.yaml:4:8" in warning.message


def test_what_is_wrong_in_a_shared_file_is_shown_at_its_line(tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD + "shared: [s.yaml]\n", "s.yaml": "templates:\n  x: {nmae: y}\n"})
    root = tree(tmp_path, {"clients/a/afsync.yaml": PROJECT}) / "clients/a"
    with pytest.raises(ConfigError) as caught:
        load(root, environ={}, workspace=find_workspace(root))
    assert str(caught.value.problems[0].location).startswith("../../s.yaml:2:")


def test_no_file_reads_the_key_of_any_account(tmp_path: Path) -> None:
    """Also where the variables that files may read were listed carelessly, and the key has an unsuspicious name."""
    head = HEAD.replace("AURAFLUX_KEY_${account}", "CLIENT_${account}_A")
    tree(tmp_path, {"afsync.workspace.yaml": head, "clients/b/afsync.yaml": PROJECT})
    text = f"{PROJECT}jobs:\n  x: {{url: 'https://a.b/c', topic: '${{env.CLIENT_B_A}}'}}\n"
    root = tree(tmp_path, {"clients/a/afsync.yaml": text}) / "clients/a"
    environ = {"AFSYNC_ENV": "CLIENT_B_A", "CLIENT_B_A": "secret"}
    with pytest.raises(ConfigError) as caught:
        load(root, environ=environ, workspace=find_workspace(root))
    assert "no variable `CLIENT_B_A`" in caught.value.problems[0].message


WRONG = {
    "no accounts": ("version: 1\nkey: env:K_${account}\n", "1:1: missing"),
    "no key": ("version: 1\naccounts: [clients/*]\n", "1:1: missing"),
    "a key": ("version: 1\naccounts: [clients/*]\nkey: af_live_0123456789\n", "3:6: bad_form: `key` says where"),
    "one key for all": ("version: 1\naccounts: [clients/*]\nkey: env:K\n", "3:6: bad_form: `key` is the same"),
    "a relative file": ("version: 1\naccounts: [clients/*]\nkey: 'file:k/${account}'\n", "3:6: bad_form: `key` names"),
    "no variable": ("version: 1\naccounts: [clients/*]\nkey: env:A-${account}\n", "3:6: bad_form: `key` does not"),
    "a typo": (HEAD + "shraed: [x]\n", "4:1: unknown_key"),
    "nothing there": (HEAD.replace("clients", "customers"), "2:12: nothing_included: `customers/*` names no directory"),
    "outside": (HEAD.replace("clients/*", "../x"), "2:12: outside_project"),
    "no shared file": (HEAD + "shared: [t.yaml]\n", "4:10: nothing_included"),
    "one state for all": (HEAD + "state: s3://bucket/one\n", "4:8: "),
    "another reference": (HEAD + "state: ${env.X}.json\n", "4:8: bad_form"),
    "a limit": (HEAD + "limits: {max_credits: -1}\n", "4:23: out_of_range"),
    "a bound": (HEAD + "auto_approve: {max_deletes: 30%}\n", "4:29: wrong_type"),
    "not a mapping": ("- 1\n", "1:1: wrong_type"),
    "broken": ("version: [\n", "syntax"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_can_be_wrong(name: str, tmp_path: Path) -> None:
    text, expected = WRONG[name]
    tree(tmp_path, {"afsync.workspace.yaml": text, "clients/a/afsync.yaml": PROJECT, "clients/b/afsync.yaml": PROJECT})
    found = problems(tmp_path)
    assert any(expected in line for line in found), found
    assert "0123456789" not in repr(found)


def test_the_line_of_the_key_is_not_shown_where_it_is_wrong(tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD.replace("env:AURAFLUX_KEY_${account}", "hunter2")})
    with pytest.raises(ConfigError) as caught:
        enclosing_workspace(tmp_path)
    assert "hunter2" not in repr(caught.value.problems)


@pytest.mark.parametrize(
    ("directories", "expected"),
    [
        (("clients/acme", "partners/acme"), "two accounts have the name `acme`: clients/acme and partners/acme"),
        (("clients/Acme", "partners/acme"), "two accounts have the name `acme`"),
        (("clients/a-b", "clients/a.b"), "`a-b` and `a.b` would both take their key from AURAFLUX_KEY_A_B"),
        (("clients/ä",), "`clients/ä` cannot be the name of an account"),
    ],
)
def test_equal_names(directories: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD.replace("[clients/*]", "[clients/*, partners/*]")})
    tree(tmp_path, {f"{d}/afsync.yaml": PROJECT for d in (*directories, "clients/x", "partners/y")})
    assert any(expected in line for line in problems(tmp_path))


@worded_by("pydantic")
def test_the_schema_is_up_to_date() -> None:
    written = json.loads((ROOT / "schemas/workspace.schema.json").read_text("utf-8"))
    assert written == workspace_schema(), "run `make schemas`"


def test_the_schema_takes_what_the_loader_takes() -> None:
    check = Draft7Validator(json.loads((ROOT / "schemas/workspace.schema.json").read_text("utf-8")))
    check.validate(parse((HEAD + "limits: {max_credits: 5}\n").encode(), "x").value)
    assert not check.is_valid({"version": 1, "accounts": ["a"], "key": "af_live_x"})


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_an_account_behind_a_link_is_one_however_it_is_reached(tmp_path: Path) -> None:
    tree(tmp_path, {"afsync.workspace.yaml": HEAD, "real/a/afsync.yaml": PROJECT, "clients/b/afsync.yaml": PROJECT})
    (tmp_path / "clients/a").symlink_to("../real/a")
    found = find_workspace(tmp_path / "clients/a")
    assert found is not None and [m.name for m in found.members] == ["a", "b"]


def test_its_keys_are_explained_as_they_are_written() -> None:
    assert explain("workspace.key").example == 'key: "env:AURAFLUX_KEY_${account}"'
    assert explain("workspace.limits.max_credits").type == "integer from 0"
