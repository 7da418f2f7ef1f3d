"""The facts and the options that a plan is decided from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.clocks import ahead, skew
from afsync.core.recovery.evidence import ghosts
from afsync.core.remote_account import Remote
from afsync.core.resources import EMPTY, Desired, Values, effective
from afsync.core.state import Recorded


class Options(Struct, frozen=True):
    """The options of a plan, most of them from the command line.

    `replace`: addresses to submit or make again. `target`, `exclude`: globs over addresses. `destroy`: plan the removal
    of everything recorded. `allow_empty`: declaring nothing is meant. `ignore_policy`: what the policy forbids is only
    warned of. `accept_unstaged`: jobs for review are submitted although the service ignored that before. `quarantine`
    (seconds) and `exclusive` (None: not declared): how lost answers are looked for (`core.recovery.lost_answers`), and
    what unknown jobs in the account mean (`core.recovery.lost_state`). `late` (seconds): how long after its time a
    held job is still published by itself. `settle` and `watch` (seconds): how long what was accepted may stay unseen,
    and how long a cancelled job is watched (`core.trust.kept_publish_times`, `core.trust.cancels`). `ignore_horizon`:
    what only the horizon lets in is left out.
    """

    replace: frozenset[str] = frozenset()
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    destroy: bool = False
    allow_empty: bool = False
    ignore_policy: bool = False
    accept_unstaged: bool = False
    quarantine: float = 600.0
    exclusive: bool | None = None
    late: float = 21_600.0
    settle: float = 120.0
    watch: float = 86_400.0
    ignore_horizon: bool = False


class Facts(Struct, frozen=True):
    """The facts that decisions are made from. `recorded` is the state after the moves; `now` is UTC.

    `blocked_templates` are addresses of templates that a job must not be made from in this run, with the reason.
    `moved` maps the addresses of renamed resources to the old ones. `taken` are those of them at which something was
    recorded that nothing asks for any more: the files call `job.a` now `job.b`, and what was submitted for `job.b` is
    declared nowhere, so `job.b` is taken. `here` is what the clock of this machine says, where `now` is by the
    service's. `settled` are the addresses of jobs about which there is certainly nothing to decide.
    """

    desired: Desired
    recorded: Recorded
    remote: Remote
    now: datetime
    options: Options = Options()
    blocked_templates: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    here: datetime | None = None
    settled: frozenset[str] = frozenset()

    def template_values(self, values: Values) -> Values:
        """The values of the template that a job's `values` name, as far as they are known."""
        if key := values.get("template"):
            template = self.desired.templates.get(f"template.{key}")
            return template.values if template else EMPTY
        found = self.remote.templates.get(str(values.get("fromTemplateId")))
        return found.echo if found else EMPTY

    def effective(self, values: Values) -> dict[str, Any]:
        """A job's `values` as the service will see them, those of its template included."""
        return {"entry": "fetch", **effective(values, self.template_values(values))}


def facts_for_import(desired: Desired, recorded: Recorded, remote: Remote, now: datetime) -> Facts:
    """The facts about the state as it is, for commands that take something over."""
    return Facts(desired, recorded, remote, now, owned=owned_ids(recorded, replace(desired, imports={}), remote))


def facts_for_plan(now: datetime, desired: Desired, recorded: Recorded, remote: Remote, options: Options) -> Facts:
    """The facts for decisions; where the clocks are far apart, the time is the service's, since the service
    publishes."""
    return Facts(desired, recorded, remote, by_service_clock(now, remote), options, here=now)


def by_service_clock(now: datetime, remote: Remote) -> datetime:
    """Our time, or the service's where the clocks are far apart."""
    return now + timedelta(seconds=ahead(skew(remote.server_time, now)))


def owned_ids(recorded: Recorded, desired: Desired, remote: Remote) -> frozenset[str]:
    """Ids that cannot be taken over: recorded, deposed, to be imported, watched after a cancel, marked by a person as
    not ours, or ghosts."""
    ids = {r.id for r in recorded.resources.values()} | {d.id for d in recorded.deposed} | recorded.watched.keys()
    return frozenset(ids.union(recorded.not_ours, ghosts(remote), desired.imports.values()))
