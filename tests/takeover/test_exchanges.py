"""Jobs whose bodies changed places, by the real command: moved in one write, and nothing is sent."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.harness import NO_CHANGES, Sandbox

pytestmark = pytest.mark.parametrize("dialect", ["deployed"])

BODIES = ("url: 'https://a.b/1', topic: One", "url: 'https://a.b/2', topic: Two", "url: 'https://a.b/3', topic: Three")


def write(sandbox: Sandbox, **bodies: str) -> None:
    sandbox.write("jobs:\n" + "".join(f"  {key}: {{{body}}}\n" for key, body in bodies.items()))


def submitted(sandbox: Sandbox) -> dict[str, str]:
    write(sandbox, a=BODIES[0], b=BODIES[1], c=BODIES[2])
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    return sandbox.ids()


def test_every_exchange_is_one_write_and_no_request(sandbox: Sandbox) -> None:
    ids = submitted(sandbox)
    sandbox.control.advance("published", job_ids=[ids["job.a"]])
    sandbox.does("apply", "--auto-approve")
    by_body = dict(zip(BODIES, ids.values(), strict=True))
    for order in [*permutations(BODIES)][1:]:
        serial = sandbox.state["serial"]
        write(sandbox, **dict(zip("abc", order, strict=True)))
        with sandbox.watched() as sent:
            assert "Resources: 0 added, 0 changed, 0 destroyed." in sandbox.does("apply", "--auto-approve").out
        assert sent == []
        assert sandbox.ids() == {f"job.{key}": by_body[body] for key, body in zip("abc", order, strict=True)}
        assert sandbox.state["serial"] == serial + 1
        assert NO_CHANGES in sandbox.does("plan").out


def test_a_plan_shows_it_and_a_saved_one_does_it(sandbox: Sandbox) -> None:
    ids = submitted(sandbox)
    write(sandbox, a=BODIES[1], b=BODIES[0], c=BODIES[2])

    text = sandbox.does(
        "plan", "--out", str(sandbox.root / "p.json"), "--markdown-into", str(sandbox.root / "p.md")
    ).out
    assert "job.a was job.b; nothing is sent" in text and "job.b was job.a; nothing is sent" in text
    assert "job.b" in (sandbox.root / "p.md").read_text(encoding="utf-8")
    assert sandbox.does("plan", "--json").json["summary"]["move"] == 2
    sandbox.does("apply", str(sandbox.root / "p.json"))

    assert sandbox.ids() == {"job.a": ids["job.b"], "job.b": ids["job.a"], "job.c": ids["job.c"]}


def test_a_key_renamed_to_one_that_is_there_cancels_what_was_there(sandbox: Sandbox) -> None:
    ids = submitted(sandbox)
    write(sandbox, b=BODIES[0], c=BODIES[2])

    sandbox.does("apply", "--auto-approve")

    assert sandbox.ids() == {"job.b": ids["job.a"], "job.c": ids["job.c"]}
    status = {job["job_id"]: job["status"] for job in sandbox.control.jobs(key=sandbox.key)}
    assert len(status) == 3 and status[ids["job.b"]] == "cancelled"
    assert NO_CHANGES in sandbox.does("plan").out


TEMPLATES = ("{name: One, tone: hype, platforms: [tiktok]}", "{name: Two, tone: calm, platforms: [youtube]}")


def with_templates(sandbox: Sandbox, first: str, second: str, *, made_from: tuple[str, str]) -> None:
    jobs = [
        f"  j{n}: {{template: {t}, url: 'https://clips.twitch.tv/{n}', topic: T{n}}}" for n, t in enumerate(made_from)
    ]
    templates = f"templates:\n  weekly: {first}\n  daily: {second}\n"
    sandbox.write("\n".join([f"{templates}jobs:", *jobs]) + "\n")


def test_templates_that_change_keys_take_their_jobs_with_them(sandbox: Sandbox) -> None:
    one, two = TEMPLATES
    with_templates(sandbox, one, two, made_from=("weekly", "daily"))
    sandbox.does("init")
    sandbox.applied()
    before = sandbox.ids()
    with_templates(sandbox, two, one, made_from=("daily", "weekly"))
    with sandbox.watched() as sent:
        done = sandbox.applied()
    assert sent == [] and "0 added, 0 changed, 0 destroyed" in done.out
    after = sandbox.ids()
    assert (after["template.weekly"], after["template.daily"]) == (before["template.daily"], before["template.weekly"])
    assert (after["job.j0"], after["job.j1"]) == (before["job.j0"], before["job.j1"])
    assert NO_CHANGES in sandbox.does("plan").out


def test_bodies_of_templates_that_are_exchanged_pay_for_nothing(sandbox: Sandbox) -> None:
    """The jobs keep the names of theirs: each was made from what stood there."""
    one, two = TEMPLATES
    with_templates(sandbox, one, two, made_from=("weekly", "daily"))
    sandbox.does("init")
    sandbox.applied()
    balance = sandbox.balance
    with_templates(sandbox, two, one, made_from=("weekly", "daily"))
    with sandbox.watched() as sent:
        sandbox.applied()
    assert not any(s.path == "/jobs" for s in sent) and sandbox.balance == balance
    assert NO_CHANGES in sandbox.does("plan").out
