"""Builders and stand-ins for the tests of `api`: a clock, single odd answers, and servers on loopback sockets."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from afsync.api.access import Access, Secret, access
from afsync.api.client import HttpTransport
from afsync.api.exchange import Transport
from afsync.api.limiter import Limiter
from afsync.api.session import ApiSession, ExchangeBounds, connect

KEY = "af_live_0123456789abcdef"
QUICK = ExchangeBounds(read_seconds=0.6, submit_seconds=0.6, upload_seconds=5.0)

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeTime:
    """Time that passes only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


def an_access(base_url: str = "https://api.auraflux.co/v1", key: str = KEY) -> Access:
    return Access(base_url, Secret(key))


def a_session(
    carrier: Transport | Handler,
    *,
    time: FakeTime | None = None,
    base_url: str = "https://api.auraflux.co/v1",
    bounds: ExchangeBounds = QUICK,
    random: float = 0.5,
) -> ApiSession:
    """A line over `carrier`, or over a function that answers each request."""
    time = time or FakeTime()
    over = _carrier(carrier)
    return ApiSession(
        an_access(base_url),
        over,
        Limiter(clock=time.clock, sleep=time.sleep),
        user_agent="afsync/test",
        sleep=time.sleep,
        random=lambda: random,
        elsewhere=lambda url: over,
        bounds=bounds,
    )


def _carrier(over: Transport | Handler) -> Transport:
    if not callable(over):
        return over
    transport = httpx.MockTransport(over)
    return HttpTransport(lambda keep: transport)


OPEN: list[ApiSession] = []
"""Lines that a test opened and that are closed behind it."""


def a_line(url: str, environ: Mapping[str, str] | None = None, *, bounds: ExchangeBounds = QUICK) -> ApiSession:
    """A line to a real server; waits between two tries take no time."""
    environ = {"AURAFLUX_BASE_URL": url, "AURAFLUX_API_KEY": KEY, **(environ or {})}
    pause = FakeTime()
    line = connect(
        access(None, environ, lambda path: ""),
        environ=environ,
        user_agent="afsync/test",
        clock=pause.clock,
        sleep=pause.sleep,
        random=lambda: 0.0001,
        bounds=bounds,
    )
    OPEN.append(line)
    return line


def an_answer(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """`body` as it is when it is bytes or text, else as JSON."""
    if isinstance(body, bytes | str):
        return httpx.Response(status, content=body, headers=headers)
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)


def answering(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A handler that gives `answers` in turn, the last one for ever, and the requests it got."""
    got: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        got.append(request)
        answer = answers[min(len(got), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        # The same answer may be given several times.
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    return handle, got


# --- servers on loopback sockets ---


@dataclass
class Connection:
    """One accepted connection, with what was read from it."""

    wire: socket.socket
    number: int
    stopping: threading.Event

    def read_request(self) -> bytes:
        """Head and body of the next request; empty when the other side closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.wire.recv(65536)
            if not part:
                return data
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(v) for n, v in _headers(head) if n == b"content-length"), 0)
        while len(body) < length:
            part = self.wire.recv(65536)
            if not part:
                break
            body += part
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.wire.sendall(data)

    def reset(self) -> None:
        """Close so that the other side sees a reset."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wire.close()

    def drip(self, data: bytes, every: float = 0.05) -> None:
        """A byte at a time, until the other side goes away or the test ends."""
        for n in range(len(data)):
            if self.stopping.wait(every):
                return
            self.wire.sendall(data[n : n + 1])

    def stall(self) -> None:
        """Nothing, until the other side goes away or the test ends."""
        self.wire.settimeout(0.05)
        while not self.stopping.is_set():
            try:
                if not self.wire.recv(65536):
                    return
            except TimeoutError:
                continue


@dataclass
class Server:
    port: int
    requests: list[bytes]
    connections: list[int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


CERTIFICATE = str(Path(__file__).with_name("certificate.pem"))
"""Made for these tests alone, valid from 2020 to 2120; its key opens nothing."""


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@contextmanager
def serving(
    act: Callable[[Connection, bytes], bool | None], *, patience: float = 5.0, tls: bool = False
) -> Iterator[Server]:
    """A server on loopback. `act` handles one request; the connection stays open when it returns True.

    `patience` is how many seconds it waits for the rest of a request; `tls` makes it speak https for `localhost` and
    `api.test`, with a certificate that only SSL_CERT_FILE=CERTIFICATE trusts.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()
    server = Server(listener.getsockname()[1], [], [])
    threads: list[threading.Thread] = []
    wires: list[socket.socket] = []

    def handle(wire: socket.socket, number: int) -> None:
        with suppress(OSError), wire if not tls else _tls().wrap_socket(wire, server_side=True) as open_wire:
            connection = Connection(open_wire, number, stopping)
            try:
                while request := connection.read_request():
                    server.requests.append(request)
                    if not act(connection, request):
                        return
            except OSError:
                return

    def accept() -> None:
        while not stopping.is_set():
            try:
                wire, _ = listener.accept()
            except TimeoutError:
                continue
            server.connections.append(len(server.connections))
            wire.settimeout(patience)
            wires.append(wire)
            thread = threading.Thread(target=handle, args=(wire, len(threads)), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        stopping.set()
        accepting.join(5)
        for wire in wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        listener.close()


def http(status: int, body: Any, headers: Mapping[str, str] | None = None, *, length: int | None = None) -> bytes:
    """A whole answer as bytes; `length` is what it claims to hold, where that is a lie."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()
