"""A private repository for one branch of a remote: its newest commit fetched, files of it read, changes pushed.

It holds objects only. Nothing is ever checked out, so what is on the branch cannot lead anywhere, and nothing of it
runs. One push is one attempt: the remote takes it only if the branch is still at the commit that it was made on.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from afsync.store.branch.checkout import Checkout
from afsync.store.branch.git import GitResult, run, shown
from afsync.store.disk import LARGEST
from afsync.store.remote.backend import Unavailable, Unclear

T = TypeVar("T")
TIP = "refs/afsync/tip"
_NO_BRANCH = re.compile(r"couldn't find remote ref", re.IGNORECASE)
_REJECTED = re.compile(rb"^!\t[^\t]*\t\[(?P<who>remote rejected|rejected|remote failure)\](?: \((?P<why>.*)\))?", re.M)
_LOST = re.compile(
    r"stale info|fetch first|non-fast-forward|needs force|already exists|cannot lock ref|failed to (?:lock|update ref)|"
    r"incorrect old value"
)
"""A push that came second, in the words of git on either side."""


class PushLost(Exception):
    """The branch has moved: the push changed nothing."""


class TreeEntry(Struct, frozen=True):
    """A file of the branch: the id of its content, which is its version, and how many bytes it has."""

    path: str
    blob: str
    size: int


class Repository:
    """`tip` is the newest commit as far as we know; None where there is no such branch, or nothing was fetched. Of its
    tree only what belongs to one project is looked at: what lies at `places`, or below."""

    def __init__(
        self,
        checkout: Checkout,
        remote: str,
        branch: str,
        name: str,
        places: tuple[str, ...],
        environ: Mapping[str, str],
    ) -> None:
        self._top, self._remote, self._ref, self._name = checkout.top, remote, f"refs/heads/{branch}", name
        self._places = places
        self._home = Path(made_temporary(tempfile.mkdtemp, "afsync-git-"))
        self._end = weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        self._environ = checkout.environ(environ, self._home / "git")
        self._index = self._environ | {"GIT_INDEX_FILE": str(self._home / "index")}
        self.tip: str | None = None
        self.at = 0
        self.fetched = False
        self._deep = False
        self._indexed: str | None = None
        self._files: dict[str, TreeEntry] | None = None
        self._made("init", "--quiet", "--bare", "--template=", str(self._home / "git"))

    def fetch(self, depth: int = 1) -> None:
        """Learn what the branch is at now. Unavailable when the remote cannot be asked."""
        what = f"+{self._ref}:{TIP}"
        flags = ("--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}", "--no-write-fetch-head")
        ran = self._run("fetch", *flags, self._remote, what)
        self.fetched = False
        before, self._deep = self.tip, depth > 1
        if ran.code == 0:
            self.tip, _, at = self._made("log", "-1", "--format=%H %ct", TIP).partition(" ")
            self.at = int(at)
        elif _NO_BRANCH.search(ran.err):
            self.tip = None
        else:
            raise Unavailable(f"{self._name} cannot be reached: {ran.said}.", _REACH)
        if self.tip != before:
            self._files = None
        self.fetched = True

    def files(self) -> Mapping[str, TreeEntry]:
        """What is there of the project, by path. Unavailable when something else than regular files is."""
        if self._files is None:
            found = self._listed(self._places) if self.tip else []
            if self.tip and not found:
                self._refuse_links_above()
            self._files = {entry.path: entry for entry in found}
        return self._files

    def entry(self, path: str) -> TreeEntry | None:
        return self.files().get(path)

    def content(self, entry: TreeEntry) -> bytes:
        if entry.size > LARGEST:
            raise Unavailable(f"{entry.path} in {self._name} is far too large.", None)
        ran = self._run("cat-file", "blob", entry.blob)
        if ran.code != 0:
            raise Unavailable(f"{entry.path} in {self._name} cannot be read: {ran.said}.", _REACH)
        return ran.out

    def written(self, path: str, depth: int = 200) -> int:
        """When the last commit that changed a path was made, in seconds since 1970, as its writer's clock said; of
        an old one, when the oldest was that is looked at."""
        if not self._deep:
            self.fetch(depth)
        return int(self._made("log", "-1", "--format=%ct", self.tip or "", "--", path) or 0)

    def entry_of(self, path: str, data: bytes) -> TreeEntry:
        """A file as it is going to be, its content made known to this repository."""
        return TreeEntry(path, self._made("hash-object", "-w", "--stdin", data=data), len(data))

    def push(self, changes: Mapping[str, TreeEntry | None], message: str) -> None:
        """One commit on the tip, with these files written, or removed, and one attempt to push it.

        PushLost when the branch is not at the tip any more, Unavailable when the remote refuses it, Unclear when it
        does not say. The first two have changed nothing.
        """
        commit = self._commit(changes, message)
        lease = f"--force-with-lease={self._ref}:{self.tip or ''}"
        ran = self._run("push", "--porcelain", "--no-verify", lease, self._remote, f"{commit}:{self._ref}")
        if ran.code == 0:
            after = {**self.files(), **changes}
            self.tip, self._files = commit, {path: entry for path, entry in after.items() if entry}
            return
        self.fetched = False
        rejected = _REJECTED.search(ran.out)
        if rejected is None or rejected["who"] == b"remote failure":
            raise Unclear(ran.said)
        why = shown((rejected["why"] or b"").decode("utf-8", "replace"))
        if _LOST.search(why):
            raise PushLost(why)
        raise Unavailable(f"{self._name} rejected the push: {_reason(ran, why)}.", ALLOW)

    def _commit(self, changes: Mapping[str, TreeEntry | None], message: str) -> str:
        if self._indexed != self.tip or self.tip is None:
            self._made("read-tree", self.tip or "--empty", index=True)
        lines = [f"100644 {e.blob}\t{path}" if e else f"0 {'0' * 40}\t{path}" for path, e in changes.items()]
        self._indexed = None
        self._made("update-index", "-z", "--index-info", data="".join(f"{x}\0" for x in lines).encode(), index=True)
        tree = self._made("write-tree", index=True)
        parents = ("-p", self.tip) if self.tip else ()
        commit = self._made("commit-tree", tree, *parents, data=message.encode())
        self._indexed = commit
        return commit

    def _listed(self, places: Sequence[str], *, folders: bool = False) -> list[TreeEntry]:
        """The files at places of the tip and below them; or only what is at them, which may be `folders`. A link, or
        another repository, is not followed but refused."""
        below = () if folders else ("-r",)
        ran = self._run("ls-tree", "-z", "-l", "--full-tree", *below, self.tip or "", "--", *places)
        if ran.code != 0:
            raise Unavailable(f"{self._name} cannot be read: {ran.said}.", _REACH)
        found = []
        for line in filter(None, ran.out.split(b"\0")):
            info, _, path = line.partition(b"\t")
            mode, kind, blob, size = info.split()
            place = os.fsdecode(path)
            if folders and kind == b"tree":
                continue
            if mode not in (b"100644", b"100755"):
                text = f"{self._name} holds something other than a file at {shown(place)}; nothing was taken from it."
                raise Unavailable(text, "remove it from the branch: only files of a state belong there")
            found.append(TreeEntry(place, blob.decode(), int(size)))
        return found

    def _refuse_links_above(self) -> None:
        """A link in place of a folder: git finds nothing there, which is not the same as a state that is missing."""
        parts = self._places[0].split("/")[:-1]
        above = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        if above:
            self._listed(above, folders=True)

    def _run(self, *args: str, data: bytes = b"", index: bool = False) -> GitResult:
        return run(args, cwd=self._top, environ=self._index if index else self._environ, data=data)

    def _made(self, *args: str, data: bytes = b"", index: bool = False) -> str:
        """What a call on this disk printed; there is no reason for it to fail but a full disk and the like."""
        ran = self._run(*args, data=data, index=index)
        if ran.code != 0:
            text = f"git failed at `git {args[0]}`: {ran.said}."
            raise Unavailable(text, "make room in the folder for temporary files, then run afsync again")
        return os.fsdecode(ran.out).strip()


def made_temporary(make: Callable[..., T], prefix: str) -> T:
    """A folder for temporary files. Unavailable where it cannot be made."""
    try:
        return make(prefix=prefix)
    except OSError as error:
        raise no_room(error) from None


def no_room(error: OSError) -> Unavailable:
    text = "The folder for temporary files, which a state on a branch needs, cannot be written: "
    return Unavailable(f"{text}{error.strerror or error}.", "set TMPDIR to a folder that this user can write to")


_REACH = "nothing was written: check the network and git's credentials, then run afsync again"
ALLOW = "nothing was written: the user that runs afsync must be allowed to push there"


def _reason(ran: GitResult, why: str) -> str:
    """What the remote gave as its reason: the words of its hook say more than that there was one."""
    told = [shown(x.strip().removeprefix("remote:").strip()) for x in ran.err.splitlines() if x.startswith("remote:")]
    words = " ".join(filter(None, told))[:200]
    return f"{why}: {words}" if words else why
