"""Sending a file, in whichever of the two ways the service wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from msgspec import Struct

from afsync.api.api_errors import error_for
from afsync.api.exchange import Reply, Result
from afsync.api.external_hosts import may_go_to
from afsync.api.retries import PASSING, TRIES, answer_of, backoff, is_limited, may_pass
from afsync.api.session import ApiSession
from afsync.api.wire import an_object, bad, excerpt, id_of, printable
from afsync.errors import ApiError, BadAnswer, Refused

CHUNK = 256 * 1024
_TYPES = {"mp4": "video/mp4", "mov": "video/quicktime"}
_WANTS_MULTIPART = (400, 415, 422)


class FileUpload(Struct, frozen=True):
    """The upload of one file. The file is read from its beginning for each attempt, and closed by the caller."""

    session: ApiSession
    file: BinaryIO
    filename: str
    size: int
    progress: Callable[[int], None]
    abandoned: Callable[[], bool]

    @property
    def content_type(self) -> str:
        return _TYPES.get(self.filename.rpartition(".")[2].lower(), "application/octet-stream")

    def send(self) -> str:
        """Send the file; the id under which a job names it. Raises ApiError."""
        ask = {"filename": self.filename, "contentType": self.content_type}
        # The small question first: the documented service refuses it at once, the deployed one would let us send
        # the whole file before it refuses a form.
        try:
            answer = self.session.call("POST", "/upload", ask)
        except Refused as refused:
            if refused.status not in _WANTS_MULTIPART:
                raise
            return self._as_form(refused)
        return self._to_storage(an_object(answer, "POST /upload"))

    def _to_storage(self, answer: Mapping[str, Any]) -> str:
        url, key = answer.get("uploadUrl"), answer.get("key")
        if not isinstance(key, str) or not key or len(key) > 1000 or not key.isprintable():
            raise bad("POST /upload", "a `key`", key)
        if not isinstance(url, str) or not may_go_to(url, self.session.access):
            raise bad("POST /upload", "an https `uploadUrl`", url)
        headers = {"Content-Type": self.content_type, "Content-Length": str(self.size)}
        result = self._attempts(
            lambda body, tick: self.session.put_elsewhere(url, headers, body, tick), _storage_may_pass
        )
        if not isinstance(result, Reply) or not 200 <= result.status <= 299:
            raise _storage_error(result, url)
        return key

    def _as_form(self, first: Refused) -> str:
        boundary = f"afsync-{int(self.session.random() * 2**53):014x}"
        head, tail = _form(boundary, self.filename, self.content_type)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + self.size + len(tail)),
        }
        result = self._attempts(
            lambda body, tick: self.session.post_stream("/upload", headers, body, tick),
            lambda result: may_pass(result) or is_limited(result),
            head,
            tail,
        )
        try:
            return id_of(an_object(answer_of(result), "POST /upload"), "POST /upload", "fileId")
        except ValueError:
            error = error_for(result, "POST /upload", self.session.access.place, self.session.access.source)
            # "filename is required" is how the other kind of service answers a form: its first word counts.
            wants_json = isinstance(error, Refused) and "filename is required" in error.detail
            raise first if wants_json else error from None

    def _attempts(
        self,
        send: Callable[[_Body, Callable[[], bool]], Result],
        passing: Callable[[Result], bool],
        head: bytes = b"",
        tail: bytes = b"",
    ) -> Result:
        """Try until it succeeds or cannot succeed. Sending a file again is free."""
        for attempt in range(TRIES):
            body = _Body(self.file, self.size, head, tail)
            result = send(body, lambda body=body: self._tick(body))  # type: ignore[misc]
            if body.cut_short:
                raise ApiError(f"{self.filename} became shorter while it was sent.", "plan again")
            self._tick(body)
            done = isinstance(result, Reply) and 200 <= result.status <= 299 and result.complete
            if done or self.abandoned() or attempt == TRIES - 1 or not passing(result):
                break
            self.session.sleep(backoff(attempt, self.session.random()))
        return result

    def _tick(self, body: _Body) -> bool:
        """Called ten times a second, in the caller's thread: reports the progress; returns whether to stop."""
        self.progress(body.sent)
        return self.abandoned()


class _Body:
    """The bytes of a request, read from the file as they are sent. `sent` counts the file's own."""

    def __init__(self, file: BinaryIO, size: int, head: bytes, tail: bytes) -> None:
        self._file, self._size, self._head, self._tail = file, size, head, tail
        self.sent = 0
        self.cut_short = False

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        if self._head:
            yield self._head
        while self.sent < self._size:
            chunk = self._file.read(min(CHUNK, self._size - self.sent))
            if not chunk:
                self.cut_short = True
                return
            yield chunk
            self.sent += len(chunk)
        if self._tail:
            yield self._tail


def _form(boundary: str, filename: str, content_type: str) -> tuple[bytes, bytes]:
    """What stands before and behind the file in a multipart body with the one field `file`."""
    name = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    return head.encode("utf-8", "replace"), f"\r\n--{boundary}--\r\n".encode()


def _storage_may_pass(result: Result) -> bool:
    """The storage is not the API and does not write errors as it does; a 4xx of its is meant."""
    return not isinstance(result, Reply) or result.status >= 500 or result.status in (*PASSING, 429)


def _storage_error(result: Result, url: str) -> ApiError:
    host = printable(urlsplit(url).hostname or "", 100)
    if not isinstance(result, Reply):
        return error_for(result, "PUT of the file", host)
    if 400 <= result.status <= 499:
        detail = excerpt(result.body)
        message = f"The storage at {host} refused the file ({result.status}): {detail}."
        return Refused(message, status=result.status, code=None, detail=detail)
    return BadAnswer(f"The storage at {host} answered {result.status} to the file.", "try again later")
