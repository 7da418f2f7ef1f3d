"""What submitted jobs produced: their results, read from the account, and their files, downloaded one by one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from afsync.api.snapshot import together
from afsync.app.connection import Service, connect
from afsync.app.context import Context
from afsync.app.files import write_whole
from afsync.app.partial_download import DownloadedFile, OnBytes, download
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.selection import submissions
from afsync.core.addresses import key_of
from afsync.core.remote_account import Remote, result_without_links
from afsync.errors import AfsyncError, AuthError
from afsync.output.json_text import json_text
from afsync.output.results import Results, result_row
from afsync.output.values import size

if TYPE_CHECKING:
    from afsync.api.session import ApiSession
    from afsync.core.remote_account import JobResult


class ReadResults(Struct, frozen=True):
    """By address: the id of the job, and its result where the service has one; and the connection, to download them."""

    results: Results
    service: Service


def read_job_results(context: Context, globs: tuple[str, ...]) -> ReadResults:
    """The results of the recorded jobs that `globs` name. UsageError for a glob that names nothing submitted."""
    project = load_project(context)
    recorded, _ = read_state(context, project)
    project = at_moment(context, project, recorded, context.now())
    records = submissions(globs, recorded, project.desired.jobs)
    service = connect(context, project, writes=False)
    reader = service.reader
    # First whose account it is, then all at the same time.
    check_account(project, recorded, Remote(reader.account(), base_url=service.base_url))
    answers = together(*(partial(reader.result, r.id) for r in records.values()))
    found = {address: (r.id, a) for (address, r), a in zip(records.items(), answers, strict=True)}
    return ReadResults(found, service)


_ENDINGS = {"": (".mp4", ".mov", ".m4v", ".webm"), "-thumbnail": (".png", ".jpg", ".jpeg", ".webp", ".gif")}
"""The endings that are taken from a link, by what is put behind the name; the first where the link has another."""


class DownloadDisplay(Protocol):
    """Shows how far downloads are."""

    def file(self, name: str) -> AbstractContextManager[OnBytes]:
        """Shows one file while it lasts; what it gives takes the bytes received and the size, where that is known."""

    def say(self, text: str) -> None:
        """Takes a line for each file that is complete."""


class RemoteFile(Struct, frozen=True):
    """A link, and the name of the file it becomes."""

    url: str
    name: str


def download_results(session: ApiSession, results: Results, folder: Path, display: DownloadDisplay) -> list[str]:
    """Download video and thumbnail of each result that is ready, and write its text beside them. Returns a line for
    each failure; a file that cannot be downloaded does not stop the others."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [f"{folder} is no directory that can be written to: {error.strerror or error}"]
    failed: list[str] = []
    for address, (job_id, found) in results.items():
        if found is None or not found.ready:
            continue
        failed += _texts(address, job_id, found, folder, display)
        for wanted in files(address, found):
            failed += _one(session, wanted, folder, display)
    return failed


def files(address: str, found: JobResult) -> Iterator[RemoteFile]:
    """The files of a result. Names consist of key and id; of a remote name only a known extension is used."""
    for url, what in ((found.video_url, ""), (found.thumbnail_url, "-thumbnail")):
        if url:
            yield RemoteFile(url, stem(address, found.id) + what + _ending(url, what))


def stem(address: str, job_id: str) -> str:
    """`intro-job_8f31`: what a file is called, whatever is in the address."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{key_of(address)}-{job_id}").strip("._")


def _ending(url: str, what: str) -> str:
    try:
        written = Path(urlsplit(url).path).suffix.lower()
    except ValueError:
        written = ""
    known = _ENDINGS[what]
    return written if written in known else known[0]


def _one(session: ApiSession, wanted: RemoteFile, folder: Path, display: DownloadDisplay) -> list[str]:
    try:
        with display.file(wanted.name) as progress:
            fetched = download(session, wanted.url, folder / wanted.name, progress)
    except AuthError:
        raise
    except AfsyncError as error:
        return [f"{wanted.name}: {error.message}" + (f" {error.hint}" if error.hint else "")]
    display.say(_line(fetched))
    return []


def _line(fetched: DownloadedFile) -> str:
    if fetched.kept:
        return f"{fetched.path} is there already ({size(fetched.size)})"
    resumed = f", resumed at {size(fetched.resumed)}" if fetched.resumed else ""
    return f"{fetched.path} ({size(fetched.size)}{resumed})"


def _texts(address: str, job_id: str, found: JobResult, folder: Path, display: DownloadDisplay) -> list[str]:
    """Write copy and platforms as JSON. Only a file that is this job's own is replaced, and that is said."""
    text = json_text(result_row(address, job_id, result_without_links(found)))
    path = folder / f"{stem(address, found.id)}.json"
    try:
        if os.path.lexists(path):
            if path.read_text(encoding="utf-8") == text:
                return []
            if not _is_ours(path, job_id):
                return [f"{path} is another file; it is not overwritten"]
        write_whole(path, text)
        display.say(f"{path} ({size(len(text.encode()))})")
    except (OSError, UnicodeError, AfsyncError) as error:
        return [f"{path} cannot be written: {error}"]
    return []


def _is_ours(path: Path, job_id: str) -> bool:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and row.get("id") == job_id
