"""Engines to keep a state elsewhere: one in memory that can fail and lie, and real ones with a server of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any
from unittest import mock

from msgspec import Struct

from afsync.core.state_place import ObjectPlace
from afsync.store.remote.backend import Backend, Conflict, StoredDocument, Unavailable, Unclear
from tests.builders import NOW
from tests.store.branch.repo import Repo
from tests.store.branch.repo import backend as on_branch

KEY = "states/channel.json.gz"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


class Fault(Enum):
    """What happens to one write. After UNCLEAR_DONE and DENIED_DONE it is there all the same."""

    UNCLEAR = "it was lost on the way there"
    UNCLEAR_DONE = "its answer was lost"
    DENIED = "it is said to lose, although it does not"
    DENIED_DONE = "it is said to lose, although it won"
    FORGOTTEN = "it is acknowledged, and not kept"
    REFUSED = "the key may not write"
    OVERWRITES = "it is not compared"


class Cloud(Struct):
    """What is kept, by key; `faults` are used up by writes in their order; `before` is called before each request."""

    kept: dict[str, StoredDocument] = {}
    faults: list[Fault | None] = []
    number: int = 0
    time: datetime = NOW
    down: bool = False
    requests: list[str] = []
    before: Callable[[str, str], None] = lambda _what, _key: None


class MemoryBackend:
    """`remote.backend` over a dictionary."""

    packed = True

    def __init__(self, cloud: Cloud, key: str = KEY, *, compares: bool = False) -> None:
        self.name, self.key, self.compares = f"memory://{key}", key, compares
        self.cloud = cloud
        self._lock = Lock()

    def get(self, key: str) -> StoredDocument | None:
        self._asked("get", key)
        return self.cloud.kept.get(key)

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        self._asked("put", key)
        fault = self.cloud.faults.pop(0) if self.cloud.faults else None
        there = self.cloud.kept.get(key)
        if fault is Fault.REFUSED:
            raise Unavailable(f"{self.name} refuses this key.", "use another")
        if fault is Fault.UNCLEAR:
            raise Unclear("nothing came back")
        if fault is Fault.DENIED or (
            (there.version if there else None) != if_version and fault is not Fault.OVERWRITES
        ):
            raise Conflict
        self.cloud.number += 1
        version = f"v{self.cloud.number}"
        if fault is not Fault.FORGOTTEN:
            self.cloud.kept[key] = StoredDocument(data, version, self.cloud.time)
        if fault is Fault.UNCLEAR_DONE:
            raise Unclear("nothing came back")
        if fault is Fault.DENIED_DONE:
            raise Conflict
        return version

    def list(self, prefix: str) -> tuple[str, ...]:
        self._asked("list", prefix)
        return tuple(sorted(key for key in self.cloud.kept if key.startswith(prefix)))

    def delete(self, key: str, if_version: str | None) -> None:
        self._asked("delete", key)
        there = self.cloud.kept.get(key)
        if there is not None and if_version not in (None, there.version):
            raise Conflict
        self.cloud.kept.pop(key, None)

    def now(self) -> datetime:
        self._asked("now", "")
        return self.cloud.time

    def _asked(self, what: str, key: str) -> None:
        with self._lock:
            self.cloud.requests.append(f"{what} {key}")
        self.cloud.before(what, key)
        if self.cloud.down:
            raise Unavailable(f"{self.name} cannot be reached.", "wait")


class Engine(Struct, frozen=True):
    """One kind of store: `backend` is another connection to the same place every time it is called; `later` makes the
    store's clock go on, where it can be moved."""

    backend: Callable[[], Backend]
    later: Callable[[timedelta], None] | None = None


@contextmanager
def memory(_server: str) -> Iterator[Engine]:
    cloud = Cloud()

    def later(span: timedelta) -> None:
        cloud.time += span

    yield Engine(lambda: MemoryBackend(cloud), later)


@contextmanager
def moto(_server: str) -> Iterator[Engine]:
    with s3_server() as url, s3_bucket(url) as bucket:
        yield Engine(lambda: s3_backend(url, bucket))


@contextmanager
def azurite(server: str) -> Iterator[Engine]:
    container = f"states-{len(_BUCKETS)}"
    _BUCKETS.append(container)
    _create_container(f"{server}/{container}")
    yield Engine(lambda: azure_backend(server, container))


@contextmanager
def branch(_server: str) -> Iterator[Engine]:
    """One clone does for all backends, since nothing is written there."""
    ahead = [timedelta()]

    def later(span: timedelta) -> None:
        ahead[0] += span

    with tempfile.TemporaryDirectory(prefix="afsync-branch-") as folder:
        clone = Repo(Path(folder) / "repo").clone()

        def made() -> Backend:
            opened = on_branch(clone)
            opened.now = lambda: datetime.now(UTC) + ahead[0]  # type: ignore[method-assign]
            return opened

        yield Engine(made, later)


# --- real servers ---


def have(*packages: str) -> bool:
    """Whether they are installed: afsync works without the extra, and its tests run then."""
    return all(find_spec(name) for name in packages)


_S3: list[str] = []
_BUCKETS: list[str] = []


@contextmanager
def s3_server() -> Iterator[str]:
    """The URL of moto, which is started once and ends with this process."""
    if not _S3:
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _S3.append("http://{}:{}".format(*server.get_host_and_port()))
    yield _S3[0]


@contextmanager
def s3_bucket(url: str) -> Iterator[str]:
    """A bucket of its own."""
    import httpx

    name = f"states-{len(_BUCKETS)}"
    _BUCKETS.append(name)
    httpx.put(f"{url}/{name}", timeout=60, verify=False).raise_for_status()
    yield name


def s3_backend(url: str, bucket: str, key: str = KEY) -> Backend:
    from afsync.store.remote.objects import Objects

    with mock.patch.dict("os.environ", CREDENTIALS):
        return Objects(ObjectPlace("s3", bucket, key), f"s3://{bucket}/{key}", url)


ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Those of Azure's own emulators, in every manual."""


@contextmanager
def azure_server(folder: Path) -> Iterator[str]:
    """The URL of azurite."""
    program = shutil.which("azurite-blob")
    assert program is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    log = (folder / "azurite.log").open("wb")
    process = subprocess.Popen([*command, "--location", str(folder)], stdout=log, stderr=log)
    try:
        _until_open(port, process)
        yield f"http://127.0.0.1:{port}/{ACCOUNT}"
    finally:
        process.terminate()
        process.wait()
        log.close()


def _until_open(port: int, process: subprocess.Popen[Any]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("azurite does not start")


def _create_container(url: str) -> None:
    """With a signature by hand: obstore creates none."""
    import httpx

    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    path = url.partition("//")[2].partition("/")[2]
    text = "PUT" + "\n" * 12 + lines + f"/{ACCOUNT}/{path}\nrestype:container"
    signature = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
    httpx.put(f"{url}?restype=container", headers=headers, timeout=60, verify=False).raise_for_status()


def azure_backend(url: str, container: str, key: str = KEY) -> Backend:
    from afsync.store.remote.objects import Objects

    with mock.patch.dict("os.environ", {"AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY}):
        return Objects(ObjectPlace("az", container, key, ACCOUNT), f"az://{ACCOUNT}/{container}/{key}", url)


ENGINES: dict[str, Callable[[str], Any]] = {"memory": memory, "branch": branch, "s3": moto, "azure": azurite}
"""The engines that every store's suite runs over."""
