"""`export --csv`: a sheet that is read back as the same jobs, so that nothing is sent."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

from tests.scenarios.conftest import MakeWorld, make_world
from tests.scenarios.world import World

__all__ = ["make_world"]

HEAD = "templates:\n  weekly: {name: Weekly, tone: hype}\ndefaults:\n  job: {platforms: [tiktok]}\njobs:\n"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def a_series(world: World, name: str = "show") -> str:
    """Three occurrences in a sheet, and what they are without one."""
    times = [world.at(days=day) for day in (1, 3, 5)]
    world.write(
        "key,url,schedule,topic,platforms,durationMins,rerun\n"
        + "".join(
            f'ep-{n},https://kick.com/your-channel/{n},{at},"Bös, ""quoted"" {n}","tiktok; youtube",2.5,{rerun}\n'
            for n, (at, rerun) in enumerate(zip(times, ("", "x", ""), strict=True))
        ),
        "old.csv",
    )
    return f"{HEAD}  {name}: {{template: weekly, rows: old.csv}}\n"


def test_what_is_declared_comes_back_as_it_is(make_world: MakeWorld) -> None:
    world = make_world("documented")
    text = a_series(world)
    world.write(text)
    world.applied()
    world.is_settled()

    assert world.does("export", "--csv", "new.csv").out == "Wrote 3 rows to new.csv.\n"

    assert [row["key"] for row in rows_of(world.root / "new.csv")] == ["ep-0", "ep-1", "ep-2"]
    world.write(text.replace("old.csv", "new.csv"))
    world.is_settled()


def test_dates_of_a_rule_become_rows_of_the_same_addresses(make_world: MakeWorld) -> None:
    world = make_world("documented")
    start = (world.now() + timedelta(days=1)).date()
    rule = f'repeat: {{every: day, at: "09:00", from: {start}, count: 4}}'
    job = f"  show:\n    url: https://kick.com/your-channel\n    topic: Of ${{occurrence.date}}\n    {rule}\n"
    world.write(HEAD + job)
    world.applied()

    world.does("export", "--csv", "show.csv", "--only", 'job.show["*"]')

    world.write(HEAD + "  show: {rows: show.csv}\n")
    world.is_settled()


def test_jobs_become_rows_for_free(make_world: MakeWorld) -> None:
    world = make_world("documented")
    times = [world.at(days=day) for day in (1, 3)]
    jobs = "".join(
        f"  v{n}:\n    url: https://kick.com/your-channel/{n}\n    topic: Number {n}\n    schedule: {at}\n"
        for n, at in enumerate(times)
    )
    world.write(HEAD + jobs)
    world.applied()

    world.does("export", "--csv", "all.csv")

    world.write(HEAD + "  all: {rows: all.csv}\n")
    assert [(c["action"], c["moved_from"]) for c in world.planned()["changes"]] == [
        ("move", "job.v0"),
        ("move", "job.v1"),
    ]
    with world.watched() as sent:
        world.applied()
    assert sent == []
    world.is_settled()


def test_what_a_cell_cannot_hold_is_named_and_not_written(make_world: MakeWorld) -> None:
    world = make_world("documented")
    world.write(
        HEAD
        + "  a: {url: https://kick.com/a, addOns: {shoppable: {active: true}}}\n"
        + '  b: {url: https://kick.com/b, topic: "=SUM(A1)"}\n'
        + '  c: {url: https://kick.com/c, topic: " spaces "}\n'
        + "  d: {url: https://kick.com/d, lifecycle: {prevent_destroy: true}}\n"
        + "  e: {url: https://kick.com/e, topic: fine}\n"
    )
    done = world.does("export", "--csv", "some.csv")
    assert [row["key"] for row in rows_of(world.root / "some.csv")] == ["e"]
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == ["job.d", "job.a", "job.b", "job.c"]


def test_what_the_account_holds_is_taken_over_by_its_rows(make_world: MakeWorld) -> None:
    world = make_world("documented")
    ids = world.control.seed(key=world.key, count=3, status="queued", age=3600, spacing=1)
    world.write("{}\n".replace("{}", "jobs: {}"))

    done = world.does("export", "--csv", "account.csv", "--jobs", "active")

    assert done.out == "Wrote 3 rows to account.csv.\n"
    assert {row["import"] for row in rows_of(world.root / "account.csv")} == set(ids)
    world.write("jobs:\n  taken: {rows: account.csv}\n")
    with world.watched() as sent:
        world.applied()
    assert sent == []
    assert set(world.ids().values()) == set(ids)
    world.is_settled()


def test_a_sheet_is_not_overwritten(make_world: MakeWorld) -> None:
    world = make_world("documented")
    world.write(a_series(world))
    before = world.files()
    assert "old.csv exists" in world.does("export", "--csv", "old.csv", code=1).err
    assert "not the name of a .csv file" in world.does("export", "--csv", "afsync.txt", code=1).err
    assert "nothing else" in world.does("export", "--csv", "x.csv", "--templates", code=1).err
    assert "--only is for --csv" in world.does("export", "--only", "job.*", code=1).err
    assert world.does("export", "--csv", "-", "--only", "job.none").out == "key\n"
    assert world.files() == before
