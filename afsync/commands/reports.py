"""What ends a command early, as a document in the file that its report was to go to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from afsync.app.files import write_private
from afsync.errors import AfsyncError
from afsync.output.markdown import MAX_BYTES, error_markdown


@contextmanager
def errors_into(file: str | None, title: str, of: str, max_bytes: int | None = None) -> Iterator[None]:
    """What ends a command early is written into `file` before it is raised, so that no earlier plan is posted in its
    place. `of`: `plan` or `apply`."""
    try:
        yield
    except AfsyncError as error:
        if file is not None:
            with suppress(AfsyncError):
                write_private(Path(file), error_markdown(error, max_bytes or MAX_BYTES, title, of))
        raise
