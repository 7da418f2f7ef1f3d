"""TLS and proxies, as the environment says. Neither is ever used for this machine itself."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from afsync.api.access import HOST, is_loopback
from afsync.errors import UsageError


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
    """The URL in a form that means the same to everybody. A password may stand anywhere in what is not of that form,
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
