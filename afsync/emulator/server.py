"""Serves an emulator until it is told to stop: what `afsync emulator` runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from afsync.emulator.app import create_app
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
