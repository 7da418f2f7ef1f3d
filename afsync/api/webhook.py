"""One message to a channel: where it may go, and whether it arrived."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from afsync.api.access import HOST, is_loopback
from afsync.api.exchange import NoResponse, Reply, Request, run
from afsync.api.session import transport_to

SECONDS = 10.0
ANSWER_BYTES = 64 * 1024


class Sent(Struct, frozen=True):
    """The result of sending a message. `unsure`: it may have arrived, so it is not sent again."""

    why: str | None = None
    unsure: bool = False

    @property
    def arrived(self) -> bool:
        return self.why is None


def channel_problem(url: str) -> str | None:
    """What is wrong with the URL of a channel, or None. The text does not contain the URL, which is a secret."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if not url.isascii() or not url.isprintable() or " " in url or not HOST.fullmatch(host) or "\\" in url:
        return "is not a URL"
    if parts.username is not None or parts.password is not None:
        return "holds a user or a password"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return "does not begin with https://"
    return None


def post(url: str, body: bytes, user_agent: str, environ: Mapping[str, str]) -> Sent:
    """Send `body`, JSON, once; no redirect is followed. Raises UsageError for a proxy or certificates that cannot be
    used."""
    headers = {"User-Agent": user_agent, "Content-Type": "application/json"}
    transport = transport_to(url, environ)
    try:
        request = Request("POST", url, headers, body, fresh=True)
        result = run(transport, request, seconds=SECONDS, max_bytes=ANSWER_BYTES)
    finally:
        transport.close()
    match result:
        case Reply(status) if 200 <= status <= 299:
            return Sent()
        case Reply(status):
            return Sent(f"the answer was {status}")
        case NoResponse(sent, why):
            return Sent(why, unsure=sent)
