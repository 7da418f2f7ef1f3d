"""Links that open to whoever has them stay out of everything that others may read, whichever command prints it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from afsync.command_list import COMMANDS
from afsync.commands.report_flags import FORMATS
from afsync.emulator.dialects import all_dialects
from afsync.emulator.links import Links
from tests.cli.commands import every_command, options
from tests.scenarios.world import World, a_job
from tests.service.conftest import an_upload, waiting

SIGN = "X-Signature=s3cret"
NO_ACCOUNT = {
    *(
        "init",
        "validate",
        "fmt",
        "force-unlock",
        "explain",
        "schema",
        "emulator",
        "demo",
        "completion",
        "version",
        "report",
    ),
}
"""These ask the account nothing, or make a new one."""
NOTHING_MORE = {
    *("-C", "--target", "--exclude", "--target-file", "--exclude-file", "--replace", "--allow-empty", "--only"),
    *("--ignore-policy", "--accept-unstaged", "--ignore-horizon", "--max-credits", "--max-creates", "--max-deletes"),
    *("--destroy", "--refresh-only", "--due", "--expect", "--auto-approve", "--fail-fast", "--account", "--force"),
    *("--lock-timeout", "--with-links", "--detailed-exitcode", "--notify", "--now", "--max-bytes", "--title"),
    *("--watch", "--until", "--timeout", "--interval", "--from", "--weeks", "--month", "--platform", "--zone"),
    *("--agenda", "--test", "--none", "--templates", "--jobs", "--no-record", "--adopt", "--absent", "--foreign"),
    *("--union", "--keep-remote", "--into", "--split", "--reason", "--because", "--all", "--changed-since"),
    *("--shard", "--report"),
}
"""Flags that decide what a command does or shows, or where that is written, and give its text no other form."""


@pytest.fixture(autouse=True)
def all_links_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every link of the service, also where it stands inside of other things that it says."""
    monkeypatch.setattr(Links, "video", lambda self, job: f"{self.host}/media/{job}/video.mp4?X-Expires=9&{SIGN}")
    monkeypatch.setattr(Links, "thumbnail", lambda self, job: f"{self.host}/media/{job}/t.png?{SIGN}")
    portals, copy = all_dialects.portals, all_dialects.publish_copy

    def with_links(job: Any, now: int) -> Any:
        link = f"https://media.example/{job.id}?{SIGN}"
        found = portals(job, now)
        return {n: {"status": s, "asset": link, "failReason": f"look at {link}"} for n, s in found.items()}

    monkeypatch.setattr(all_dialects, "portals", with_links)
    monkeypatch.setattr(
        all_dialects, "publish_copy", lambda job: {**copy(job), "cover": [f"https://media.example/cover?{SIGN}"]}
    )


def prepared(world: World) -> None:
    """A job that waits for approval, one that is published, one that failed, a cancelled one that is produced."""
    intro = an_upload(topic="Introducing", platforms=["tiktok"], staging=True)
    others = {name: a_job(topic=name) for name in ("done", "failed", "gone")}
    job = waiting(world)
    ids = world.submitted(intro=intro, **others)
    world.becomes("published", ids[1])
    world.becomes("failed", ids[2])
    world.becomes("running", ids[3])
    world.declare(jobs={"intro": intro, "done": others["done"], "failed": others["failed"]})
    world.call("apply", "--auto-approve")
    world.becomes("complete", ids[3], job)
    world.pass_time(minutes=3)


def tried(folder: Path) -> list[tuple[str, ...]]:
    """Every command that asks the account something, in each of its forms. Those that change something come last."""

    def written(command: str, *forms: str) -> tuple[str, ...]:
        """Flags for a report in each of the formats."""
        return tuple(
            word
            for form in forms or FORMATS[command][0]
            for word in ("--report", f"{form}={folder / f'{command}.{form}'}")
        )

    drift = ("plan", "--refresh-only")
    return [
        ("plan", *written("plan")),
        ("plan", "--out", str(folder / "plan")),
        *(("plan", "--report", f"{form}=-") for form in FORMATS["plan"][0]),
        *(("plan",), ("plan", "--offline", "--json")),
        (*drift, *written("drift", "json", "markdown")),
        *((*drift, "--report", f"{form}=-") for form in ("json", "markdown")),
        *(("show", *more) for more in ((), ("--json",), (str(folder / "plan"),), (str(folder / "plan"), "--json"))),
        *(("status", *more) for more in ((), ("--json",), written("status"))),
        *(("calendar", "--live", *more) for more in ((), ("--json",), written("calendar"))),
        *(("calendar", "--live", "--report", f"{form}=-") for form in FORMATS["calendar"][0]),
        *(("result", *more) for more in (("job.*",), ("job.*", "--json"), ("job.*", "--download", str(folder)))),
        ("state", "list"),
        *(("state", "show", "job.intro", *more) for more in ((), ("--json",))),
        *(("account", *more) for more in ((), ("--json",), written("account"))),
        *(("intents", *more) for more in ((), ("--json",))),
        ("pipeline", "plan", "--plan-file", str(folder / "pipeline.plan")),
        ("notify",),
        ("resolve", "job.intro"),
        *(("export", *more) for more in ((), ("--json",), ("--csv", "job.*"))),
        *(("import", "--match", *more) for more in ((), ("--json",))),
        ("apply", "--auto-approve", *written("apply")),
        ("apply", "--auto-approve", "--json"),
        ("approve", "job.intro", "--auto-approve", "--json", *written("approve")),
        ("destroy", "--auto-approve", "--json", *written("destroy")),
    ]


def texts(world: World) -> dict[str, str]:
    """What every command prints and writes, none of them on a terminal."""
    folder = world.root / "out"
    folder.mkdir()
    summary = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "RUNNER_TEMP": str(folder),
    }
    commands = tried(folder)
    found = {" ".join(c): world.call(*c, env=summary).text for c in commands}
    return found | {path.name: path.read_text() for path in kept(folder) + kept(world.root / ".afsync")}


def kept(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".mp4", ".png")]


def test_every_command_and_every_form_of_it_is_tried() -> None:
    commands = tried(Path("out"))
    assert {c[0] for c in commands} | NO_ACCOUNT == set(COMMANDS)
    for words, command in every_command().items():
        if words[0] in NO_ACCOUNT | {"pipeline"}:  # its steps print what these commands do
            continue
        given = {word for c in commands if c[: len(words)] == words for word in c}
        missing = {option.opts[-1] for option in options(command) if not option.hidden} - NOTHING_MORE - given
        assert missing == set(), f"{' '.join(words)}: try it in `tried`, or name it in NOTHING_MORE"


def test_stay_out_of_every_command_and_report(world: World) -> None:
    prepared(world)
    named = "cancel_not_kept" in world.does("plan", "--json").out
    assert named or world.dialect == "deployed", "a link was part of this warning"
    found = texts(world)
    assert len(found) > 30
    assert [name for name, text in found.items() if "X-Signature" in text] == []


def test_are_there_where_they_are_asked_for(world: World) -> None:
    prepared(world)
    for command in (("status", "--json"), ("status",), ("result", "job.done", "--json"), ("plan", "--json")):
        assert SIGN in world.does(*command, "--with-links").out, command
