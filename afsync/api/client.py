"""HTTP to the service: the only place that imports httpx.

Transports are driven directly, without httpx's Client: no redirects, cookies, .netrc or environment to switch off.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from afsync.api.access import HOST, is_loopback
from afsync.api.exchange import Abandoned, Exchange, Request
from afsync.errors import UsageError

# httpx imports its own command line (rich, pygments: half of its time) where those are installed; we never use it.
_skip = "httpx" not in sys.modules and "httpx._main" not in sys.modules
if _skip:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
try:
    import httpx
finally:
    if _skip:
        del sys.modules["httpx._main"]

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
"""How long a connection may be silent; the limit on the whole exchange is usually shorter."""

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

_CONNECTING = frozenset({"connection.connect_tcp", "connection.start_tls", "proxy.start_tls"})
"""Steps that end with a connection, as httpcore's trace calls them."""

OpenTransport = Callable[[bool], httpx.BaseTransport]
"""Makes a transport; the argument says whether connections are kept for the next request."""


def transports(tls: ssl.SSLContext | None, proxy: str | None) -> OpenTransport:
    """How to reach the service: `tls` for https, `proxy` a URL or None."""
    # Without a context httpx loads the whole certificate store, even for plain http. This one trusts no certificate.
    verify = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def open_transport(keep: bool) -> httpx.BaseTransport:
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=8 if keep else 0, keepalive_expiry=5.0)
        through = httpx.Proxy(proxy, ssl_context=verify) if proxy and proxy.startswith("https:") else proxy
        return httpx.HTTPTransport(verify=verify, trust_env=False, http2=False, limits=limits, proxy=through)

    return open_transport


class HttpTransport:
    """Carries requests over HTTP/1.1; thread-safe. Reads share connections, a `fresh` request has its own."""

    def __init__(self, open_transport: OpenTransport) -> None:
        self._open = open_transport
        self._shared = open_transport(True)

    def close(self) -> None:
        self._shared.close()

    def carry(self, request: Request, exchange: Exchange) -> None:
        if not request.fresh:
            return _carry(self._shared, request, exchange)
        transport = self._open(False)
        try:
            return _carry(transport, request, exchange)
        finally:
            # Closing must not turn an answer that was received into an error.
            with contextlib.suppress(Exception):
                transport.close()


def _carry(transport: httpx.BaseTransport, request: Request, exchange: Exchange) -> None:
    watch = _Watch(exchange)
    try:
        response = transport.handle_request(_prepared(request, watch))
        try:
            exchange.answered(response.status_code, _headers(response))
            for chunk in response.iter_bytes():
                exchange.received(chunk)
        finally:
            with contextlib.suppress(Exception):
                response.close()
    except Abandoned:
        raise
    except Exception as error:
        exchange.failed(_reason(error), never_left=isinstance(error, _NEVER_LEFT) or watch.connecting)


class _Watch:
    """Follows by httpcore's trace how far a request has got.

    Only steps that are known to come before the request count as such: should a later httpcore name its steps
    differently, a failure becomes "unknown", never "not sent".
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._left = False
        self.connecting = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        step, _, moment = event.rpartition(".")
        if step in _CONNECTING:
            self.connecting = not self._left
            if moment == "complete":
                wire = info["return_value"].get_extra_info("socket")
                self._exchange.opened(lambda: _break_off(wire))
        elif moment == "started" and not self._left and not _before(step, info):
            self._left, self.connecting = True, False
            self._exchange.sending()


def _before(step: str, info: Mapping[str, Any]) -> bool:
    """Whether a step belongs to asking a proxy for the way, or to giving up on its answer."""
    return getattr(info.get("request"), "method", None) == b"CONNECT" or step == "http11.response_closed"


def _break_off(wire: socket.socket) -> None:
    # The plain method even for TLS: the reading thread sees the end of the stream and cleans up by itself.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _prepared(request: Request, watch: _Watch) -> httpx.Request:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers}
    if request.fresh:
        headers["Connection"] = "close"
    if request.key is not None:
        headers["Authorization"] = f"Bearer {request.key.reveal()}"
    timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS).as_dict()
    content: bytes | Iterable[bytes] | None = request.body or None
    return httpx.Request(
        request.method, request.url, headers=headers, content=content, extensions={"timeout": timeout, "trace": watch}
    )


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _reason(error: Exception) -> str:
    """The reason of a failure, without text that could contain a header's value."""
    match error:
        case httpx.ProxyError():
            return f"the proxy refused: {error}"
        case httpx.ConnectError():
            return f"no connection: {error}"
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:g} s"
        case httpx.ReadTimeout() | httpx.WriteTimeout():
            return "the connection stopped responding"
        case httpx.RemoteProtocolError():
            return "the connection ended, or the answer was not HTTP"
        case httpx.ReadError() | httpx.WriteError():
            return "the connection broke"
        case _:
            return f"it broke off ({type(error).__name__})"


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates to trust: SSL_CERT_FILE and SSL_CERT_DIR, else the system's, else certifi's."""
    cafile, capath = environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
    if cafile is None and capath is None:
        system = ssl.get_default_verify_paths()
        if system.cafile is None and system.capath is None:
            import certifi

            cafile = certifi.where()
    try:
        return _context(cafile, capath)
    except OSError as error:
        named = cafile or capath
        raise UsageError(
            f"The certificates in {named} cannot be used: {error.strerror or error}.",
            "check SSL_CERT_FILE and SSL_CERT_DIR",
        ) from None


@lru_cache(maxsize=4)
def _context(cafile: str | None, capath: str | None) -> ssl.SSLContext:
    """Reading the certificates takes longer than a plan, and many accounts need the same."""
    return ssl.create_default_context(cafile=cafile, capath=capath)


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy's URL for `url`, or None. Only https goes through a proxy. Raises UsageError for one we cannot use."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or is_loopback(host):
        return None
    name = next((name for name in ("https_proxy", "all_proxy") if _set(environ, name)), None)
    if name is None or _bypassed(host, parts.port or 443, _set(environ, "no_proxy")):
        return None
    return _proxy(_set(environ, name), name.upper())


_PROXY_HINT = (
    "write it like http://proxy.example:3128, or http://user:password@proxy.example:3128 with special characters of "
    "the password as %XX (a slash is %2F)"
)


def _proxy(written: str, name: str) -> str:
    """The URL in a form that every program reads alike. A password may stand anywhere in what is not of that form,
    so no part of it is ever shown."""
    url = written if "://" in written else f"http://{written}"
    scheme = url.split("://", 1)[0].lower()
    if scheme in ("socks", "socks4", "socks4a", "socks5", "socks5h"):
        raise UsageError(f"{name} names a {scheme} proxy, which afsync cannot use.", "use an http proxy")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        user, password = (
            quote(unquote(text or "", errors="strict"), safe="") for text in (parts.username, parts.password)
        )
    except ValueError:
        raise UsageError(f"{name} is not the URL of a proxy.", _PROXY_HINT) from None
    beyond = parts.path not in ("", "/") or "?" in url or "#" in url
    if scheme not in ("http", "https") or not HOST.fullmatch(host) or port == 0 or beyond or not url.isprintable():
        raise UsageError(f"{name} is not the URL of a proxy.", _PROXY_HINT)
    login = f"{user}:{password}@" if parts.username is not None else ""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{login}{shown}" + ("" if port is None else f":{port}")


def _set(environ: Mapping[str, str], name: str) -> str:
    """Lower case wins, even where it is empty: that is how a proxy is switched off."""
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _bypassed(host: str, port: int, no_proxy: str) -> bool:
    if not no_proxy:
        return False
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    return bool(proxy_bypass_environment(f"{host}:{port}", {"no": no_proxy}))
