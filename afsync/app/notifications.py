"""Messages to the channels of `notify`: by `plan --notify`, at the end of an apply, by `afsync notify`. A channel that
cannot be reached is a warning, and fails no run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.__version__ import __version__
from afsync.api.webhook import Sent, channel_problem, post
from afsync.app.locked_state import open_session
from afsync.app.project_state import check_lineage
from afsync.core.links import run_page
from afsync.core.notifications import (
    Channel,
    Event,
    Item,
    Notice,
    job_items,
    mark,
    unsent,
    with_announced,
    with_channel_started,
    without_failures,
    without_gone_jobs,
)
from afsync.core.state import Recorded
from afsync.core.status_lines import statuses
from afsync.engine.current_state import CurrentState
from afsync.errors import AfsyncError, Interrupted, StateError, StateLocked, UsageError
from afsync.output.notifications import About, body, error_notice, job_notice, plan_notice, run_notice
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.plan.plan import Plan
    from afsync.core.remote_account import Remote
    from afsync.engine.run_report import RunReport
    from afsync.store.interface import Store


class Notifier:
    """Sends to the channels that have a URL, and returns the state that records it. A channel that cannot be reached is
    not tried again in the same run."""

    def __init__(self, context: Context, project: LoadedProject, title: str = "", account: str | None = None) -> None:
        self._context = context
        name, page = title or project.root.resolve().name, run_page(context.environ) or None
        self._about = About(name, account, page, context.now())
        self._open = _open(context, project.settings.notify)
        self.failed = False
        self.sent: list[str] = []

    def test(self) -> None:
        """Send a test message to every channel, whatever its events are."""
        for channel in [*self._open]:
            self._send(channel, Notice(None, "this is a test of afsync"))

    def send(self, notice: Notice, recorded: Recorded) -> Recorded:
        """Send a message to the channels that have its event and were not sent it yet; the state after that."""
        for channel in [*self._open]:
            if notice.event not in channel.events or _was_sent(channel, notice, recorded):
                continue
            if self._send(channel, notice):
                recorded = with_announced(channel, notice, recorded, self._about.at)
        return recorded

    def send_jobs(self, found: Mapping[Event, tuple[Item, ...]], recorded: Recorded) -> Recorded:
        """Send what was not sent of the jobs yet, one message for each event and channel; the state after it."""
        for channel in [*self._open]:
            fresh = unsent(channel, found, recorded.announced)
            recorded = with_channel_started(channel, found, recorded, self._about.at)
            for event, items in fresh.items():
                notice = job_notice(event, items)
                if channel in self._open and self._send(channel, notice):
                    recorded = with_announced(channel, notice, recorded, self._about.at)
        return without_gone_jobs(recorded)

    @property
    def open(self) -> tuple[Channel, ...]:
        return tuple(self._open)

    def _send(self, channel: Channel, notice: Notice) -> bool:
        """Whether it counts as sent: also where that is not known, since a message is sent once at the most."""
        agent = f"afsync/{__version__}"
        try:
            sent = post(self._open[channel], body(channel.form, notice, self._about), agent, self._context.environ)
        except AfsyncError as error:
            return self._failed(channel, error.message)
        if sent.arrived:
            self.sent.append(f"{channel.name}: {notice.title}")
            return True
        self._failed(channel, _why(sent))
        return sent.unsure

    def _failed(self, channel: Channel, why: str) -> bool:
        self.failed = True
        del self._open[channel]
        self._context.say(f"Warning: channel {channel.name} was not notified: {escape_control(why)}\n")
        return False


def _why(sent: Sent) -> str:
    return f"{sent.why}; it may have arrived, and is not sent again" if sent.unsure else str(sent.why)


def _was_sent(channel: Channel, notice: Notice, recorded: Recorded) -> bool:
    return bool(notice.subjects) and all(mark(channel, notice.event, s) in recorded.announced for s in notice.subjects)


def _open(context: Context, channels: Iterable[Channel]) -> dict[Channel, str]:
    """The channels with a URL that can be used; a warning for each of the others."""
    found: dict[Channel, str] = {}
    for channel in channels:
        url = context.environ.get(channel.variable, "").strip()
        wrong = channel_problem(url) if url else "is not set"
        if wrong is None:
            found[channel] = url
        else:
            context.say(f"Warning: channel {channel.name} is not notified: {channel.variable} {wrong}.\n")
    return found


_NO_FAILURES = (Interrupted, UsageError, StateLocked)
"""What ends a run and is no failure: a person stopped it, or another run holds the lock."""


def after_apply(
    context: Context, project: LoadedProject, remote: Remote, state: CurrentState, done: RunReport, title: str
) -> None:
    """Send the result of an apply, and what was not sent yet of the jobs that it
    read. What cannot be written is a warning."""
    now = context.now()
    notifier = Notifier(context, project, title, done.plan.account.id)
    recorded = state.recorded
    well = done.stopped is None
    if not isinstance(done.stopped, Interrupted) and (done.outcomes or done.stopped or done.plan.violations):
        notice = run_notice(done.plan, done.outcomes, done.stopped, done.looked)
        recorded = notifier.send(notice, recorded)
        well = notice.event is Event.APPLIED
    if well:
        for channel in notifier.open:
            recorded = without_failures(channel, recorded)
    seen = replace(remote, previews={})
    settle = project.settings.settle
    # What this run changed was looked at before it did that. The next run sends it.
    changed = {o.change.address for o in done.outcomes}
    jobs = [
        job for job in statuses(project.desired, state.recorded, seen, now, settle=settle) if job.address not in changed
    ]
    _write(context, state, notifier.send_jobs(job_items(jobs, state.recorded), recorded))


def after_refusal(context: Context, project: LoadedProject, plan: Plan, state: CurrentState, title: str) -> None:
    """Send that nothing was done."""
    notifier = Notifier(context, project, title, plan.account.id)
    _write(context, state, notifier.send(run_notice(plan, (), None, None), state.recorded))


def _write(context: Context, state: CurrentState, recorded: Recorded) -> None:
    if recorded.announced == state.recorded.announced or state.broken is not None:
        return
    try:
        state.write(recorded)
    except (StateError, StateLocked) as error:
        context.say(
            f"Warning: what was sent is not in the state, so it may be sent again: {escape_control(error.message)}\n"
        )


@contextmanager
def failures_notified(context: Context, project: LoadedProject, store: Store, title: str) -> Iterator[None]:
    """Also sends, once, what ends a run before it has a plan."""
    try:
        yield
    except AfsyncError as error:
        if project.settings.notify and not isinstance(error, _NO_FAILURES):
            _notify_failure(context, error, project, store, title)
        raise


def _notify_failure(context: Context, error: AfsyncError, project: LoadedProject, store: Store, title: str) -> None:
    notifier, notice = Notifier(context, project, title), error_notice(error, "apply")
    try:
        recorded, version = store.read()
        check_lineage(project, recorded)
    except AfsyncError:
        notifier.send(notice, Recorded(project.settings.lineage or ""))
        return
    with suppress(AfsyncError):
        _write(context, CurrentState(store, recorded, version), notifier.send(notice, recorded))


def notify_plan(context: Context, project: LoadedProject, plan: Plan, title: str) -> Plan:
    """Send that a plan is ready, where it changes anything and was not sent yet. The plan, with the serial of the state
    after that."""
    if not project.settings.notify:
        raise UsageError("afsync.yaml has no `notify`", "declare a channel, or remove --notify")
    if not plan.changes and not plan.violations:
        return plan
    sent = False
    try:
        with open_session(context, project, 0.0) as session:
            if session.recorded.serial != plan.serial:
                context.say("Warning: the state changed meanwhile, so the channels were not notified of this plan.\n")
                return plan
            after = Notifier(context, project, title, plan.account.id).send(plan_notice(plan), session.recorded)
            if after.announced == session.recorded.announced:
                return plan
            sent = True
            session.write(after)
    except (StateError, StateLocked) as error:
        what = "this plan was sent, and may be sent again" if sent else "the channels were not notified of this plan"
        context.say(f"Warning: {what}: {escape_control(error.message)}\n")
        return plan
    return replace(plan, serial=plan.serial + 1)
