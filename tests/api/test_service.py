"""Every call against the emulator: both dialects, over a socket and inside the process."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from afsync.api.access import access
from afsync.api.reader import ApiReader
from afsync.api.session import ApiSession, connect
from afsync.api.snapshot import fetch
from afsync.api.writer import ApiWriter
from afsync.core.answers import Committed, Rejected
from afsync.core.remote_account import Lookups
from afsync.emulator import create_app, running
from afsync.errors import Refused

from .support import KEY

DIALECTS = ("documented", "deployed")
PLACES = ("socket", "process")


@contextmanager
def a_service(dialect: str, place: str) -> Iterator[ApiSession]:
    """A line to a new emulator with an account of 50 credits."""
    if place == "socket":
        with running(dialect=dialect) as emulator:
            link = a_line(emulator.url, None)
            yield link
            link.close()
    else:
        app = create_app(dialect=dialect)
        yield a_line("emulator", app)
        app.close()


def a_line(base_url: str, app: object) -> ApiSession:
    return connect(
        access(base_url, {"AURAFLUX_API_KEY": KEY}, open),  # type: ignore[arg-type]
        environ={},
        user_agent="afsync/test",
        clock=time.monotonic,
        sleep=time.sleep,
        random=random.Random(7).random,
        app=app,  # type: ignore[arg-type]
    )


@pytest.fixture(params=[(d, p) for d in DIALECTS for p in PLACES], ids=lambda param: "-".join(param))
def line(request: pytest.FixtureRequest) -> Iterator[ApiSession]:
    with a_service(*request.param) as link:
        yield link


BODY = {"url": "https://clips.twitch.tv/x", "topic": "Best plays", "platforms": ["tiktok"], "publishMode": "manual"}


def test_the_account(line: ApiSession) -> None:
    account = ApiReader(line).account()
    assert account.id
    assert (account.balance, account.per_minute) == (50, 60)


def test_a_template_from_beginning_to_end(line: ApiSession) -> None:
    reader, writer = ApiReader(line), ApiWriter(line)
    values = {"name": "Weekly", "format": "short", "platforms": ("tiktok",), "tone": "hype"}
    made = writer.create_template(values)
    assert isinstance(made, Committed)
    template = reader.templates()[made.id]
    assert template.name == "Weekly"
    assert template.echo in ({}, {"format": "short", "platforms": ["tiktok"], "tone": "hype"})
    assert template.created_at is not None
    job = writer.submit_job({**BODY, "fromTemplateId": made.id})
    assert isinstance(job, Committed)
    writer.delete_template(made.id)
    writer.delete_template(made.id)
    assert reader.templates() == {}
    again = writer.submit_job({**BODY, "fromTemplateId": made.id})
    assert isinstance(again, Rejected)
    assert (again.status, again.code) == (404, "template_not_found")


def test_a_job_from_beginning_to_end(line: ApiSession) -> None:
    reader, writer = ApiReader(line), ApiWriter(line)
    made = writer.submit_job({**BODY, "publishMode": "scheduled"})
    assert isinstance(made, Committed)
    assert made.credits == 1
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    writer.set_schedule(made.id, at)
    job = reader.job(made.id)
    assert job is not None
    assert job.created_at is not None
    assert abs(job.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert reader.publish_times() == {made.id: at}
    assert reader.job("job_nobody") is None
    assert writer.cancel(made.id) is None
    assert writer.cancel(made.id) is None
    assert writer.cancel("job_nobody") is None
    found = reader.job(made.id)
    assert found is not None
    assert found.status == "cancelled"


def test_unscheduling_works_or_is_refused_in_words(line: ApiSession) -> None:
    writer = ApiWriter(line)
    made = writer.submit_job({**BODY, "publishMode": "scheduled"})
    assert isinstance(made, Committed)
    writer.set_schedule(made.id, datetime.now(UTC) + timedelta(days=3))
    try:
        writer.set_schedule(made.id, None)
    except Refused as refused:
        assert refused.status == 400
        assert "scheduledPublishAt" in refused.detail
    else:
        assert ApiReader(line).publish_times() == {}


def test_a_fetch(line: ApiSession) -> None:
    reader, writer = ApiReader(line), ApiWriter(line)
    made = [writer.submit_job({**BODY, "topic": f"Topic {n}"}) for n in range(3)]
    ids = [answer.id for answer in made if isinstance(answer, Committed)]
    remote = fetch(reader, Lookups(jobs=dict.fromkeys([*ids, "job_nobody"])))
    assert remote.head == tuple(reversed(ids))
    assert remote.missing == {"job_nobody"}
    assert remote.account.balance == 47
    assert remote.jobs[ids[0]].echo.get("topic", "Topic 0") == "Topic 0"


def test_out_of_credits_is_refused(line: ApiSession) -> None:
    answers = [ApiWriter(line).submit_job({**BODY, "entry": "generate", "prompt": "p"}) for _ in range(17)]
    assert sum(isinstance(answer, Committed) for answer in answers) == 16
    last = answers[-1]
    assert isinstance(last, Rejected)
    assert (last.status, last.code, last.out_of_credits) == (402, "insufficient_credits", True)


@pytest.mark.parametrize("size", [12, 700_000])
def test_a_file_is_uploaded_and_used(line: ApiSession, size: int) -> None:
    content = b"\0\0\0\x18ftypmp42" + bytes(size - 12)
    told: list[int] = []
    writer = ApiWriter(line)
    file_id = writer.upload(io.BytesIO(content), filename='in "tro.mp4', size=size, progress=told.append)
    assert told[-1] == size
    assert told == sorted(told)
    made = writer.submit_job({"entry": "upload", "fileId": file_id, "topic": "t", "publishMode": "manual"})
    assert isinstance(made, Committed)


def test_a_file_of_the_wrong_type_is_refused_in_the_services_words(line: ApiSession) -> None:
    with pytest.raises(Refused) as caught:
        ApiWriter(line).upload(io.BytesIO(b"x"), filename="notes.txt", size=1, progress=lambda sent: None)
    assert caught.value.status in (400, 403)
    assert "ideo" in caught.value.detail or "mp4" in caught.value.detail.lower()


def test_a_job_without_output_has_no_result_and_cannot_be_approved(line: ApiSession) -> None:
    reader, writer = ApiReader(line), ApiWriter(line)
    made = writer.submit_job({**BODY, "publishMode": "immediate", "staging": True})
    assert isinstance(made, Committed)
    result = reader.result(made.id)
    assert result is not None
    assert not result.ready
    assert reader.result("job_nobody") is None
    refused = writer.approve(made.id)
    assert isinstance(refused, Rejected)
    assert refused.status == 422
