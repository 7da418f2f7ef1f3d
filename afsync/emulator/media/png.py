"""A valid PNG of a single colour."""

from __future__ import annotations

import hashlib
import struct
import zlib

SIDE = 64


def thumbnail(name: str) -> bytes:
    """A picture that is the same for the same name and differs between names."""
    row = b"\0" + hashlib.sha256(name.encode()).digest()[:3] * SIDE
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(row * SIDE)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
