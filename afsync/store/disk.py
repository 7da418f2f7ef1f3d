"""The system calls that the store makes, one method each, so that a test can fail or stop it at each; and locks."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from afsync.core.regex import regex
from afsync.errors import StateError

CLOEXEC = getattr(os, "O_CLOEXEC", 0)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)
BINARY = getattr(os, "O_BINARY", 0)

TEMPORARY = regex(r"\.[0-9a-f]{16}\.tmp$")

LARGEST = 1 << 30
"""Bytes that a file may have to be read: far above any state."""


class Identity(Struct, frozen=True):
    """Which file a name stood for, and how much was in it: enough to see that it was not replaced or changed."""

    device: int
    inode: int
    size: int
    mtime_ns: int


class Disk:
    """The file system. Methods raise OSError; files are created with mode 0600, and links are never followed."""

    def read(self, path: Path) -> tuple[bytes, Identity]:
        """All of a regular file. Opening does not wait, whatever the name stands for."""
        fd = os.open(path, os.O_RDONLY | CLOEXEC | NOFOLLOW | NONBLOCK | BINARY)
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file", str(path))
            if status.st_size > LARGEST:
                raise OSError(errno.EFBIG, "it is far too large", str(path))
            return file.read(), _identity(status)

    def identity(self, path: Path) -> Identity | None:
        """What identifies the file as it is now; None when there is none."""
        try:
            return _identity(path.lstat())
        except FileNotFoundError:
            return None

    def is_ours(self, path: Path) -> bool:
        """Whether it is a regular file that belongs to the user we run as."""
        try:
            status = path.lstat()
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and (sys.platform == "win32" or status.st_uid == os.geteuid())

    def create(self, path: Path) -> int:
        """A new file, open for writing; FileExistsError when the name is taken."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOEXEC | NOFOLLOW | BINARY, 0o600)

    def keep_access(self, fd: int, like: Path) -> None:
        """The new file may be used by those who may use the one at `like`; where the group cannot be kept, only by the
        owner."""
        if sys.platform == "win32":
            return
        try:
            there = like.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            return
        for owner in (there.st_uid, -1):
            try:
                os.fchown(fd, owner, there.st_gid)
            except OSError:
                continue
            break
        mode = stat.S_IMODE(there.st_mode) & 0o777
        os.fchmod(fd, mode if os.fstat(fd).st_gid == there.st_gid else mode & 0o700)

    def append_to(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | CLOEXEC | NOFOLLOW | NONBLOCK | BINARY)

    def write(self, fd: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def sync(self, fd: int) -> None:
        """On the disk, not only in a cache. After a failure what was kept is unknown."""
        if sys.platform == "darwin":
            # There, fsync leaves it in the cache of the drive. Network file systems do not know this call.
            try:
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.ENOTTY, errno.EINVAL):
                    raise
            else:
                return
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def link(self, source: Path, target: Path) -> None:
        target.hardlink_to(source)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def names(self, directory: Path) -> tuple[str, ...]:
        """What a directory holds; nothing when it is not there."""
        try:
            return tuple(sorted(os.listdir(directory)))  # noqa: PTH208 (names, not paths)
        except FileNotFoundError:
            return ()

    def make_directory(self, path: Path) -> None:
        """A directory that is still there after a power cut."""
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sync_directory(path.parent)

    def sync_directory(self, path: Path) -> None:
        if sys.platform == "win32":
            return
        fd = os.open(path, os.O_RDONLY | CLOEXEC | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def unused_name(self) -> str:
        """A part for the name of a temporary file that cannot be guessed."""
        return os.urandom(8).hex()

    @contextmanager
    def exclusive(self, path: Path) -> Iterator[None]:
        """Keep every other process out of the same section; BlockingIOError when one stays in it for long."""
        lock = OsLock.open(path)
        try:
            lock.wait(seconds=10)
            yield
        finally:
            lock.close()


def write_new(disk: Disk, path: Path, data: bytes, like: Path | None = None) -> None:
    """A whole new file, durable when this returns, with the mode and group of `like`. What could not be finished is
    removed, if that works."""
    fd = disk.create(path)
    try:
        try:
            if like is not None:
                disk.keep_access(fd, like)
            disk.write(fd, data)
            disk.sync(fd)
        finally:
            disk.close(fd)
    except OSError:
        with suppress(OSError):
            disk.unlink(path)
        raise


def atomic_write(disk: Disk, path: Path, data: bytes, like: Path | None = None) -> None:
    """Replace what a name stands for, or make it: all of the old or all of the new, and durable on return."""
    temporary = temporary_name(disk, path)
    write_new(disk, temporary, data, like)
    try:
        disk.rename(temporary, path)
    except OSError:
        with suppress(OSError):
            disk.unlink(temporary)
        raise
    disk.sync_directory(path.parent)


def name_again(disk: Disk, path: Path, second: Path) -> None:
    """A second name for a file that is about to be replaced; a copy where there are no hard links."""
    try:
        disk.link(path, second)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        write_new(disk, second, disk.read(path)[0], path)


def temporary_name(disk: Disk, path: Path) -> Path:
    return path.with_name(f".{path.name}.{disk.unused_name()}.tmp")


def is_temporary(name: str, of: str) -> bool:
    """Whether `name` is a temporary file of ours for a file whose name begins with `of`."""
    return name.startswith(f".{of}") and TEMPORARY.search(name) is not None


def _identity(status: os.stat_result) -> Identity:
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


if sys.platform == "win32":
    import msvcrt

    # Another process may not read a locked byte on Windows, so the byte lies far behind what is written.
    _BYTE = 1 << 30

    def _try_lock(fd: int) -> None:
        os.lseek(fd, _BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _unlock(fd: int) -> None:
        os.lseek(fd, _BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(fd: int) -> None:
        # flock belongs to the open file: the same process taking it twice is refused too, unlike with lockf.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}

FLAGS = os.O_RDWR | os.O_CREAT | CLOEXEC | NOFOLLOW | BINARY


class OsLock:
    """One open lock file. Not a lock yet: `take` and `wait` try to make it one."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def open(cls, path: Path) -> OsLock:
        """Open or make the file. OSError when that fails; a link is not followed."""
        fd = os.open(path, FLAGS | NONBLOCK, 0o600)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return cls(path, fd)

    def take(self) -> bool:
        """Whether the lock is ours now. StateError where the file system knows no locks: without one it is
        unknown whether another run is in progress."""
        while True:
            taken = self._try()
            if self._still_there():
                return taken
            # The file was replaced (force-unlock): the one that is open here locks nothing any more.
            fd, self.fd = self.fd, os.open(self.path, FLAGS, 0o600)
            os.close(fd)

    def _try(self) -> bool:
        try:
            _try_lock(self.fd)
        except OSError as error:
            if error.errno in HELD:
                return False
            hint = "keep the state on a local disk: `state:` in afsync.yaml says where"
            why = error.strerror or str(error)
            raise StateError(f"The file system of {self.path} does not offer locks ({why}).", hint) from error
        return True

    def wait(self, seconds: float, *, clock: Callable[[], float] = time.monotonic, pause: float = 0.005) -> None:
        """Take it, trying again for that long. BlockingIOError when another process keeps it."""
        until = clock() + seconds
        while not self.take():
            if clock() >= until:
                raise BlockingIOError(errno.EAGAIN, "another process does not let go of it", str(self.path))
            time.sleep(pause)

    def close(self) -> None:
        """Let go. Explicitly, because a forked child may hold the same open file."""
        try:
            _unlock(self.fd)
        except OSError:
            pass
        finally:
            os.close(self.fd)

    def _still_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.fd), self.path.lstat())
        except FileNotFoundError:
            return False
