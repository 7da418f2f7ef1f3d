"""After apply there is nothing left to plan: for every field of the configuration, and whatever was there before."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.config.keys.policy import BlackoutPart, PolicyPart
from afsync.config.keys.project import Api, Defaults, IncludedFile, LimitsPart, ProjectFile
from afsync.config.keys.resources import JobDefaults, JobPart, Lifecycle, TemplatePart
from afsync.emulator import Running, running
from tests.harness import NO_CHANGES, NOTHING_APPLIED
from tests.scale import scaled
from tests.scenarios import projects as made_up
from tests.scenarios.projects import Declared, projects
from tests.scenarios.world import World, nothing_to_do, valid

EXAMPLES = scaled(10)
ENVIRON = {"AFSYNC_VAR_SHOW": "Monday show"}
slow = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
keys = itertools.count(1)


@pytest.fixture(scope="module", params=["documented", "deployed"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Running]:
    options: dict[str, Any] = {"speed": "manual", "rpm": 100_000, "concurrent": 100, "check_files": False}
    with running(dialect=request.param, credits=1000, **options) as emulator:
        yield emulator


class Project:
    """A folder, and an account of its own, for one example."""

    def __init__(self, root: Path, emulator: Running) -> None:
        dialect = emulator.control.options()["dialect"]
        self.world = World(root, emulator, key=f"af_live_{next(keys)}", dialect=dialect)
        for name in ("intro.mp4", "other.mov"):
            file = root / "media" / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(name.encode())
        raw = {"name": "Nobody's", "tone": "calm", "platforms": ["tiktok"]}
        answer = self.world.by_hand("POST", "/templates", {**raw, "jobSpec": {"tone": "calm"}})
        self.raw = str(answer.get("template", answer)["id"])

    def declare(self, declared: Declared) -> None:
        for name, text in declared.files(self.raw).items():
            self.world.write(text, name, head=False)

    def does(self, *args: str, code: int = 0) -> Any:
        return self.world.does(*args, code=code, env=ENVIRON)

    def plans_nothing(self) -> None:
        document = self.does("plan", "--json", "--detailed-exitcode").json
        valid("plan", document)
        assert (document["changes"], document["violations"]) == ([], [])
        told = [w["code"] for w in document["warnings"]]
        assert self.does("plan", "--detailed-exitcode").out.splitlines()[-1] == nothing_to_do(told)
        with self.world.watched() as sent:
            done = self.does("apply", "--auto-approve")
        assert sent == []
        assert done.out.splitlines()[-1] == NOTHING_APPLIED


@slow
@given(declared=projects(), data=st.data())
def test_apply_then_plan_is_no_changes(emulator: Running, declared: Declared, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), emulator)
        project.declare(declared)
        project.does("init")
        project.does("validate")
        project.does("apply", "--auto-approve")
        assert project.does("plan", "--detailed-exitcode").out == f"{NO_CHANGES}\n"
        file = project.world.root / declared.top.get("state", ".afsync/state.json")
        valid("state", json.loads(file.read_text(encoding="utf-8")))
        assert len(project.world.control.jobs(key=project.world.key)) == len(declared.jobs)
        # Whatever the service makes of the jobs, nothing is to be done: at the most there is something to say.
        for job in project.world.control.jobs(key=project.world.key):
            statuses = ["queued", "running", "publishing", "complete", "published", "failed", "cancelled", "unheard of"]
            if job["publish_at"]:
                statuses.remove("published")  # before its time, which is not kept then
            project.world.becomes(data.draw(st.sampled_from(statuses)), job["job_id"])
        project.plans_nothing()


@settings(slow, max_examples=round(EXAMPLES * 0.6))
@given(before=projects(), after=projects(), policy=st.fixed_dictionaries({}, optional=made_up.STRICT), data=st.data())
def test_apply_then_plan_is_no_changes_from_any_other_project(
    emulator: Running, before: Declared, after: Declared, policy: dict[str, Any], data: st.DataObject
) -> None:
    """What is held back stays held back, and is all that is left to say."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), emulator)
        project.declare(before)
        project.does("init")
        project.does("apply", "--auto-approve")
        for job in project.world.control.jobs(key=project.world.key):
            # Nothing is published before its time, which the policy would count on that day.
            ends = ["queued"] if job["publish_at"] else ["queued", "published"]
            project.world.becomes(data.draw(st.sampled_from(ends)), job["job_id"])
        project.declare(_sharing_keys(before, replace(after, top={**after.top, "policy": policy}), data))
        flags = ("--allow-empty", "--max-deletes", "100%")
        done = project.world.call("apply", "--auto-approve", *flags, env=ENVIRON)
        refused = project.world.dialect == "deployed" and "does not take a publish time off" in done.out
        assert done.code in ((1,) if refused else (0, 4)), done.text
        if not refused:
            document = project.does("plan", "--json", "--detailed-exitcode", *flags).json
            assert document["changes"] == []
            assert bool(document["violations"]) == (done.code == 4)


def _sharing_keys(before: Declared, after: Declared, data: st.DataObject) -> Declared:
    """`after`, with some of its resources under the keys of those before it."""

    def renamed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
        free = [key for key in old if key not in new]
        names = data.draw(st.permutations(free)) if free else []
        return {**{key: key for key in new}, **dict(zip(new, names, strict=False))}

    templates, jobs = renamed(before.templates, after.templates), renamed(before.jobs, after.jobs)
    moved = {
        jobs[key]: {**job, "template": templates[job["template"]]} if "template" in job else job
        for key, job in after.jobs.items()
    }
    top = {name: value for name, value in after.top.items() if name != "state"}
    top |= {name: value for name, value in before.top.items() if name == "state"}
    return Declared(top, {templates[k]: t for k, t in after.templates.items()}, moved, before.split)


def test_every_field_of_the_configuration_is_made_up() -> None:
    """A field that is added to the format has to be added to the projects above."""
    made_more = made_up.SERIES | made_up.HORIZON | made_up.LATER
    assert set(made_up.JOB) | made_up.SOURCE | made_more == set(JobPart.__struct_fields__)
    assert set(made_up.TEMPLATE) == set(TemplatePart.__struct_fields__)
    assert set(made_up.DEFAULTS) == set(JobDefaults.__struct_fields__)
    assert set(made_up.STRICT) == set(PolicyPart.__struct_fields__)
    assert {"days", "dates", "hours", "reason"} == set(BlackoutPart.__struct_fields__)
    assert {"prevent_destroy", "ignore_changes"} == set(Lifecycle.__struct_fields__)
    assert {"exclusive", "quarantine", "base_url", "publish", "late", "settle", "watch"} == set(Api.__struct_fields__)
    assert {"max_credits", "max_creates", "max_deletes"} == set(LimitsPart.__struct_fields__)
    assert {"job"} == set(Defaults.__struct_fields__)
    written = {"version", "lineage", "account", "vars", "include", "templates", "jobs", "notify", "auto_approve"}
    assert set(made_up.TOP) | made_up.LATER_TOP | made_up.HORIZON | written == set(ProjectFile.__struct_fields__)
    assert {"version", "templates", "jobs"} | made_up.LATER_TOP == set(IncludedFile.__struct_fields__)
