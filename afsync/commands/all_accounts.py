"""A command over one account, or over all of a workspace: the same function for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from afsync.app.context import Globs
from afsync.app.side_by_side import side_by_side
from afsync.cli import failed
from afsync.commands.account_flags import JOBS, AccountFlags
from afsync.commands.block import Shared, run_in_block
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.reports import check_reports, publish_overall, write_reports
from afsync.commands.screen import messages, report, stdout_paint
from afsync.commands.screen import told as told_by
from afsync.core.overall import AccountResult, Overall, shard_of, worst
from afsync.engine.interrupt import Stops, handling_signals
from afsync.errors import ConfigError, Exit, Problem, UsageError
from afsync.output.overall_text import block, overall_text

if TYPE_CHECKING:
    from afsync.config.workspace import Member, Workspace


class Chosen:
    """The accounts that a command runs over, and what became of those that are gone."""

    def __init__(self, over: AccountFlags) -> None:
        self.over = over
        self.workspace = workspace_here()
        self.gone: tuple[AccountResult, ...] = ()
        self.members: Sequence[Member] = self._named(self.workspace.members)
        if over.changed_since is not None:
            from afsync.app.changed_accounts import changed_since

            self.members, gone = changed_since(over.changed_since, self.workspace, self.members)
            self.gone = tuple(g for g in gone if _named(g.account, over.account))
        if over.shard is not None:
            number, shards = over.shard
            self.members = [m for m in self.members if shard_of(m.name, shards) == number]
            self.gone = tuple(g for g in self.gone if shard_of(g.account, shards) == number)

    def _named(self, members: Sequence[Member]) -> Sequence[Member]:
        """Those whose names match. A glob that matches nothing is a slip of the finger."""
        for glob in self.over.account:
            if not any(fnmatchcase(m.name, glob) for m in members):
                from afsync.config.problems import did_you_mean

                hint = did_you_mean(glob, [m.name for m in members])
                raise UsageError(
                    f"--account {glob}: no account has this name", hint or "see `accounts` of the workspace"
                )
        return [m for m in members if not self.over.account or any(fnmatchcase(m.name, g) for g in self.over.account)]

    def show(self, result: AccountResult) -> None:
        """What one account printed, unless a report is printed in its place."""
        if not any(file == "-" for _, file in self.over.reports):
            report()(block(result, stdout_paint()))


def _named(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def workspace_here() -> Workspace:
    """The workspace of which the directory is a part. Raises UsageError where there is none."""
    from afsync.commands.ci import publish_problems
    from afsync.config.workspace import WORKSPACE_FILE, enclosing_workspace

    try:
        found = enclosing_workspace(here().directory)
    except ConfigError as error:
        publish_problems(error.problems, here().directory)
        raise
    if found is None:
        hint = "write one beside the accounts, or name its directory with `-C DIR`"
        raise UsageError(f"there is no {WORKSPACE_FILE} here or above", hint)
    _check_members(found)
    return found


def _check_members(workspace: Workspace) -> None:
    """ConfigError for accounts that have one lineage, as after copying a directory, or that are elsewhere."""
    from afsync.config.clones import unreachable_members
    from afsync.config.lineages import equal_lineages

    if problems := (*unreachable_members(workspace), *equal_lineages(workspace)):
        raise ConfigError(problems)


def run_everywhere(command: str, over: AccountFlags, one: Callable[[], CommandResult], *, reads_only: bool) -> int:
    """Run it in every account that was chosen. Returns the exit code."""
    chosen, shared = begin(command, over)
    with handling_signals(shared.stops):
        results = each(shared, chosen, chosen.members, lambda _: one(), reads_only=reads_only)
    return finish(shared, chosen, results)


def begin(command: str, over: AccountFlags) -> tuple[Chosen, Shared]:
    """The accounts, and what a run over them has in common."""
    check_reports(over.reports)
    chosen = Chosen(over)
    return chosen, Shared(command, chosen.workspace, Stops(), Globs())


def each(
    shared: Shared,
    chosen: Chosen,
    members: Sequence[Member],
    one: Callable[[Member], CommandResult],
    *,
    reads_only: bool,
    came: Callable[[str, CommandResult], None] = lambda _, __: None,
    shown: bool = True,
) -> tuple[AccountResult, ...]:
    """Run it in every one of `members`, and show what each printed; `came` hears what it came to, by name."""

    def run_one(member: Member) -> AccountResult:
        result, data = run_in_block(shared, member, one)
        came(member.name, data)
        return result

    return side_by_side(
        members,
        run_one,
        jobs=chosen.over.jobs or JOBS,
        stops=shared.stops,
        fail_fast=chosen.over.fail_fast,
        reads_only=reads_only,
        on_result=chosen.show if shown else lambda _: None,
    )


def finish(
    shared: Shared, chosen: Chosen, results: Sequence[AccountResult], problems: Sequence[Problem] = (), code: int = 0
) -> int:
    """Tell all of it on every channel; `problems` concern all accounts, and alone would exit with `code`. Returns the
    exit code."""
    over, stops = chosen.over, shared.stops
    for gone in chosen.gone:
        chosen.show(gone)
    codes = [code, stops.main.exit_code if stops.main.signal is not None else Exit.OK]
    if unmatched := shared.globs.unmatched:
        problems = [
            *problems,
            *(Problem("no_such_address", f"{glob}: nothing has this address in any account") for glob in unmatched),
        ]
        codes.append(Exit.ERROR)
    every = tuple(sorted([*results, *chosen.gone], key=lambda r: r.account))
    shards = () if over.shard is None else (f"{over.shard[0]}/{over.shard[1]}",)
    overall = Overall(shared.command, every, shards, tuple(problems), worst(codes), over.title)
    return tell_overall(overall, over.reports, chosen.workspace.root)


def tell_overall(overall: Overall, reports: Sequence[tuple[str, str]], root: Path) -> int:
    """The table, or a report in its place, and every report that was asked for."""
    screen = report()
    printed, unwritten = write_reports(overall, reports, root)
    screen(overall_text(overall, stdout_paint()) if printed is None else printed)
    publish_overall(overall)
    codes = [failed(error, lambda text: messages()(f"{text}\n")) for error in unwritten]
    return worst([overall.exit_code, told_by(screen), *codes])
