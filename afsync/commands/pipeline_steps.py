"""The steps of a pipeline: the project and state that are meant, and the commands that a person would give."""

from __future__ import annotations

import json
import os
import shlex
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.connection import key_is_set
from afsync.app.project import load_project
from afsync.app.project_state import open_store
from afsync.cli import run as run_command
from afsync.commands.ci import errors_into, in_github
from afsync.commands.console import messages
from afsync.commands.context import here
from afsync.config.workspace import find_workspace
from afsync.core.state_place import account_key
from afsync.errors import AuthError, Exit, Problem, StateError, UsageError
from afsync.output.ci_formats import annotation
from afsync.output.values import escape_control
from afsync.store.branch.git import clean
from afsync.store.branch.git import run as run_git


class Place(Struct, frozen=True):
    """`directory` is the project's folder, `args` further flags as they are written. `environ` is that of the job."""

    directory: str
    title: str
    args: str
    state_branch: str
    state_remote: str
    environ: Mapping[str, str]

    @property
    def flags(self) -> list[str]:
        """The flags as words; nothing in them is looked into."""
        try:
            return shlex.split(self.args)
        except ValueError as error:
            raise UsageError(f"args: {self.args}: {error}", "close the quote") from None

    def file(self, name: str) -> str:
        """Where a document goes: the runner's folder for such, or here."""
        return str(Path(self.environ.get("RUNNER_TEMP") or ".") / name)

    def output(self, name: str, value: str) -> None:
        """An output of the step, where there is such a thing."""
        path = self.environ.get("GITHUB_OUTPUT")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{name}={value}\n")

    def check(self) -> None:
        """StateError when a link in the checkout would put the state anywhere."""
        top, here = Path.cwd().resolve(), Path(self.directory)
        if not here.resolve().is_relative_to(top):
            raise StateError(f"directory: {self.directory} leads out of the checkout.", "name a folder of it")
        if (here / ".afsync").is_symlink():
            raise StateError(f"{here / '.afsync'} is a link.", "remove it from the repository")

    def use_state(self, *, writes: bool) -> None:
        """Let the branch, if one is given, be where the state is. StateError when it is in the checkout as well."""
        if writes and self.state_remote and ":@" not in self.state_remote:
            _push_to(self.state_remote)
        if self.state_branch:
            _refuse_committed(self)
            os.environ["AFSYNC_STATE"] = f"branch:{self.state_branch}"


def _refuse_committed(place: Place) -> None:
    listed = run_git(["ls-files", "--", ".afsync"], cwd=Path(place.directory), environ=clean(place.environ))
    if listed.code == 0 and listed.out.strip():
        text = f".afsync is committed here, and the state is kept on the branch {place.state_branch} as well."
        raise StateError(text, "take it out: git rm -r --cached .afsync")


def _push_to(address: str) -> None:
    """Where `origin` is pushed to, for this process only: the address holds a token, which is not for the disk. It has
    no token (`:@`) where that variable is not set; git is then left as it is."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    os.environ |= {
        f"GIT_CONFIG_KEY_{count}": "remote.origin.pushurl",
        f"GIT_CONFIG_VALUE_{count}": address,
        "GIT_CONFIG_COUNT": str(count + 1),
    }


def plan(place: Place, offline: str, plan_file: str, *, fail_on_blocked: bool) -> int:
    """Plan, and fail when an apply would hold something back."""

    def begin() -> int:
        place.use_state(writes=False)
        more = ["--offline"] if _is_offline(place, offline) else []
        more += ["--out", plan_file] if plan_file else []
        more += ["--report", f"gitlab={place.file('afsync-report.json')}"] if _in_gitlab(place) else []
        return _run(place, "plan", ".json", "plan", *place.flags, *more)

    code = _after_validating(place, "plan", begin)
    if code == Exit.OK and fail_on_blocked and _is_blocked(place):
        _say("An apply would hold something back; the plan says what, why, and what to do.")
        return Exit.REFUSED
    return code


def apply(place: Place, plan_file: str, expect: str) -> int:
    """Apply without asking."""

    def begin() -> int:
        place.use_state(writes=True)
        more = ["--expect", expect] if expect else []
        more += ["--", plan_file] if plan_file else []
        return _run(place, "apply", ".jsonl", "apply", *place.flags, "--auto-approve", *more)

    return _after_validating(place, "apply", begin)


def drift(place: Place) -> int:
    """Look for drift; red as well while a run is at work, or was lost, whose doings are not known here."""

    def begin() -> int:
        place.use_state(writes=False)
        code = _run(place, "drift", ".json", "plan", "--refresh-only", "--detailed-exitcode", *place.flags)
        holder = None if code in (Exit.ERROR, Exit.LOCKED, Exit.STATE) else _at_work(place)
        if holder is not None:
            text = f"The state does not hold yet what this run does or did, so nothing can be said of it: {holder}."
            _say(f"{text} docs/ci.md says what to do.")
            return Exit.LOCKED
        return code

    return _after_validating(place, "drift", begin)


def _after_validating(place: Place, of: str, begin: Callable[[], int]) -> int:
    """The step, where the files are right. What stops it is written where the comment is taken from."""
    shown = place.file(f"afsync-{of}.md")
    place.output("markdown", shown)
    Path(shown).unlink(missing_ok=True)
    with errors_into([shown], place.title, "plan" if of == "drift" else of):
        place.check()
        code = run_command(["-C", place.directory, "validate", "--title", place.title, "--report", f"markdown={shown}"])
        if code:
            return code
        Path(shown).unlink(missing_ok=True)
        return begin()


def _run(place: Place, of: str, ending: str, name: str, *flags: str) -> int:
    documents = place.file(f"afsync-{of}{ending}")
    place.output("json", documents)
    shown = place.file(f"afsync-{of}.md")
    reports = ("--report", f"json={documents}", "--report", f"markdown={shown}", "--title", place.title)
    return run_command(["-C", place.directory, name, *reports, *flags])


def _is_offline(place: Place, wanted: str) -> bool:
    """Whether to plan without a key. AuthError where one is missing that should be there."""
    if wanted != "auto":
        return wanted == "true"
    key = _key_of_workspace(place)
    if key_is_set(key, place.environ):
        return False
    if _is_from_fork(place):
        return True
    source = "" if key is None else f" (the workspace takes it from {escape_control(key)})"
    text = f"There is no AuraFlux key{source}, and this is not a request from a fork: is the secret set, and passed on?"
    raise AuthError(text, "a protected variable reaches protected branches only; `offline: true` plans without a key")


def _key_of_workspace(place: Place) -> str | None:
    """Where the workspace says that the key of this account is; None for a project that is in none."""
    workspace = find_workspace(Path(place.directory))
    member = None if workspace is None else workspace.member_at(Path(place.directory))
    return None if workspace is None or member is None else account_key(workspace.key, member.name)


def _is_from_fork(place: Place) -> bool:
    """A fork gets no secrets, nor does Dependabot."""
    environ = place.environ
    if _in_gitlab(place):
        source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "")
        return source not in ("", environ.get("CI_PROJECT_ID", ""))
    pull = github_event(environ).get("pull_request") or {}
    if not pull:
        return False
    head = (pull.get("head") or {}).get("repo") or {}
    author = (pull.get("user") or {}).get("login")
    return author == "dependabot[bot]" or head.get("full_name") != environ.get("GITHUB_REPOSITORY")


def github_event(environ: Mapping[str, str]) -> dict[str, Any]:
    """What triggered the workflow."""
    path = environ.get("GITHUB_EVENT_PATH")
    found = json.loads(Path(path).read_text("utf-8")) if path else {}
    return found if isinstance(found, dict) else {}


def _is_blocked(place: Place) -> bool:
    with suppress(OSError, ValueError):
        return bool(json.loads(Path(place.file("afsync-plan.json")).read_text("utf-8"))["violations"])
    return False


def _at_work(place: Place) -> str | None:
    context = replace(here(), directory=Path(place.directory))
    holder = open_store(context, load_project(context)).other_run(socket.gethostname(), context.now())
    return None if holder is None else escape_control(str(holder))


def _in_gitlab(place: Place) -> bool:
    return place.environ.get("GITLAB_CI") == "true"


def _say(text: str) -> None:
    messages()(annotation(Problem("pipeline", text)) if in_github() else f"Error: {text}\n")
