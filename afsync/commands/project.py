"""What commands work with: the project in a directory, its state, and the line to the service."""

from __future__ import annotations

import getpass
import hashlib
import math
import os
import random
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from afsync import __version__
from afsync.commands.screen import messages
from afsync.errors import AfsyncError, AuthError, ConfigError, PlanStale, Problem, StateError, UsageError

if TYPE_CHECKING:
    from afsync.api.inprocess import App
    from afsync.api.link import Link
    from afsync.api.reader import Reader
    from afsync.config.project import Project
    from afsync.core.plan import Plan
    from afsync.core.recorded import Recorded
    from afsync.core.recovery import Resolution
    from afsync.core.remote import Remote
    from afsync.core.resources import Limits
    from afsync.core.verdict import Options
    from afsync.engine.interrupt import Stop
    from afsync.store.local import LocalStore

EMULATOR_DATA = ".afsync/emulator.db"
MAX_KEY_FILE = 10_000
"""Characters; a longer one is no key."""


def directory() -> Path:
    """Where the project is: `-C DIR`, or here."""
    chosen = click.get_current_context().find_root().obj
    return Path(chosen or "")


def now() -> datetime:
    return datetime.now(UTC)


def load_project() -> Project:
    """The files, checked. Raises ConfigError with everything that is wrong with them, which CI is shown as well."""
    from afsync.commands.ci import publish_problems
    from afsync.config.loader import load

    try:
        return load(directory(), environ=os.environ)
    except ConfigError as error:
        publish_problems(error.problems, directory())
        raise


def quarantine(project: Project) -> float:
    """Seconds; AFSYNC_QUARANTINE overrides the files."""
    from afsync.config.fields import quarantine_seconds
    from afsync.config.problems import Wrong

    override = os.environ.get("AFSYNC_QUARANTINE", "").strip()
    try:
        return quarantine_seconds(override) if override else project.settings.quarantine
    except Wrong as error:
        raise UsageError(f"AFSYNC_QUARANTINE: {error}", error.hint) from None


def open_store(project: Project) -> LocalStore:
    """The state of this project. StateError when there is no lineage that a state could belong to."""
    from afsync.store.local import LocalStore
    from afsync.store.paths import Paths, state_path

    if project.settings.lineage is None:
        raise StateError("this project has no lineage, so no state can belong to it", "run `afsync init`")
    paths = Paths(state_path(project.root, project.settings.state), (project.root / ".afsync").absolute())
    return LocalStore(paths, afsync_version=__version__)


def read_state(project: Project) -> tuple[Recorded, str]:
    """The state and its version, of this project for certain. StateError otherwise."""
    recorded, version = open_store(project).read()
    check_lineage(project, recorded)
    return recorded, version


def check_lineage(project: Project, recorded: Recorded) -> None:
    """StateError when the state is of another project."""
    from afsync.store.owner import check_owner

    base_url = recorded.account.base_url if recorded.account else ""
    check_owner(recorded, lineage=project.settings.lineage or "", account_id=None, base_url=base_url)


@contextmanager
def locked(store: LocalStore, timeout: float, stop: Stop) -> Iterator[None]:
    """Hold the lock. StateLocked when another run does, after `timeout` seconds; Interrupted while waiting."""
    from afsync.store.lock import Holder, acquire

    holder = Holder(str(uuid.uuid4())[:8], _user(), socket.gethostname(), os.getpid(), _command(), now())
    with acquire(store.paths.lock, holder, timeout=timeout, clock=time.monotonic, sleep=stop.wait):
        yield


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _command() -> str:
    return f"afsync {click.get_current_context().info_name}"


def check_account(recorded: Recorded, remote: Remote) -> None:
    """A state belongs to one account; with another key its ids would mean something else. StateError then."""
    from afsync.store.owner import check_owner

    check_owner(recorded, lineage=recorded.lineage, account_id=remote.account.id, base_url=remote.base_url)


@dataclass(frozen=True, slots=True)
class Service:
    """The line to the service, and what it is called in a state."""

    link: Link
    base_url: str

    @property
    def reader(self) -> Reader:
        from afsync.api.reader import Reader

        return Reader(self.link)


def connect(project: Project, *, writes: bool, sleep: Callable[[float], None] = time.sleep) -> Service:
    """Nothing is sent yet. Raises UsageError or AuthError where the key may not go, or is missing.

    `writes` matters to the emulator inside the process only: without it, its data are looked at and not touched.
    """
    from afsync.api import link
    from afsync.api.access import access

    granted = access(project.settings.base_url, os.environ, _read_key_file)
    opened = link.connect(
        granted,
        environ=os.environ,
        user_agent=f"afsync/{__version__}",
        clock=time.monotonic,
        sleep=sleep,
        random=random.random,
        app=_emulator(project.root, writes=writes) if granted.in_process else None,
    )
    click.get_current_context().call_on_close(opened.close)
    return Service(opened, granted.base_url)


def _read_key_file(path: str) -> str:
    """No more of it than any key has: it may be a pipe, or something endless."""
    with Path(path).open(encoding="utf-8") as file:
        return file.read(MAX_KEY_FILE)


def _emulator(root: Path, *, writes: bool) -> App:
    import sqlite3

    from afsync.emulator import create_app

    data = root / EMULATOR_DATA
    try:
        app = create_app(data, speed=_emulator_speed(), tier="managed", copied=not writes)
    except (sqlite3.Error, OSError, ValueError) as error:
        message = f"the built-in emulator could not start on {data}: {error}"
        raise AfsyncError(message, "remove that file to start anew") from None
    click.get_current_context().call_on_close(app.close)
    return app


def _emulator_speed() -> float | str:
    written = os.environ.get("AFSYNC_EMULATOR_SPEED", "").strip() or "1"
    try:
        if written == "manual" or 0 < float(written) < math.inf:
            return written if written == "manual" else float(written)
    except ValueError:
        pass
    raise UsageError(f"AFSYNC_EMULATOR_SPEED={written}: not a speed", "write a number such as 60, or manual")


def read_remote(project: Project, recorded: Recorded, service: Service, at: datetime) -> Remote:
    """What a plan needs of the account, and no more."""
    from afsync.api.previews import previews
    from afsync.api.snapshot import fetch
    from afsync.core.approvals import waiting
    from afsync.core.lookups import lookups
    from afsync.core.remote import Remote

    wanted = lookups(project.desired, recorded, at)
    # A state that is new may be one that was lost; publish times are what tells.
    timed = bool(wanted.jobs) or (wanted.since is not None and not recorded.counter)
    try:
        remote = _as_of(at, replace(fetch(service.reader, wanted, publish_times=timed), base_url=service.base_url))
    except AuthError:
        # Jobs of somebody else are forbidden. That the key is another account's says more, if that is it.
        check_account(recorded, Remote(service.reader.account(), base_url=service.base_url))
        raise
    ids = (w.id for w in waiting(recorded, remote, at) if w.address in project.desired.jobs)
    return replace(remote, previews=previews(service.reader, ids))


def _as_of(at: datetime, remote: Remote) -> Remote:
    """Reading may take minutes where the rate limit holds it up: what the service's clock was when it began."""
    told = remote.server_time
    return remote if told is None else replace(remote, server_time=told - (now() - at))


def read_for_intents(project: Project, recorded: Recorded) -> Remote:
    """What the account shows of open submissions; nothing else is looked at."""
    from afsync.api.snapshot import fetch
    from afsync.core.remote import Lookups
    from afsync.core.resources import Kind

    service = connect(project, writes=False)
    wanted = Lookups(heads=tuple(i.known for i in recorded.intents if i.kind is Kind.JOB))
    remote = replace(fetch(service.reader, wanted, publish_times=False), base_url=service.base_url)
    check_account(recorded, remote)
    return remote


def resolve_with(project: Project, recorded: Recorded, remote: Remote) -> tuple[Resolution, ...]:
    """What can be said now of every open submission."""
    from afsync.core.recovery import resolve

    exclusive = project.settings.exclusive
    return resolve(recorded, remote, now(), quarantine=quarantine(project), exclusive=exclusive)


def resolutions(project: Project, recorded: Recorded) -> tuple[Resolution, ...]:
    """The same, looking first."""
    return resolve_with(project, recorded, read_for_intents(project, recorded))


def checked_plan(
    project: Project, recorded: Recorded, remote: Remote, at: datetime, options: Options, limits: Limits
) -> Plan:
    """The plan with its policy and limits checked; what the policy holds back does not count for the limits."""
    from afsync.core.limits import check_plan
    from afsync.core.planner import make_plan
    from afsync.core.policy_check import check_policy
    from afsync.core.verdict import Facts

    options = replace(options, quarantine=quarantine(project), exclusive=project.settings.exclusive)
    plan = make_plan(project.desired, recorded, remote, at, options)
    plan = check_policy(plan, project.policy, Facts(project.desired, recorded, remote, at, options))
    plan = check_plan(
        plan,
        limits,
        recorded=len(recorded.resources),
        destroy=options.destroy,
        allow_empty=options.allow_empty,
    )
    return located(plan, project)


@contextmanager
def open_planned(project: Project, path: str, sha256: str) -> Iterator[BinaryIO]:
    """A file to upload, hashed and sent from one descriptor. PlanStale, before anything is spent, when it is not
    what was planned any more, or changed while it was sent."""
    from afsync.config.files import inside, open_regular
    from afsync.config.problems import Wrong

    hint = "plan again with the file as it is now"
    try:
        with open_regular(inside(project.root, path)) as (file, _):
            before = _stamp(file)
            if _sha256(file) != sha256:
                raise PlanStale(f"{path} has changed since the plan was made", hint)
            file.seek(0)
            yield file
            if _stamp(file) != before:
                raise PlanStale(f"{path} was written to while it was sent; nothing was submitted with it", hint)
    except Wrong as error:
        raise PlanStale(f"{path} could be read when the plan was made, and cannot any more: {error}", hint) from None


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def located(plan: Plan, project: Project) -> Plan:
    """The plan with the places in the files of whatever it has to say about declared resources and limits."""

    def place(problem: Problem) -> Problem:
        if problem.location is not None:
            return problem
        return replace(problem, location=project.locate(problem.address or f"limits.{problem.code}"))

    return replace(
        plan,
        notices=tuple(map(place, plan.notices)),
        violations=tuple(map(place, plan.violations)),
        blocking=tuple(map(place, plan.blocking)),
    )


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


def configuration(project: Project) -> str:
    """The hash of everything the project consists of: its files, and those it uploads."""
    from afsync.core.saved import configuration_hash

    media = {job.file.path: job.file.sha256 for job in project.desired.jobs.values() if job.file}
    return configuration_hash([*((f.path, f.sha256) for f in project.files), *media.items()])


def warn_closed(error: OSError) -> None:
    """Say on stderr that the report could not be written; not to a reader who went away by choice (`| head`)."""
    if not isinstance(error, BrokenPipeError):
        messages()(f"afsync: the report could not be written: {error.strerror or error}\n")
