"""Where a step of a pipeline works: the project's folder, where documents go, and which state is meant."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from afsync.errors import StateError, UsageError


class Place(Struct, frozen=True):
    """`directory` is the project's folder, `args` further flags as they are written. `environ` is that of the job."""

    directory: str
    title: str
    args: str
    state_branch: str
    state_remote: str
    environ: Mapping[str, str]

    @property
    def flags(self) -> list[str]:
        """The flags as words; nothing in them is looked into."""
        try:
            return shlex.split(self.args)
        except ValueError as error:
            raise UsageError(f"args: {self.args}: {error}", "close the quote") from None

    def file(self, name: str) -> str:
        """Where a document goes: the runner's folder for such, or here."""
        return str(Path(self.environ.get("RUNNER_TEMP") or ".") / name)

    def output(self, name: str, value: str) -> None:
        """An output of the step, where there is such a thing."""
        path = self.environ.get("GITHUB_OUTPUT")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{name}={value}\n")

    def check(self) -> None:
        """StateError when a link in the checkout would put the state anywhere."""
        top, here = Path.cwd().resolve(), Path(self.directory)
        if not here.resolve().is_relative_to(top):
            raise StateError(f"directory: {self.directory} leads out of the checkout.", "name a folder of it")
        if (here / ".afsync").is_symlink():
            raise StateError(f"{here / '.afsync'} is a link.", "remove it from the repository")

    def use_state(self, *, writes: bool) -> None:
        """Let the branch, if one is given, be where the state is. StateError when it is in the checkout as well."""
        if writes and self.state_remote and ":@" not in self.state_remote:
            _push_to(self.state_remote)
        if self.state_branch:
            _refuse_committed(self)
            os.environ["AFSYNC_STATE"] = f"branch:{self.state_branch}"


def _refuse_committed(place: Place) -> None:
    from afsync.store.branch.program import clean, run

    listed = run(["ls-files", "--", ".afsync"], cwd=Path(place.directory), environ=clean(place.environ))
    if listed.code == 0 and listed.out.strip():
        text = f".afsync is committed here, and the state is kept on the branch {place.state_branch} as well."
        raise StateError(text, "take it out: git rm -r --cached .afsync")


def _push_to(address: str) -> None:
    """Where `origin` is pushed to, for this process only: the address holds a token, which is not for the disk. It has
    no token (`:@`) where that variable is not set; git is then left as it is."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    os.environ |= {
        f"GIT_CONFIG_KEY_{count}": "remote.origin.pushurl",
        f"GIT_CONFIG_VALUE_{count}": address,
        "GIT_CONFIG_COUNT": str(count + 1),
    }
