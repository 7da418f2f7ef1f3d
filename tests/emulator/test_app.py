"""The application without sockets: any transport, an event loop per request, any thread."""

from __future__ import annotations

import asyncio
import threading
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from afsync.app import connection
from afsync.emulator import Emulator, create_app
from afsync.emulator.options import DialectName
from tests import dialects
from tests.emulator.conftest import FETCH, KEY

AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def app() -> Iterator[Emulator]:
    app = create_app(rpm=1_000_000, concurrent=100, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    yield app
    app.close()


def call(app: Emulator, method: str, url: str, **more: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://emulator/v1") as client:
            return await client.request(method, url, **{"headers": AUTHORIZED, **more})

    return asyncio.run(send())


def test_a_loop_per_request_in_many_threads(app: Emulator) -> None:
    statuses: list[int] = []

    def work() -> None:
        for _ in range(5):
            statuses.append(call(app, "POST", "/jobs", json=FETCH).status_code)  # noqa: PERF401

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 30
    assert call(app, "GET", "/account").json()["credits"]["balance"] == 20


def test_the_date_is_the_emulators(app: Emulator) -> None:
    assert call(app, "GET", "/account").headers["date"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_the_media_host_has_a_name_of_its_own(app: Emulator) -> None:
    app.service.options.update({"dialect": "deployed"})
    body = call(app, "POST", "/upload", json={"filename": "a.mp4", "contentType": "video/mp4"}).json()
    assert body["uploadUrl"].startswith("http://media.localhost/uploads/")
    sent = call(app, "PUT", body["uploadUrl"], content=b"x", headers={"Content-Type": "video/mp4"})
    assert sent.status_code == 200
    job = call(app, "POST", "/jobs", json=FETCH).json()["jobId"]
    assert call(app, "GET", f"http://media.localhost/media/{job}/video.mp4").status_code == 200


def test_control_calls_work_too(app: Emulator) -> None:
    answer = call(app, "POST", "http://emulator/_emulator/jobs/seed", json={"key": KEY, "count": 2})
    assert answer.json()["count"] == 2


@pytest.mark.parametrize("point", ["received", "committed", "status", "half", "sent"])
def test_a_break_is_a_reset(app: Emulator, point: str) -> None:
    call(app, "POST", "http://emulator/_emulator/faults", json={"fault": f"POST /jobs: {point}-then-close"})
    with pytest.raises(ConnectionResetError):
        call(app, "POST", "/jobs", json=FETCH)
    count = call(app, "GET", "/jobs").json()["count"]
    assert count == (point != "received")


def test_options_and_faults_are_checked_at_the_start() -> None:
    for wrong in (
        {"dialect": "klingon"}, {"speed": -1}, {"speed": 0}, {"speed": "fast"}, {"rpm": "many"}, {"colour": 1},
        {"credits": 1.5}, {"extra_fields": 1}, {"tier": "gold"}, {"faults": ["POST /jobs: x"]},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            create_app(**wrong)


def test_every_dialect_can_be_chosen_and_is_tested() -> None:
    assert typing.get_args(DialectName) == connection.DIALECTS == dialects.DIALECTS
