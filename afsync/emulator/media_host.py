"""The media host: it takes uploads and serves videos and pictures, and must never receive a key."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from functools import cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from afsync.emulator import jobs, uploads
from afsync.emulator.service import EmulatedService

FILES: dict[str, str] = {"video.mp4": "video/mp4", "thumbnail.png": "image/png"}


def media_app(service: EmulatedService) -> Starlette:
    """The application behind that host name."""
    app = Starlette(
        routes=[
            Route("/media/{job}/{name}", _download, methods=["GET"]),
            Route("/assets/{key:path}", _asset, methods=["GET"]),
            Route("/uploads/{key:path}", _put, methods=["PUT"]),
        ],
        exception_handlers={HTTPException: _http_error, ClientDisconnect: client_gone},
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


async def _download(request: Request) -> Response:
    service: EmulatedService = request.app.state.service
    job, name = request.path_params["job"], request.path_params["name"]
    if "X-Signature" in request.query_params and (wrong := _signature_error(request, "")):
        return wrong
    with service.db.reading() as connection:
        known = jobs.find(connection, job) is not None
    if not known or name not in FILES:
        return refusal(404, "NoSuchKey")
    data = video(job, service.options.media_bytes) if name == "video.mp4" else thumbnail(job)
    return ranged(request, data, FILES[name])


async def _asset(request: Request) -> Response:
    service: EmulatedService = request.app.state.service
    with service.db.reading() as connection:
        upload = uploads.find(connection, request.path_params["key"])
    if upload is None or upload.sha256 is None:
        return refusal(404, "NoSuchKey")
    return FileResponse(service.folder.path(upload.sha256), media_type=upload.content_type)


async def _put(request: Request) -> Response:
    service: EmulatedService = request.app.state.service
    content_type = request.headers.get("content-type", "")
    refused = _put_error(request, content_type)
    incoming = service.folder.receive(service.options.max_upload)
    try:
        async for chunk in request.stream():
            if refused is None:
                refused = _take(incoming, chunk)
        if refused is not None:
            return refused
        digest = incoming.keep()
    finally:
        incoming.discard()
    with service.db.writing() as connection:
        uploads.fill(connection, request.path_params["key"], incoming.size, digest)
    return Response(status_code=200, headers={"etag": f'"{digest[:32]}"'})


def _put_error(request: Request, content_type: str) -> Response | None:
    service: EmulatedService = request.app.state.service
    if "authorization" in request.headers:
        return refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    with service.db.reading() as connection:
        upload = uploads.find(connection, request.path_params["key"])
    if upload is None:
        return refusal(404, "NoSuchKey")
    if wrong := _signature_error(request, content_type):
        return wrong
    return None if content_type in uploads.VIDEO_TYPES.values() else refusal(403, "AccessDenied", "Not a video")


def _take(incoming: uploads.Incoming, chunk: bytes) -> Response | None:
    try:
        incoming.write(chunk)
    except uploads.TooLarge:
        return refusal(400, "EntityTooLarge")
    return None


def _signature_error(request: Request, content_type: str) -> Response | None:
    service: EmulatedService = request.app.state.service
    path = request.scope["raw_path"].decode("ascii").partition("?")[0]
    code = service.links.verify(path, request.url.query, service.clock.now(), content_type)
    return refusal(403, code) if code else None


def ranged(request: Request, data: bytes, content_type: str) -> Response:
    """The whole file, or the range that was requested; If-Range guards against another version."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"accept-ranges": "bytes", "etag": etag}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if wanted is None or not any(wanted.groups()) or request.headers.get("if-range", etag) != etag:
        return Response(data, 200, headers, content_type)
    first, last = _span(wanted[1], wanted[2], len(data))
    if first > last or first >= len(data):
        return Response(b"", 416, {**headers, "content-range": f"bytes */{len(data)}"})
    headers["content-range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, content_type)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def refusal(status: int, code: str, message: str = "") -> Response:
    """In the form that storage services use."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, media_type="application/xml")


async def client_gone(_: Request, _error: Exception) -> Response:
    """The answer to a client that is not there to read it."""
    return Response(status_code=499)  # for the log only


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    names = {404: "NoSuchKey", 405: "MethodNotAllowed"}
    return refusal(error.status_code, names.get(error.status_code, "InvalidRequest"))


SIDE = 64
"""Width and height of a picture in pixels."""


def video(name: str, least: int = 0) -> bytes:
    """An MP4 (one second of one picture), the same for the same name, another for each name; at least `least` bytes."""
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
    """A PNG of a single colour, which depends on the name."""
    row = b"\0" + hashlib.sha256(name.encode()).digest()[:3] * SIDE
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(row * SIDE)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
