"""A server between a client and an object store that spoils single requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Spoil = Callable[[int, str, str], str | None]
"""From the number of a request (from 1), its method and path to what becomes of it: None, it is passed on; a status,
answered instead; `cut`, nothing is passed on or answered; `cut after`, it is passed on and not answered; `torn`, the
answer ends in the middle."""


def honest(_number: int, _method: str, _path: str) -> str | None:
    return None


class Proxy(ThreadingHTTPServer):
    """`spoil` can be exchanged at any time; `requests` are those that arrived."""

    daemon_threads = True
    spoil: Spoil
    target: str
    requests: list[str]
    passed: list[str]
    guard: threading.Lock

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def handle_one(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        with self.server.guard:
            self.server.requests.append(f"{self.command} {self.path}")
            fate = self.server.spoil(len(self.server.requests), self.command, self.path)
        if fate is not None and fate.isdigit():
            self._answer(int(fate), {}, f"<Error><Code>Spoilt{fate}</Code></Error>".encode())
            return
        if fate == "cut":
            self.close_connection = True
            return
        status, headers, data = self._pass_on(body)
        if fate == "cut after":
            self.close_connection = True
            return
        self._answer(status, headers, data, torn=fate == "torn")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(urlsplit(self.server.target).netloc, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "transfer-encoding")}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.server.passed.append(f"{self.command} {self.path} {answer.status}")
        kept = ("connection", "transfer-encoding", "content-length", "server", "date")
        return answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in kept}, data

    def _answer(self, status: int, headers: dict[str, str], data: bytes, *, torn: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            # A client that gave up has gone.
            with suppress(OSError):
                self.wfile.write(data[: len(data) // 2] if torn else data)
        self.close_connection = self.close_connection or torn


@contextmanager
def spoiling(target: str, spoil: Spoil = honest) -> Iterator[Proxy]:
    proxy = Proxy(("127.0.0.1", 0), Handler)
    proxy.spoil, proxy.target, proxy.requests, proxy.passed = spoil, target, [], []
    proxy.guard = threading.Lock()
    thread = threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
