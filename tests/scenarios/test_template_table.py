"""The second table of docs/planning.md, row by row, through the real command: what is planned, sent and recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects import DIALECTS
from tests.scenarios.world import (
    OTHER_URL,
    TOPIC,
    URL,
    Planned,
    World,
    a_job,
    a_template,
    creation,
    delete,
    post,
    submission,
)

NAME = "Weekly highlights"


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made_by_hand(world: World, **fields: Any) -> str:
    """A template that somebody made in the account; its id."""
    values = {**a_template(), **fields}
    spec = {name: value for name, value in values.items() if name != "name"}
    answer = world.by_hand("POST", "/templates", {**values, "jobSpec": spec})
    return str(answer.get("template", answer)["id"])


def names(world: World) -> dict[str, str]:
    """What the account holds, by id."""
    return {template["id"]: template["name"] for template in world.control.templates(key=world.key)}


def test_new_of_a_new_name_is_created(world: World) -> None:
    made_by_hand(world, name="Another")
    world.declare(
        templates={"weekly": a_template(description="For Mondays", durationMins=1.5, format="long", staging=True)}
    )
    fields = a_template(description="For Mondays", durationMins=1.5, format="long", staging=True)
    world.performs(
        Planned("template.weekly", "create", "new"),
        says=["  # template.weekly will be created", "  + template weekly", f"      name: {NAME}"],
        sends=[creation(**fields)],
    )
    (template,) = [t for t in world.control.templates() if t["id"] == world.ids()["template.weekly"]]
    assert template["description"] == "For Mondays"
    kept = {
        k: v for k, v in template["fields"].items() if k not in ("order", "templateId")
    }  # the router keeps all of it
    assert kept == {k: v for k, v in fields.items() if k not in ("name", "description")}
    world.is_settled()


def test_new_and_equal_to_the_one_of_its_name_is_adopted(world: World) -> None:
    """Where the service does not report what the template holds, no default goes out that could override it."""
    theirs = made_by_hand(world)
    world.declare(templates={"weekly": a_template()}, jobs={"best": a_job(template="weekly")})
    unknown = world.dialect == "documented"
    body = {**a_template(), "url": URL, "topic": TOPIC, "fromTemplateId": theirs}
    body.pop("name")
    world.performs(
        Planned("template.weekly", "adopt", "same_name"),
        Planned("job.best", "create", "new", spend=1),
        says=["  # template.weekly will be taken over: the account has an equal one of that name"],
        sends=[post("/jobs", **body) if unknown else submission(**body)],
        told=["template_unknown"] if unknown else [],
        costs=1,
    )
    assert world.ids()["template.weekly"] == theirs
    world.is_settled()


def test_new_and_different_from_the_one_of_its_name_is_held_back(world: World) -> None:
    """The documented dialect tells no more than the name, so there is nothing that could differ."""
    theirs = made_by_hand(world, tone="calm")
    world.declare(templates={"weekly": a_template()}, jobs={"best": a_job(template="weekly")})
    if world.dialect == "documented":
        changes = Planned("template.weekly", "adopt", "same_name"), Planned("job.best", "create", "new", spend=1)
        world.plans(*changes, told=["template_unknown"])
        return
    world.withholds(
        "blocked_template",
        "same_name",
        says=[
            f"  Error: the account already has a template named '{NAME}' ({theirs}), and it differs in tone",
            "    import it with `afsync import template.weekly ID`, or give this one another name",
            "  Error: job.best is made from template.weekly, which waits for a person to decide",
        ],
    )
    world.declare(templates={"weekly": a_template(name="Weekly")}, jobs={"best": a_job(template="weekly")})
    world.applied()
    world.is_settled()


def test_new_and_several_of_its_name_is_held_back(world: World) -> None:
    first, second = sorted([made_by_hand(world), made_by_hand(world)])
    world.declare(templates={"weekly": a_template()})
    world.withholds(
        "same_name",
        says=[f"  Error: the account already has 2 templates named '{NAME}' ({first}, {second})"],
    )
    assert set(names(world)) == {first, second}


def test_two_declared_of_one_name_take_over_neither(world: World) -> None:
    made_by_hand(world)
    world.declare(templates={"a": a_template(), "b": a_template()})
    world.withholds("same_name", "same_name")


def test_other_content_is_replaced_and_later_jobs_use_the_new_one(world: World) -> None:
    weekly = {"weekly": a_template()}
    (first,) = world.submitted(templates=weekly, first=a_job(template="weekly", tone=None))
    old = world.ids()["template.weekly"]
    world.declare(
        templates={"weekly": a_template(tone="calm", platforms=["youtube"])},
        jobs={
            "first": a_job(template="weekly", tone=None),
            "second": a_job(template="weekly", tone=None, topic="Two", url=OTHER_URL),
        },
    )
    world.performs(
        Planned("template.weekly", "replace", "template_changed"),
        Planned("job.second", "create", "new", spend=1),
        says=[
            "  # template.weekly will be replaced: platforms, tone changed",
            f"+/- template weekly ({old})",
            "      platforms: [tiktok] -> [youtube]",
            "      tone: hype -> calm",
        ],
        sends=lambda ids: [
            creation(**a_template(tone="calm", platforms=["youtube"])),
            submission(
                a_template(tone="calm", platforms=["youtube"]),
                url=OTHER_URL,
                topic="Two",
                fromTemplateId=ids["template.weekly"],
            ),
            delete(f"/templates/{old}"),
        ],
        costs=1,
    )
    assert list(names(world)) == [world.ids()["template.weekly"]] != [old]
    assert world.of_service(first)["fields"]["tone"] == "hype"  # what was submitted stays as it was
    assert world.state["deposed"] == []
    world.is_settled()


def test_replaced_one_that_could_not_be_deleted_is_deleted_later(world: World) -> None:
    world.submitted(templates={"weekly": a_template()})
    old = world.ids()["template.weekly"]
    world.declare(templates={"weekly": a_template(tone="calm")})
    world.control.fault("DELETE /templates/*#*: received-then-status(403)")
    done = world.applied(code=1)
    world.control.clear_faults()
    assert f"it was created as {world.ids()['template.weekly']}, but then:" in done.out
    assert [d["id"] for d in world.state["deposed"]] == [old]
    world.performs(
        Planned("template.weekly", "delete", "template_changed"),
        says=["  # template.weekly was replaced; its predecessor will be deleted", f"  - template weekly ({old})"],
        sends=[delete(f"/templates/{old}")],
    )
    assert world.state["deposed"] == []
    world.is_settled()


def test_same_but_missing_is_created(world: World) -> None:
    (job,) = world.submitted(templates={"weekly": a_template()}, best=a_job(template="weekly"))
    old = world.ids()["template.weekly"]
    world.by_hand("DELETE", f"/templates/{old}")
    world.performs(
        Planned("template.weekly", "create", "missing"),
        says=["  # template.weekly will be created: it is missing in the account"],
        sends=[creation(**a_template())],
    )
    assert world.ids()["job.best"] == job
    assert world.ids()["template.weekly"] != old
    world.is_settled()


def test_a_job_made_from_a_missing_one_waits_for_the_new_one(world: World) -> None:
    world.submitted(templates={"weekly": a_template()})
    world.by_hand("DELETE", f"/templates/{world.ids()['template.weekly']}")
    world.declare(templates={"weekly": a_template()}, jobs={"best": a_job(template="weekly")})
    world.performs(
        Planned("template.weekly", "create", "missing"),
        Planned("job.best", "create", "new", spend=1),
        sends=lambda ids: [
            creation(**a_template()),
            submission(a_template(), url=URL, topic=TOPIC, fromTemplateId=ids["template.weekly"]),
        ],
        costs=1,
    )


@pytest.mark.parametrize("there", [True, False], ids=["there", "missing"])
def test_no_longer_declared_is_deleted_or_forgotten(world: World, there: bool) -> None:
    world.submitted(templates={"weekly": a_template(), "keep": a_template(name="Keep")})
    old, keep = world.ids()["template.weekly"], world.ids()["template.keep"]
    world.declare(templates={"keep": a_template(name="Keep")})
    if there:
        world.performs(
            Planned("template.weekly", "delete", "removed"),
            says=["  # template.weekly will be deleted: no longer declared", f"  - template weekly ({old})"],
            sends=[delete(f"/templates/{old}")],
        )
    else:
        world.by_hand("DELETE", f"/templates/{old}")
        world.performs(
            Planned("template.weekly", "forget", "missing"),
            says=["  # template.weekly will be forgotten: missing in the account; nothing is sent"],
        )
    assert names(world) == {keep: "Keep"}
    assert world.ids() == {"template.keep": keep}
    world.is_settled()


def test_one_that_afsync_does_not_own_is_never_deleted(world: World) -> None:
    theirs = made_by_hand(world, name="Theirs")
    world.submitted(templates={"weekly": a_template()}, best=a_job())
    with world.watched() as sent:
        world.does("destroy", "--auto-approve")
    assert theirs in names(world)
    assert f"DELETE /templates/{theirs}" not in [s.line for s in sent]
    assert world.ids() == {}
