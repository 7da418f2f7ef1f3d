"""What arrived, so that a test can say what a client really sent; keys are never kept."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from typing import Any

from msgspec import Struct, field

from afsync.emulator.accounts import key_id
from afsync.emulator.clock import iso

KEPT_BODY = 1_000_000
KEPT_REQUESTS = 100_000


class LoggedRequest(Struct):
    """One request. `status` is None when no complete status line was sent."""

    number: int
    at: int
    host: str
    connection: int | None
    method: str
    path: str
    query: str
    headers: dict[str, str]
    key: str | None
    status: int | None = None
    faults: list[str] = field(default_factory=list)
    _size: int = 0
    _start: bytes = b""
    _hash: Any = field(default_factory=hashlib.sha256)

    def take(self, data: bytes) -> None:
        """Add a chunk of the body."""
        self._size += len(data)
        self._hash.update(data)
        if len(self._start) + len(data) <= KEPT_BODY:
            self._start += data

    @property
    def text(self) -> str:
        """The body as text, as far as it was kept (at most `KEPT_BODY` bytes)."""
        return self._start.decode("utf-8", "replace")

    def body(self) -> Any:
        """Parsed if it is JSON, otherwise its size and hash."""
        if not self._size:
            return None
        if len(self._start) == self._size:
            try:
                return json.loads(self._start)
            except ValueError:
                pass
        return {"size": self._size, "sha256": self._hash.hexdigest()}

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        authorization = None if self.key is None else {"key_id": self.key}
        return {
            "number": self.number, "at": iso(self.at), "host": self.host, "connection": self.connection,
            "method": self.method, "path": self.path, "query": self.query, "headers": self.headers,
            "authorization": authorization, "body": self.body(), "status": self.status, "faults": self.faults,
        }  # fmt: skip


class RequestLog:
    """The latest requests, oldest first; those to the control API are not among them."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._count = 0

    def open(self, at: int, host: str, scope: Any) -> LoggedRequest:
        """Add the entry of a request that arrived at `at` (epoch milliseconds)."""
        self._count += 1
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        sent = dict(headers).get("authorization")
        line = scope.get("state", {}).get("line")
        entry = LoggedRequest(
            self._count, at, host, line.number if line else None, scope["method"], scope["path"],
            scope["query_string"].decode("latin-1"),
            {name: value for name, value in headers if name != "authorization"},
            None if sent is None else key_id(sent.removeprefix("Bearer ")),
        )  # fmt: skip
        self._entries.append(entry)
        return entry

    def entries(self) -> list[LoggedRequest]:
        """The entries that are kept, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Remove all entries; the numbering continues."""
        self._entries.clear()
