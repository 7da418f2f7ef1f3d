"""The page of the pipeline that this run is part of."""

from __future__ import annotations

from collections.abc import Mapping


def run_page(environ: Mapping[str, str]) -> str:
    """Its address, as AFSYNC_RUN_URL, GitHub Actions, GitLab CI or Jenkins give it; empty anywhere else."""
    if own := environ.get("AFSYNC_RUN_URL"):
        return own
    if run := environ.get("GITHUB_RUN_ID"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return environ.get("CI_JOB_URL") or environ.get("BUILD_URL", "")
