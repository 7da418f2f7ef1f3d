"""A saved plan is applied as it was reviewed, once, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afsync.errors import PlanStale
from afsync.output.plan_file import _checksum, decode_plan_file, read_plan_file
from afsync.output.plan_json import plan_json
from afsync.output.plan_text import plan_text
from tests.gitops.conftest import PROJECT, SEEDS
from tests.harness import Done, Sandbox
from tests.scenarios.world import valid

OTHER_KEY = "af_live_other"


@pytest.fixture
def saved(sandbox: Sandbox) -> Path:
    """The plan file."""
    file = sandbox.root / "plan.json"
    done = sandbox.does("plan", "--out", str(file))
    assert "apply" in done.err
    return file


def refused(sandbox: Sandbox, file: Path, why: str, **env: Any) -> Done:
    """Insist that applying it is refused with 6 and the cause, and that nothing is sent or changed."""
    before = sandbox.files()
    with sandbox.watched() as sent:
        done = sandbox.does("apply", str(file), code=6, **env)
    assert sent == []
    assert why in done.err and ("plan again" in done.err or "make a new one" in done.err), done.err
    assert done.out == ""
    assert {k: v for k, v in sandbox.files().items() if "lock" not in k} == {
        k: v for k, v in before.items() if "lock" not in k
    }
    return done


def test_it_is_applied_without_asking_and_once(sandbox: Sandbox, saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    done = sandbox.does("apply", str(saved))
    assert done.out.endswith("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.\n")
    refused(sandbox, saved, "it was applied already")
    sandbox.is_settled()


def test_it_holds_no_key(sandbox: Sandbox, saved: Path) -> None:
    assert sandbox.key not in saved.read_text()


def test_showing_it_is_what_plan_said(sandbox: Sandbox, saved: Path) -> None:
    told = sandbox.does("plan").out
    shown = sandbox.does("show", str(saved)).out
    assert shown.startswith(told)
    assert "can be applied until" in shown
    document = sandbox.does("show", "--json", str(saved)).json
    written = json.loads(saved.read_text())
    valid("plan", written)
    valid("plan", document)
    assert document.items() <= written.items()
    assert {k: v for k, v in document.items() if k != "as_of"} == {
        k: v for k, v in sandbox.planned().items() if k != "as_of"
    }


def edit(sandbox: Sandbox) -> None:
    sandbox.write(PROJECT + "# a comment is enough\n")


def edit_media(sandbox: Sandbox) -> None:
    (sandbox.root / "media/intro.mp4").write_bytes(b"other" * 1000)


def another_apply(sandbox: Sandbox) -> None:
    sandbox.applied("--target", "template.weekly")


def a_day(sandbox: Sandbox) -> None:
    sandbox.pass_time(hours=25)


STALE: dict[str, tuple[Callable[[Sandbox], object], str]] = {
    "another apply": (another_apply, "the state has changed since"),
    "an edit of the YAML": (edit, "the configuration, or a file to be uploaded, has changed since"),
    "an edit of an uploaded file": (edit_media, "the configuration, or a file to be uploaded, has changed since"),
    "25 hours": (a_day, "it expired at "),
    "a clock that is wrong": (lambda s: setattr(s, "ahead", timedelta(hours=-1)), "a clock is wrong"),
    "another account": (lambda s: setattr(s, "key", OTHER_KEY), "it was made for account "),
}


@pytest.mark.parametrize("case", STALE)
def test_after(sandbox: Sandbox, saved: Path, case: str) -> None:
    happens, why = STALE[case]
    happens(sandbox)
    refused(sandbox, saved, why)


def test_another_account_once_the_state_belongs_to_one(sandbox: Sandbox) -> None:
    sandbox.applied("--target", "template.weekly")
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file))
    sandbox.key = OTHER_KEY
    refused(sandbox, file, "it was made for account ")


def test_a_publish_time_that_passes_ends_it(sandbox: Sandbox) -> None:
    sandbox.write(
        PROJECT.replace("    topic: The intro\n", f"    topic: The intro\n    schedule: {sandbox.at(hours=3)}\n")
    )
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file))
    sandbox.pass_time(hours=3, minutes=1)
    refused(sandbox, file, "it expired at ")


def test_what_changed_in_the_account_is_named(sandbox: Sandbox) -> None:
    sandbox.applied()
    sandbox.write(PROJECT.replace("tone: hype", "tone: calm").replace("Best CS2", "Worst CS2"))
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file))
    sandbox.control.advance("complete", job_ids=[sandbox.ids()["job.best"]])
    refused(sandbox, file, "other changes are needed now, beginning with job.best")


def test_a_dearer_plan_is_refused(sandbox: Sandbox) -> None:
    text = PROJECT.replace(
        "topic: Best CS2 plays this week", "topic: Best CS2 plays this week\n    format: ${env.AFSYNC_VAR_LENGTH}"
    )
    sandbox.write(text)
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--out", str(file), env={"AFSYNC_VAR_LENGTH": "short"})
    refused(sandbox, file, "it would now spend 3 credits, not 2", env={"AFSYNC_VAR_LENGTH": "long"})
    assert sandbox.does("apply", str(file), env={"AFSYNC_VAR_LENGTH": "short"}).code == 0


def test_a_second_time_although_everything_was_refused_and_the_state_is_empty(sandbox: Sandbox, saved: Path) -> None:
    sandbox.control.fault("POST /*#1-99: received-then-status(400)")
    sandbox.does("apply", str(saved), code=1)
    sandbox.control.clear_faults()
    assert sandbox.state["resources"] == {}
    refused(sandbox, saved, "it was applied already")


def test_a_state_that_was_thrown_away_does_not_make_it_new(sandbox: Sandbox, saved: Path) -> None:
    sandbox.does("apply", str(saved))
    (sandbox.root / ".afsync/state.json").unlink()
    with sandbox.watched() as sent:
        assert "is missing" in sandbox.does("apply", str(saved), code=7).err
        sandbox.does("init", code=7)
    assert sent == []


def test_the_flags_of_the_plan_are_kept(sandbox: Sandbox) -> None:
    file = sandbox.root / "plan.json"
    sandbox.does("plan", "--target", "template.*", "--out", str(file))
    sandbox.does("apply", str(file))
    assert list(sandbox.ids()) == ["template.weekly"]
    for flag in (["--target", "x"], ["--destroy"], ["--allow-empty"], ["--ignore-policy"], ["--replace", "job.best"]):
        assert "its own selection" in sandbox.does("apply", str(file), *flag, code=1).err


def test_it_spends_no_more_than_it_said(sandbox: Sandbox, saved: Path) -> None:
    done = sandbox.does("apply", "--max-credits", "1", str(saved), code=4)
    assert "the limit is 1" in done.out
    assert sandbox.balance == 50


@pytest.mark.parametrize("flags", [["--now", "2029-01-01T00:00:00Z"], ["--offline"], ["--refresh-only"]])
def test_only_a_plan_of_now_is_saved(sandbox: Sandbox, flags: list[str]) -> None:
    sandbox.does("plan", "--out", "plan.json", *flags, code=1)


# --- without a file ---


def test_the_fingerprint_is_all_that_is_needed(sandbox: Sandbox) -> None:
    printed = sandbox.does("plan").out.rsplit("Fingerprint: ", 1)[1].strip()
    assert printed == sandbox.planned()["fingerprint"]
    with sandbox.watched() as sent:
        done = sandbox.applied("--expect", "0" * 12, code=6)
    assert sent == [] and printed in done.err
    sandbox.applied("--expect", printed)
    sandbox.applied("--expect", printed, code=6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("topic: The intro", "topic: The outro"),
        ("tone: hype", "tone: calm"),
        ("topic: The intro", "topic: The intro\n    schedule: 2029-12-01 09:00"),
        ("topic: The intro", "topic: The intro\n    rerun: 2"),
        ("  intro:", "  outro:"),
        ("entry: upload", "entry: upload\n    format: long"),
    ],
)
def test_every_edit_that_matters_changes_the_fingerprint(sandbox: Sandbox, before: str, after: str) -> None:
    first = sandbox.planned()["fingerprint"]
    sandbox.write(PROJECT.replace(before, after))
    assert sandbox.planned()["fingerprint"] != first
    sandbox.write("# moved around\n" + PROJECT)
    assert sandbox.planned()["fingerprint"] == first


# --- a plan file is input like any other ---


def tampered(file: Path, change: Callable[[dict[str, Any]], object], *, sealed: bool = True) -> None:
    """Change the file; `sealed`: with a checksum that is right again."""
    document = json.loads(file.read_text())
    change(document)
    body = {k: v for k, v in document.items() if k != "checksum"}
    file.write_text(json.dumps({**document, **({"checksum": _checksum(body)} if sealed else {})}))


def cheaper(document: dict[str, Any]) -> None:
    document["changes"][-1]["credits"]["spend"] = 0


def other_topic(document: dict[str, Any]) -> None:
    document["changes"][-1]["after"]["topic"] = "Something harmless"


def other_fingerprint(document: dict[str, Any]) -> None:
    document["fingerprint"] = "0" * 12


def fewer(document: dict[str, Any]) -> None:
    document["changes"].pop()


def for_ever(document: dict[str, Any]) -> None:
    document["expires_at"] = "2999-01-01T00:00:00Z"


EDITS = {f.__name__: f for f in (cheaper, other_topic, other_fingerprint, fewer, for_ever)}


@pytest.mark.parametrize("edit", EDITS)
def test_a_hand_edited_file(sandbox: Sandbox, saved: Path, edit: str) -> None:
    tampered(saved, EDITS[edit], sealed=False)
    refused(sandbox, saved, "it was changed after it was written")
    assert sandbox.does("show", str(saved), code=6).out == ""


@pytest.mark.parametrize("edit", ["cheaper", "other_topic", "other_fingerprint", "fewer"])
def test_a_hand_edited_file_with_the_checksum_mended(sandbox: Sandbox, saved: Path, edit: str) -> None:
    """What is shown to a reviewer is what the fingerprint stands for, and that is checked when it is applied."""
    tampered(saved, EDITS[edit])
    refused(sandbox, saved, "it is not what this afsync writes, or was changed")
    assert sandbox.does("show", str(saved), code=6).out == ""


NOT_PLANS = {
    "nothing": "",
    "no JSON": "hello",
    "another document": '{"kind": "shopping-list"}',
    "a list": "[]",
    "a newer format": '{"kind": "afsync-plan", "format": 2}',
    "deep": "[" * 100_000,
    "not a number": '{"kind": "afsync-plan", "format": NaN}',
    "half a pair": '{"kind": "afsync-plan", "format": 1, "id": "\\ud800"}',
}


@pytest.mark.parametrize("case", NOT_PLANS)
def test_what_is_no_plan_file(sandbox: Sandbox, case: str) -> None:
    file = sandbox.root / "plan.json"
    file.write_text(NOT_PLANS[case])
    for command in ("apply", "show"):
        assert "cannot be used" in sandbox.does(command, str(file), code=6).err


def test_why_a_plan_file_is_refused_is_among_the_events_too(sandbox: Sandbox, saved: Path) -> None:
    saved.write_text("hello")
    for file, code in ((str(saved), 6), (str(sandbox.root / "nowhere"), 1)):
        events = sandbox.does("apply", "--json", file, code=code).events
        assert [e["type"] for e in events] == ["error", "summary"]


def test_a_file_that_is_not_there_is_an_error_like_any_other(sandbox: Sandbox) -> None:
    sandbox.does("apply", "no-such-file", code=1)
    sandbox.does("show", str(sandbox.root), code=1)


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("9999-99-99") | st.just("job.x"),
    lambda c: st.lists(c, max_size=2) | st.dictionaries(st.text(max_size=5), c, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [path, *(p for key, child in children for p in places(child, (*path, key)))]


@settings(max_examples=SEEDS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), junk=JUNK)
def test_anything_at_any_place_is_refused_or_shown(saved_text: str, data: st.DataObject, junk: Any) -> None:
    document = json.loads(saved_text)
    path = data.draw(st.sampled_from(places(document)[1:]))
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = junk
    body = {k: v for k, v in document.items() if k != "checksum"}
    try:
        text = json.dumps({**document, "checksum": _checksum(body)})
        plan = decode_plan_file(text, "plan.json").plan
    except PlanStale:
        return
    plan_text(plan)
    plan_json(plan)


@pytest.fixture(scope="module")
def saved_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A plan file with a bit of everything."""
    from afsync.emulator import running

    root = tmp_path_factory.mktemp("saved")
    with running(speed="manual", rpm=100_000) as emulator:
        sandbox = Sandbox(root, emulator)
        sandbox.write(PROJECT + f"    schedule: {sandbox.at(days=7)}\n")
        (root / "media").mkdir()
        (root / "media/intro.mp4").write_bytes(b"video")
        sandbox.does("init")
        sandbox.applied()
        changed = PROJECT.replace("tone: hype", "tone: calm").replace("Best CS2", "Worst CS2")
        sandbox.write(
            f"{changed}    schedule: {sandbox.at(days=8)}\n"
            "  new: {url: https://clips.twitch.tv/new, topic: New}\n"
            "  old: {url: https://clips.twitch.tv/old, topic: Old, schedule: 2020-01-01 09:00}\n"
            "limits: {max_credits: 1}\n"
        )
        sandbox.does("plan", "--out", str(root / "plan.json"))
    return (root / "plan.json").read_text()


def test_reading_it_back_gives_the_same_plan(saved_text: str) -> None:
    saved, document = read_plan_file(saved_text, "plan.json")
    again = json.loads(plan_json(saved.plan))
    unread = ("requests",)
    assert {k: v for k, v in again.items() if k not in unread} == {k: v for k, v in document.items() if k not in unread}
