"""The control calls from Python, for tests and rehearsals: standard library only."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_S = 60


class ControlError(Exception):
    """The emulator refused a control call, and why."""


class ControlClient:
    """`base` is an address of the emulator without a path, such as `http://127.0.0.1:4321`.

    The media host's is as good as the API's, and can be reached while the API refuses connections.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = build_opener(ProxyHandler({}))

    def call(self, method: str, path: str, /, **arguments: Any) -> Any:
        """Any control call: `call("POST", "/jobs/seed", count=3)`."""
        url = f"{self.base}/_emulator{path}"
        body = json.dumps(arguments).encode() if arguments else None
        request = Request(url, body, {"Content-Type": "application/json"}, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as refused:
            with refused:
                raise ControlError(json.load(refused)["error"]) from None

    def requests(self, **only: Any) -> list[dict[str, Any]]:
        """What arrived, oldest first; `only` by method, path, host ("api" or "media"), since (a number)."""
        return self._list("/requests", "requests", only)

    def clear_requests(self) -> None:
        """Clear the request log."""
        self.call("DELETE", "/requests")

    def ledger(self, **only: str) -> list[dict[str, Any]]:
        """Every credit that moved; `only` by key."""
        return self._list("/ledger", "ledger", only)

    def jobs(self, **only: Any) -> list[dict[str, Any]]:
        """Jobs with all they were submitted with, newest first; `only` by key, status, origin, job_ids…"""
        return self._list("/jobs", "jobs", only)

    def templates(self, **only: str) -> list[dict[str, Any]]:
        """Templates with all their fields."""
        return self._list("/templates", "templates", only)

    def uploads(self) -> list[dict[str, Any]]:
        """All uploaded files."""
        return self._list("/uploads", "uploads", {})

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts."""
        return self._list("/accounts", "accounts", {})

    def account(self, key: str, **changes: Any) -> dict[str, Any]:
        """Create or change the key's account: tier, balance, included, used, concurrent, add_credits."""
        return self._one("POST", "/accounts", key=key, **changes)

    def now(self) -> str:
        """The emulator's time, in ISO 8601."""
        return str(self.call("GET", "/clock")["now"])

    def advance_clock(self, seconds: float) -> str:
        """Move the clock ahead; the new time."""
        return str(self.call("POST", "/clock", advance=seconds)["now"])

    def set_clock(self, moment: str) -> str:
        """Set the clock to an ISO 8601 time; the new time."""
        return str(self.call("POST", "/clock", set=moment)["now"])

    def seed(self, **arguments: Any) -> list[str]:
        """Create jobs without a submission: key, count, status, age, spacing, fields, publish_at, charge; their ids."""
        return list(self.call("POST", "/jobs/seed", **arguments)["job_ids"])

    def advance(self, to: str, **only: Any) -> list[str]:
        """Give the selected jobs the status `to`; their ids."""
        return list(self.call("POST", "/jobs/advance", to=to, **only)["job_ids"])

    def purge(self, **only: Any) -> list[str]:
        """Remove the selected jobs; their ids."""
        return list(self.call("POST", "/jobs/purge", **only)["job_ids"])

    def edit_template(self, template: str, **changes: Any) -> dict[str, Any]:
        """Change a template directly: name, description, fields."""
        return self._one("PATCH", "/templates", id=template, **changes)

    def options(self, **changes: Any) -> dict[str, Any]:
        """Change options; all options as they are then."""
        return self._one("PATCH", "/options", **changes) if changes else self._one("GET", "/options")

    def fault(self, text: str) -> int:
        """Arm a fault, in its textual form; its id."""
        return int(self.call("POST", "/faults", fault=text)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The armed faults and rehearsals, with how often each was met."""
        return self._list("/faults", "faults", {})

    def clear_faults(self) -> None:
        """Disarm all faults and rehearsals."""
        self.call("DELETE", "/faults")

    def rehearse(self, after: str, *calls: dict[str, Any]) -> int:
        """Have control calls made after a request: `rehearse("GET /jobs", {"call": "seed", "count": 3})`."""
        return int(self.call("POST", "/rehearse", after=after, calls=list(calls))["id"])

    def held(self, wait: float = 10) -> list[dict[str, Any]]:
        """The requests that are held, as soon as there is one."""
        return self._list("/holds", "holds", {"wait": wait})

    def release(self, hold: int | None = None, *, drop: bool = False) -> int:
        """Let held requests go on, or drop them; how many."""
        which = {} if hold is None else {"id": hold}
        return int(self.call("POST", "/release", drop=drop, **which)["count"])

    def _list(self, path: str, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.call("GET", path, **arguments)[name])

    def _one(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.call(method, path, **arguments))
