"""The pull request that a pipeline on GitHub belongs to: its comment, and what was reviewed there."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from afsync.core.links import run_page
from afsync.core.regex import regex
from afsync.errors import ApiError, PlanStale, UsageError
from afsync.output.markdown import marker

FINGERPRINT = regex(r"^Fingerprint `([0-9a-f]{12})`, as of ", re.MULTILINE)
PAGES, PER_PAGE = 50, 100
SECONDS = 60.0
TRIES = 3


def of_job(environ: Mapping[str, str], name: str) -> str:
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
        base = f"{of_job(environ, 'GITHUB_API_URL')}/repos/{of_job(environ, 'GITHUB_REPOSITORY')}"
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


def reviewed_fingerprint(title: str, author: str, environ: Mapping[str, str]) -> str:
    """The fingerprint of the plan in the comment. PlanStale when no plan was reviewed for this commit."""
    github = GitHub.of(environ)
    number = github.merged(of_job(environ, "GITHUB_SHA"))
    shown = () if number is None else github.comments(number, marker(title), author)
    comment = next(iter(shown), None)
    found = FINGERPRINT.search(comment["body"]) if comment else None
    if found is None:
        why = "it came by no pull request" if number is None else f"pull request {number} has no comment with one"
        raise PlanStale(f"No plan was reviewed for this commit: {why}.", "nothing was sent")
    return found[1]


def keep_comment(
    of: str,
    title: str,
    author: str,
    event: Mapping[str, Any],
    environ: Mapping[str, str],
    warn: Callable[[str], None],
) -> str | None:
    """Write the comment on `of` (`plan` or `apply`), or replace the one that is there. `event` is what triggered the
    workflow. Returns what was done; None where it could not be written: `warn` says why, and the summary of the job has
    the same text."""
    github = GitHub.of(environ)
    pull = event.get("pull_request") or {}
    number = pull.get("number")
    if number is None and of == "apply":
        try:
            number = github.merged(of_job(environ, "GITHUB_SHA"))
        except ApiError as error:
            warn(f"The pull request of this commit could not be looked up: {error.message}")
    if number is None:
        return "This is not a pull request, so there is no comment."
    commit = (pull.get("head") or {}).get("sha") or of_job(environ, "GITHUB_SHA")
    begins = marker(title, of)
    try:
        _write(github, int(number), begins, author, _body(begins, of, title, commit, environ))
    except ApiError:
        warn("The comment could not be written (the token of a fork may only read). It is in the summary of the job.")
        return None
    return "The comment is up to date."


def _write(github: GitHub, number: int, begins: str, author: str, body: str) -> None:
    ours = next(iter(github.comments(number, begins, author)), None)
    if ours is not None:
        github.ask("PATCH", f"issues/comments/{int(ours['id'])}", {"body": body})
    else:
        github.ask("POST", f"issues/{number}/comments", {"body": body})


def _body(begins: str, of: str, title: str, commit: str, environ: Mapping[str, str]) -> str:
    written = Path(environ.get("RUNNER_TEMP") or ".") / f"afsync-{of}.md"
    try:
        shown = written.read_text("utf-8").partition("\n")[2]
    except FileNotFoundError:
        shown = ""
    shown = shown or f"### afsync{' ' * bool(title)}{title}: stopped\n\nSee the log of the job.\n"
    return f"{begins}\n{shown}\n<sub>Commit {commit[:12]} · [log]({run_page(environ)})</sub>\n"
