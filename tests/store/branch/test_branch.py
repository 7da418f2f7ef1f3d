"""The branch as a place for documents, with a real repository: who wins, what is refused, and what never runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from afsync.errors import StateError, StateLocked
from afsync.store.branch.git import shown
from afsync.store.remote.backend import Conflict, Unavailable, Unclear, put_once
from afsync.store.state_text import decode_bytes
from tests.harness import LINEAGE
from tests.store.branch.repo import BRANCH, KEY, QUIET, Repo, backend, git
from tests.store.support import a_store, with_job

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


@pytest.fixture
def clone(repo: Repo) -> Path:
    return repo.clone()


# --- who wins ---


def test_what_is_written_is_a_commit_on_the_tip(repo: Repo, clone: Path) -> None:
    one = backend(clone)
    assert one.get(KEY) is None
    version = one.put(KEY, b"first\n", None)
    again = one.put(KEY, b"second\n", version)
    kept = backend(clone).get(KEY)
    assert kept is not None and (kept.data, kept.version) == (b"second\n", again)
    assert repo.subjects() == [f"Write {KEY} [skip ci]"] * 2
    assert git(repo.origin, "ls-tree", "-r", "--name-only", BRANCH) == KEY
    one.delete(KEY, again)
    assert one.get(KEY) is None and one.list(KEY) == ()


def test_one_that_loses_at_its_own_path_has_changed_nothing(repo: Repo, clone: Path) -> None:
    one, other = backend(clone), backend(repo.clone("other"))
    version = one.put(KEY, b"first\n", None)
    assert other.get(KEY) is not None
    one.put(KEY, b"second\n", version)
    before = repo.tip()
    for stale in (version, None):
        with pytest.raises(Conflict):
            other.put(KEY, b"theirs\n", stale)
        with pytest.raises(Conflict):
            other.delete(KEY, stale or version)
    assert repo.tip() == before and repo.shown() == "second"


def test_one_that_loses_to_another_path_is_made_again(repo: Repo, clone: Path) -> None:
    """Three projects of one repository; each knows the tip from before the others wrote."""
    clone.joinpath("ada").mkdir()
    clone.joinpath("bo").mkdir()
    projects = [backend(clone / name) for name in (".", "ada", "bo")]
    versions = [p.put(p.key, f"{p.key}\n".encode(), None) for p in projects]
    for _ in range(2):
        versions = [
            p.put(p.key, f"{p.key} {v}\n".encode(), v)
            for p, v in zip(reversed(projects), reversed(versions), strict=True)
        ][::-1]
    assert git(repo.origin, "ls-tree", "-r", "--name-only", BRANCH).split() == [p.key for p in projects]
    assert len(repo.subjects()) == 9
    assert [p.key for p in projects] == [KEY, f"ada/{KEY}", f"bo/{KEY}"]


def test_a_branch_that_others_write_all_the_time(repo: Repo, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afsync.store.branch.backend.TRIES", 3)
    one = backend(clone)
    fetch = one._repository.fetch

    def overtaken(depth: int = 1) -> None:
        fetch(depth)
        repo.commit({"other/x": one._repository.tip or ""}, keep=True)

    monkeypatch.setattr(one._repository, "fetch", overtaken)
    with pytest.raises(Unavailable, match="Other runs keep writing"):
        one.put(KEY, b"never\n", None)


def test_a_name_that_the_remote_has_no_room_for(repo: Repo, clone: Path) -> None:
    """git says of it what it says of a push that came second."""
    repo.commit({"x": "x"}, branch=f"{BRANCH}/more")
    with pytest.raises(Unavailable, match=r"cannot be written: .*(lock ref|conflict|update ref)"):
        backend(clone).put(KEY, b"first\n", None)


# --- a branch that was moved or removed ---


def test_a_branch_that_is_removed_is_not_made_again(repo: Repo, clone: Path) -> None:
    one = backend(clone)
    version = one.put(KEY, b"first\n", None)
    git(repo.origin, "update-ref", "-d", f"refs/heads/{BRANCH}")
    with pytest.raises(Conflict):
        one.put(KEY, b"second\n", version)
    assert repo.tip() == "" and one.get(KEY) is None


@pytest.mark.parametrize("same", [True, False])
def test_a_branch_that_was_force_pushed(repo: Repo, clone: Path, *, same: bool) -> None:
    """Another history with the same document does no harm; another document stops the run."""
    one = backend(clone)
    version = one.put(KEY, b"first\n", None)
    git(repo.origin, "update-ref", "-d", f"refs/heads/{BRANCH}")
    repo.commit({KEY: "first\n" if same else "older\n", "more": "x"})
    if same:
        one.put(KEY, b"second\n", version)
        assert repo.shown() == "second" and repo.shown("more") == "x"
    else:
        with pytest.raises(Conflict):
            one.put(KEY, b"second\n", version)
        assert repo.shown() == "older"


# --- what is not clear ---


def a_git(folder: Path, script: str) -> dict[str, str]:
    """An environment in which a push does what `script` says; `"$@"` in it is the push."""
    real = shutil.which("git")
    folder.mkdir()
    shim = folder / "git"
    shim.write_text(f'#!/bin/sh\nif [ "$1" != push ]; then exec {real} "$@"; fi\nset -- {real} "$@"\n{script}\n')
    shim.chmod(0o755)
    return {**QUIET, "PATH": f"{folder}{os.pathsep}{QUIET['PATH']}"}


LOST_ANSWERS = {
    "after it was written": '"$@" > /dev/null 2>&1; echo "fatal: the remote end hung up unexpectedly" >&2; exit 128',
    "before": 'echo "fatal: unable to access" >&2; exit 128',
    "by a signal": '"$@" > /dev/null 2>&1; kill -9 $$',
    "only once": 'if [ ! -e "$0.once" ]; then touch "$0.once"; exit 128; fi; exec "$@"',
}


@pytest.mark.parametrize("how", LOST_ANSWERS)
def test_a_push_that_was_cut_off_is_not_clear(repo: Repo, clone: Path, tmp_path: Path, how: str) -> None:
    first = backend(clone).put(KEY, b"first\n", None)
    one = backend(clone, a_git(tmp_path / "bin", LOST_ANSWERS[how]))
    with pytest.raises(Unclear):
        one.put(KEY, b"second\n", first)
    assert repo.shown() == ("second" if how in ("after it was written", "by a signal") else "first")


@pytest.mark.parametrize("how", ["after it was written", "by a signal", "only once"])
def test_what_was_cut_off_is_read_again(repo: Repo, clone: Path, tmp_path: Path, how: str) -> None:
    first = backend(clone).put(KEY, b"first\n", None)
    one = backend(clone, a_git(tmp_path / "bin", LOST_ANSWERS[how]))
    version = put_once(one, KEY, b"second\n", first)
    assert repo.shown() == "second" and len(repo.subjects()) == 2
    kept = one.get(KEY)
    assert kept is not None and kept.version == version


def test_a_push_that_does_not_end_is_ended(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from afsync.store.branch import git, repository

    environ = a_git(
        tmp_path / "bin", f'echo $$ > {tmp_path}/pid; exec "{sys.executable}" -c "import time; time.sleep(60)"'
    )
    one = backend(clone, environ)
    one.get(KEY)

    def hurried(args: list[str], **more: object) -> git.GitResult:
        return git.run(args, **more, limit=0.5 if args[0] == "push" else 60)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "run", hurried)
    with pytest.raises(Unclear, match="did not end within"):
        one.put(KEY, b"first\n", None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


# --- what is refused ---


def test_a_push_that_a_hook_refuses(repo: Repo, clone: Path) -> None:
    one = backend(clone)
    first = one.put(KEY, b"first\n", None)
    repo.refuse("GH006: Protected branch update failed")
    with pytest.raises(Unavailable) as refused:
        one.put(KEY, b"second\n", first)
    assert "branch:afsync-state rejected the push: pre-receive hook declined" in refused.value.message
    assert "GH006: Protected branch update failed" in refused.value.message
    assert refused.value.hint is not None and "allowed to push" in refused.value.hint
    assert repo.shown() == "first"


def test_a_remote_that_cannot_be_reached(repo: Repo, clone: Path) -> None:
    one = backend(clone)
    first = one.put(KEY, b"first\n", None)
    repo.origin.rename(repo.folder / "away.git")
    with pytest.raises(Unavailable, match="branch:afsync-state cannot be reached"):
        one.get(KEY)
    with pytest.raises(Unavailable, match="cannot be reached"):
        one.put(KEY, b"second\n", first)


def test_the_network_ends_between_reading_and_writing(repo: Repo, clone: Path) -> None:
    one = backend(clone)
    first = one.put(KEY, b"first\n", None)
    one.get(KEY)
    repo.origin.rename(repo.folder / "away.git")
    with pytest.raises(Unclear):
        one.put(KEY, b"second\n", first)


def test_a_password_in_an_address_is_not_shown(repo: Repo, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "https://afsync:glpat-secret@127.0.0.1:9/videos.git")
    with pytest.raises(Unavailable) as refused:
        backend(clone).get(KEY)
    assert "127.0.0.1" in refused.value.message and "secret" not in str(refused.value)


def test_a_password_with_a_slash_is_not_shown() -> None:
    assert shown("fatal: 'https://me:a/b@c@host/x.git' no") == "fatal: 'https://host/x.git' no"


def nowhere(*_: object, **__: object) -> None:
    raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")


def test_no_folder_for_temporary_files(repo: Repo, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({KEY: "{}\n", f"{KEY}.journal": "{}\n"})
    one = backend(clone)
    monkeypatch.setattr("tempfile.TemporaryDirectory", nowhere)
    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    for act in (lambda: one.get(KEY), lambda: backend(clone)):
        with pytest.raises(Unavailable, match="No usable temporary directory") as refused:
            act()
        assert "TMPDIR" in (refused.value.hint or "")


def test_no_such_remote(repo: Repo, clone: Path) -> None:
    with pytest.raises(Unavailable, match="no remote `upstream` here") as refused:
        backend(clone, remote="upstream")
    assert refused.value.hint == "configured are: origin; `git remote add` adds one"
    git(clone, "remote", "rename", "origin", "one")
    assert backend(clone).get(KEY) is None, "the only one"
    git(clone, "remote", "add", "two", str(repo.origin))
    with pytest.raises(Unavailable, match="not clear which remote"):
        backend(clone)
    assert backend(clone, remote="two").get(KEY) is None
    for name in ("one", "two"):
        git(clone, "remote", "remove", name)
    with pytest.raises(Unavailable, match="no remote here"):
        backend(clone)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not in a git checkout"):
        backend(tmp_path, {**QUIET, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})


def test_no_git(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="git is not installed"):
        backend(clone, {**QUIET, "PATH": str(tmp_path)})


def test_an_old_git(clone: Path, tmp_path: Path) -> None:
    real = shutil.which("git")
    shim = tmp_path / "git"
    shim.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo "git version 2.30.2"; else exec {real} "$@"; fi\n')
    shim.chmod(0o755)
    with pytest.raises(Unavailable, match=r"git 2\.30 is too old") as refused:
        backend(clone, {**QUIET, "PATH": f"{tmp_path}{os.pathsep}{QUIET['PATH']}"})
    assert refused.value.hint == "install git 2.32 or later"


# --- nothing of the checkout, or of the branch, runs or leads anywhere ---


def test_the_checkout_is_left_alone(repo: Repo) -> None:
    """Also a shallow one, which stays as shallow as it is."""
    clone = repo.clone("shallow", "--depth", "1", "--no-single-branch", of=f"file://{repo.origin}")
    before = {p: p.read_bytes() for p in sorted(clone.rglob("*")) if p.is_file()}
    one = backend(clone)
    one.put(KEY, b"second\n", one.put(KEY, b"first\n", None))
    assert one.get(KEY) is not None
    assert {p: p.read_bytes() for p in sorted(clone.rglob("*")) if p.is_file()} == before


def _hooks_in_the_tree(clone: Path, proof: Path) -> None:
    git(clone, "config", "core.hooksPath", "hooks")
    _script(clone / "hooks/pre-push", proof)


def _hooks_of_the_clone(clone: Path, proof: Path) -> None:
    _script(clone / ".git/hooks/pre-push", proof)


def _settings_in_the_tree(clone: Path, proof: Path) -> None:
    """What people do to share settings: then a pull request can change them."""
    git(clone, "config", "include.path", "../settings")
    command = f"sh -c 'touch {proof}; exit 1'"
    (clone / "settings").write_text(
        f'[remote "origin"]\n\tuploadpack = "{command}"\n\treceivepack = "{command}"\n'
        f'[core]\n\tsshCommand = "{command}"\n\tfsmonitor = "touch {proof}"\n'
    )


def _filters(clone: Path, proof: Path) -> None:
    git(clone, "config", "filter.odd.clean", f"touch {proof}")
    git(clone, "config", "core.fsmonitor", f"touch {proof}")
    git(clone, "config", "alias.push", f"!touch {proof}")
    (clone / ".gitattributes").write_text("* filter=odd\n")


def _script(path: Path, proof: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch {proof}\nexit 1\n")
    path.chmod(0o755)


@pytest.mark.parametrize("bait", [_hooks_in_the_tree, _hooks_of_the_clone, _settings_in_the_tree, _filters])
def test_nothing_of_the_checkout_runs(
    repo: Repo, clone: Path, tmp_path: Path, bait: Callable[[Path, Path], None]
) -> None:
    proof = tmp_path / "ran"
    bait(clone, proof)
    one = backend(clone)
    one.put(KEY, b"first\n", None)
    assert one.get(KEY) is not None
    assert not proof.exists() and repo.shown() == "first"


def test_variables_of_another_repository_mean_nothing(repo: Repo, clone: Path, tmp_path: Path) -> None:
    """As in a hook of git, which runs with the variables of the repository it is for."""
    odd = {"GIT_DIR": str(tmp_path), "GIT_INDEX_FILE": str(tmp_path / "i"), "GIT_WORK_TREE": "/", "GIT_PREFIX": "x/"}
    one = backend(clone, {**QUIET, **odd})
    one.put(KEY, b"first\n", None)
    assert repo.shown() == "first" and not (tmp_path / "i").exists()


def test_git_does_not_see_the_key(clone: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    environ = a_git(tmp_path / "bin", f'env > {seen}; exec "$@"')
    backend(clone, {**environ, "AURAFLUX_API_KEY": "af_live_secret"}).put(KEY, b"first\n", None)
    assert "GIT_DIR" in seen.read_text() and "secret" not in seen.read_text()


def test_how_to_sign_in_is_taken_from_the_checkout(clone: Path, tmp_path: Path) -> None:
    """The header with the token that a runner's checkout leaves in its configuration, in a file that it includes."""
    (tmp_path / "token").write_text('[http "https://github.example/"]\n\textraheader = AUTHORIZATION: basic abc\n')
    git(clone, "config", f"includeIf.gitdir:{clone}/.git.path", str(tmp_path / "token"))
    seen = tmp_path / "seen"
    backend(clone, a_git(tmp_path / "bin", f'env > {seen}; exec "$@"')).put(KEY, b"first\n", None)
    assert "=AUTHORIZATION: basic abc" in seen.read_text()
    assert "=http.https://github.example/.extraheader" in seen.read_text()


@pytest.mark.parametrize("path", [".afsync", KEY])
def test_what_is_no_file_on_the_branch_is_refused(repo: Repo, clone: Path, path: str) -> None:
    """A link could lead anywhere."""
    repo.commit({path: "../../secret"}, mode="120000")
    _refused(clone)


def test_another_repository_on_the_branch_is_refused(repo: Repo, clone: Path) -> None:
    tree = git(repo.origin, "mktree", data=f"160000 commit {repo.tip('main')}\t.afsync\n")
    git(repo.origin, "update-ref", f"refs/heads/{BRANCH}", git(repo.origin, "commit-tree", tree, data="odd\n"))
    _refused(clone)


def _refused(clone: Path) -> None:
    one = backend(clone)
    with pytest.raises(Unavailable, match="holds something other than a file at"):
        one.get(KEY)
    with pytest.raises(Unavailable, match="holds something other than a file at"):
        one.put(KEY, b"first\n", None)


def test_names_mean_nothing_to_git(repo: Repo, clone: Path) -> None:
    folder = clone / ":(glob)a*[b]"
    folder.mkdir()
    (clone / "a1b").mkdir()
    odd, other = backend(folder), backend(clone / "a1b")
    odd.put(odd.key, b"odd\n", None)
    assert other.get(other.key) is None
    assert odd.get(odd.key) is not None and odd.list(odd.key) == (odd.key,)


# --- what afsync 0.1 left ---


def test_a_run_of_the_first_version_that_did_not_come_back(repo: Repo, clone: Path) -> None:
    repo.commit({KEY: "{}\n", ".afsync-running": "https://github.example/runs/1\n$(touch x)\n"})
    one = backend(clone)
    lock = f"{KEY}.lock"
    with pytest.raises(StateLocked) as refused:
        one.put(lock, b"{}\n", None)
    assert "its state was lost: https://github.example/runs/1touchx." in refused.value.message
    kept = one.get(lock)
    assert kept is not None and kept.version[:8] in (refused.value.hint or "")
    one.delete(lock, kept.version)
    assert one.get(lock) is None
    one.put(lock, b"{}\n", None)


def test_a_journal_that_the_first_version_left(repo: Repo, clone: Path, tmp_path: Path) -> None:
    local = a_store(tmp_path / "x")
    local.create(LINEAGE)
    recorded, version = local.read()
    local.write(with_job(recorded, 1), version)
    files = {f".afsync/{n}": (tmp_path / "x/.afsync" / n).read_text() for n in ("state.json", "state.json.journal")}
    repo.commit(files)
    one = backend(clone)
    kept = one.get(KEY)
    assert kept is not None and len(decode_bytes(kept.data).recorded.resources) == 1
    one.put(KEY, kept.data, kept.version)
    assert git(repo.origin, "ls-tree", "-r", "--name-only", BRANCH) == KEY
    assert one.get(KEY) is not None
    repo.commit({**files, KEY: kept.data.decode()})
    with pytest.raises(StateError, match="do not match"):
        backend(clone).get(KEY)


@pytest.mark.parametrize("known", [True, False])
def test_a_journal_that_changed_since_it_was_read_is_kept(
    repo: Repo, clone: Path, tmp_path: Path, *, known: bool
) -> None:
    local = a_store(tmp_path / "x")
    local.create(LINEAGE)
    folder = tmp_path / "x/.afsync"
    texts = []
    for number in (1, 2):
        recorded, version = local.read()
        local.write(with_job(recorded, number), version)
        texts.append({f".afsync/{n}": (folder / n).read_text() for n in ("state.json", "state.json.journal")})
    repo.commit(texts[0])
    one = backend(clone)
    kept = one.get(KEY)
    assert kept is not None
    repo.commit(texts[1], keep=True)
    if known:
        one.list(KEY)
        one._fetch()
    with pytest.raises(Conflict):
        one.put(KEY, b"{}\n", kept.version)
    assert repo.shown(f"{KEY}.journal") + "\n" == texts[1][f".afsync/{KEY.rpartition('/')[2]}.journal"]
