"""One H.264 picture of a single colour, uncompressed (I_PCM), written bit by bit (ITU-T H.264, 7.3)."""

from __future__ import annotations

import re

SIDE_MACROBLOCKS = 4
SIDE = SIDE_MACROBLOCKS * 16
"""Width and height in pixels."""


def sequence_parameters() -> bytes:
    """The SPS: baseline profile, level 1, no reference pictures."""
    size = _ue(SIDE_MACROBLOCKS - 1) * 2
    bits = "010000101100000000001010" + _ue(0) + _ue(0) + _ue(2) + _ue(0) + "0" + size + "1000"
    return _unit(0x67, bits)


def picture_parameters() -> bytes:
    """The PPS: everything off."""
    bits = _ue(0) + _ue(0) + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "000"
    return _unit(0x68, bits)


def picture(colour: tuple[int, int, int]) -> bytes:
    """An IDR slice whose pixels are all this (Y, Cb, Cr); none of the three may be 0."""
    luma, blue, red = colour
    samples = bytes([luma] * 256 + [blue] * 64 + [red] * 64)
    bits = _ue(0) + _ue(7) + _ue(0) + "0000" + _ue(0) + "00" + _ue(0)
    data = b""
    for _ in range(SIDE_MACROBLOCKS**2):
        bits += _ue(25)  # mb_type I_PCM
        data += _bytes(bits) + samples
        bits = ""
    return bytes([0x65]) + _escaped(data + b"\x80")


def _ue(value: int) -> str:
    """Exp-Golomb."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _bytes(bits: str) -> bytes:
    padded = bits + "0" * (-len(bits) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")


def _unit(kind: int, bits: str) -> bytes:
    return bytes([kind]) + _escaped(_bytes(bits + "1"))


def _escaped(data: bytes) -> bytes:
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", data)
