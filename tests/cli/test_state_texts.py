"""`show` and `state show`: what is known of how a job is published, and what was kept."""

from __future__ import annotations

import json

from afsync.core.recorded import Publish
from afsync.core.takeover import adopted
from afsync.output.state_text import record_json, record_lines, state_text
from tests.builders import NOW, a_job, a_recorded_job, a_remote, a_remote_job
from tests.store.support import everything


def test_a_job_says_how_it_is_published_and_what_was_seen() -> None:
    job = everything().jobs["job.held"]
    lines = [line.strip() for line in record_lines("job.held", job)]
    assert lines[lines.index("publish: held") :][:7] == [
        "publish: held",
        "publish time set again: 1",
        "publish time: lost",
        "approval: 2026-11-20T12:00:00Z by alice@host",
        "publication: lost",
        "published on: tiktok",
        "failed on: youtube",
    ]
    document = json.loads(record_json("job.held", job))
    assert document["publish"] == "held"
    assert document["approval"] == {"at": "2026-11-20T12:00:00Z", "by": "alice@host", "platforms": ["tiktok"]}


def test_an_ordinary_job_says_nothing_of_it() -> None:
    assert not any("publi" in line for line in record_lines("job.best", a_recorded_job()))


def test_the_state_names_what_is_watched_and_what_was_kept() -> None:
    lines = state_text(everything()).splitlines()
    assert "job.gone: cancelled job job_4 is watched until 2026-11-27T12:00:00Z, was not kept" in lines
    assert "Publish times: 3 kept, 1 lost" in lines
    assert "Review was asked for and not granted: job_5" in lines
    assert "job.held: an approval of 2026-11-20T11:00:00Z whose outcome is not known" in lines


def test_how_an_imported_job_is_published_is_unknown() -> None:
    record = adopted(a_job(), "job_1", a_remote(a_remote_job(id="job_1")), NOW, {})
    assert record == a_recorded_job(publish=Publish.UNKNOWN, credits=None, created_at=record.created_at)
