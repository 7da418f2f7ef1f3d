"""The checkout that a project is in: where its root is, and how git reaches the remote from there.

Of the configuration only what says how to reach a remote is taken over, and nothing of a file in the checkout itself: a
pull request can change those. Hooks, filters, aliases and the like never run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from afsync.store.branch.git import OLDEST, GitResult, clean, run
from afsync.store.remote.backend import Unavailable

_TAKEN = re.compile(
    r"(?:https?|credential|url|ssh)\..*|core\.(?:sshcommand|askpass|gitproxy)|protocol\..*|user\.(?:name|email)|"
    r"remote\.(?P<remote>.*)\.(?:url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack)",
    re.IGNORECASE | re.DOTALL,
)


class Checkout(Struct, frozen=True):
    """`top` is the root of the checkout, `inside` the project's folder there (`clients/ada/`, or nothing), `settings`
    what git is configured with."""

    top: Path
    inside: str
    settings: tuple[tuple[str, str], ...]

    @property
    def remotes(self) -> list[str]:
        found = (_TAKEN.fullmatch(name) for name, _ in self.settings)
        return sorted({m["remote"] for m in found if m and m["remote"]})

    def last(self, name: str) -> str | None:
        return next((value for key, value in reversed(self.settings) if key == name), None)

    def environ(self, environ: Mapping[str, str], git_dir: Path) -> dict[str, str]:
        """The environment of a call for a repository of our own, with these settings and no other."""
        cleaned = {k: v for k, v in clean(environ).items() if not k.startswith("GIT_CONFIG_")}
        settings = (*self.settings, *_ALWAYS)
        for number, (name, value) in enumerate(settings):
            cleaned |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        who = {"NAME": self.last("user.name") or "afsync", "EMAIL": self.last("user.email") or "afsync@localhost"}
        cleaned |= {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}
        return {
            **cleaned,
            "GIT_CONFIG_COUNT": str(len(settings)),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_DIR": str(git_dir),
        }


_ALWAYS = (
    ("core.hooksPath", os.devnull),
    ("core.bare", "true"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("push.recurseSubmodules", "no"),
)


def find_checkout(root: Path, environ: Mapping[str, str]) -> Checkout:
    """The checkout around a project. Unavailable where there is none, or no usable git."""
    cleaned = clean(environ)
    found = run(["rev-parse", "--show-toplevel", "--show-prefix"], cwd=root, environ=cleaned)
    if found.code != 0:
        raise _no_checkout(root, found, cleaned)
    lines = os.fsdecode(found.out).split("\n")
    top, inside = Path(lines[0]), lines[1]
    listed = run(["config", "--null", "--show-origin", "--list"], cwd=top, environ=cleaned)
    if listed.code != 0:
        raise Unavailable(f"The configuration of git cannot be read: {listed.said}.", "repair it: `git config --list`")
    return Checkout(top, inside, _settings(listed.out, top))


def _settings(listed: bytes, top: Path) -> tuple[tuple[str, str], ...]:
    fields = os.fsdecode(listed).split("\0")
    found = []
    for origin, setting in zip(fields[::2], fields[1::2], strict=False):
        name, _, value = setting.partition("\n")
        if _TAKEN.fullmatch(name) and not _is_in_checkout(origin, top):
            found.append((name, value))
    return tuple(found)


def _is_in_checkout(origin: str, top: Path) -> bool:
    """Whether a setting comes from a file that belongs to the checkout, and not to git."""
    kind, _, place = origin.partition(":")
    if kind != "file":
        return False
    path = Path(os.path.realpath(top / place))
    inside = path.is_relative_to(top.resolve())
    return inside and ".git" not in path.relative_to(top.resolve()).parts[:1]


def _no_checkout(root: Path, found: GitResult, environ: Mapping[str, str]) -> Unavailable:
    version = run(["version"], cwd=root, environ=environ)
    if "not a git repository" in found.err:
        text = f"The state is kept on a branch, but {root} is not in a git checkout."
        return Unavailable(text, "run afsync in a clone of the repository, or name another place with `state:`")
    return Unavailable(f"git does not work in {root}: {found.said}.", None if version.code == 0 else "repair git")


def check_version(root: Path, environ: Mapping[str, str]) -> None:
    """Unavailable when git is too old to be kept from settings that are not meant for it."""
    found = re.search(r"(\d+)\.(\d+)", _version(root, environ.get("PATH", "")))
    if found and (int(found[1]), int(found[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise Unavailable(f"git {found[0]} is too old to keep a state on a branch.", f"install git {wanted} or later")


@cache
def _version(root: Path, path: str) -> str:
    return run(["version"], cwd=root, environ=clean({"PATH": path})).out.decode("utf-8", "replace")


def chosen_remote(checkout: Checkout, wanted: str | None) -> str:
    """The remote that is named, else `origin`, else the only one. It does not depend on the branch that is checked
    out: two branches must not mean two states."""
    known = checkout.remotes
    if wanted is not None and wanted not in known:
        there = ", ".join(known) or "none"
        raise Unavailable(f"git has no remote `{wanted}` here.", f"configured are: {there}; `git remote add` adds one")
    if wanted is None and "origin" not in known and len(known) != 1:
        text = "git has no remote here to keep the state on." if not known else "It is not clear which remote is meant."
        hint = "`git remote add origin ADDRESS`" if not known else f"add `?remote=NAME`, one of {', '.join(known)}"
        raise Unavailable(text, hint)
    return wanted or ("origin" if "origin" in known else known[0])
