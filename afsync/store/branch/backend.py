"""Documents on a branch (`store.remote.backend.Backend`): a write is a commit that is pushed on the tip it was made on.

Several projects share a branch, each at its own path. A push that came second after a write at another path is made
again on the new tip; after a write at the same path it is lost, and so is the run.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from afsync.core.command_lines import INIT
from afsync.core.state_place import BranchPlace
from afsync.store.branch.checkout import check_version, chosen_remote, find_checkout
from afsync.store.branch.legacy_action import NOTE, LegacyAction
from afsync.store.branch.repository import ALLOW, PushLost, Repository, TreeEntry
from afsync.store.remote.backend import Conflict, StoredDocument, Unavailable
from afsync.store.remote.lock import lock_key

TRIES = 60
"""How often a write is made again because others write at other paths of the branch."""

AT_ONE_TIP = 10
"""How often of these at one tip: that is no other writer any more."""
FETCHES = 3


def branch_backend(root: Path, place: BranchPlace, environ: Mapping[str, str] = os.environ) -> BranchBackend:
    """The branch that `state:` names, for the project in `root`. Nothing is fetched yet."""
    checkout = find_checkout(root, environ)
    check_version(root, environ)
    remote = chosen_remote(checkout, place.remote)
    name = f"branch:{place.branch}" + (f"?remote={place.remote}" if place.remote else "")
    places = (f"{checkout.inside}.afsync", f"{checkout.inside}{NOTE}")
    return BranchBackend(Repository(checkout, remote, place.branch, name, places, environ), name, checkout.inside)


def _pause(number: int) -> None:
    time.sleep(random.uniform(0, min(0.05 * 2**number, 1.0)))


class BranchBackend:
    """See the module. `inside` is the project's folder in the repository, with a slash at its end, or nothing."""

    packed = False
    compares = True

    def __init__(self, repository: Repository, name: str, inside: str, pause: Callable[[int], None] = _pause) -> None:
        self.name, self.key = name, f"{inside}.afsync/state.json"
        self._repository, self._pause = repository, pause
        self._earlier = LegacyAction(repository, self.key, name)
        self._alone = threading.RLock()

    def get(self, key: str) -> StoredDocument | None:
        with self._alone:
            old = key.startswith(f"{self.key}.history/")
            # What is in the history never changes.
            if not (old and self._repository.fetched):
                self._fetch()
            entry = self._repository.entry(key)
            if entry is None:
                return self._earlier.lock() if key == self._lock else None
            version = self._version(key) or ""
            data = self._repository.content(entry)
            if key == self.key:
                data = self._earlier.with_journal(data)
            at = self._repository.written(key) if old or key == self._lock else self._repository.at
            return StoredDocument(data, version, datetime.fromtimestamp(at, UTC))

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        with self._alone:
            entry = self._repository.entry_of(key, data)
            self._change(key, entry, if_version)
            return entry.blob

    def list(self, prefix: str) -> tuple[str, ...]:
        with self._alone:
            self._known()
            return tuple(sorted(path for path in self._repository.files() if path.startswith(prefix)))

    def delete(self, key: str, if_version: str | None) -> None:
        with self._alone:
            self._known()
            note = self._earlier.lock_path(if_version) if key == self._lock else None
            self._change(note or key, None, if_version)

    def now(self) -> datetime:
        """git has no clock of its own: each commit is dated by the machine that made it."""
        return datetime.now(UTC)

    @property
    def _lock(self) -> str:
        return lock_key(self)

    def _change(self, key: str, new: TreeEntry | None, if_version: str | None) -> None:
        """Push until it is done, refused, or lost to a write at the same path. Each attempt after the first is made
        because the one before certainly changed nothing."""
        lost_at: list[str | None] = []
        for number in range(TRIES):
            self._known()
            if not self._fits(key, new, if_version):
                self._fetch()
                if not self._fits(key, new, if_version):
                    raise Conflict
            if new is None and self._repository.entry(key) is None:
                return
            if new is not None and key == self._lock:
                self._refuse_to_begin()
            also = self._earlier.taken_in() if key == self.key else {}
            try:
                self._repository.push({key: new, **also}, _message(key, new))
            except PushLost as lost:
                lost_at.append(self._repository.tip)
                if lost_at.count(self._repository.tip) >= AT_ONE_TIP:
                    raise Unavailable(f"{self.name} cannot be written: {lost}.", ALLOW) from None
                self._pause(number)
                continue
            return
        raise Unavailable(f"Other runs keep writing {self.name}.", "nothing was written; run afsync again")

    def _refuse_to_begin(self) -> None:
        """A branch is made by `init` alone: a wrong name must not begin an empty one."""
        if self._repository.tip is None:
            text = f"The state {self.name} is missing: the remote has no such branch."
            raise Unavailable(text, f"if the name is right: {INIT} makes it in a new project")
        self._earlier.refuse_while_running()

    def _fits(self, key: str, new: TreeEntry | None, if_version: str | None) -> bool:
        there = self._version(key)
        return there == if_version or (new is None and (there is None or if_version is None))

    def _version(self, key: str) -> str | None:
        """A write of the state removes the journal beside it, so that belongs to the version, too."""
        entry = self._repository.entry(key)
        if entry is None:
            return None
        journal = self._repository.entry(f"{self.key}.journal") if key == self.key else None
        return f"{entry.blob}+{journal.blob}" if journal else entry.blob

    def _known(self) -> None:
        if not self._repository.fetched:
            self._fetch()

    def _fetch(self) -> None:
        """Reading may be repeated, so a network that fails for a moment is waited for."""
        for number in range(FETCHES):
            try:
                return self._repository.fetch()
            except Unavailable:
                if number == FETCHES - 1:
                    raise
            self._pause(number + 3)
        return None


def _message(key: str, new: TreeEntry | None) -> str:
    return f"{'Remove' if new is None else 'Write'} {key} [skip ci]\n"
