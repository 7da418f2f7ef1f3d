"""The pull request that a pipeline on GitHub belongs to: its comment, and what was reviewed there."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from afsync.commands.screen import messages, said
from afsync.core.run_page import run_page
from afsync.errors import ApiError, Exit, PlanStale, Problem, Severity, UsageError
from afsync.output.github import annotation
from afsync.output.markdown import marker

FINGERPRINT = re.compile(r"^Fingerprint `([0-9a-f]{12})`, as of ", re.MULTILINE)
PAGES, PER_PAGE = 50, 100
SECONDS = 60.0
TRIES = 3


def _of_job(environ: Mapping[str, str], name: str) -> str:
    """A variable that every job of GitHub Actions has."""
    if name not in environ:
        raise UsageError(
            f"{name} is not set", "this command is for a job of GitHub Actions; docs/ci.md shows the steps"
        )
    return environ[name]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token is for one address only."""

    def redirect_request(self, *_: Any) -> None:
        return None


class GitHub(Struct, frozen=True):
    """GitHub's API for one repository, with the token of the job."""

    repository: str
    token: str

    @staticmethod
    def of(environ: Mapping[str, str]) -> GitHub:
        base = f"{_of_job(environ, 'GITHUB_API_URL')}/repos/{_of_job(environ, 'GITHUB_REPOSITORY')}"
        return GitHub(base, environ.get("GITHUB_TOKEN", ""))

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """ApiError when it does not work. What may be sent again is."""
        for left in reversed(range(TRIES if method != "POST" else 1)):
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as error:
                if error.code < 500 or not left:
                    raise ApiError(f"GitHub answered {method} {path} with {error.code}.") from None
            except (OSError, ValueError) as error:
                if not left:
                    raise ApiError(f"GitHub could not be asked: {error}.") from None
        raise AssertionError(method)

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        request = urllib.request.Request(f"{self.repository}/{path}", method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        request.add_header("User-Agent", "afsync")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())

    def merged(self, commit: str) -> int | None:
        """The number of the pull request that a commit came by; None when it came by none."""
        pulls = self.ask("GET", f"commits/{commit}/pulls")
        return next((int(p["number"]) for p in pulls if p.get("merged_at")), None)

    def comments(self, number: int, begins: str, author: str) -> Iterator[dict[str, Any]]:
        """The comments of a pull request that begin so and are our own."""
        for page in range(1, PAGES + 1):
            found = self.ask("GET", f"issues/{number}/comments?per_page={PER_PAGE}&page={page}")
            for comment in found:
                if comment["user"]["login"] == author and comment["body"].startswith(begins):
                    yield comment
            if len(found) < PER_PAGE:
                return


def event(environ: Mapping[str, str]) -> dict[str, Any]:
    """What triggered the workflow."""
    path = environ.get("GITHUB_EVENT_PATH")
    found = json.loads(Path(path).read_text("utf-8")) if path else {}
    return found if isinstance(found, dict) else {}


def reviewed(title: str, author: str, environ: Mapping[str, str]) -> int:
    """Put out the fingerprint of the plan in the comment. PlanStale when no plan was reviewed for this commit."""
    github = GitHub.of(environ)
    number = github.merged(_of_job(environ, "GITHUB_SHA"))
    shown = () if number is None else github.comments(number, marker(title), author)
    comment = next(iter(shown), None)
    found = FINGERPRINT.search(comment["body"]) if comment else None
    if found is None:
        why = "it came by no pull request" if number is None else f"pull request {number} has no comment with one"
        raise PlanStale(f"No plan was reviewed for this commit: {why}.", "nothing was sent")
    with Path(_of_job(environ, "GITHUB_OUTPUT")).open("a", encoding="utf-8") as file:
        file.write(f"fingerprint={found[1]}\n")
    return Exit.OK


def keep_comment(of: str, title: str, author: str, environ: Mapping[str, str], *, idle: bool) -> int:
    """Write the comment, or the one that is there again. What cannot be written is a warning: the summary has it."""
    if idle:
        said("Nothing was to be done, so there is no comment.\n")
        return Exit.OK
    happened, github = event(environ), GitHub.of(environ)
    pull = happened.get("pull_request") or {}
    number = pull.get("number")
    if number is None and of == "apply":
        try:
            number = github.merged(_of_job(environ, "GITHUB_SHA"))
        except ApiError as error:
            _warn(f"The pull request of this commit could not be looked up: {error.message}")
    if number is None:
        said("This is not a pull request, so there is no comment.\n")
        return Exit.OK
    commit = (pull.get("head") or {}).get("sha") or _of_job(environ, "GITHUB_SHA")
    begins = marker(title, of)
    try:
        _write(github, int(number), begins, author, _body(begins, of, title, commit, environ))
    except ApiError:
        _warn("The comment could not be written (the token of a fork may only read). It is in the summary of the job.")
    else:
        said("The comment is up to date.\n")
    return Exit.OK


def _write(github: GitHub, number: int, begins: str, author: str, body: str) -> None:
    ours = next(iter(github.comments(number, begins, author)), None)
    if ours is not None:
        github.ask("PATCH", f"issues/comments/{int(ours['id'])}", {"body": body})
    else:
        github.ask("POST", f"issues/{number}/comments", {"body": body})


def _body(begins: str, of: str, title: str, commit: str, environ: Mapping[str, str]) -> str:
    told = Path(environ.get("RUNNER_TEMP") or ".") / f"afsync-{of}.md"
    try:
        shown = told.read_text("utf-8").partition("\n")[2]
    except FileNotFoundError:
        shown = ""
    shown = shown or f"### afsync{' ' * bool(title)}{title}: stopped\n\nSee the log of the job.\n"
    return f"{begins}\n{shown}\n<sub>Commit {commit[:12]} · [log]({run_page(environ)})</sub>\n"


def _warn(text: str) -> None:
    messages()(annotation(Problem("comment", text, None, Severity.WARNING)))
