"""A refusal in the API's own form: `{"error": ..., "message": ...}` and a status code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ErrorAnswer(Exception):
    """Raised anywhere below an endpoint; becomes the answer."""

    def __init__(
        self,
        status: int,
        error: str | None,
        message: str | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error or message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {} if error is None else {"error": error}
        if message is not None:
            self.body["message"] = message
        self.body.update(extra or {})


def invalid(message: str) -> ErrorAnswer:
    """The 400 for a body or query that makes no sense."""
    return ErrorAnswer(400, "invalid_request", message)


def not_found(what: str) -> ErrorAnswer:
    """The 404 for something that is not there, or no longer."""
    return ErrorAnswer(404, "not_found", f"{what} not found")
