"""Sending to the channels of `notify`: the result of a run, and what is new of its jobs. Nothing here fails a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from afsync import __version__
from afsync.commands.context import here
from afsync.commands.screen import messages
from afsync.core.channels import Channel, Event
from afsync.core.notifications import Notice, announced, begun, mark, tidied, unsent
from afsync.core.run_page import run_page
from afsync.errors import AfsyncError
from afsync.output.notifications import About, body, job_notice
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.api.webhook import Sent
    from afsync.config.project import Project
    from afsync.core.notifications import Item
    from afsync.core.state.recorded import Recorded


class Notifier:
    """Sends to the channels that have a URL, and returns the state that records it. A channel that cannot be reached is
    not tried again in the same run."""

    def __init__(self, project: Project, title: str = "", account: str | None = None) -> None:
        self._project = project
        self._about = About(title or project.root.resolve().name, account, run_page(os.environ) or None, here().now())
        self._open = _open(project.settings.notify)
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
                recorded = announced(channel, notice, recorded, self._about.at)
        return recorded

    def send_jobs(self, found: Mapping[Event, tuple[Item, ...]], recorded: Recorded) -> Recorded:
        """Send what is new of the jobs, one message for each event and channel; the state after it."""
        for channel in [*self._open]:
            fresh = unsent(channel, found, recorded.announced)
            recorded = begun(channel, found, recorded, self._about.at)
            for event, items in fresh.items():
                notice = job_notice(event, items)
                if channel in self._open and self._send(channel, notice):
                    recorded = announced(channel, notice, recorded, self._about.at)
        return tidied(recorded)

    @property
    def open(self) -> tuple[Channel, ...]:
        return tuple(self._open)

    def _send(self, channel: Channel, notice: Notice) -> bool:
        """Whether it counts as sent: also where that is not known, since a message is sent once at the most."""
        from afsync.api.webhook import post

        agent = f"afsync/{__version__}"
        try:
            sent = post(self._open[channel], body(channel.form, notice, self._about), agent, os.environ)
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
        messages()(f"Warning: channel {channel.name} was not notified: {visible(why)}\n")
        return False


def _why(sent: Sent) -> str:
    return f"{sent.why}; it may have arrived, and is not sent again" if sent.unsure else str(sent.why)


def _was_sent(channel: Channel, notice: Notice, recorded: Recorded) -> bool:
    return bool(notice.subjects) and all(mark(channel, notice.event, s) in recorded.announced for s in notice.subjects)


def _open(channels: Iterable[Channel]) -> dict[Channel, str]:
    """The channels with a URL that can be used. Of the others it is said why not."""
    from afsync.api.webhook import not_a_channel

    found: dict[Channel, str] = {}
    for channel in channels:
        url = os.environ.get(channel.variable, "").strip()
        wrong = not_a_channel(url) if url else "is not set"
        if wrong is None:
            found[channel] = url
        else:
            messages()(f"Warning: channel {channel.name} is not notified: {channel.variable} {wrong}.\n")
    return found
