"""Everything that one emulated service holds: its data, clock, options, and what was seen and rehearsed."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from afsync.emulator import accounts, router_submissions, submissions
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.clock import Clock
from afsync.emulator.database import Database, get_setting, put_setting
from afsync.emulator.dialects import Dialect, speak
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.faults.armed import FaultBook, Holds
from afsync.emulator.jobs import EmulatedJob
from afsync.emulator.links import Links
from afsync.emulator.options import EmulatorOptions
from afsync.emulator.ratelimit import RateLimiter
from afsync.emulator.requestlog import RequestLog
from afsync.emulator.uploads import Folder


class EmulatedService:
    """Handed to every endpoint. `media_host` is scheme and authority, such as `http://127.0.0.1:4322`."""

    def __init__(self, db: Database, options: EmulatorOptions, clock: Clock, media_host: str) -> None:
        self.db = db
        self.options = options
        self.clock = clock
        self.media_host = media_host
        self.limiter = RateLimiter()
        self.log = RequestLog()
        self.faults = FaultBook()
        self.holds = Holds()
        self.folder = Folder(db.path)
        with db.reading() as connection:
            self._secret = get_setting(connection, "seed", "")
            clock.offset_ms += int(get_setting(connection, "clock_offset_ms", "0"))

    @property
    def links(self) -> Links:
        """The links to the media host."""
        return Links(self.media_host, self._secret)

    @property
    def dialect(self) -> Dialect:
        """The dialect that is switched on, for the default tier."""
        return speak(self.options, self.links, self.options.tier)

    def dialect_for(self, account: EmulatedAccount) -> Dialect:
        """The dialect that is switched on, for an account's tier."""
        return speak(self.options, self.links, account.tier)

    def submit(self, account: EmulatedAccount, body: dict[str, Any], now: int) -> EmulatedJob:
        """A paid submission, by the rules of the dialect; ErrorAnswer when it is refused."""
        submit = router_submissions.submit if self.dialect.lenient else submissions.submit
        return submit(self.db, account, body, self.options, now)

    def move_clock(self, to: int) -> None:
        """Make it `to` now, in this run and in later ones on the same data."""
        self.clock.set(to)
        with self.db.writing() as connection:
            put_setting(connection, "clock_offset_ms", str(self.clock.offset_ms))
        self.settle()

    def settle(self) -> None:
        """Carry out the submissions that were to come late, as far as they are due."""
        now = self.clock.now()
        with self.db.reading() as connection:
            query = "SELECT seq, due, key, body FROM pending WHERE due <= ? ORDER BY due, seq"
            due = connection.execute(query, (now,)).fetchall()
        for seq, moment, key, body in due:
            with self.db.writing() as connection:
                taken = connection.execute("DELETE FROM pending WHERE seq = ?", (seq,)).rowcount
            if taken:
                self._submit_late(key, body, moment)

    def _submit_late(self, key: str, body: str, moment: int) -> None:
        account = accounts.find_or_create(self.db, key, self.options, moment)
        with contextlib.suppress(ErrorAnswer):  # it would have been refused
            self.submit(account, json.loads(body), moment)

    def close(self) -> None:
        """Drop the held requests and close the data."""
        self.holds.close()
        self.folder.close()
        self.db.close()
