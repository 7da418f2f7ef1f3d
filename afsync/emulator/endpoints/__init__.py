"""The service's own endpoints, one file per noun."""

from __future__ import annotations

from starlette.routing import Route

from afsync.emulator.endpoints import account, jobs, publishing, results, templates, uploads

ROUTES: list[Route] = [
    *account.ROUTES,
    *templates.ROUTES,
    *jobs.ROUTES,
    *publishing.ROUTES,
    *results.ROUTES,
    *uploads.ROUTES,
]
