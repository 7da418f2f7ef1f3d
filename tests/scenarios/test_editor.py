"""An afternoon of a content editor: a sheet of forty rows, a few lines of YAML, and edits that cost nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import World

HEADER = "key,schedule,url,topic,platforms"
ROWS = 40
YAML = """\
horizon: 60d
limits: {max_creates: 100, max_credits: 100, max_deletes: 5}
jobs:
  episodes:
    tone: hype
    rows: episodes.csv
"""
Line = list[str]


def forty(world: World) -> list[Line]:
    """One a day; odd ones go to two platforms, as a sheet writes that."""
    first = world.now().replace(hour=9, minute=0) + timedelta(days=1)
    return [
        [
            f"ep-{n:02}",
            f"{first + timedelta(days=n):%Y-%m-%d %H:%M}",
            f"https://kick.com/your-channel/{n}",
            f"Episode {n}",
            "tiktok; youtube" if n % 2 else "tiktok",
        ]
        for n in range(ROWS)
    ]


def saved(world: World, lines: list[Line]) -> None:
    world.write("\n".join([HEADER, *(",".join(line) for line in lines)]) + "\n", "episodes.csv")


def edited(world: World, lines: list[Line]) -> list[tuple[str, str]]:
    """What the plan says of the edited sheet, which is then applied: the changes, none of which costs anything."""
    saved(world, lines)
    document: dict[str, Any] = world.planned()
    assert document["credits"]["spend"] == 0 and document["withheld"] == []
    assert document["summary"]["add"] == 0
    balance, count = world.balance, len(world.control.jobs())
    world.applied()
    assert (world.balance, len(world.control.jobs())) == (balance, count)
    world.is_settled()
    return sorted((c["address"].removeprefix("job.episodes"), c["action"]) for c in document["changes"])


def test_an_afternoon(make_world: MakeWorld) -> None:
    world = make_world("documented", credits=100)
    lines = forty(world)
    world.write(YAML)
    assert len((world.root / "afsync.yaml").read_text(encoding="utf-8").splitlines()) <= 15
    saved(world, lines)
    world.does("validate")
    assert world.planned()["summary"]["add"] == ROWS
    world.applied()
    world.is_settled()
    paid = world.balance

    # One is moved to the evening, which the plan calls a reschedule.
    lines[3][1] = lines[3][1].replace("09:00", "18:30")
    assert edited(world, lines) == [('["ep-03"]', "reschedule")]

    # Two change places: only their times do.
    lines[7][1], lines[8][1] = lines[8][1], lines[7][1]
    assert edited(world, lines) == [('["ep-07"]', "reschedule"), ('["ep-08"]', "reschedule")]

    # The sheet is sorted by topic, backwards, and saved with semicolons: nothing.
    lines.sort(key=lambda line: line[3], reverse=True)
    assert edited(world, lines) == []

    # One is cancelled: its row goes.
    gone = next(line for line in lines if line[0] == "ep-20")
    lines.remove(gone)
    assert edited(world, lines) == [('["ep-20"]', "delete")]

    # A row in the middle: one is paid for, no other moves.
    lines.insert(15, ["special", gone[1], "https://kick.com/your-channel/special", "A special", "tiktok"])
    saved(world, lines)
    document = world.planned()
    assert [(c["address"], c["action"]) for c in document["changes"]] == [('job.episodes["special"]', "create")]
    assert document["credits"]["spend"] == 1
    world.applied()
    world.is_settled()
    assert paid - world.balance == 1


def test_a_column_in_another_place_and_another_separator_change_nothing(make_world: MakeWorld) -> None:
    world = make_world("documented", credits=100)
    lines = forty(world)[:5]
    world.write(YAML)
    saved(world, lines)
    world.applied()
    header = HEADER.split(",")
    swapped = [[line[4], *line[:4]] for line in (header, *lines)]
    text = "\r\n".join(";".join(f'"{c}"' if ";" in c else f" {c} " for c in line) for line in swapped)
    world.write("\ufeff" + text + "\r\n;;;;\r\n", "episodes.csv")
    world.is_settled()


def test_a_date_that_the_rule_does_not_have_is_all_that_is_said(make_world: MakeWorld) -> None:
    """The occurrence that lost its row would be told as further mistakes of other lines."""
    world = make_world("documented")
    rule = 'repeat: {every: week, days: [tue], at: "09:00", from: 2026-12-08}\n'
    rows = "    rows: {file: t.csv, key: date}\n"
    world.write(f'horizon: 60d\njobs:\n  t:\n    topic: "${{row.guest}}"\n    url: "${{row.link}}"\n{rows}    {rule}')
    first = (world.now() + timedelta(days=(1 - world.now().weekday()) % 7 + 14)).date()
    sheet = world.root / "t.csv"
    cells = "date,guest,link\n{},Ann,https://e.com/1\n{},Bob,https://e.com/2\n"
    sheet.write_text(cells.format(first, first + timedelta(days=7)))
    world.applied()
    sheet.write_text(cells.format(first, first + timedelta(days=8)))
    done = world.does("plan", code=1)
    assert "the rule has no" in done.err and "1 error." in done.err
