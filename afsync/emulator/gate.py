"""What every API request passes: the key, the plan, and the rate limit, before it is looked at."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from afsync.emulator import accounts
from afsync.emulator.accounts import Account
from afsync.emulator.errors import ApiError
from afsync.emulator.service import Service


class Gate:
    """Lets a request in with its account in the scope's state, or answers it."""

    def __init__(self, service: Service, app: ASGIApp) -> None:
        self.service = service
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        submission = scope["method"] == "POST" and scope["path"] == "/v1/jobs"
        try:
            account = self._enter(scope, submission)
        except ApiError as refusal:
            await JSONResponse(refusal.body, refusal.status, refusal.headers)(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        try:
            await self.app(scope, receive, send)
        finally:
            if submission:
                self.service.limiter.end_submission(account.key_id)

    def _enter(self, scope: Scope, submission: bool) -> Account:
        service, now = self.service, self.service.clock.now()
        account = accounts.find_or_create(service.db, _key(scope, service.dialect.lenient), service.options, now)
        limits = service.dialect.limits(account)
        service.limiter.enter(account.key_id, limits.rpm, now)
        if account.tier not in accounts.TIERS_WITH_API:
            raise ApiError(403, "plan_not_supported", "Your plan has no API access")
        if submission:
            service.limiter.begin_submission(account.key_id, limits.concurrent)
        return account


def _key(scope: Scope, lenient: bool) -> str:
    sent = Request(scope).headers.get("authorization", "")
    scheme, _, key = sent.partition(" ")
    if not sent:
        error = "missing_auth" if lenient else "missing_api_key"
        raise ApiError(401, error, "Send your API key as: Authorization: Bearer af_live_…")
    if scheme.lower() != "bearer" or not accounts.KEY.fullmatch(key.strip()):
        raise ApiError(401, "invalid_api_key", "This API key is not valid")
    return key.strip()
