"""The line to the service: every call goes through here, past the limiter, with the key and only to its host."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.api.access import Access
from afsync.api.api_errors import error_for
from afsync.api.exchange import Exchange, NoResponse, Reply, Request, Result, Transport, run
from afsync.api.limiter import Limiter
from afsync.api.retries import (
    LIMITED_TRIES,
    TRIES,
    answer_of,
    backoff,
    is_limited,
    may_pass,
    retry_after,
    server_time,
)
from afsync.api.wire import error_form

if TYPE_CHECKING:
    from afsync.api.inprocess import App

MIB = 1024 * 1024


class ExchangeBounds(Struct, frozen=True):
    """Limits on one exchange: seconds in all, and bytes of the answer."""

    read_seconds: float = 30.0
    read_bytes: int = 32 * MIB
    submit_seconds: float = 60.0
    submit_bytes: int = 1 * MIB
    upload_seconds: float = 3600.0


BOUNDS = ExchangeBounds()


class ApiSession:
    """Sends requests and counts them; thread-safe.

    `elsewhere` makes a transport to the host of a URL that is not the API's. It never gets the key.
    """

    def __init__(
        self,
        access: Access,
        transport: Transport,
        limiter: Limiter,
        *,
        user_agent: str,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        elsewhere: Callable[[str], Transport],
        bounds: ExchangeBounds = BOUNDS,
    ) -> None:
        self.access = access
        self.limiter = limiter
        self.bounds = bounds
        self._transport = transport
        self._elsewhere = elsewhere
        self._headers = {"User-Agent": user_agent}
        self.sleep = sleep
        self.random = random
        self._lock = threading.Lock()
        self._requests = 0
        self._server_time: datetime | None = None

    @property
    def requests(self) -> int:
        """How many requests were sent so far, tries included."""
        return self._requests

    @property
    def server_time(self) -> datetime | None:
        """The service's clock at its latest answer (UTC)."""
        return self._server_time

    def close(self) -> None:
        self._transport.close()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a successful answer; for what may be sent again, which this does where it may help.

        Raises AuthError, Refused, Unreachable or BadAnswer.
        """
        request = self.request(method, path, body)
        tries = limited = 0
        while True:
            result = self.send(request, self.bounds.read_seconds, self.bounds.read_bytes)
            if is_limited(result) and limited < LIMITED_TRIES - 1:
                limited += 1  # nothing was done, and the limiter delays all requests
                continue
            try:
                return answer_of(result)
            except ValueError:
                tries += 1
            if tries == TRIES or not may_pass(result):
                raise error_for(result, f"{method} {path}", self.access.place, self.access.source)
            self.sleep(backoff(tries - 1, self.random()))

    def post_once(self, path: str, body: Mapping[str, Any], *, abandoned: Callable[[], bool] | None = None) -> Result:
        """A submission: one POST on a connection of its own, never sent again from here."""
        request = replace(self.request("POST", path, body), fresh=True)
        return self.send(request, self.bounds.submit_seconds, self.bounds.submit_bytes, abandoned)

    def send(
        self, request: Request, seconds: float, max_bytes: int, abandoned: Callable[[], bool] | None = None
    ) -> Result:
        """Send one request when the limiter allows it; its result."""
        with self.limiter.place():
            result = run(self._transport, request, seconds=seconds, max_bytes=max_bytes, abandoned=abandoned)
        with self._lock:
            self._requests += 1
            if isinstance(result, Reply):
                self._server_time = server_time(result.headers) or self._server_time
        if isinstance(result, Reply) and is_limited(result):
            self.limiter.hold(retry_after(result.headers, error_form(result.body)))
        return self._without_key(result)

    def post_stream(
        self, path: str, headers: Mapping[str, str], body: Iterable[bytes], abandoned: Callable[[], bool]
    ) -> Result:
        """POST of a body that is read as it is sent, on a connection of its own."""
        request = self.request("POST", path, None)
        request = replace(request, headers={**request.headers, **headers}, body=body, fresh=True)
        return self.send(request, self.bounds.upload_seconds, MIB, abandoned)

    def put_elsewhere(
        self, url: str, headers: Mapping[str, str], body: Iterable[bytes], abandoned: Callable[[], bool]
    ) -> Result:
        """PUT to a host that is not the API's: without the key, and not counted by its limiter."""
        transport = self._elsewhere(url)
        try:
            request = Request("PUT", url, {**self._headers, **headers}, body)
            return run(transport, request, seconds=self.bounds.upload_seconds, max_bytes=MIB, abandoned=abandoned)
        finally:
            if transport is not self._transport:
                transport.close()

    def get_elsewhere(
        self, url: str, headers: Mapping[str, str], exchange: Exchange, abandoned: Callable[[], bool]
    ) -> Result:
        """GET from a host that is not the API's, in the same way; `exchange` takes what comes."""
        transport = self._elsewhere(url)
        try:
            request = Request("GET", url, {**self._headers, **headers}, fresh=True)
            seconds = self.bounds.upload_seconds
            return run(transport, request, seconds=seconds, max_bytes=MIB, abandoned=abandoned, exchange=exchange)
        finally:
            if transport is not self._transport:
                transport.close()

    def request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Request:
        headers, content = self._headers, b""
        if body is not None:
            headers = {**headers, "Content-Type": "application/json"}
            content = json.dumps(body).encode("ascii")
        return Request(method, self.access.root + path, headers, content, self.access.key)

    def _without_key(self, result: Result) -> Result:
        """A service, or something in front of it, may repeat the key to us; it goes no further than here."""
        key = self.access.key.reveal()
        match result:
            case Reply() if key.encode() in result.body:
                return replace(result, body=result.body.replace(key.encode(), b"[API key]"))
            case NoResponse() if key in result.why:
                return replace(result, why=result.why.replace(key, "[API key]"))
            case _:
                return result


def connect(
    access: Access,
    *,
    environ: Mapping[str, str],
    user_agent: str,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
    app: App | None = None,
    bounds: ExchangeBounds = BOUNDS,
    waiting: Callable[[float, int], None] | None = None,
) -> ApiSession:
    """Open the line that `access` describes; nothing is sent yet.

    `clock` is monotonic seconds; `sleep` may raise to interrupt any wait; `random` gives numbers in [0, 1);
    `waiting` is called before long waits for the rate limit.
    `app` is the emulator's application, needed when `access.in_process`.
    """

    def open_transport(url: str) -> Transport:
        return transport_to(url, environ)

    if access.in_process:
        transport = _in_process(app)
    else:
        transport = open_transport(access.root)
    return ApiSession(
        access,
        transport,
        Limiter(clock=clock, sleep=sleep, waiting=waiting),
        user_agent=user_agent,
        sleep=sleep,
        random=random,
        elsewhere=(lambda _: transport) if access.in_process else open_transport,
        bounds=bounds,
    )


def _in_process(app: App | None) -> Transport:
    from afsync.api.inprocess import InProcessTransport

    if app is None:
        raise ValueError("the emulator inside the process needs its application")
    return InProcessTransport(app)


def transport_to(url: str, environ: Mapping[str, str]) -> Transport:
    """What takes requests to the host of `url`."""
    # Imported here: the emulator in the process needs neither httpx nor TLS, and both take time to load.
    from afsync.api.client import HttpTransport, proxy_for, tls_context, transports

    tls = tls_context(environ) if url.startswith("https:") else None
    return HttpTransport(transports(tls, proxy_for(url, environ)))
