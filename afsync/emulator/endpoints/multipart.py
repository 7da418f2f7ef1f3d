"""A multipart body read as it comes: the bytes of one file field, never held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from email.message import Message

MAX_HEADERS = 16_384


class BadMultipart(ValueError):
    """The body is not what its Content-Type says."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a multipart body; None when it is not one."""
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    return boundary.encode() if boundary and message.get_content_type() == "multipart/form-data" else None


async def read_parts(
    chunks: AsyncIterator[bytes], boundary: bytes, begin: Callable[[str, str | None], Callable[[bytes], None]]
) -> None:
    """Call `begin(field, filename)` for each part; what it returns is given the part's bytes."""
    mark = b"\r\n--" + boundary
    buffer = b"\r\n"  # so that the first boundary looks like all others
    take: Callable[[bytes], None] | None = None
    async for chunk in chunks:
        buffer += chunk
        while True:
            if take is None:
                opened = _open(buffer, mark)
                if opened is None:
                    break
                headers, buffer = opened
                take = begin(*_names(headers))
            at = buffer.find(mark)
            if at < 0:
                keep = len(mark) - 1
                take(buffer[:-keep])
                buffer = buffer[-keep:]
                break
            take(buffer[:at])
            buffer, take = buffer[at:], None
    if take is not None or not buffer.startswith(mark + b"--"):
        raise BadMultipart("the body ends too early")


def _open(buffer: bytes, mark: bytes) -> tuple[bytes, bytes] | None:
    """The headers of the part that begins here, and what comes after them; None: not all there, or the end."""
    if not buffer.startswith(mark[: len(buffer)]):
        raise BadMultipart("the body does not begin with its boundary")
    if buffer.startswith(mark + b"--"):
        return None
    headers, separator, rest = buffer.partition(b"\r\n\r\n")
    if not separator:
        if len(buffer) > MAX_HEADERS:
            raise BadMultipart("a part's headers are too long")
        return None
    return headers[len(mark) + 2 :], rest


def _names(headers: bytes) -> tuple[str, str | None]:
    message = Message()
    for line in headers.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        message[name] = value.strip()
    field = message.get_param("name", "", "content-disposition")
    return str(field), message.get_filename()
