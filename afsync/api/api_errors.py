"""The error for each answer that is not a success: no other module decides this."""

from __future__ import annotations

from urllib.parse import urlsplit

from afsync.api.access import is_loopback
from afsync.api.exchange import NoResponse, Reply, Result
from afsync.api.retries import PASSING
from afsync.api.wire import ErrorForm, error_form, excerpt, printable, too_many
from afsync.core.command_lines import EMULATOR
from afsync.errors import ApiError, AuthError, BadAnswer, Refused, Unreachable

_KEY_HINT = "check AURAFLUX_API_KEY; keys are made in the account's settings"


def error_for(result: Result, what: str, host: str, source: str | None = None) -> ApiError:
    """The error for `what` (a call such as `GET /jobs`) that ended in `result`, which is not a success.

    `host` may carry a port; `source` is where a person wrote it, None where the service named it.
    """
    match result:
        case NoResponse(sent=False, why=why):
            return Unreachable(
                f"{host} could not be reached ({what}): {printable(why)}.", _reach_hint(why, host, source)
            )
        case NoResponse(why=why):
            return Unreachable(f"No answer to {what} from {host}: {printable(why)}.", "try again later")
        case Reply():
            form = error_form(result.body)
            return _refused(result, form, what) if form is not None else _foreign(result, what, host)


def _refused(reply: Reply, form: ErrorForm, what: str) -> ApiError:
    said = f"{form.code}: {form.detail}" if form.code and form.code != form.detail else form.detail
    if reply.status == 401:
        return AuthError(f"The service does not accept the API key ({said}).", _KEY_HINT)
    if reply.status == 403 and form.code == "plan_not_supported":
        return AuthError(f"This account's plan has no API access ({said}).", "Operate and Guided have it")
    if reply.status == 403:
        return AuthError(f"This key may not do {what} ({said}).", f"it belongs to another account, or {_KEY_HINT}")
    if reply.status == 429:
        return Unreachable(f"{what}: the service keeps answering 429 ({said}).", "try again in a few minutes")
    if reply.status >= 500 or reply.status < 400 or reply.status in PASSING:
        return Unreachable(f"{what}: the service answered {reply.status} ({said}).", "try again later")
    message = f"The service refused {what} ({reply.status}, {said})."
    hint = "if everything is missing, `api.base_url` may be wrong: it ends in /v1" if reply.status == 404 else None
    return Refused(message, status=reply.status, code=form.code, detail=form.detail, hint=hint)


def _foreign(reply: Reply, what: str, host: str) -> ApiError:
    """Not in the API's form, so it comes from something in front of the API, or this is another service."""
    if 300 <= reply.status < 400:
        target = printable(urlsplit(reply.headers.get("location", "")).hostname or "nowhere", 100)
        return BadAnswer(
            f"{what}: {host} redirects ({reply.status}) to {target}; afsync follows no redirects.",
            "set `api.base_url` to the API's own address",
        )
    if not reply.complete:
        return BadAnswer(f"The answer to {what} ({reply.status}) was cut off or too large.", "try again later")
    if 200 <= reply.status < 300 and too_many(reply.body):
        return BadAnswer(f"The answer to {what} holds more values than any account has.", "try again later")
    if 200 <= reply.status < 300:
        return BadAnswer(
            f"The answer to {what} is not JSON: {excerpt(reply.body)}.",
            "something between here and the service may be answering instead of it, or `api.base_url` is wrong",
        )
    said = f"{what}: {host} answered {reply.status} with text that is not the API's: {excerpt(reply.body)}."
    hint = "a proxy or another service may be answering; check `api.base_url`"
    return Unreachable(said, "try again later") if reply.status >= 500 else BadAnswer(said, hint, status=reply.status)


def _reach_hint(why: str, host: str, source: str | None) -> str:
    if "certificate" in why.lower():
        return "the certificate is not trusted; SSL_CERT_FILE names other certificates to trust"
    if source is None:
        return "check the network and the proxy"
    if is_loopback(urlsplit(f"//{host}").hostname or ""):
        return f"does {EMULATOR} run there? The address is from {source}"
    return f"check the network, the proxy and {source}"
