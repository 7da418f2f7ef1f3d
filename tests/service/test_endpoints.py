"""One scenario for every endpoint and dialect, over real sockets: what the service received, and who saw the key."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.harness import lines
from tests.scenarios.world import World, a_job, a_template, valid
from tests.service.conftest import MakeWorld, an_upload, put_video, waiting


def received(world: World, host: str | None = None) -> list[dict[str, Any]]:
    """What arrived, at one of the two hosts or both."""
    return [r for r in world.control.requests() if host in (None, r["host"])]


def the_key_stayed_home(world: World) -> None:
    """The API saw the key in every request; the media host saw it nowhere, in no header, path, query or body."""
    requests = received(world)
    assert all(r["authorization"] for r in requests if r["host"] == "api")
    elsewhere = [r for r in requests if r["host"] == "media"]
    assert all(r["authorization"] is None for r in elsewhere)
    assert world.key not in json.dumps(elsewhere)
    assert not any(name in r["headers"] for r in elsewhere for name in ("authorization", "cookie", "x-api-key"))


def test_account(world: World) -> None:
    world.declare(jobs={"one": a_job(), "long": a_job(topic="L", format="long")}, limits={"max_credits": 9})
    done = world.does("account")
    assert "50 available (included 50, used 0)" in done.out
    assert "100000 requests a minute, 100 submissions at once" in done.out
    assert "spends at most 9 credits, adds any number, destroys at most 5" in done.out
    assert "3 credits still to spend on 2 jobs, 47 left after" in done.out
    document = world.does("account", "--json").json
    valid("account", document)
    assert document["credits"] == {"balance": 50, "included": 50, "used": 0}
    assert document["declared"] == {"spend": 3, "after": 47}
    world.applied()
    assert "0 credits still to spend\n" in world.does("account").out


def test_account_counts_what_is_held_back(world: World) -> None:
    held = a_job(topic="H", format="long", schedule="2099-01-02 10:00")
    world.declare(jobs={"one": a_job(), "held": held}, policy={"blackouts": [{"dates": "2099-01-01 to 2099-01-03"}]})
    out = world.does("account").out
    assert "1 credit still to spend on 1 job, 49 left after; 2 credits on 1 job held back\n" in out
    world.applied(code=4)
    assert "0 credits still to spend; 2 credits on 1 job held back\n" in world.does("account").out


def test_templates(world: World) -> None:
    world.declare(templates={"weekly": a_template()})
    world.applied()
    (template,) = world.control.templates()
    assert template["fields"]["tone"] == "hype"
    world.declare(jobs={"keep": a_job()})
    with world.watched() as sent:
        world.applied()
    assert f"/templates/{template['id']}" in [s.path for s in sent if s.method == "DELETE"]
    assert world.control.templates() == []


def test_submit_list_read_reschedule_and_cancel(world: World) -> None:
    first, later = world.at(days=3), world.at(days=4)
    (job,) = world.submitted(best=a_job(schedule=first))
    assert world.of_service(job)["publish_at"] == first
    world.declare(jobs={"best": a_job(schedule=later), "keep": a_job(topic="K")})
    world.applied()
    assert world.of_service(job)["publish_at"] == later
    world.is_settled()
    world.declare(jobs={"keep": a_job(topic="K")})
    world.applied()
    assert world.of_service(job)["status"] == "cancelled"
    asked = {(r["method"], r["path"].removeprefix("/v1").replace(job, ":id")) for r in received(world)}
    assert {("GET", "/jobs"), ("GET", "/schedule"), ("DELETE", "/jobs/:id")} <= asked


def test_upload(world: World) -> None:
    content = put_video(world)
    digest = hashlib.sha256(content).hexdigest()
    world.declare(jobs={f"j{n}": an_upload(topic=f"T{n}") for n in range(10)})
    assert f"file: media/intro.mp4 ({len(content) / 1000:.1f} kB)" in world.does("plan").out
    world.control.clear_requests()
    world.applied()
    uploads = world.control.uploads()
    assert [(u["sha256"], u["size"]) for u in uploads] == [(digest, len(content))], "ten jobs, one file"
    assert list(world.state["uploads"]) == [digest]
    submitted = [r["body"]["fileId"] for r in received(world) if r["path"] == "/v1/jobs" and r["method"] == "POST"]
    assert submitted == [uploads[0]["id"]] * 10
    put = [r for r in received(world, "media") if r["method"] == "PUT"]
    if world.dialect != "documented":
        assert [r["body"] for r in put] == [{"size": len(content), "sha256": digest}]
    else:
        assert put == []
    the_key_stayed_home(world)
    world.declare(jobs={**{f"j{n}": an_upload(topic=f"T{n}") for n in range(10)}, "more": an_upload(topic="M")})
    assert "already uploaded" in world.does("plan").out
    world.applied()
    assert len(world.control.uploads()) == 1


def test_approve_publish(world: World) -> None:
    job = waiting(world)
    shown = world.does("plan").out
    assert "Waiting for approval:" in shown and f"approve: {job}" in shown
    with world.watched() as sent:
        done = world.does("approve", "job.intro", "--auto-approve")
    assert [s.line for s in sent] == [f"POST /jobs/{job}/approve-publish"]
    assert "platforms: [tiktok]" in done.out and "Approved: 1 job." in done.out
    record = world.record("job.intro")
    told = {"documented": "publishing", "deployed": "published", "router": "publishing"}[world.dialect]
    assert (record["approved"], record["status"]) == (True, told)
    assert world.of_service(job)["approved_at"]
    world.is_settled()


def test_staging_assets(world: World) -> None:
    job = waiting(world)
    document = world.does("status", "--json", "--with-links").json
    valid("status", document)
    (row,) = document["jobs"]
    assert (row["id"], row["phase"]) == (job, "waiting_for_approval")
    assert "X-Signature=" in row["preview"]["video_url"] and "X-Signature=" in row["preview"]["thumbnail_url"]
    plan = world.does("plan", "--json", "--with-links").json
    assert plan["waiting"][0]["preview"]["video_url"].startswith(row["preview"]["video_url"].split("?")[0])
    markdown = world.does("plan", "--format", "markdown", "--with-links").out
    assert "**Waiting for approval**" in markdown and "video: <http" in markdown
    world.control.call("PATCH", "/options", staging_assets=False)
    assert world.does("status", "--json", "--with-links").json["jobs"][0]["preview"] is None
    assert world.does("plan", "--json", "--with-links").json["waiting"] == [
        {"address": "job.intro", "id": job, "preview": None}
    ]


def test_a_link_that_opens_to_whoever_has_it_stays_out_of_what_others_may_read(world: World) -> None:
    waiting(world)
    names = {n: str(world.root / n) for n in ("p.json", "p.md", "p.plan", "a.jsonl", "a.md")}
    summary = {"GITHUB_STEP_SUMMARY": str(world.root / "summary.md"), "GITHUB_ACTIONS": "true"}
    world.control.clear_requests()
    files = ("--json-into", names["p.json"], "--markdown-into", names["p.md"], "--out", names["p.plan"])
    texts = [world.does("plan", *files, env=summary).out]
    texts += [world.does(*args).out for args in (("status",), ("status", "--json"), ("plan", "--json"))]
    texts += [world.does("plan", "--format", "markdown").out, world.does("show", names["p.plan"]).out]
    into = ("--json-into", names["a.jsonl"], "--markdown-into", names["a.md"])
    texts.append(world.does("apply", "--auto-approve", *into, env=summary).out)
    texts += [(world.root / name).read_text() for name in (*names, "summary.md")]
    assert not any("Signature" in text for text in texts)
    assert not any("staging-assets" in r["path"] for r in received(world))
    valid("plan", world.planned())
    assert "X-Signature=" in world.does("status", "--with-links").out
    assert "X-Signature=" in world.does("plan", "--with-links").out
    world.does("plan", "--with-links", "--markdown-into", names["p.md"])
    assert "X-Signature=" in (world.root / "p.md").read_text()
    assert "--with-links does not go with" in world.does("plan", "--with-links", "--offline", code=1).err


@pytest.mark.parametrize(("status", "said"), [("failed", "failed"), ("cancelled", "was cancelled")])
def test_what_came_to_nothing_is_no_result(world: World, status: str, said: str) -> None:
    (job,) = world.submitted(a=a_job())
    world.becomes(status, job)
    folder = world.root / "videos"
    done = world.does("result", "job.a", "--download", str(folder), code=1)
    detail = " (Job not yet complete)" if world.dialect == "router" and status == "cancelled" else ""
    assert (done.out, done.err) == ("", f"Error: job.a ({job}) {said}{detail}: there is no result\n")
    assert list(folder.iterdir()) == []
    assert world.does("result", "job.a", "--json", code=1).json["results"][0]["ready"] is False


@pytest.mark.parametrize("dialect", ["documented", "deployed"])
def test_result_and_download(world: World) -> None:
    job = waiting(world)
    world.does("approve", "job.intro", "--auto-approve")
    world.becomes("published", job)
    document = world.does("result", "job.intro", "--json").json
    valid("result", document)
    (row,) = document["results"]
    assert (row["id"], row["status"], row["ready"]) == (job, "published", True)
    assert row["publish_copy"]["title"] == "Introducing"
    assert [(p["platform"], p["status"]) for p in row["platforms"]] == [("tiktok", "published")]
    world.control.clear_requests()
    folder = world.root / "videos"
    done = world.does("result", "job.*", "--download", str(folder))
    assert "title:       Introducing" in done.out and "tiktok    published" in done.out
    from afsync.emulator.media_host import thumbnail, video

    assert (folder / f"intro-{job}.mp4").read_bytes() == video(job)
    assert (folder / f"intro-{job}-thumbnail.png").read_bytes() == thumbnail(job)
    assert json.loads((folder / f"intro-{job}.json").read_text())["publish_copy"]["title"] == "Introducing"
    assert sorted(p.name for p in folder.iterdir()) == [
        f"intro-{job}-thumbnail.png",
        f"intro-{job}.json",
        f"intro-{job}.mp4",
    ]
    assert [r["path"] for r in received(world, "media")] == [f"/media/{job}/video.mp4", f"/media/{job}/thumbnail.png"]
    the_key_stayed_home(world)


def test_status(world: World) -> None:
    ids = world.submitted(
        a=a_job(topic="A"),
        b=a_job(topic="B", schedule=world.at(days=2)),
        c=a_job(topic="C", staging=True),
        d=a_job(topic="D [fail]"),
        e=a_job(topic="E", publishMode="manual"),
        f=a_job(topic="F"),
        g=a_job(topic="G"),
    )
    for status, job in zip(("running", "complete", "complete", "failed", "complete", "cancelled"), ids, strict=False):
        world.becomes(status, job)
    world.control.purge(job_ids=[ids[6]])
    jobs = {"h": a_job(topic="H")} | {key: a_job(topic=key.upper()) for key in "abcdefg"}
    world.declare(jobs=jobs)
    with world.watched(reads=True) as sent:
        document = world.does("status", "--json").json
    valid("status", document)
    phases = {row["address"][-1]: row["phase"] for row in document["jobs"]}
    assert phases == {
        "a": "active",
        "b": "done" if world.dialect == "router" else "active",
        "c": "waiting_for_approval",
        "d": "failed",
        "e": "done",
        "f": "cancelled",
        "g": "missing",
        "h": "unknown",
    }
    rows = {row["address"]: row for row in document["jobs"]}
    assert rows["job.h"]["id"] is None and rows["job.h"]["note"] == "not submitted yet"
    assert rows["job.e"]["output_url"] and rows["job.e"]["score"]
    assert rows["job.e"]["credits"] == (None if world.dialect == "router" else 1)
    assert (rows["job.a"]["portals"] != {}) == (world.dialect != "documented")
    assert sorted(lines(sent)) == sorted(["GET /account", "GET /jobs", f"GET /jobs/{ids[6]}", "GET /schedule"])
    text = world.does("status").out
    assert "waiting for approval" in text and "8 jobs: " in text
    assert ("(in 1 day)" in text) == (world.dialect != "router")  # whose production has written over the publish time


def test_nothing_is_asked_where_nothing_was_submitted(make_world: MakeWorld) -> None:
    world = make_world()
    world.declare(jobs={"a": a_job()})
    with world.watched(reads=True) as sent:
        assert "not submitted yet" in world.does("status").out
    assert sent == []


@pytest.mark.parametrize("command", [("status",), ("result", "job.a")])
def test_another_account_is_refused(world: World, command: tuple[str, ...]) -> None:
    world.submitted(a=a_job())
    world.key = "af_live_somebody_else"
    done = world.does(*command, code=7)
    assert "belongs to account" in done.err
