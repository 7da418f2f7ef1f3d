"""Serves an emulator: until a signal (`afsync emulator`), or in a thread for as long as a block of code runs."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from afsync.emulator.app import Emulator, create_app
from afsync.emulator.client import ControlClient, ControlError
from afsync.emulator.listener import Listener, address, bound

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(
    data: Path | str = ":memory:",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    media_port: int = 0,
    on_ready: Callable[[str], None],
    faults: Sequence[str] = (),
    **options: Any,
) -> None:
    """Serve until SIGINT or SIGTERM. `on_ready` gets the base URL, such as `http://127.0.0.1:4321/v1`.

    `options` are those of `create_app`. ValueError for a wrong one, a bad fault or a host that is not loopback;
    OSError when the port is taken.
    """
    with bound(host, port) as api, bound(host, media_port) as media:
        emulator = create_app(data, upload_host=f"http://{address(media)}", faults=faults, **options)
        try:
            listener = Listener(emulator, api, media)
            asyncio.run(_until_signal(listener, lambda: on_ready(f"http://{address(api)}/v1")))
        finally:
            emulator.close()


async def _until_signal(listener: Listener, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    await listener.open()
    ready()
    await stop.wait()
    await listener.close()


class Running(Struct, frozen=True):
    """`url` is the base URL for clients; `origin` the same without `/v1`; `media` the media host's."""

    url: str
    origin: str
    media: str
    control: ControlClient
    emulator: Emulator


@contextmanager
def running(
    data: Path | str = ":memory:", *, port: int = 0, faults: Sequence[str] = (), **options: Any
) -> Iterator[Running]:
    """Run an emulator while the context is open; `options` are those of `create_app`."""
    with bound("127.0.0.1", port) as api, bound("127.0.0.1", 0) as media:
        origin, media_host = f"http://{address(api)}", f"http://{address(media)}"
        emulator = create_app(data, upload_host=media_host, faults=faults, **options)
        thread = _Thread(Listener(emulator, api, media))
        thread.start()
        try:
            thread.ready.wait()
            yield Running(f"{origin}/v1", origin, media_host, _ThreadControl(media_host, emulator, thread), emulator)
        finally:
            thread.stop()
            emulator.close()


class _ThreadControl(ControlClient):
    """The control calls without a socket, made by the thread that serves the requests."""

    def __init__(self, base: str, emulator: Emulator, thread: _Thread) -> None:
        super().__init__(base)
        self._answer = emulator.control.answer
        self._thread = thread

    def call(self, method: str, path: str, /, **arguments: Any) -> Any:
        """Arguments and result go through JSON, as over a socket."""
        try:
            answer = self._thread.result_of(self._answer(method, path, json.loads(json.dumps(arguments))))
        except ValueError as wrong:
            raise ControlError(str(wrong)) from None
        return json.loads(json.dumps(answer))


class _Thread(threading.Thread):
    """The thread that runs the listener's event loop."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(name="afsync-emulator", daemon=True)
        self.ready = threading.Event()
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._listener.open()
        self.ready.set()
        await self._ended.wait()
        await self._listener.close()

    def result_of(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What it returns or raises, once it has run in the thread."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Close the listener and wait for the thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self.join()
