"""Estimates, by the documented costs: short 1, long-form or several clips 2, generated 3."""

from __future__ import annotations

from typing import Any

import pytest

from afsync.core.credits import estimate
from afsync.core.resources import effective
from tests.builders import a_job, a_template, planned

COSTS: dict[str, tuple[dict[str, Any], int]] = {
    "nothing said": ({}, 1),
    "short single clip": ({"url": "https://a", "format": "short"}, 1),
    "one clip in a list": ({"urls": ["https://a"]}, 1),
    "an empty list": ({"urls": []}, 1),
    "upload": ({"entry": "upload", "file": "ab"}, 1),
    "compose": ({"entry": "compose", "topic": "x"}, 1),
    "long": ({"url": "https://a", "format": "long"}, 2),
    "several clips": ({"urls": ["https://a", "https://b"]}, 2),
    "a clip and a list of one": ({"url": "https://a", "urls": ["https://b"]}, 2),
    "several clips as a tuple": ({"urls": ("https://a", "https://b")}, 2),
    "long and several clips": ({"urls": ["https://a", "https://b"], "format": "long"}, 2),
    "generated": ({"entry": "generate", "prompt": "x"}, 3),
    "generated and long": ({"entry": "generate", "format": "long"}, 3),
    "clips of an unexpected form": ({"urls": "https://a"}, 1),
}


@pytest.mark.parametrize(("values", "cost"), COSTS.values(), ids=COSTS)
def test_cost(values: dict[str, Any], cost: int) -> None:
    assert estimate(values) == cost


def test_the_body_overrides_its_template() -> None:
    template = {"name": "Weekly", "description": "d", "format": "long", "tone": "hype"}

    assert effective({"template": "weekly", "format": "short"}, template) == {
        "template": "weekly",
        "format": "short",
        "tone": "hype",
    }


def test_null_in_the_body_overrides_nothing() -> None:
    assert effective({"tone": None}, {"tone": "hype"}) == {"tone": "hype"}


def test_the_plan_adds_them_up() -> None:
    plan = planned(
        a_template(format="long"),
        a_job("a"),
        a_job("b", template="weekly"),
        a_job("c", entry="generate"),
        a_job("d", urls=["https://b"]),
    )

    assert {c.address: c.credits.spend for c in plan.changes} == {
        "template.weekly": 0,
        "job.a": 1,
        "job.b": 2,
        "job.c": 3,
        "job.d": 2,
    }
    assert plan.spend == 8
