"""Any refactoring of the files plans no writing request."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import HEAD, Sandbox

READS_ONLY = {"move"}
Tree = dict[str, dict[str, Any]]


@st.composite
def projects(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """Templates and jobs; no two jobs are equal, since then nobody could tell which was renamed to which."""
    words = st.text("abcdefghij", min_size=1, max_size=6)
    names = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    templates = {n: {"name": f"Show {n}", "tone": draw(st.sampled_from(["hype", "calm"]))} for n in names}
    jobs: Tree = {}
    for key in draw(st.lists(words, min_size=1, max_size=8, unique=True)):
        job: dict[str, Any] = {
            "url": f"https://a.b/{key}",
            "topic": draw(st.text("xyz: #é", min_size=1, max_size=9)) + ".",
        }
        if draw(st.booleans()):
            job["template"] = draw(st.sampled_from(names))
        if draw(st.booleans()):
            job["platforms"] = draw(st.permutations(["tiktok", "youtube"]))
        if draw(st.booleans()):
            job["schedule"] = "2031-05-05 09:00"
        jobs[key] = job
    return templates, jobs


def refactored(templates: Tree, jobs: Tree, dice: random.Random) -> tuple[Tree, Tree]:
    """Renamed keys, another order, defaults spelled out, lists turned round, times written another way."""
    names = {n: f"{n}-2" if dice.random() < 0.5 else n for n in templates}
    new_jobs: Tree = {}
    for key in dice.sample(sorted(jobs), len(jobs)):
        job = dict(jobs[key])
        if "template" in job:
            job["template"] = names[job["template"]]
        elif dice.random() < 0.5:
            job |= {"format": "short", "durationMins": 1.0, "entry": "fetch", "staging": False}
        if "platforms" in job:
            job["platforms"] = job["platforms"][::-1]
        if "schedule" in job and dice.random() < 0.5:
            job["schedule"] = "2031-05-05T07:00:00Z"
        items = list(job.items())
        dice.shuffle(items)
        new_jobs[f"{key}.renamed" if dice.random() < 0.5 else key] = dict(items)
    return {names[n]: templates[n] for n in dice.sample(sorted(templates), len(templates))}, new_jobs


def written(sandbox: Sandbox, templates: Tree, jobs: Tree, dice: random.Random) -> None:
    """In one file or in several, as JSON or as a block, with values in an anchor or spelled out."""
    parts = dice.randint(1, 3)
    files: dict[int, Tree] = {n: {} for n in range(parts)}
    for key, job in jobs.items():
        files[dice.randrange(parts)][key] = job
    texts = [f"templates: {json.dumps(templates)}\n"]
    for held in files.values():
        text, anchored = "", dice.random() < 0.5
        for number, (key, job) in enumerate(held.items()):
            rest = {k: v for k, v in job.items() if k != "topic"} if anchored else job
            quoted = json.dumps(job["topic"]) if dice.random() < 0.5 else "'" + job["topic"] + "'"
            text += f"  {key}:  # job {number}\n"
            text += f"    <<: &a{number} {{topic: {quoted}}}\n" if anchored else ""
            text += "".join(f"    {k}: {json.dumps(v)}\n" for k, v in rest.items())
        texts.append(f"jobs:\n{text}")
    sandbox.write(f"{HEAD}include: ['p/*.yaml']\n{texts[0]}", head=False)
    for old in (sandbox.root / "p").glob("*.yaml"):
        old.unlink()
    for number, text in enumerate(texts[1:]):
        sandbox.write(text, f"p/{dice.randint(0, 99)}-{number}.yaml")


@pytest.mark.parametrize("dialect", ["deployed"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(project=projects(), seed=st.integers(0, 10_000))
def test_nothing_is_sent_for_a_refactoring(sandbox: Sandbox, project: tuple[Tree, Tree], seed: int) -> None:
    import shutil

    shutil.rmtree(sandbox.root / ".afsync", ignore_errors=True)
    sandbox.key = f"af_live_{random.Random(str(project) + str(seed)).getrandbits(64):x}"
    templates, jobs = project
    dice = random.Random(seed)
    written(sandbox, templates, jobs, random.Random(seed + 1))
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--allow-empty")
    written(sandbox, *refactored(templates, jobs, dice), dice)

    plan = sandbox.does("plan", "--json").json

    assert {c["action"] for c in plan["changes"]} <= READS_ONLY, plan["changes"]
    assert not plan["violations"] and plan["requests"] == 0
    with sandbox.watched() as sent:
        sandbox.does("apply", "--auto-approve")
    assert not sent
