"""TLS and proxies, as the environment says. Neither is ever used for this machine itself."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from afsync.api.access import is_loopback
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
        return ssl.create_default_context(cafile=cafile, capath=capath)
    except OSError as error:
        named = cafile or capath
        raise UsageError(
            f"The certificates in {named} cannot be used: {error.strerror or error}.",
            "check SSL_CERT_FILE and SSL_CERT_DIR",
        ) from None


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy's URL for `url`, or None. Only https goes through a proxy. Raises UsageError for one we cannot use."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or is_loopback(host):
        return None
    proxy = _set(environ, "https_proxy") or _set(environ, "all_proxy")
    if not proxy or _bypassed(host, parts.port, _set(environ, "no_proxy")):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.lower().startswith(("http://", "https://")):
        scheme = proxy.split("://", 1)[0]
        raise UsageError(f"The environment names a {scheme} proxy, which afsync cannot use.", "use an http proxy")
    return proxy


def _set(environ: Mapping[str, str], name: str) -> str:
    """Lower case wins, even where it is empty: that is how a proxy is switched off."""
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    if not no_proxy:
        return False
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    named = host if port is None else f"{host}:{port}"
    return bool(proxy_bypass_environment(named, {"no": no_proxy}))
