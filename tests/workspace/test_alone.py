"""An account of a workspace that is run alone, or by a pipeline: the workspace decides as it does with --all."""

from __future__ import annotations

import pytest

from tests.workspace.conftest import Agency

MERGE_REQUEST = {"CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1", "GITLAB_CI": "true"}


@pytest.mark.parametrize("source", ["env", "file"])
def test_a_pipeline_finds_the_key_of_the_workspace(
    source: str, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "file":
        text = (agency.root / "afsync.workspace.yaml").read_text()
        agency.write(
            text.replace("env:AURAFLUX_KEY_${account}", f"file:{agency.root}/keys/${{account}}"),
            "afsync.workspace.yaml",
        )
        agency.write("af_live_anna_secret", "keys/anna", head=False).chmod(0o600)
    monkeypatch.chdir(agency.root)
    args = ("-C", "clients/anna", "pipeline", "plan", "--offline", "auto")
    env = {**MERGE_REQUEST, "RUNNER_TEMP": str(agency.root), "AURAFLUX_KEY_ANNA": "af_live_anna_secret"}
    assert "2 to add" in agency.does(*args, env=env).out
    (agency.root / "keys/anna").unlink(missing_ok=True)
    missing = {**env, "AURAFLUX_KEY_ANNA": None, "AURAFLUX_API_KEY": "af_live_other"}
    err = agency.does(*args, env=missing, code=1).err
    assert "There is no AuraFlux key (the workspace takes it from " in err and "not a request from a fork" in err
    fork = {**missing, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"}
    assert "planned offline" in agency.does(*args, env=fork).out


@pytest.mark.parametrize("where", ["clients/anna", "clients"])
def test_an_account_that_is_a_repository_of_its_own_is_refused(where: str, agency: Agency) -> None:
    (agency.root / ".git").mkdir()
    agency.does("plan", "--all")
    agency.write("gitdir: ../../.git/modules/x\n", f"{where}/.git", head=False)
    with agency.watched(reads=True) as sent:
        err = agency.does("plan", "--all", code=1).err
    assert sent == [] and "`anna` would not be an account of this workspace when it is run alone" in err
    assert f"{where} is a git repository of its own" in err and f"no {where}/.git" in err
    assert "afsync.workspace.yaml:2:11" in err and ("`bert`" in err) is (where == "clients")


def test_a_state_that_the_workspace_places_is_not_migrated_alone(agency: Agency) -> None:
    agency.workspace("shared: [shared/*.yaml]\nstate: .afsync/${account}.json\n")
    for name in ("anna", "bert", "cleo"):
        folder = agency.root / "clients" / name / ".afsync"
        (folder / "state.json").rename(folder / f"{name}.json")
    before = agency.files()
    alone = ("-C", str(agency.root / "clients/anna"))
    err = agency.does(*alone, "state", "migrate", "branch:states", code=1).err
    assert "../../afsync.workspace.yaml:5:8: `state` of the workspace decides" in err
    assert "write `state: .afsync/anna.json` into afsync.yaml" in err and agency.files() == before
