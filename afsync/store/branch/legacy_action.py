"""What the action of afsync 0.1 left on a branch: a journal beside the state, and the note of a run that began.

That action brought a whole `.afsync` back at the end of a run, and left a note at its beginning. A note
that is still there means a run whose state is not here, so nothing is applied before a person has seen to it.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from afsync.core.command_lines import unlock_command
from afsync.errors import StateError, StateLocked
from afsync.store.branch.repository import Repository, TreeEntry, made_temporary, no_room
from afsync.store.disk import Disk
from afsync.store.lock import Holder
from afsync.store.paths import Paths
from afsync.store.remote.backend import StoredDocument
from afsync.store.remote.lock import LockDocument, encode_lock
from afsync.store.state_reader import load
from afsync.store.state_text import encode_bytes

NOTE = ".afsync-running"


class LegacyAction:
    """`key` is that of the state."""

    def __init__(self, repository: Repository, key: str, name: str) -> None:
        self._repository, self._key, self._name = repository, key, name
        self._journal = f"{key}.journal"
        self._note = posixpath.join(posixpath.dirname(posixpath.dirname(key)), NOTE)

    def with_journal(self, data: bytes) -> bytes:
        """The state with what a journal beside it adds."""
        journal = self._repository.entry(self._journal)
        if journal is None:
            return data
        added = self._repository.content(journal)
        with made_temporary(tempfile.TemporaryDirectory, "afsync-state-") as folder:
            paths = Paths(Path(folder) / "state.json", Path(folder))
            try:
                paths.state.write_bytes(data)
                paths.journal.write_bytes(added)
            except OSError as error:
                raise no_room(error) from None
            try:
                loaded = load(Disk(), paths)
            except StateError as error:
                text = f"{self._key} in {self._name} and the journal beside it do not match: {error.message}"
                raise StateError(
                    text.replace(f"{folder}/", ""), "restore both from an earlier commit of the branch"
                ) from None
            return encode_bytes(loaded.recorded, "0.1").data if loaded.pending else data

    def taken_in(self) -> dict[str, TreeEntry | None]:
        """What goes with a write of the state: the journal is in it."""
        return {self._journal: None} if self._repository.entry(self._journal) else {}

    def lock(self) -> StoredDocument | None:
        """The note as a lock that `force-unlock` can remove. It does not end by itself."""
        entry = self._repository.entry(self._note)
        if entry is None:
            return None
        since = datetime.fromtimestamp(self._repository.written(self._note), UTC)
        who = Holder(entry.blob[:8], "an action of afsync 0.1", "its runner", 0, "afsync apply", since)
        return StoredDocument(encode_lock(LockDocument(who, self._run(entry))), entry.blob, datetime.now(UTC))

    def lock_path(self, version: str | None) -> str | None:
        """The path of the note, where that is the lock with this version."""
        entry = self._repository.entry(self._note)
        return self._note if entry is not None and version in (None, entry.blob) else None

    def refuse_while_running(self) -> None:
        """StateLocked while there is a note."""
        entry = self._repository.entry(self._note)
        if entry is not None:
            text = f"An apply of an earlier afsync is in progress, or its state was lost: {self._run(entry)}."
            hint = f"bring its state back as docs/ci.md says, then {unlock_command(entry.blob[:8])}"
            raise StateLocked(text, hint)

    def _run(self, entry: TreeEntry) -> str:
        told = self._repository.content(entry)[:300].decode("ascii", "ignore")
        return re.sub(r"[^A-Za-z0-9:/._-]", "", told)
