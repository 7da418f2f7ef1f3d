"""Real runners, a real object store and SIGKILL, before or after any request of the store; their disks are deleted."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import Running
from tests.harness import NO_CHANGES, Environ, Sandbox
from tests.scale import SCALE
from tests.store.engines import CREDENTIALS, KEY, have, s3_backend, s3_bucket, s3_server
from tests.store.proxy import Proxy, honest, spoiling

if not have("obstore", "moto"):
    pytest.skip("obstore and moto are not installed here", allow_module_level=True)

PROJECT = """\
state: s3://{bucket}/{key}
templates:
  t: {{name: T, format: short, platforms: [tiktok]}}
jobs:
  a: {{template: t, url: https://clips.twitch.tv/one, topic: One, schedule: 2031-12-01 09:00}}
  b: {{template: t, url: https://clips.twitch.tv/two, topic: Two}}
"""
REQUESTS = 23
"""A little more than a whole apply makes of the store."""
CASES = [(number, when) for number in range(1, REQUESTS + 1) for when in ("cut", "cut after")]
SHARE = CASES if SCALE >= 100 else [CASES[n] for n in (30, 32, 37)]
"""In CI: around an intent, its submission and its record."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with s3_server() as url, spoiling(url) as proxy:
        yield proxy


class Shared:
    """One state, and clones that share it."""

    def __init__(self, root: Path, emulator: Running, proxy: Proxy, bucket: str) -> None:
        self.root, self.emulator, self.proxy, self.bucket = root, emulator, proxy, bucket
        self.project = PROJECT.format(bucket=bucket, key=KEY)
        self.reach: Environ = {**CREDENTIALS, "AFSYNC_STATE_ENDPOINT": proxy.url}
        self.key = f"af_live_{bucket}"

    def clone(self, name: str) -> Sandbox:
        root = self.root / name
        root.mkdir(exist_ok=True)
        box = Sandbox(root, self.emulator, key=self.key)
        box.write(self.project)
        return box

    def kill_at(self, number: int, fate: str, box: Sandbox) -> subprocess.Popen[str]:
        """Start an apply that is killed at its request `number` of the store."""
        victim: list[subprocess.Popen[str]] = []

        def spoil(count: int, _method: str, _path: str) -> str | None:
            if count != number:
                return None
            victim[0].kill()
            victim[0].wait()
            return fate

        with self.proxy.guard:  # the process cannot ask before it is known
            self.proxy.requests.clear()
            self.proxy.spoil = spoil
            victim.append(box.start("apply", "--auto-approve", env=self.reach))
        victim[0].communicate(timeout=120)
        self.proxy.spoil = honest
        return victim[0]

    def free(self) -> None:
        """A quarter of an hour passes: what is left of the lock has no meaning any more."""
        s3_backend(self.proxy.target, self.bucket).delete(f"{KEY}.lock", None)

    def paid(self) -> Counter[str]:
        return Counter(str(job["submitted"]["topic"]) for job in self.jobs())

    def jobs(self) -> list[dict[str, Any]]:
        return self.emulator.control.jobs(key=self.key)


@pytest.mark.parametrize(("number", "fate"), SHARE)
def test_a_killed_runner_whose_disk_is_gone_is_never_paid_for_twice(
    tmp_path: Path, emulator: Running, proxy: Proxy, number: int, fate: str
) -> None:
    with s3_bucket(proxy.target) as bucket:
        shared = Shared(tmp_path, emulator, proxy, bucket)
        first, second = shared.clone("first"), shared.clone("second")
        first.does("init", env=shared.reach)
        process = shared.kill_at(number, fate, first)
        assert process.returncode in (-signal.SIGKILL, 0)
        shutil.rmtree(first.root / ".afsync", ignore_errors=True)
        shared.free()
        code = second.call("apply", "--auto-approve", env=shared.reach).code
        open_ = second.does("intents", "--json", env=shared.reach).json["intents"] if code == 3 else []
        assert code in (0, 3) and len(open_) <= 1
        for intent in open_:
            made = {str(job["submitted"]["topic"]): str(job["job_id"]) for job in shared.jobs()}
            found = made.get({"job.a": "One", "job.b": "Two"}[intent["address"]])
            said = ("--adopt", found) if found else ("--absent",)
            second.does("resolve", intent["address"], *said, env=shared.reach)
        second.applied(env=shared.reach)
        assert shared.paid() == {"One": 1, "Two": 1}
        assert NO_CHANGES in second.does("plan", env=shared.reach).out


def test_twenty_runners_at_once_pay_once(tmp_path: Path, emulator: Running, proxy: Proxy) -> None:
    """Without a lock between them: only the store keeps them apart."""
    with s3_bucket(proxy.target) as bucket:
        shared = Shared(tmp_path, emulator, proxy, bucket)
        boxes = [shared.clone(f"runner-{n}") for n in range(20 if SCALE >= 10 else 3)]
        boxes[0].does("init", env=shared.reach)

        def unlocked(_count: int, _method: str, path: str) -> str | None:
            shared.free()
            return None

        proxy.spoil = unlocked
        processes = [box.start("apply", "--auto-approve", env=shared.reach) for box in boxes]
        ends = [(process.communicate(timeout=300), process.returncode) for process in processes]
        proxy.spoil = honest
        assert {code for _, code in ends} <= {0, 5, 7}, ends
        shared.free()
        boxes[1].applied(env=shared.reach)
        assert shared.paid() == {"One": 1, "Two": 1}
