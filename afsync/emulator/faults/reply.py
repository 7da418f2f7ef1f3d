"""Answers that faults give in the service's place, and real answers that faults spoil."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.emulator.faults.spec import REPLIES, InjectedFault

JSON_TYPE = "application/json"


class FaultReply(Struct, frozen=True):
    """An answer in full. Content-Length is the declared one, which need not be true."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status_line(self) -> bytes:
        """The status line as it is sent."""
        return f"HTTP/1.1 {self.status} {_phrase(self.status)}\r\n".encode()

    @property
    def header_lines(self) -> bytes:
        """The headers as they are sent, with the empty line after them."""
        lines = [f"{name}: {value}\r\n" for name, value in self.headers]
        return "".join([*lines, "\r\n"]).encode("latin-1", "replace")


def false(fault: InjectedFault, media_host: str) -> FaultReply:
    """The answer that a fault gives in the service's place."""
    match fault.action:
        case "status":
            code = int(fault.number(500))
            return error(code, _phrase(code).lower().replace(" ", "_"), f"Rehearsed: {_phrase(code)}")
        case "proxy":
            code = int(fault.number(502))
            page = f"<html><head><title>{code} {_phrase(code)}</title></head><body>nginx</body></html>"
            return _reply(code, page.encode(), "text/html")
        case "redirect":
            code = int(fault.number(307))
            return _reply(code, b"", "text/plain", ("location", f"{media_host}/elsewhere"))
        case "rate-limit":
            wait = fault.argument if fault.argument is not None else "1"
            extra = {"retryAfterMs": int(wait) * 1000} if wait.isascii() and wait.isdigit() else {}
            return error(429, "rate_limit_exceeded", "Rehearsed", extra, ("retry-after", wait))
        case "not-json":
            return _reply(200, b"ok, queued", JSON_TYPE)
    raise ValueError(f"{fault.action!r} is not one of {', '.join(REPLIES)}")


def error(
    code: int, name: str, message: str, extra: dict[str, Any] | None = None, *headers: tuple[str, str]
) -> FaultReply:
    """An error in the API's form."""
    body = {"error": name, "message": message, **(extra or {})}
    return _reply(code, json.dumps(body).encode(), JSON_TYPE, *headers)


def spoilt(fault: InjectedFault, reply: FaultReply) -> FaultReply:
    """The true answer, changed; `cut-length` is left to the sender."""
    match fault.action:
        case "cut-json":
            return with_body(reply, reply.body[: len(reply.body) // 2])
        case "no-job-id":
            return _edit(reply, lambda answer: answer.pop("jobId", None))
        case "bad-job-id":
            return _edit(reply, lambda answer: answer.update(jobId=_value(fault.argument)))
    return reply


def with_body(reply: FaultReply, body: bytes) -> FaultReply:
    """Another body, and the length that goes with it."""
    headers = [(name, value) for name, value in reply.headers if name.lower() != "content-length"]
    return replace(reply, headers=(*headers, ("content-length", str(len(body)))), body=body)


def _reply(code: int, body: bytes, content_type: str, *headers: tuple[str, str]) -> FaultReply:
    return with_body(FaultReply(code, (("content-type", content_type), *headers), b""), body)


def _edit(reply: FaultReply, change: Any) -> FaultReply:
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return reply
    if isinstance(answer, dict):
        change(answer)
    return with_body(reply, json.dumps(answer).encode())


def _value(argument: str | None) -> Any:
    if argument is None:
        return "../../etc"
    try:
        return json.loads(argument)
    except ValueError:
        return argument


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Unknown"
