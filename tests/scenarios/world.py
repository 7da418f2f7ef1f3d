"""A project and its account, and words for what a plan and its apply do to them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.decisions.notices import CONTRADICTING, NOT_LOOKED_AT
from afsync.output.plan_text import NOTHING_POSSIBLE, NOTHING_SEEN
from tests.harness import NO_CHANGES, NOTHING_APPLIED, READS, Done, Sandbox, Sent

URL = "https://clips.twitch.tv/one"
OTHER_URL = "https://clips.twitch.tv/two"
TOPIC = "Best CS2 plays this week"

Fields = dict[str, Any]


NOT_ABOUT_IT = ("same_source", "schedule_unproven", "cost_unproven")
"""What is said of most plans here, and has tests of its own."""


class Planned(Struct, frozen=True):
    """One change of a plan, as `plan --json` tells it. `spend` and `spent` are credits."""

    address: str
    action: str
    reason: str
    spend: int = 0
    spent: int = 0

    @classmethod
    def of(cls, change: Fields) -> Planned:
        credits = change["credits"]
        return cls(change["address"], change["action"], change["reason"], credits["spend"], credits["spent"])


def a_job(**fields: Any) -> Fields:
    """A declared job; None takes a default field out."""
    values = {"url": URL, "topic": TOPIC, "tone": "hype", **fields}
    return {name: value for name, value in values.items() if value is not None}


def a_template(**fields: Any) -> Fields:
    return {"name": "Weekly highlights", "tone": "hype", "platforms": ["tiktok"], **fields}


def post(path: str, **body: Any) -> Sent:
    return Sent("POST", path, body)


def submission(template: Mapping[str, Any] | None = None, **fields: Any) -> Sent:
    """A submission as it is sent: what the job and its template declare, and the documented format and length."""
    inherited = {k: v for k, v in (template or {}).items() if k not in ("name", "description")}
    return post("/jobs", **{"format": "short", "durationMins": 1, **inherited, **fields})


def creation(**fields: Any) -> Sent:
    """A template as it is sent: flat, as `jobSpec`, and there once more as the service's own code reads it."""
    spec = {k: v for k, v in fields.items() if k not in ("name", "description")}
    if "format" in fields:
        spec["templateId"] = f"{fields['format']}-form"
    if "platforms" in fields:
        spec["order"] = {"publish": {"platforms": fields["platforms"]}}
    return post("/templates", **fields, jobSpec=spec)


def reschedule(job: str, at: str | None) -> Sent:
    """The publish time under the names of both dialects."""
    return Sent("PATCH", f"/jobs/{job}/schedule", {"scheduledAt": at, "scheduledPublishAt": at})


def delete(path: str) -> Sent:
    return Sent("DELETE", path)


@dataclass
class World(Sandbox):
    """`dialect` is the one the emulator speaks."""

    dialect: str = "documented"

    @property
    def tells_costs(self) -> bool:
        """The router takes nothing and reports no cost, so what was spent is not known."""
        return self.dialect != "router"

    def declare(self, *, jobs: Fields | None = None, templates: Fields | None = None, **top: Any) -> None:
        """Write afsync.yaml anew."""
        sections = {**top, "templates": templates, "jobs": jobs}
        rows = [f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in sections.items() if value]
        self.write("".join(rows))

    def submitted(self, *, templates: Fields | None = None, **jobs: Fields) -> list[str]:
        """Declare and apply; the ids of the jobs, in the order in which they are given."""
        self.declare(jobs=jobs, templates=templates)
        self.applied()
        ids = self.ids()
        return [ids[f"job.{key}"] for key in jobs]

    def becomes(self, status: str, *jobs: str) -> None:
        """The service moves jobs on."""
        assert self.control.advance(status, job_ids=list(jobs))

    def by_hand(self, method: str, path: str, body: Any = None, *, code: int | None = None) -> Any:
        """A person with the same key, and another client."""
        assert self.emulator is not None
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.emulator.url}{path}"
        # Without certificates, which take longer to load than a command takes, and are not needed here.
        answer = httpx.request(method, url, json=body, headers=headers, trust_env=False, verify=False)
        assert answer.is_success if code is None else answer.status_code == code, answer.text
        return answer.json()

    def of_service(self, job: str) -> Fields:
        """A job with everything the service knows of it."""
        (found,) = self.control.jobs(job_ids=[job])
        return dict(found)

    def record(self, address: str) -> Fields:
        """What the state file holds."""
        return dict(self.state["resources"][address])

    def performs(
        self,
        *changes: Planned,
        sends: Sequence[Sent] | Callable[[dict[str, str]], Sequence[Sent]] = (),
        costs: int = 0,
        says: Sequence[str] = (),
        told: Sequence[str] = (),
        held: Sequence[str] = (),
        code: int = 0,
    ) -> Done:
        """Plan, apply, and insist: on these changes in this order, these lines among the plan's text, these codes of
        notices (`told`) and violations (`held`), exactly these writing requests, and these credits taken (none in the
        router).

        `sends` may be a function of the ids by address, where some of them come into being only now.
        """
        self.plans(*changes, says=says, told=told, held=held)
        before, balance = len(self.control.ledger(key=self.key)), self.balance
        with self.watched() as sent:
            done = self.applied(code=code)
        assert sent == list(sends(self.ids()) if callable(sends) else sends)
        costs = costs if self.tells_costs else 0
        assert balance - self.balance == costs
        assert -sum(entry["amount"] for entry in self.control.ledger(key=self.key)[before:]) == costs
        if code == 0:
            assert done.out.splitlines()[-1] == f"Apply complete! Resources: {_applied(changes)}."
        valid("state", self.state)
        return done

    def plans(
        self,
        *changes: Planned,
        says: Sequence[str] = (),
        told: Sequence[str] = (),
        held: Sequence[str] = (),
    ) -> Fields:
        """Plan, as text and as JSON, and insist on all of it; nothing is written anywhere."""
        files, code = self.files(), 2 if changes else 0
        with self.watched(reads=True) as sent:
            document: Fields = self.does("plan", "--json", "--detailed-exitcode", code=code).json
            text = self.does("plan", "--detailed-exitcode", code=code)
        assert self.files() == files
        assert {request.method for request in sent} <= READS
        valid("plan", document)
        known = [change if self.tells_costs else replace(change, spent=0) for change in changes]
        assert [Planned.of(change) for change in document["changes"]] == known
        # Most jobs here are made from one URL, and that is not what these scenarios are about.
        codes = [w["code"] for w in document["warnings"]]
        assert [c for c in codes if c in told or c not in NOT_ABOUT_IT] == list(told)
        assert [v["code"] for v in document["violations"]] == list(held)
        shown = text.out.splitlines()
        said = says if self.tells_costs else [_without_cost(line) for line in says]
        assert [line for line in said if line not in shown] == [], text.out
        if changes or held:
            spend = sum(change.spend for change in changes)
            assert _summary(changes) in shown
            assert f"Credits: {spend} to spend, {self.balance} available, {self.balance - spend} after." in shown
        else:
            assert shown[-1] == nothing_to_do(told)
        assert text.err == ""
        return document

    def leaves_alone(self, *told: str, says: Sequence[str] = ()) -> None:
        """Plan and apply, and insist that neither does anything, though something is `told`."""
        before = self.state["resources"]
        self.plans(says=says, told=told)
        with self.watched() as sent:
            done = self.applied()
        assert sent == []
        assert done.out.endswith(f"{nothing_to_do(told)}\n{NOTHING_APPLIED}\n")
        after = self.state["resources"]
        assert _apart_from_status(after) == _apart_from_status(before)

    def withholds(self, *held: str, says: Sequence[str] = (), code: int = 4) -> None:
        """Plan and apply, and insist that nothing is done because of these violations."""
        self.plans(says=says, held=held)
        with self.watched() as sent:
            done = self.applied(code=code)
        assert sent == []
        assert "held back: see above what is to be decided.\n" in done.err
        assert "Apply complete!" not in done.out


def _without_cost(line: str) -> str:
    """As it is said where no cost was reported."""
    return re.sub(r", \d+ already spent| \(\d+ credits? already spent\)", "", line)


def _summary(changes: Sequence[Planned]) -> str:
    n = Counter(change.action for change in changes)
    add, destroy = n["create"] + n["replace"], n["delete"] + n["replace"]
    return f"Plan: {add} to add, {n['reschedule']} to change, {destroy} to destroy."


def _applied(changes: Sequence[Planned]) -> str:
    n = Counter(change.action for change in changes)
    add, destroy = n["create"] + n["replace"], n["delete"] + n["replace"]
    return f"{add} added, {n['reschedule']} changed, {destroy} destroyed"


def _apart_from_status(resources: Fields) -> Fields:
    return {
        address: {k: v for k, v in record.items() if k not in ("status", "schedule_finding")}
        for address, record in resources.items()
    }


def valid(name: str, document: Any) -> None:
    """Insist that a document is what its schema in `schemas/` says, and that the schema describes all of it."""
    _validator(name).validate(document)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    file = Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"
    schema = _closed(json.loads(file.read_text(encoding="utf-8")))
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)


def _closed(schema: Any) -> Any:
    """Schemas leave room for keys to come. Here a key that is not described is a key that was forgotten."""
    if isinstance(schema, list):
        return [_closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_an_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def nothing_to_do(told: Sequence[str]) -> str:
    """The last line of a plan without changes: it claims no match where something told contradicts it."""
    against = CONTRADICTING & set(told)
    return NOTHING_POSSIBLE if against - NOT_LOOKED_AT else NOTHING_SEEN if against else NO_CHANGES
