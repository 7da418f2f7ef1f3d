"""What is sent for what is declared: every field as it was written, and what defaults, templates and variables add."""

from __future__ import annotations

from afsync.emulator.fields import FIELDS
from tests.builders import every_field
from tests.scenarios.world import (
    OTHER_URL,
    TOPIC,
    URL,
    Fields,
    Planned,
    World,
    a_job,
    a_template,
    creation,
    delete,
    post,
    reschedule,
    submission,
)

EVERY_FIELD: Fields = {
    **every_field(),
    "entry": "fetch",
    "url": URL,
    "urls": [OTHER_URL, "https://kick.com/three?x=1&y=ü"],
    "topic": "日本 — “quotes”, \\ and 'more' 🎬",
    "platforms": ["youtube", "tiktok"],
    "staging": False,
    "addOns": {"shoppable": {"active": True, "items": []}},
}


def test_every_field_is_sent_as_it_was_written(world: World) -> None:
    assert EVERY_FIELD.keys() == FIELDS.keys() - {"fileId", "fromTemplateId"}
    template = {k: v for k, v in EVERY_FIELD.items() if k not in ("entry", "url", "urls")}
    named = {"name": "Everything", "description": "All of it", **template}
    world.declare(jobs={"best": EVERY_FIELD}, templates={"all": named})
    world.performs(
        Planned("template.all", "create", "new"),
        Planned("job.best", "create", "new", spend=2),
        sends=[creation(**named), post("/jobs", **EVERY_FIELD)],
        told=["manual_not_certain"],
        costs=2,
    )
    job = world.of_service(world.ids()["job.best"])
    assert job["submitted"] == EVERY_FIELD
    assert world.record("job.best")["declared"] == EVERY_FIELD
    world.is_settled()


def test_defaults_fill_what_neither_a_job_nor_its_template_sets(world: World) -> None:
    raw = world.by_hand("POST", "/templates", {"name": "Raw", "jobSpec": {}})
    raw_id = raw.get("template", raw)["id"]
    defaults: Fields = {"tone": "calm", "format": "long", "publishMode": "manual", "platforms": ["instagram"]}
    at = world.at(days=7)
    world.declare(
        defaults={"job": defaults},
        templates={"weekly": a_template(tone="hype", platforms=["tiktok"])},
        jobs={
            "a-plain": {"url": URL, "topic": "A"},
            "b-own": {"url": URL, "topic": "B", "tone": "loud", "format": "short"},
            "c-made": {"url": URL, "topic": "C", "template": "weekly"},
            "d-raw": {"url": URL, "topic": "D", "fromTemplateId": raw_id},
            "e-timed": {"url": URL, "topic": "E", "schedule": at},
        },
    )
    world.performs(
        Planned("template.weekly", "create", "new"),
        Planned("job.e-timed", "create", "new", spend=2),
        Planned("job.a-plain", "create", "new", spend=2),
        Planned("job.b-own", "create", "new", spend=1),
        Planned("job.c-made", "create", "new", spend=2),
        Planned("job.d-raw", "create", "new", spend=1),
        costs=8,
        told=["manual_not_certain", "template_unknown"],
        sends=lambda ids: [
            creation(name="Weekly highlights", tone="hype", platforms=["tiktok"]),
            submission(url=URL, topic="E", **{**defaults, "publishMode": "scheduled"}),
            reschedule(ids["job.e-timed"], at),
            submission(url=URL, topic="A", **defaults),
            submission(url=URL, topic="B", **{**defaults, "tone": "loud", "format": "short"}),
            submission(
                a_template(),
                url=URL,
                topic="C",
                format="long",
                publishMode="manual",
                fromTemplateId=ids["template.weekly"],
            ),
            post("/jobs", url=URL, topic="D", fromTemplateId=raw_id),
        ],
    )
    fields = world.of_service(world.ids()["job.c-made"])["fields"]
    assert (fields["tone"], fields["format"], fields["platforms"]) == ("hype", "long", ["tiktok"])
    world.is_settled()


def test_variables_and_the_environment_are_filled_in(world: World) -> None:
    world.declare(
        vars={"show": "Weekly CS2", "where": ["tiktok", "youtube"], "minutes": 3},
        jobs={
            "best": {
                "url": "https://clips.twitch.tv/${env.AFSYNC_VAR_CLIP}",
                "topic": "${var.show} in $${style} for ${env.AFSYNC_VAR_CLIP}",
                "platforms": "${var.where}",
                "durationMins": "${var.minutes}",
            }
        },
    )
    with world.watched() as sent:
        world.applied(env={"AFSYNC_VAR_CLIP": "one"})
    topic = "Weekly CS2 in ${style} for one"
    assert sent == [submission(url=URL, topic=topic, platforms=["tiktok", "youtube"], durationMins=3)]
    assert "No changes." in world.does("plan", env={"AFSYNC_VAR_CLIP": "one"}).out
    assert "will be replaced: topic, url changed" in world.does("plan", env={"AFSYNC_VAR_CLIP": "two"}).out


def test_times_are_local_to_the_time_zone_unless_they_say_otherwise(world: World) -> None:
    written = {
        "berlin": "2031-07-01 09:00",
        "utc": "2031-07-01T07:00:00Z",
        "india": "2031-07-01 12:30+05:30",
        "seconds": "2031-07-01 09:00:00",
    }
    world.declare(jobs={key: a_job(topic=key, schedule=at) for key, at in written.items()})
    out = world.does("plan").out
    assert out.count("      schedule: Tue 2031-07-01 09:00 CEST (2031-07-01T07:00:00Z)\n") == 4
    world.applied()
    assert {world.of_service(job)["publish_at"] for job in world.ids().values()} == {"2031-07-01T07:00:00Z"}
    # Another way to write the same moment is no difference.
    world.declare(jobs={key: a_job(topic=key, schedule="2031-07-01T03:00:00-04:00") for key in written})
    world.is_settled()


def test_ignored_fields_are_no_difference(world: World) -> None:
    at = world.at(days=7)
    (job,) = world.submitted(best=a_job(schedule=at))
    edited = a_job(schedule=world.at(days=8), tone="calm")
    world.declare(jobs={"best": {**edited, "lifecycle": {"ignore_changes": ["tone", "schedule"]}}})
    world.is_settled()
    world.declare(jobs={"best": {**edited, "topic": "Other", "lifecycle": {"ignore_changes": ["tone"]}}})
    world.performs(
        Planned("job.best", "replace", "body_changed", spend=1, spent=1),
        says=["  # job.best will be replaced: topic changed after submission (1 credit, 1 already spent)"],
        sends=lambda ids: [
            delete(f"/jobs/{job}"),
            submission(url=URL, topic="Other", tone="hype", publishMode="scheduled"),
            reschedule(ids["job.best"], edited["schedule"]),
        ],
        costs=1,
    )
    world.is_settled()


def test_files_that_are_included_count_as_one(world: World) -> None:
    world.declare(include=["more/*.yaml", "calendar/**/*.yaml"], jobs={"a": a_job(topic="A")})
    world.write('jobs: {b: {url: "https://a.b/c", template: weekly}}\n', "calendar/2031/january.yaml")
    world.write("version: 1\ntemplates: {weekly: {name: Weekly}}\n", "more/shows.yaml")
    with world.watched() as sent:
        world.applied()
    assert [s.line for s in sent] == ["POST /templates", "POST /jobs", "POST /jobs"]
    world.is_settled()
    # Moving a job into another file is no change.
    world.declare(include=["more/*.yaml"])
    world.write(f'jobs: {{b: {{url: "https://a.b/c", template: weekly}}, a: {{url: {URL}, topic: A, tone: hype}}}}\n',
                "more/jobs.yaml")  # fmt: skip
    world.is_settled()


def test_plan_as_if_it_were_later(world: World) -> None:
    (job,) = world.submitted(best=a_job(schedule=world.at(days=7)), more=a_job(topic="M"))[:1]
    world.becomes("complete", job)
    world.declare(
        jobs={"best": a_job(schedule=world.at(days=9)), "new": a_job(topic=f"{TOPIC}!", schedule=world.at(days=8))}
    )
    now = world.planned("--exclude", "job.more")
    assert {c["address"]: c["action"] for c in now["changes"]} == {"job.best": "reschedule", "job.new": "create"}
    later = world.planned("--exclude", "job.more", "--now", world.at(days=8, hours=1))
    assert later["changes"] == []
    assert [(w["address"], w["code"]) for w in later["warnings"]][-1] == ("job.best", "finished")
    assert [(v["address"], v["code"]) for v in later["violations"]] == [("job.new", "past_schedule")]
