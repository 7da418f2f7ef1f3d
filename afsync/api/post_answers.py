"""What the answer to a submission's POST means, row by row of the table in docs/reliability.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from afsync.api.exchange import NoResponse, Reply, Result
from afsync.api.retries import retry_after, server_time
from afsync.api.wire import error_form, first, moment, object_in, printable, usable_id
from afsync.core.answers import Answer, Committed, CommittedIdUnknown, Limited, NotSent, Rejected, Unknown

REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422})
"""In the API's own form these mean that nothing was done."""

_RAW = 2000
"""Characters of an answer that are kept for a person to look at."""


def classify(result: Result, *, id_field: str = "jobId") -> Answer:
    """What the answer means; whatever is not certain is Unknown. Whether the state already holds the id is for the
    engine to see.

    `id_field` is `jobId` for a job; for a template it is `id`, at the top or inside `template`.
    """
    match result:
        case NoResponse(sent=False, why=why):
            return NotSent(why)
        case NoResponse(why=why):
            return Unknown(why)
        case Reply(status) if 200 <= status <= 299:
            return _committed(result, id_field)
        case Reply(429) if (form := error_form(result.body)) is not None:
            return Limited(retry_after(result.headers, form))
        case Reply(status) if status in REFUSALS and (form := error_form(result.body)) is not None:
            return Rejected(status, form.code, form.detail)
        case Reply(status):
            return Unknown(f"the service answered {status}", _raw(result))


def classify_approval(result: Result, job_id: str) -> Answer:
    """What the answer to an approval's POST means: a complete 2xx answer is a success, whatever its content. After a
    409 nothing was done by this request."""
    match result:
        case Reply(409) if (form := error_form(result.body)) is not None:
            return Rejected(409, form.code, form.detail)
        case Reply(status) if 200 <= status <= 299:
            row = {} if status == 204 else object_in(result.body)
            if not result.complete or row is None:
                return Unknown(f"the answer ({status}) is not what the API promises", _raw(result))
            told = row.get("status")
            return Committed(job_id, status=printable(told, 100) if isinstance(told, str) and told else None)
        case _:
            return classify(result)


def _committed(reply: Reply, id_field: str) -> Answer:
    row = _row(reply.body, id_field)
    if row is None:
        how = "is not what the API promises" if reply.complete else "was cut off"
        return CommittedIdUnknown(f"the answer ({reply.status}) {how}", _raw(reply))
    found = row.get(id_field)
    if not isinstance(found, str) or not usable_id(found):
        return CommittedIdUnknown(f"the answer ({reply.status}) has no usable `{id_field}`", _raw(reply))
    status, staging = row.get("status"), row.get("staging")
    now = server_time(reply.headers)
    return Committed(
        found,
        status=printable(status, 100) if isinstance(status, str) and status else None,
        credits=_count(row.get("creditCost"), math.ceil),
        balance=_count(row.get("balance"), math.floor),
        staging=staging if isinstance(staging, bool) else None,
        created_at=moment(first(row, "createdAt", "created_at")),
        server_time=now,
        raw=_raw(reply),
    )


def _row(body: bytes, id_field: str) -> Mapping[str, Any] | None:
    row = object_in(body)
    inner = row.get("template") if row else None
    is_wrapped = id_field == "id" and isinstance(inner, dict) and "id" not in (row or {})
    return inner if is_wrapped else row


def _count(value: object, rounded: Callable[[float], int]) -> int | None:
    """Credits, where a plausible number is reported. The id matters more than a wrong number. A fraction counts as a
    whole credit that is spent: a limit holds for it too."""
    if type(value) not in (int, float) or not 0 <= value <= 1e9:  # type: ignore[operator]
        return None
    return rounded(value)  # type: ignore[arg-type]


def _raw(reply: Reply) -> str:
    return printable(reply.body.decode("utf-8", "replace"), _RAW)
