"""Signed links, which grant access to anyone who has them: found, and left out of what others may read; and the page
of the pipeline that this run is part of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.core.regex import regex

_GRANTS = regex(
    r"(?i)^[a-z]+://[^/?#]*@|[?&;][^=&;#]*(?:sig|token|expire|credential|polic|hmac|hdn|auth|key|secret|hash|md5|jwt)"
)
"""A password before the host, or a parameter as the signed links of storage services and CDNs have them."""

_LINK = regex(r"(?i)\b[a-z]+://[^\s\"'<>]+")

LEFT_OUT = "(signed link left out)"


def is_signed(url: str) -> bool:
    """Whether the link itself grants access."""
    return _GRANTS.search(url) is not None


def unsigned(url: str | None) -> str | None:
    return None if url is None or is_signed(url) else url


def text_without_signed(text: str) -> str:
    """A text of the service, which may quote a link."""
    if "://" not in text:
        return text
    return _LINK.sub(lambda found: LEFT_OUT if is_signed(found[0]) else found[0], text)


def without_signed(value: Any) -> Any:
    """A value of the service, which is as deep as `api.text` lets through."""
    match value:
        case str():
            return text_without_signed(value)
        case dict():
            return {without_signed(key): without_signed(inner) for key, inner in value.items()}
        case list() | tuple():
            return type(value)(without_signed(inner) for inner in value)
        case _:
            return value


def run_page(environ: Mapping[str, str]) -> str:
    """Its address, as AFSYNC_RUN_URL, GitHub Actions, GitLab CI or Jenkins give it; empty anywhere else."""
    if own := environ.get("AFSYNC_RUN_URL"):
        return own
    if run := environ.get("GITHUB_RUN_ID"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return environ.get("CI_JOB_URL") or environ.get("BUILD_URL", "")
