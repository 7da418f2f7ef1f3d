"""A state as one document: a line that names the run that wrote it, then the text of a state file; packed or not."""

from __future__ import annotations

import gzip
import json
import zlib

from msgspec import Struct

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store.disk import LARGEST
from afsync.store.format import Document, decode_bytes, encode_bytes

LEVEL = 4
MAGIC = b"\x1f\x8b"
HEAD = b'{"nonce": '


class Unpacked(Struct, frozen=True):
    """A document as read. `nonce` is that of the run that wrote it; empty when something else put it there."""

    document: Document
    nonce: str

    @property
    def recorded(self) -> Recorded:
        return self.document.recorded


def pack(recorded: Recorded, nonce: str, afsync_version: str, *, packed: bool) -> bytes:
    """The same bytes every time, and no other run's: whoever finds them again knows whose write it was."""
    head = json.dumps({"nonce": nonce, "serial": recorded.serial}).encode() + b"\n"
    data = head + encode_bytes(recorded, afsync_version).data
    return gzip.compress(data, LEVEL, mtime=0) if packed else data


def unpack(data: bytes) -> Unpacked:
    """StateError, whose message can follow the name of the place. A plain state file is read as well."""
    text, nonce = plain(data), ""
    if text.startswith(HEAD):
        line, _, text = text.partition(b"\n")
        try:
            nonce = str(json.loads(line)["nonce"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StateError("is damaged in its first line") from None
    return Unpacked(decode_bytes(text), nonce)


def plain(data: bytes) -> bytes:
    """The text of a document. StateError when it cannot be unpacked."""
    if not data.startswith(MAGIC):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, LARGEST)
    except zlib.error:
        raise StateError("is damaged: it cannot be unpacked") from None
    if not unpacker.eof:
        raise StateError("is cut off, or far too large")
    return text
