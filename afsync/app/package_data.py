"""Files that come with afsync: schemas and examples, from the installed package or from a checkout."""

from __future__ import annotations

from pathlib import Path

import afsync
from afsync.errors import AfsyncError


def data_folder(folder: str) -> Path:
    """The directory of `schemas` or `examples`. A wheel carries them inside the package, a checkout beside it."""
    package = Path(afsync.__file__).parent
    for place in (package / folder, package.parent / folder):
        if place.is_dir():
            return place
    raise AfsyncError(f"this installation of afsync lacks its {folder}", "install it again")
