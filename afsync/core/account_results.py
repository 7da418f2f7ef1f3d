"""A command over many accounts: a result for each, and one exit code for all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from afsync.core.text import count
from afsync.errors import Exit, Problem, Severity

FROM_WORST = (
    *(Exit.INTERRUPTED, Exit.TERMINATED, Exit.STATE, Exit.UNRESOLVED, Exit.ERROR),
    *(Exit.STALE, Exit.LOCKED, Exit.REFUSED, Exit.CHANGES, Exit.OK),
)
"""Exit codes, the worst first."""


class Numbers(Struct, frozen=True):
    """The changes that are planned in an account, or were made; None where they are not known."""

    add: int | None = None
    change: int | None = None
    destroy: int | None = None
    credits: int | None = None
    balance: int | None = None


class AccountResult(Struct, frozen=True):
    """What came of one account. `directory` is relative to the workspace; `numbers` are what is planned, or what an
    apply did; `output` is everything that was printed, `details` the same as Markdown where that is different.

    `begun` is false for one that was not reached any more, `blocked` says that something was held back.
    """

    account: str
    directory: str
    exit_code: int = 0
    numbers: Numbers = Numbers()
    problems: tuple[Problem, ...] = ()
    output: str = ""
    details: str = ""
    begun: bool = True
    changes: bool = False
    blocked: bool = False

    @property
    def failed(self) -> bool:
        return self.exit_code not in (Exit.OK, Exit.CHANGES)


class Overall(Struct, frozen=True):
    """The results of all accounts. `shards` are the parts of the whole that these are, as in `2/8`; none where it was
    not divided. `problems` are those of no single account; `own_code` is the exit code for them alone."""

    command: str
    results: tuple[AccountResult, ...]
    shards: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    own_code: int = 0
    title: str = ""

    @property
    def exit_code(self) -> int:
        return worst([self.own_code, *(r.exit_code for r in self.results)])

    @property
    def not_begun(self) -> tuple[AccountResult, ...]:
        return tuple(r for r in self.results if not r.begun)


def worst(codes: Iterable[int]) -> int:
    """The worst of these exit codes; an unknown one counts as an error."""
    known = [Exit(code) if code in set(Exit) else Exit.ERROR for code in codes]
    return int(min(known, key=FROM_WORST.index, default=Exit.OK))


def total(results: Sequence[AccountResult]) -> Numbers:
    """The sums of the numbers that are known. Balances are not added up: each belongs to one account."""

    def summed(name: str) -> int | None:
        known = [n for n in (getattr(r.numbers, name) for r in results) if n is not None]
        return sum(known) if known else None

    return Numbers(summed("add"), summed("change"), summed("destroy"), summed("credits"))


def errors_of(result: AccountResult) -> int:
    """The number of problems, without warnings and notes."""
    return sum(p.severity is Severity.ERROR for p in result.problems)


def shard_of(account: str, shards: int) -> int:
    """The shard of an account, from 1; always the same, whatever other accounts there are."""
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:8], "big") % shards + 1


def over_limit(results: Sequence[AccountResult], max_credits: int | None) -> Problem | None:
    """Why the plans of all accounts together cannot be applied; None where they can."""
    spend = total(results).credits or 0
    if max_credits is None or spend <= max_credits:
        return None
    text = f"the plans of all accounts together spend {count(spend, 'credit')}, and the limit of the workspace is "
    text += f"{max_credits}"
    return Problem("max_credits", text, "raise `limits.max_credits` of the workspace, or name fewer accounts")
