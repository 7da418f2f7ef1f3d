"""A video and a picture for a job: valid files that are the same for the same name and differ between names."""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import cache
from pathlib import Path

SIDE = 64
"""Width and height of a picture in pixels."""


def video(name: str, least: int = 0) -> bytes:
    """An MP4 (one second of one picture) that names its job; at least `least` bytes long."""
    whole = _sample() + _free(name.encode())
    missing = least - len(whole)
    return whole + _free(bytes(max(0, missing - 8))) if missing > 0 else whole


@cache
def _sample() -> bytes:
    return Path(__file__).with_name("sample.mp4").read_bytes()


def _free(content: bytes) -> bytes:
    """A box that players pass over (ISO/IEC 14496-12)."""
    return struct.pack(">I", len(content) + 8) + b"free" + content


def thumbnail(name: str) -> bytes:
    """A PNG of a single colour."""
    row = b"\0" + hashlib.sha256(name.encode()).digest()[:3] * SIDE
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(row * SIDE)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
