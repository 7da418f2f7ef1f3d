"""POST /upload: the file itself, or a request for a place to put it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from email.message import Message
from pathlib import PurePosixPath

from starlette.responses import Response

from afsync.emulator import uploads
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import ErrorAnswer, invalid


async def upload(call: Call) -> Response:
    """POST /upload, which is free of charge."""
    return await (presign(call) if call.dialect.presigned_uploads else receive(call))


async def presign(call: Call) -> Response:
    """A link on another host, where the bytes are put without the key."""
    multipart = boundary_of(call.request.headers.get("content-type", "")) is not None
    body = {} if multipart else await call.body()
    filename, content_type = body.get("filename"), body.get("contentType")
    if not isinstance(filename, str) or not filename:
        raise ErrorAnswer(400, "filename is required")
    if not isinstance(content_type, str) or not content_type:
        raise ErrorAnswer(400, "contentType is required")
    key = f"uploads/{call.account.id}/{secrets.token_hex(6)}-{_safe(filename)}"
    with call.service.db.writing() as connection:
        row = uploads.EmulatedUpload(key, call.account.id, filename, content_type, call.now)
        uploads.create(connection, row)
    links = call.service.links
    where = links.upload(key, content_type, call.now)
    return call.answer({"uploadUrl": where, "assetUrl": links.asset(key), "key": key})


async def receive(call: Call) -> Response:
    """The bytes, in a form field named `file`."""
    boundary = boundary_of(call.request.headers.get("content-type", ""))
    if boundary is None:
        raise invalid("Send the file as multipart/form-data, in a field named file")
    form = Form(call)
    try:
        await read_parts(call.request.stream(), boundary, form.begin)
        row = form.finish()
    except BadMultipart as wrong:
        raise invalid(str(wrong)) from None
    finally:
        form.discard()
    with call.service.db.writing() as connection:
        uploads.create(connection, row)
    uploaded = call.dialect.moment(row.created, 0)
    answer = {"fileId": row.id, "filename": row.filename, "sizeBytes": row.size, "uploadedAt": uploaded}
    return call.answer(answer)


class Form:
    """The file field of one upload. Everything is read to the end before anything is refused."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._incoming: uploads.Incoming | None = None
        self._filename: str | None = None
        self._too_large = False

    def begin(self, field: str, filename: str | None) -> Callable[[bytes], None]:
        """What takes the bytes of a part of the form that begins."""
        if field != "file" or self._incoming is not None:
            return lambda _: None
        self._filename = filename
        self._incoming = self._call.service.folder.receive(self._call.service.options.max_upload)
        return self._take

    def _take(self, data: bytes) -> None:
        if self._incoming is None or self._too_large:
            return
        try:
            self._incoming.write(data)
        except uploads.TooLarge:
            self._too_large = True

    def finish(self) -> uploads.EmulatedUpload:
        """Keep the file that came completely, or refuse it."""
        if self._incoming is None or not self._filename:
            raise ErrorAnswer(400, "file is required")
        suffix = PurePosixPath(self._filename).suffix.lower()
        if suffix not in uploads.VIDEO_TYPES:
            raise ErrorAnswer(400, "unsupported_file_type", "Only MP4 and MOV files can be uploaded")
        if self._too_large:
            raise ErrorAnswer(413, "file_too_large", "Files may have at most 500 MB")
        size, digest = self._incoming.size, self._incoming.keep()
        identity = f"file_{secrets.token_hex(6)}"
        kind = uploads.VIDEO_TYPES[suffix]
        return uploads.EmulatedUpload(
            identity, self._call.account.id, self._filename, kind, self._call.now, size, digest
        )  # fmt: skip

    def discard(self) -> None:
        """Remove the temporary file, unless it was kept."""
        if self._incoming is not None:
            self._incoming.discard()


def _safe(filename: str) -> str:
    name = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name) or "file"


ROUTES = [route("POST", "/upload", upload)]


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
