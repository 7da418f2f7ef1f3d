"""What takes messages as Slack and others do: an HTTP server on this machine that keeps what arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`answer` is the status of the next answers; None hangs up after the message was read."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answer: int | None = 200
        self.url = ""

    @property
    def events(self) -> list[str]:
        return [m["event"] for m in self.messages]

    def take(self) -> list[dict[str, Any]]:
        """What arrived since the last time."""
        taken, self.messages = self.messages, []
        return taken


@contextmanager
def receiver() -> Iterator[Receiver]:
    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"] is None
            got.messages.append(json.loads(body))
            if got.answer is None:
                return
            self.send_response(got.answer)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()
    got.url = f"http://127.0.0.1:{server.server_port}/services/T000/B000/secret"
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()
