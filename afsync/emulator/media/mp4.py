"""A valid MP4 file: one second of one picture (ISO/IEC 14496-12)."""

from __future__ import annotations

import hashlib
import struct

from afsync.emulator.media.h264 import SIDE, picture, picture_parameters, sequence_parameters

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
DURATION = TIMESCALE = 1000


def video(name: str, least: int = 0) -> bytes:
    """A video that is the same for the same name and differs between names; at least `least` bytes long."""
    shade = hashlib.sha256(name.encode()).digest()
    frame = picture((32 + shade[0] % 192, 32 + shade[1] % 192, 32 + shade[2] % 192))
    sample = struct.pack(">I", len(frame)) + frame
    start = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41") + _box(b"free", name.encode())
    moov = _movie(len(sample), 0)
    moov = _movie(len(sample), len(start) + len(moov) + 8)
    whole = start + moov + _box(b"mdat", sample)
    missing = least - len(whole)
    return whole + _box(b"free", bytes(max(0, missing - 8))) if missing > 0 else whole


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _movie(size: int, offset: int) -> bytes:
    header = struct.pack(">4IIH10x", 0, 0, TIMESCALE, DURATION, 0x10000, 0x100) + MATRIX + bytes(24)
    return _box(b"moov", _full(b"mvhd", header, struct.pack(">I", 2)), _track(size, offset))


def _track(size: int, offset: int) -> bytes:
    header = struct.pack(">5I8x4H", 0, 0, 1, 0, DURATION, 0, 0, 0, 0) + MATRIX
    header += struct.pack(">II", SIDE << 16, SIDE << 16)
    media = struct.pack(">4IHH", 0, 0, TIMESCALE, DURATION, 0x55C4, 0)
    handler = struct.pack(">I", 0) + b"vide" + bytes(12) + b"video\0"
    data = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    information = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), data, _samples(size, offset))
    body = _box(b"mdia", _full(b"mdhd", media), _full(b"hdlr", handler), information)
    return _box(b"trak", _full(b"tkhd", header, flags=3), body)


def _samples(size: int, offset: int) -> bytes:
    """The tables that say where the one sample is, and what it is."""
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _entry()),
        _full(b"stts", struct.pack(">3I", 1, 1, DURATION)),
        _full(b"stsc", struct.pack(">4I", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">3I", 0, 1, size)),
        _full(b"stco", struct.pack(">2I", 1, offset)),
    )


def _entry() -> bytes:
    sps, pps = sequence_parameters(), picture_parameters()
    configuration = bytes([1, *sps[1:4], 0xFF, 0xE1]) + struct.pack(">H", len(sps)) + sps
    configuration += b"\x01" + struct.pack(">H", len(pps)) + pps
    look = struct.pack(">6xH16xHHIIIH32sHh", 1, SIDE, SIDE, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    return _box(b"avc1", look, _box(b"avcC", configuration))
