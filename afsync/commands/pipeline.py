"""`afsync pipeline`: the steps of action.yml and of the GitLab template."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from afsync.commands import pipeline_steps as steps
from afsync.commands.console import messages, print_done
from afsync.commands.options import check_title
from afsync.commands.pipeline_steps import Place, github_event
from afsync.errors import Exit, Problem, Severity
from afsync.output.ci_formats import annotation

SWITCH = click.Choice(["true", "false"])
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _given(name: str, about: str, **more: Any) -> Decorator:
    """An option that is also read from the variable of its name, where text from outside is data and no command."""
    variable = f"AFSYNC_{name.removeprefix('--').replace('-', '_').upper()}"
    return click.option(name, envvar=variable, help=f"{about} [{variable}]", **more)


_WHERE = "The folder of afsync.yaml; -C goes before it. [AFSYNC_DIRECTORY]"
_title = _given("--title", "A name for comment and summary.", default="", metavar="NAME")
_author = _given("--comment-author", "Whose comments count.", default="github-actions[bot]", metavar="LOGIN")


def _project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where the project and its state are, and what is added to the command line."""
    for option in (
        _given("--args", "Further flags, as a shell would split them.", default="", metavar="FLAGS"),
        _given("--state-remote", "The address that the branch is written to.", default="", metavar="URL"),
        _given("--state-branch", "The branch that holds the state.", default="", metavar="NAME"),
        click.option("--project", envvar="AFSYNC_DIRECTORY", default=".", metavar="DIR", help=_WHERE),
        _title,
    ):
        command = option(command)
    return command


@click.group
def command() -> None:
    """Run a step of a pipeline, as the action and the GitLab template do.

    What a step is given comes from options, or from the variables that are named beside them.
    """


@command.command("plan")
@_project
@_given(
    "--offline", "Plan without a key; auto: in a fork.", default="false", type=click.Choice(["true", "false", "auto"])
)
@_given("--plan-file", "Save the plan there.", default="", metavar="FILE")
@_given("--fail-on-blocked", "Fail when something would be held back.", default="true", type=SWITCH)
def _plan(offline: str, plan_file: str, fail_on_blocked: str, **place: str) -> int:
    """Validate, then plan."""
    return steps.plan(_place(place), offline, plan_file, fail_on_blocked=fail_on_blocked == "true")


@command.command("apply")
@_project
@_given("--plan-file", "Apply that plan and nothing else.", default="", metavar="FILE")
@_given("--expect", "A fingerprint: any other plan is refused.", default="", metavar="FINGERPRINT")
def _apply(plan_file: str, expect: str, **place: str) -> int:
    """Validate, then apply unattended."""
    return steps.apply(_place(place), plan_file, expect)


@command.command("drift")
@_project
def _drift(**place: str) -> int:
    """Validate, then look for what changed outside of afsync."""
    return steps.drift(_place(place))


@command.command("reviewed")
@_title
@_author
def _reviewed(title: str, comment_author: str) -> int:
    """Look up the fingerprint that was reviewed (GitHub)."""
    # Imported here, as below: only these steps speak to GitHub.
    from afsync.app.pull_request import of_job, reviewed_fingerprint

    check_title(title)
    fingerprint = reviewed_fingerprint(title, comment_author, os.environ)
    with Path(of_job(os.environ, "GITHUB_OUTPUT")).open("a", encoding="utf-8") as file:
        file.write(f"fingerprint={fingerprint}\n")
    return Exit.OK


@command.command("comment")
@_given("--command", "What the comment is about.", type=click.Choice(["plan", "apply"]), required=True)
@_given("--outcome", "The outcome of that step.", default="", metavar="OUTCOME")
@_given("--has-changes", "Whether it had something to do.", default="", metavar="BOOLEAN")
@_title
@_author
def _comment(command: str, outcome: str, has_changes: str, title: str, comment_author: str) -> int:
    """Keep the comment on the pull request up to date (GitHub)."""
    from afsync.app.pull_request import keep_comment

    check_title(title)
    if command == "apply" and outcome == "success" and has_changes == "false":
        print_done("Nothing was to be done, so there is no comment.\n")
        return Exit.OK
    event = github_event(os.environ)
    done = keep_comment(command, title, comment_author, event, os.environ, _warn)
    if done is not None:
        print_done(f"{done}\n")
    return Exit.OK


def _warn(text: str) -> None:
    messages()(annotation(Problem("comment", text, None, Severity.WARNING)))


def _place(given: dict[str, str]) -> Place:
    check_title(given["title"])
    chosen = click.get_current_context().find_root().obj
    return Place(
        chosen or given["project"],
        given["title"],
        given["args"],
        given["state_branch"],
        given["state_remote"],
        dict(os.environ),
    )
