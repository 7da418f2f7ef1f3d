"""Data that outlives the emulator: restarts, several processes at once, sudden death, read-only folders."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from afsync.emulator import create_app
from afsync.emulator.database import Database
from tests.emulator.conftest import FETCH, KEY, Serve, client_for, submitted

SUBMIT = """
import asyncio, httpx, sys
from afsync.emulator import create_app

async def main():
    app = create_app(sys.argv[1], speed="manual", rpm=10**6, concurrent=1000, credits=1000)
    headers = {"Authorization": "Bearer af_live_test"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x/v1", headers=headers) as api:
        for _ in range(int(sys.argv[2])):
            answer = await api.post("/jobs", json={"url": "https://a.example/b"})
            print(answer.json()["jobId"], flush=True)

asyncio.run(main())
"""


def test_everything_survives_a_restart(tmp_path: Path, serve: Serve) -> None:
    data = tmp_path / "deep" / "emulator.db"
    emulator = serve(data=data)
    emulator.control.set_clock("2030-01-01T00:00:00Z")
    with client_for(emulator) as api:
        api.post("/templates", json={"name": "w"})
        job = submitted(api, topic="T")
        before = api.get("/jobs").json(), api.get("/account").json(), api.get("/templates").json()
    again = serve(data=data)
    with client_for(again) as api:
        assert (api.get("/jobs").json(), api.get("/account").json(), api.get("/templates").json()) == before
        assert submitted(api) != job
    assert again.control.now().startswith("2030-01-01")
    assert len(again.control.ledger()) == 3


def test_several_processes_use_one_file(tmp_path: Path) -> None:
    data = str(tmp_path / "emulator.db")
    command = [sys.executable, "-c", SUBMIT, data, "10"]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = [line for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert len(set(ids)) == 40
    check(data, len(ids))
    assert [path.name for path in tmp_path.iterdir()] == ["emulator.db"], "nothing else stays behind"


def check(data: str, answered: int) -> None:
    """Every answered job is there and paid, and so is every other."""
    connection = sqlite3.connect(data)
    try:
        (jobs,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
        (paid,) = connection.execute("SELECT count(*) FROM ledger WHERE job IN (SELECT id FROM jobs)").fetchone()
        (used,) = connection.execute("SELECT used FROM accounts").fetchone()
    finally:
        connection.close()
    assert jobs == paid == used
    assert answered <= jobs <= answered + 1


def test_death_at_any_moment_leaves_no_job_unpaid(tmp_path: Path) -> None:
    for number in range(4):
        data = str(tmp_path / f"{number}.db")
        with subprocess.Popen(
            [sys.executable, "-c", SUBMIT, data, "1000"], stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            ids = [worker.stdout.readline() for _ in range(5 + 7 * number)]
            worker.send_signal(signal.SIGKILL)
            ids += worker.stdout.readlines()
        check(data, len([line for line in ids if line.endswith("\n")]))


async def _get(app: object, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://x/v1", headers=headers) as api:
        return await api.get(path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    data = tmp_path / "emulator.db"
    if exists:
        app = create_app(data)
        asyncio.run(_get(app, "/account"))
        app.close()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    before = [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]
    app = create_app(data)
    try:
        for path in ("/account", "/jobs", "/templates", "/schedule"):
            assert asyncio.run(_get(app, path)).status_code == 200
    finally:
        app.close()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == before


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "emulator.db"
    connection = sqlite3.connect(data)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ValueError, match="another version"):
        Database(str(data))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "emulator.db"
    data.write_bytes(b"something else entirely" * 100)
    with pytest.raises(ValueError, match="file is not a database"):
        Database(str(data))


def test_the_seed_makes_ids_predictable(serve: Serve) -> None:
    ids = []
    for _ in range(2):
        with client_for(serve(seed="s")) as api:
            ids.append(submitted(api, **FETCH))
    assert ids[0] == ids[1]
    with client_for(serve()) as api:
        assert submitted(api) != ids[0]
