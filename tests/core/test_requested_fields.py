"""What a submission asks for: all that is declared, and nothing that could override what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.decisions.requested_fields import requested, template_is_known
from afsync.core.plan.planner import make_plan
from afsync.core.resources import EMPTY, Job, Template, Values
from afsync.errors import Severity
from tests.builders import (
    AHEAD,
    NOW,
    TOPIC,
    URL,
    a_file,
    a_job,
    a_recorded,
    a_recorded_template,
    a_remote,
    a_remote_template,
    a_template,
    desired,
)

OWN = {"url": URL, "topic": TOPIC, "tone": "hype"}
ASSUMED = {"format": "short", "durationMins": 1}


class Case(Struct, frozen=True):
    """A job, what its template holds, whether that is all, and the body that is sent."""

    job: Job
    body: dict[str, Any]
    template: Values = EMPTY
    known: bool = True


CASES = {
    "nothing but its own": Case(a_job(), {**OWN, **ASSUMED}),
    "its own length": Case(a_job(format="long", durationMins=12), {**OWN, "format": "long", "durationMins": 12}),
    "a template": Case(
        a_job(template="weekly", tone=None),
        {"url": URL, "topic": TOPIC, "tone": "calm", "format": "long", "durationMins": 3, "platforms": ["youtube"]},
        {"name": "Weekly", "tone": "calm", "format": "long", "durationMins": 3, "platforms": ("youtube",)},
    ),
    "its own wins over the template": Case(
        a_job(template="weekly", format="short", platforms=["tiktok"]),
        {**OWN, **ASSUMED, "platforms": ["tiktok"]},
        {"format": "long", "platforms": ["youtube"]},
    ),
    "a review of the template": Case(
        a_job(template="weekly"), {**OWN, **ASSUMED, "staging": True}, {"staging": True, "description": "For people"}
    ),
    "no review, said so": Case(a_job(staging=False), {**OWN, **ASSUMED, "staging": False}, {"staging": True}),
    "a template that cannot be read": Case(
        a_job(fromTemplateId="tpl_9"), {**OWN, "fromTemplateId": "tpl_9"}, EMPTY, False
    ),
    "a template that is read in part": Case(
        a_job(fromTemplateId="tpl_9"), {**OWN, "fromTemplateId": "tpl_9", "format": "long"}, {"format": "long"}, False
    ),
    "a publish time": Case(
        a_job(schedule=AHEAD, template="weekly"),
        {**OWN, **ASSUMED, "publishMode": "scheduled"},
        {"publishMode": "manual"},
    ),
    "a file, whose id comes later": Case(
        a_job(file=a_file()), {"topic": TOPIC, "tone": "hype", "entry": "upload", **ASSUMED}
    ),
    "no empty lists": Case(a_job(platforms=[], addOns={}), {**OWN, **ASSUMED}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_sent(case: Case) -> None:
    assert requested(case.job, case.template, known=case.known) == case.body


def test_when_a_template_is_known() -> None:
    named, taken = a_recorded_template(), replace(a_recorded_template(), created=True)
    silent, telling = a_remote(a_remote_template()), a_remote(a_remote_template(tone="hype"))
    described = a_remote(a_remote_template(description="For people"))
    made_from = a_job(template="weekly")
    assert template_is_known(a_job(), None, silent)
    assert template_is_known(made_from, taken, silent)
    assert template_is_known(made_from, named, telling)
    assert not template_is_known(made_from, named, silent)
    assert not template_is_known(made_from, named, described)
    assert template_is_known(a_job(fromTemplateId="tpl_1"), None, telling)
    assert not template_is_known(a_job(fromTemplateId="tpl_1"), None, silent)


def notices(*declared: Template | Job, created: bool = False, **echo: Any) -> list[tuple[str, str]]:
    state = a_recorded({"template.weekly": replace(a_recorded_template(), created=created)})
    plan = make_plan(desired(*declared), state, a_remote(a_remote_template(**echo)), NOW)
    found = [n for n in plan.notices if n.code == "template_unknown"]
    assert all(n.severity is Severity.WARNING and n.hint for n in found)
    return [(n.address or "", n.message) for n in found]


def test_a_template_that_nobody_knows_is_warned_of_once() -> None:
    jobs = a_job("a", template="weekly"), a_job("b", template="weekly", topic="Another")
    assert notices(a_template(), *jobs) == [
        (
            "job.a",
            "job.a and 1 more are made from template.weekly, which afsync did not create and the service does not "
            "report: their format, durationMins and staging are whatever the service makes of that template",
        )
    ]
    assert notices(a_template(), *jobs, created=True) == []
    assert notices(a_template(), *jobs, tone="hype", platforms=["tiktok"]) == []
    said: dict[str, Any] = {"format": "short", "durationMins": 1, "staging": False}
    assert notices(a_template(), a_job("a", template="weekly", **said)) == []
