"""afsync keeps an AuraFlux account in step with YAML under version control.

`afsync.open(directory)` opens a project for a program; what its methods take, return and raise is in
`afsync.app.python_api`.
"""

from __future__ import annotations

from afsync.__version__ import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from afsync import errors
    from afsync.app.python_api import Project, dump_plan, load_plan, open_project

    open = open_project

# Without `open`: `import *` would hide that of Python.
__all__ = ["Project", "__version__", "dump_plan", "errors", "load_plan"]

_API = {
    "open": ("afsync.app.python_api", "open_project"),
    "Project": ("afsync.app.python_api", "Project"),
    "dump_plan": ("afsync.app.python_api", "dump_plan"),
    "load_plan": ("afsync.app.python_api", "load_plan"),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *_API, "errors"})


def __getattr__(name: str) -> object:
    """The API is imported when it is first used: what only asks for the version does not wait for it."""
    if name != "errors" and name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Imported here: it is loaded already wherever it is needed.
    from importlib import import_module

    if name == "errors":
        return import_module("afsync.errors")
    module, attribute = _API[name]
    return getattr(import_module(module), attribute)
