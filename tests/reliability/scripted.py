"""A service on a raw socket: it answers reads as it should, and each submission with whatever bytes it is told."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from msgspec import Struct

Play = Callable[[socket.socket], None]
"""What the service does on a connection once a submission has arrived there; then it closes it."""

LINGER_ZERO = struct.pack("ii", 1, 0)


class Seen(Struct, frozen=True):
    """A request as it came: on which connection, and its first line and headers."""

    connection: int
    method: str
    path: str
    version: str
    headers: dict[str, str]


def answer(status: int, body: object = None, *, content_type: str = "application/json", extra: str = "") -> bytes:
    """A whole answer; `body` is JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {len(content)}\r\n{extra}\r\n"
    return head.encode() + content


def say(data: bytes) -> Play:
    return lambda wire: wire.sendall(data)


def reset(wire: socket.socket) -> None:
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)


def drip(data: bytes, pause: float) -> Play:
    """One byte after the other, until the client hangs up."""

    def play(wire: socket.socket) -> None:
        wire.settimeout(pause)
        for n in range(len(data)):
            wire.sendall(data[n : n + 1])
            with suppress(TimeoutError):
                if not wire.recv(1):
                    return

    return play


@dataclass
class Scripted:
    """`script` says what happens to the first submissions; those after it are made as they should be."""

    script: Sequence[Play] = ()
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    deaf_after: int | None = None
    """From so many requests on, nobody listens any more."""

    def requests(self, method: str, path: str = "/v1/jobs") -> list[Seen]:
        return [s for s in self.seen if s.method == method and s.path.partition("?")[0] == path]

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def serve(self) -> None:
        number = 0
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._open.append(wire)
            thread = threading.Thread(target=self._talk, args=(wire, number))
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Hang up on everybody."""
        self._deafen()
        for wire in self._open:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _deafen(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _talk(self, wire: socket.socket, number: int) -> None:
        with wire, suppress(OSError):
            reader = wire.makefile("rb")
            while self._exchange(wire, reader.readline, reader.read, number):
                pass

    def _exchange(
        self, wire: socket.socket, line: Callable[[], bytes], read: Callable[[int], bytes], number: int
    ) -> bool:
        """One request; whether the connection goes on."""
        method, _, rest = line().decode().strip().partition(" ")
        if not method:
            return False
        path, _, version = rest.partition(" ")
        headers = {}
        while text := line().decode().strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        read(int(headers.get("content-length", "0")))
        with self._lock:
            self.seen.append(Seen(number, method, path, version, headers))
            last = len(self.seen) == self.deaf_after
            count = len(self.requests("POST"))
        if last:
            self._deafen()
        if method == "POST" and path == "/v1/jobs":
            play = self.script[count - 1] if count <= len(self.script) else say(submitted(f"job_{count}"))
            play(wire)
            return False
        wire.sendall(answer(200, _body(method, path.partition("?")[0])))
        return headers.get("connection") != "close"


def submitted(job_id: object) -> bytes:
    return answer(200, {"jobId": job_id, "status": "queued", "creditCost": 1, "balance": 9})


def _body(method: str, path: str) -> object:
    match path.removeprefix("/v1"):
        case "/account":
            return {"accountId": "user_1", "planTier": "operate", "credits": {"balance": 10}}
        case "/templates":
            return {"templates": []}
        case "/schedule":
            return {"scheduled": []}
        case _:
            return {"jobs": [], "limit": 100, "offset": 0, "count": 0}


@contextmanager
def scripted(*script: Play, deaf_after: int | None = None) -> Iterator[Scripted]:
    """The service, for as long as the block runs."""
    service = Scripted(script, deaf_after=deaf_after)
    thread = threading.Thread(target=service.serve)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(10)
