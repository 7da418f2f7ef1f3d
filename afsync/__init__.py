"""afsync keeps an AuraFlux account in step with YAML under version control.

`afsync.open(directory)` opens a project for a program; what its methods take, return and raise is in
`afsync.app.python_api`.
"""

from __future__ import annotations

from afsync.__version__ import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from afsync.app.python_api import Project
    from afsync.app.python_api import open_project as open

__all__ = ["Project", "__version__", "open"]

_API = {"open": "open_project", "Project": "Project"}


def __getattr__(name: str) -> object:
    """The API is imported when it is first used: what only asks for the version does not wait for it."""
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from afsync.app import python_api

    return getattr(python_api, _API[name])
